//! Contexts of recorded requests in every form that Cedar takes, decided with every engine as Cedar's own interface decides
//! them; and which of these forms the fast lane takes.

mod support;

use agentauthz::diff::{CompareOptions, Comparison};
use agentauthz::engine::{Engine, Ground, Incoming, LineWorker, Pairing, Place, Side, Worker};
use agentauthz::model::{ChangeClass, Decision, Outcome, RecordedAction};
use agentauthz::repository::PolicyVersion;
use cedar_policy::{Authorizer, Context, Entities, EntityUid, PolicySet, Request, Schema};
use std::path::Path;
use support::repository::{load_directory, write_files};

const SCHEMA: &str = "entity Agent;
entity Doc;
action \"read\" appliesTo { principal: Agent, resource: Doc, context: {
  when?: datetime, long?: duration, price?: decimal, owner?: Agent, many?: Set<decimal>,
  deep?: { when?: datetime, owner?: Agent }, plain?: { fn: String, arg: String } } };
";

/// Allows what these contexts say on base, and none of it on head.
const POLICIES: [&str; 2] = [
    r#"permit(principal, action, resource) when { context has when && context.when < datetime("2026-06-01") };
permit(principal, action, resource) when { context has long && context.long <= duration("1d") };
permit(principal, action, resource) when { context has price && context.price.lessThan(decimal("2.0")) };
permit(principal, action, resource) when { context has owner && context.owner == Agent::"a" };
permit(principal, action, resource) when { context has many && context.many.contains(decimal("1.5")) };
permit(principal, action, resource) when { context has deep.when && context.deep.when < datetime("2026-06-01") };
permit(principal, action, resource) when { context has deep.owner && context.deep.owner == Agent::"a" };
permit(principal, action, resource) when { context has plain && context.plain.arg == "1.5" };
"#,
    r#"permit(principal, action, resource) when { context has when && context.when < datetime("2025-06-01") };
permit(principal, action, resource) when { context has long && context.long <= duration("1s") };
permit(principal, action, resource) when { context has price && context.price.lessThan(decimal("1.0")) };
permit(principal, action, resource) when { context has owner && context.owner == Agent::"b" };
permit(principal, action, resource) when { context has many && context.many.contains(decimal("2.5")) };
permit(principal, action, resource) when { context has deep.when && context.deep.when < datetime("2025-06-01") };
permit(principal, action, resource) when { context has deep.owner && context.deep.owner == Agent::"b" };
permit(principal, action, resource) when { context has plain && context.plain.arg == "2.5" };
"#,
];

/// Contexts that conform, and whether the fast lane takes them.
const CONTEXTS: &[(bool, &str)] = &[
    (true, r#"{"when":"2026-01-01"}"#),
    (
        true,
        r#"{"when":{"__extn":{"fn":"datetime","arg":"2026-01-01"}}}"#,
    ),
    (false, r#"{"when":{"fn":"datetime","arg":"2026-01-01"}}"#),
    (false, r#"{"when":{"fn":"datetime","args":["2026-01-01"]}}"#),
    (
        false,
        r#"{"when":{"__extn":{"fn":"datetime","args":["2026-01-01"]}}}"#,
    ),
    (
        false,
        r#"{"when":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"2026-01-01"}},{"__extn":{"fn":"duration","arg":"1h"}}]}}"#,
    ),
    (
        false,
        r#"{"when":{"fn":"offset","args":["2026-01-01","1h"]}}"#,
    ),
    (
        false,
        r#"{"when":{"__extn":{"fn":"offset","args":["2026-01-01","1h"]}}}"#,
    ),
    (
        false,
        r#"{"when":{"__extn":{"args":["2026-01-01",{"fn":"duration","arg":"1h"}],"fn":"offset"}}}"#,
    ),
    (
        false,
        r#"{"when":{"__extn":{"fn":"toDate","arg":{"__extn":{"fn":"datetime","arg":"2026-01-01T05:00:00Z"}}}}}"#,
    ),
    (
        false,
        r#"{"when":{"fn":"toDate","arg":"2026-01-01T05:00:00Z"}}"#,
    ),
    (
        false,
        r#"{"when":{"fn":"toDate","args":[{"fn":"offset","args":["2026-01-01","1h"]}]}}"#,
    ),
    (true, r#"{"long":"1h"}"#),
    (
        false,
        r#"{"long":{"fn":"toTime","arg":"2026-01-01T05:00:00Z"}}"#,
    ),
    (
        false,
        r#"{"long":{"fn":"durationSince","args":["2026-01-02","2026-01-01"]}}"#,
    ),
    (true, r#"{"price":"1.5"}"#),
    (false, r#"{"price":{"fn":"decimal","arg":"1.5"}}"#),
    (true, r#"{"owner":{"type":"Agent","id":"a"}}"#),
    (true, r#"{"owner":{"__entity":{"id":"a","type":"Agent"}}}"#),
    (false, r#"{"owner":{"type":"Agent","id":"a","more":1}}"#),
    (
        false,
        r#"{"owner":{"__entity":{"type":"Agent","id":"a","more":null}}}"#,
    ),
    (
        false,
        r#"{"owner":{"__entity":{"type":"Agent","id":"a"},"more":1.5}}"#,
    ),
    (true, r#"{"many":["1.5","2.0"]}"#),
    (false, r#"{"many":["2.0",{"fn":"decimal","arg":"1.5"}]}"#),
    (
        false,
        r#"{"many":[{"__extn":{"fn":"decimal","args":["1.5"]}}]}"#,
    ),
    (true, r#"{"deep":{"owner":{"type":"Agent","id":"a"}}}"#),
    (
        false,
        r#"{"deep":{"when":{"fn":"offset","args":["2026-01-01","1h"]}}}"#,
    ),
    (true, r#"{"plain":{"fn":"decimal","arg":"1.5"}}"#),
];

fn line(context: &str) -> String {
    format!(
        r#"{{"version":1,"id":"r","request":{{"cedar":{{"principal":{{"type":"Agent","id":"p"}},"action":{{"type":"Action","id":"read"}},"resource":{{"type":"Doc","id":"d"}},"context":{context}}}}}}}"#
    )
}

fn version(root: &Path, name: &str, policies: &str) -> PolicyVersion {
    let folder = root.join(name);
    let files = [
        ("agentauthz.yaml", "version: 1\n"),
        ("schema/s.cedarschema", SCHEMA),
        ("policies/p.cedar", policies),
    ];
    write_files(&folder, &files);
    load_directory(folder.to_str().unwrap())
}

/// What Cedar's interface says of a context: the decision, and how many policies are in error.
fn by_cedar(policies: &str, context: &str) -> (Decision, usize) {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
    let uid = |text: &str| -> EntityUid { text.parse().unwrap() };
    let action = uid(r#"Action::"read""#);
    let context = Context::from_json_str(context, Some((&schema, &action)))
        .unwrap_or_else(|error| panic!("{context}: {error:?}"));
    let (principal, resource) = (uid(r#"Agent::"p""#), uid(r#"Doc::"d""#));
    let request = Request::new(principal, action, resource, context, Some(&schema)).unwrap();
    let policies: PolicySet = policies.parse().unwrap();
    let answer = Authorizer::new().is_authorized(&request, &policies, &Entities::empty());
    let decision = match answer.decision() {
        cedar_policy::Decision::Allow => Decision::Allow,
        cedar_policy::Decision::Deny => Decision::Deny,
    };
    (decision, answer.diagnostics().errors().count())
}

#[test]
fn every_form_of_a_context_is_decided_as_cedar_decides_it() {
    let root = tempfile::tempdir().unwrap();
    let [before, after] = [("base", POLICIES[0]), ("head", POLICIES[1])]
        .map(|(name, policies)| version(root.path(), name, policies));
    let pairing = Pairing::of(&before, &after);
    for (taken, context) in CONTEXTS {
        let expected = POLICIES.map(|policies| by_cedar(policies, context));
        assert_eq!(
            expected,
            [(Decision::Allow, 0), (Decision::Deny, 0)],
            "{context}"
        );
        let text = line(context);
        let action: RecordedAction = serde_json::from_str(&text).unwrap();
        for engine in [Engine::Interpreted, Engine::Reference, Engine::Compiled] {
            let base = Side::base(&before, &pairing).with_engine(engine);
            let head = Side::head(&after).with_engine(engine);
            for (side, (decision, errors)) in [&base, &head].into_iter().zip(expected) {
                let verdict = side.decide(&action);
                let Outcome::Decided(answer) = &verdict.outcome else {
                    panic!("{context}: {engine:?}: {:?}", verdict.outcome);
                };
                let found = (answer.decision, answer.errors.len());
                assert_eq!(found, (Some(decision), errors), "{context}: {engine:?}");
                assert_eq!(verdict.nonconforming, None, "{context}: {engine:?}");
            }
            let ground = Ground::default();
            let options = CompareOptions {
                full: false,
                verify: 10,
            };
            let comparison = Comparison::new(&ground, &base, &head, options);
            let mut worker = comparison.worker();
            let itself = worker.line(&"r.jsonl".into(), 1, &text).is_some();
            assert_eq!(itself, *taken && engine == Engine::Compiled, "{context}");
            if !itself {
                let place = Place {
                    recording: "r.jsonl".into(),
                    line: 1,
                };
                worker.observe(Incoming::Action(place, Box::new(action.clone())));
            }
            let changes = worker.finish();
            let flipped = &changes.classes[&ChangeClass::NewlyDenied];
            assert_eq!(flipped.actions, 1, "{context}: {engine:?}");
            let differ = agentauthz::engine::verify(Some(&base), &head, &changes.sample);
            assert_eq!((changes.sample.len(), differ.count), (1, 0), "{context}");
        }
    }
}
