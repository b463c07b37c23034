"""Writes policies and tests, runs both tools on them, and prints what each took. See unit-tests.sh."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ours, cedar = os.path.abspath(sys.argv[1]), sys.argv[2]
policies, cases, peer_cases = (int(n) for n in (sys.argv[3:] + ["1000", "10000", "3"][len(sys.argv) - 3:]))

ACTIONS = 50
SCHEMA = "entity Team;\nentity Agent in [Team] { env: String };\nentity Order { region: String };\n" + "".join(
    f"action a{n} appliesTo {{ principal: [Agent], resource: [Order], context: {{ amount: Long, approver?: Agent }} }};\n"
    for n in range(ACTIONS)
)


def policy(n):
    effect = "forbid" if n % 5 == 4 else "permit"
    above = effect == "forbid"
    return (
        f'@id("p{n}") {effect}(principal in Team::"t{n % 20}", action == Action::"a{n % ACTIONS}", resource)\n'
        f'when {{ context.amount {">" if above else "<="} {n} && principal.env == "prod" }}\n'
        f'unless {{ resource.region == "r{n % 7}" }};\n'
    )


def decide(case):
    """The same decision by hand: what the generated policies say of a generated case."""
    team, action, amount, region = case
    those = [n for n in range(policies) if n % 20 == team and n % ACTIONS == action and n % 7 != region]
    forbids = [n for n in those if n % 5 == 4 and amount > n]
    permits = [n for n in those if n % 5 != 4 and amount <= n]
    if forbids:
        return "deny", forbids
    return ("allow", permits) if permits else ("deny", [])


def test(n):
    case = (n * 7) % 20, (n * 3) % ACTIONS, (n * 37) % 1200, (n * 11) % 7
    team, action, amount, region = case
    decision, reason = decide(case)
    uid = lambda ty, name: {"type": ty, "id": name}
    return {
        "name": f"case {n}",
        "request": {
            "principal": 'Agent::"bot"', "action": f'Action::"a{action}"', "resource": 'Order::"o"',
            "context": {"amount": amount},
        },
        "entities": [
            {"uid": uid("Agent", "bot"), "attrs": {"env": "prod"}, "parents": [uid("Team", f"t{team}")]},
            {"uid": uid("Order", "o"), "attrs": {"region": f"r{region}"}, "parents": []},
            {"uid": uid("Team", f"t{team}"), "attrs": {}, "parents": []},
        ],
        "decision": decision, "reason": [f"p{n}" for n in reason], "num_errors": 0,
    }


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def timed(command, rounds):
    """The shortest of some runs, in seconds, and the output."""
    best, said = None, ""
    for _ in range(rounds):
        start = time.perf_counter()
        ran = subprocess.run(command, capture_output=True, text=True)
        took = time.perf_counter() - start
        if ran.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit code {ran.returncode}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
        best, said = min(took, best or took), ran.stdout
    return best, said


def watched(directory, saves):
    """How long after each save of a policy all tests have run again, in seconds. A save runs them once."""
    policy = os.path.join(directory, "policies", "crm.cedar")
    with open(policy) as file:
        text = file.read()
    ran = []
    command = [ours, "-C", directory, "test", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:

        def read():
            ran.extend(time.perf_counter() for line in process.stdout if line.startswith("watching"))

        threading.Thread(target=read, daemon=True).start()

        def wait(runs):
            start = time.perf_counter()
            while len(ran) < runs:
                if time.perf_counter() - start > 30 or process.poll() is not None:
                    process.kill()
                    sys.exit("the watch does not run the tests again")
                time.sleep(0.0005)

        wait(1)
        took = []
        for save in range(saves):
            time.sleep(0.2)
            start = time.perf_counter()
            write(policy, f"{text}// {save}\n")
            wait(save + 2)
            took.append(ran[-1] - start)
        time.sleep(0.2)
        process.kill()
    if len(ran) != saves + 1:
        sys.exit(f"{saves} saves ran the tests {len(ran) - 1} times")
    return took


with tempfile.TemporaryDirectory() as root:
    copy = f"{root}/example"
    shutil.copytree("policies", copy)
    saves = watched(copy, 11)
    slowest, median = max(saves) * 1000, statistics.median(saves) * 1000
    print(f"agentauthz test --watch, the example: {median:.0f} ms after a save, the median of 11; at most {slowest:.0f} ms")
    shutil.rmtree(copy)
    write(f"{root}/agentauthz.yaml", "version: 1\n")
    write(f"{root}/schema/s.cedarschema", SCHEMA)
    write(f"{root}/policies/p.cedar", "".join(policy(n) for n in range(policies)))
    all_tests = [test(n) for n in range(cases)]
    write(f"{root}/tests/all.test.json", json.dumps(all_tests))
    run = [ours, "-C", root, "test"]
    took, said = timed(run, 3)
    assert f"{cases} passed" in said, said
    print(f"agentauthz test, {cases} cases, {policies} policies, cold: {took * 1000:.0f} ms")
    ours_each = took / cases
    example, _ = timed([ours, "-C", "policies", "test"], 5)
    print(f"agentauthz test, the example: {example * 1000:.0f} ms")
    if not cedar:
        print("skipped: cedar run-tests: AGENTAUTHZ_CEDAR_CLI is not set; benches/install-peers.sh prints it")
        sys.exit(0)
    write(f"{root}/none.json", "[]")
    for name, schema, wanted in [("with a schema", ["--schema", f"{root}/schema/s.cedarschema"], 500), ("without", [], 10)]:
        command = [cedar, "run-tests", "--policies", f"{root}/policies/p.cedar", *schema, "--tests"]
        few = peer_cases if schema else max(peer_cases, min(cases, 200))
        write(f"{root}/few.json", json.dumps(all_tests[:few]))
        start, _ = timed([*command, f"{root}/none.json"], 1)
        took, said = timed([*command, f"{root}/few.json"], 1)
        each = max(took - start, 0) / few
        ratio = each / ours_each
        verdict = "holds" if ratio >= wanted else "DOES NOT HOLD"
        print(f"cedar run-tests {name}, {few} cases: {each * 1000:.2f} ms a case, {ratio:.0f} times ours (at least {wanted}: {verdict})")
