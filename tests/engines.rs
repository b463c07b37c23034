//! The engines against each other: every one of them says the same of the example's recordings.

mod support;

use agentauthz::diff::{CompareOptions, Comparison, DecisionChanges};
use agentauthz::engine::{
    Engine, Ground, LeftCounts, LineWorker, Note, Pairing, Sample, Side, Worker, verify,
    verify_against,
};
use agentauthz::engine::{Incoming, Place};
use agentauthz::model::{Importer, RecordedAction, RecordedRequest, ToolCall};
use agentauthz::recording::{Item, parse};
use agentauthz::repository::{Files, PolicyVersion, load};
use agentauthz::source::Tree;
use std::path::Path;
use std::sync::Arc;
use support::repository::{agentauthz, load_directory};

/// The example's recorded actions, written as an enforcement point would: with the request that head's mapping makes of
/// them, and without the call.
fn requested(head: &Side<'_>, recorded: bool) -> Vec<(Arc<str>, u64, String)> {
    let mut lines = lines();
    lines.retain_mut(|(_, _, text)| {
        let mut action: RecordedAction = serde_json::from_str(text).unwrap();
        let Some(request) = head.decide(&action).request else {
            return false;
        };
        action.call = None;
        action.request = Some(RecordedRequest {
            cedar: request.into(),
            entities: Vec::new(),
            looked_up: Vec::new(),
            mapping: None,
            schema: None,
        });
        if !recorded {
            action.recorded = None;
        }
        *text = serde_json::to_string(&action).unwrap();
        true
    });
    lines
}

/// The lines of the example's recordings.
fn lines() -> Vec<(Arc<str>, u64, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recordings");
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name: Arc<str> = path.file_name().unwrap().to_string_lossy().into();
        let packed = std::fs::read(&path).unwrap();
        let text = String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
        for (at, line) in (1..).zip(text.lines()) {
            lines.push((name.clone(), at, line.to_owned()));
        }
    }
    lines
}

fn incoming(name: &Arc<str>, at: u64, text: &str) -> Vec<Incoming> {
    let item = Item {
        bytes: text.as_bytes().to_vec(),
        line: at,
    };
    let parsed = parse(Importer::Native, &item, name);
    let place = Place {
        recording: name.clone(),
        line: at,
    };
    parsed
        .actions
        .into_iter()
        .map(|action| match action {
            Ok(action) => Incoming::Action(place.clone(), Box::new(action)),
            Err(fault) => Incoming::Malformed(place.clone(), fault.message),
        })
        .collect()
}

/// The same, whatever engine it came from.
fn comparable(changes: DecisionChanges) -> DecisionChanges {
    DecisionChanges {
        interpreted: 0,
        left: LeftCounts::default(),
        sample: Sample::default(),
        ..changes
    }
}

fn compared(
    lines: &[(Arc<str>, u64, String)],
    base: &Side<'_>,
    head: &Side<'_>,
    full: bool,
) -> (DecisionChanges, usize) {
    let ground = Ground::default();
    let options = CompareOptions { full, verify: 100 };
    let comparison = Comparison::new(&ground, base, head, options);
    let mut worker = comparison.worker();
    let mut taken = 0;
    for (name, at, text) in lines {
        if worker.line(name, *at, text).is_some() {
            taken += 1;
            continue;
        }
        for found in incoming(name, *at, text) {
            worker.observe(found);
        }
    }
    (worker.finish(), taken)
}

/// A request that recurs word for word is decided as before, unless a call stands beside it that is to be mapped anew.
#[test]
fn requests_that_recur_are_decided_as_before() {
    // Of one schema, so that it is planned together.
    let (previous, current) = (other_policies(), load_directory("policies"));
    let pairing = Pairing::of(&previous, &current);
    let sides = |engine| {
        (
            Side::base(&previous, &pairing).with_engine(engine),
            Side::head(&current).with_engine(engine),
        )
    };
    let (left, right) = sides(Engine::Compiled);
    let mut lines = Vec::new();
    for (name, at, text) in requested(&right, false) {
        for turn in 0..6 {
            let mut action: RecordedAction = serde_json::from_str(&text).unwrap();
            action.id = format!("{}/{turn}", action.id);
            action.session = (turn % 2 == 0).then(|| format!("session {turn}"));
            action.call = (turn == 3).then(|| ToolCall {
                tool: "no such tool".to_owned(),
                args: None,
                result: None,
            });
            let text = serde_json::to_string(&action).unwrap();
            lines.push((name.clone(), 10 * at + turn, text));
        }
    }
    let (quick, taken) = compared(&lines, &left, &right, false);
    let (left, right) = sides(Engine::Interpreted);
    let (general, _) = compared(&lines, &left, &right, false);
    // Those with unknown fields the lane leaves, and those with a call.
    assert!(taken * 6 > lines.len() * 4, "{taken} of {}", lines.len());
    assert!(quick.unaffected > 0);
    // No mapping knows the tool of the others.
    let anew = quick.head.decisions.not_replayable;
    assert_eq!(anew, lines.len() as u64 / 6);
    assert_eq!(quick.head.left_out, general.head.left_out);
    assert_eq!(quick.classes, general.classes);
    assert_eq!(quick.groups, general.groups);
    assert_eq!(quick.details, general.details);
    assert_eq!(quick.bystanders, general.bystanders);
    assert_eq!(quick.volume, general.volume);
    assert_eq!(quick.compared, general.compared);
}

/// A version of the project with more at the end of its schema.
fn with_schema(directory: &str, more: &str) -> PolicyVersion {
    edited(directory, &|path, text| {
        if path.ends_with("core.cedarschema") {
            text.push_str(more);
        }
    })
}

/// A version of the project with edited files.
fn edited(directory: &str, edit: &(dyn Fn(&str, &mut String) + Sync)) -> PolicyVersion {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let tree = Tree::directory(&root, false).unwrap();
    let version = load(&Files {
        paths: tree.paths().map(str::to_owned).collect(),
        read: &|path| {
            let bytes = tree.read(path).map_err(|error| error.message)?;
            let mut text = String::from_utf8(bytes).unwrap();
            edit(path, &mut text);
            Ok(text.into_bytes())
        },
        refused: Vec::new(),
    });
    assert!(version.schema.is_some());
    version
}

/// The example with other policies, and with the same schema and entities.
fn other_policies() -> PolicyVersion {
    let version = edited("policies", &|path, text| {
        if path.ends_with(".cedar") {
            *text = text.replace("amount_cents <= 50000", "amount_cents <= 20000");
            *text = text.replace(
                "\nforbid (\n  principal,\n  action in Action::\"money\"",
                "\npermit (\n  principal,\n  action in Action::\"money\"",
            );
            *text = text.replace("clearance >= 3", "clearance >= 2");
        }
    });
    let current = load_directory("policies");
    assert!(version.store.same(&current.store));
    assert_ne!(version.digest, current.digest);
    version
}

/// The example's recorded calls, some of them without their arguments, so that nobody knows them.
fn calls(recorded: bool) -> Vec<(Arc<str>, u64, String)> {
    let mut lines = lines();
    for (_, at, text) in &mut lines {
        let mut action: RecordedAction = serde_json::from_str(text).unwrap();
        if !recorded {
            action.recorded = None;
        }
        if let Some(call) = &mut action.call
            && at.is_multiple_of(7)
        {
            call.args = None;
        }
        *text = serde_json::to_string(&action).unwrap();
    }
    lines
}

/// Bare calls have no request yet: they are decided by the index and by compiled conditions all the same, under versions
/// that share their schema and under others.
#[test]
fn calls_are_decided_alike_by_all_engines() {
    let (previous, current) = (
        load_directory("fixtures/previous"),
        load_directory("policies"),
    );
    let commented = with_schema("policies", "\n// Says nothing.\n");
    let another = with_schema("policies", "\nentity Nothing;\n");
    let same = |a: &PolicyVersion, b: &PolicyVersion| {
        let digest = |version: &PolicyVersion| version.schema.as_ref().unwrap().digest().clone();
        digest(a) == digest(b)
    };
    assert!(same(&current, &commented) && !same(&current, &another));
    for recorded in [true, false] {
        let lines = calls(recorded);
        for (base, head) in [
            (&previous, &current),
            (&current, &previous),
            (&current, &commented),
            (&current, &another),
            (&another, &previous),
        ] {
            let pairing = Pairing::of(base, head);
            let sides = |engine| {
                (
                    Side::base(base, &pairing).with_engine(engine),
                    Side::head(head).with_engine(engine),
                )
            };
            let (left, right) = sides(Engine::Interpreted);
            let (general, none) = compared(&lines, &left, &right, true);
            let (left, right) = sides(Engine::Compiled);
            let (full, taken) = compared(&lines, &left, &right, true);
            let (quick, _) = compared(&lines, &left, &right, false);
            assert_eq!((none, taken), (0, 0));
            assert_eq!(general.interpreted, lines.len() as u64);
            println!(
                "{} lines, {} interpreted, {} unaffected, {} undecidable",
                lines.len(),
                full.interpreted,
                quick.unaffected,
                full.head.decisions.undecidable
            );
            assert!(full.interpreted * 2 < general.interpreted);
            assert!(full.head.decisions.undecidable > 0);
            assert_eq!(full.unaffected, 0);
            if !recorded && std::ptr::eq(head, &commented) {
                assert!(quick.unaffected > 0);
            }
            assert_eq!(verify(Some(&left), &right, &full.sample).count, 0);
            assert_eq!(full.disagreements.count, 0);
            assert_eq!(quick.disagreements.count, 0);
            assert_eq!(quick.classes, general.classes);
            assert_eq!(quick.groups, general.groups);
            assert_eq!(quick.details, general.details);
            assert_eq!(quick.bystanders, general.bystanders);
            assert_eq!(quick.volume, general.volume);
            assert_eq!(quick.compared, general.compared);
            assert_eq!(quick.head.left_out, general.head.left_out);
            assert_eq!(quick.head.nonconforming, general.head.nonconforming);
            assert_eq!(comparable(full), comparable(general));
        }
    }
}

#[test]
fn all_engines_say_the_same_of_the_example() {
    let (base, head) = (
        load_directory("fixtures/previous"),
        load_directory("policies"),
    );
    let (previous, current) = (&base, &head);
    let other = other_policies();
    for recorded in [true, false] {
        let lines = requested(&Side::head(&head), recorded);
        for (base, head) in [
            (&base, &head),
            (&head, &head),
            (&head, &base),
            (&head, &other),
            (&other, &head),
        ] {
            let pairing = Pairing::of(base, head);
            let sides = |engine| {
                (
                    Side::base(base, &pairing).with_engine(engine),
                    Side::head(head).with_engine(engine),
                )
            };
            let (left, right) = sides(Engine::Interpreted);
            let (general, none) = compared(&lines, &left, &right, true);
            assert_eq!(none, 0);
            let (left, right) = sides(Engine::Compiled);
            let (full, taken) = compared(&lines, &left, &right, true);
            let (quick, again) = compared(&lines, &left, &right, false);
            println!(
                "{} lines, {taken} taken, {} unaffected",
                lines.len(),
                quick.unaffected
            );
            assert_eq!(taken, again);
            assert!(taken * 10 > lines.len() * 8, "{taken} of {}", lines.len());
            let [one, two] = [base, head].map(|version| version.schema.as_ref().unwrap().digest());
            let planned_together = one == two;
            assert_eq!(quick.unaffected > 0, !recorded && planned_together);
            let flips = general.details.in_session > 0;
            assert_eq!(flips, base.digest != head.digest);
            assert_eq!(verify(Some(&left), &right, &full.sample).count, 0);
            // Held against another version, a sample does differ, by the compiled engine and by the interpreter.
            if base.digest != head.digest && !planned_together {
                let turned = (Some(&right), &left);
                let found = verify_against((Some(&left), &right), turned, &full.sample);
                let engines = ["compiled", "interpreting"];
                let said = |engine: &str| found.first.iter().any(|n| n.message.contains(engine));
                assert!(engines.into_iter().all(said), "{found:?}");
            } else if !recorded && base.digest == head.digest {
                // And what was left out because nothing changed is held against versions of which something did.
                let pairing = Pairing::of(previous, current);
                let (other, another) = (Side::base(previous, &pairing), Side::head(current));
                let others = (Some(&other), &another);
                let found = verify_against((Some(&left), &right), others, &full.sample);
                let left_out = |n: &Note| n.message.contains("left out as unaffected");
                assert!(found.first.iter().any(left_out), "{found:?}");
            }
            assert_eq!(full.sample, quick.sample);
            // What is not evaluated is not counted for a side.
            assert_eq!(quick.classes, general.classes);
            assert_eq!(quick.groups, general.groups);
            assert_eq!(quick.details, general.details);
            assert_eq!(quick.bystanders, general.bystanders);
            assert_eq!(quick.volume, general.volume);
            assert_eq!(comparable(full), comparable(general.clone()));
            let (left, right) = sides(Engine::Reference);
            let (reference, _) = compared(&lines, &left, &right, true);
            assert_eq!(reference.classes, general.classes);
            assert_eq!(reference.groups, general.groups);
        }
    }
}

/// The commands say the same with every engine, but for how much of it was evaluated, and by whom.
#[test]
fn reports_do_not_depend_on_the_engine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let report = |arguments: &[&str]| {
        let output = agentauthz()
            .current_dir(root.join("policies"))
            .args(arguments)
            .args(["--format", "json"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut report: serde_json::Value = serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let holder = match report.get("engine") {
            Some(_) => report.pointer_mut("/engine").unwrap(),
            None => &mut report,
        };
        let members = holder.as_object_mut().unwrap();
        let verified = members.remove("verified").unwrap();
        let interpreted = members.remove("interpreted").unwrap();
        let because = members.remove("read_in_full_because").unwrap();
        let because = because.as_object().unwrap();
        // Every action of which the interpreter was asked was read in full for one reason, but where all were to be.
        let counts = because
            .values()
            .map(|count| count.as_u64().unwrap())
            .sum::<u64>();
        assert!(counts >= interpreted.as_u64().unwrap() || because.is_empty());
        (report, verified)
    };
    let recordings = "../fixtures/recordings";
    for command in [
        vec!["replay", recordings],
        vec![
            "diff",
            "dir:../fixtures/previous",
            "--full",
            "--recordings",
            recordings,
        ],
    ] {
        let (compiled, none) = report(&command);
        assert_eq!(none, 0);
        for engine in ["compiled", "interpreted", "reference"] {
            let more = ["--engine", engine, "--verify", "50"];
            let (same, verified) = report(&[command.as_slice(), &more].concat());
            assert_eq!(verified, 50);
            assert_eq!(same, compiled, "{command:?} by {engine}");
        }
    }
}
