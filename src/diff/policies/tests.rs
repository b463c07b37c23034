//! Repositories of a few texts, and what is said of their changes.

use super::*;
use crate::diff::document::{ControlKind, PolicyChangeWord, RepositoryNote};
use crate::repository::{Files, load};

const MANIFEST: (&str, &str) = ("agentauthz.yaml", "version: 1\n");
const SCHEMA: (&str, &str) = (
    "schema/s.cedarschema",
    "entity A; action act appliesTo {principal: A, resource: A, context: {amount: Long, ok: Bool}};",
);
const CASE: &str = "  - name: NAME
    request: {principal: 'A::\"a\"', action: act, resource: 'A::\"a\"'}
    expect: {decision: deny}
";

fn version(files: &[(&str, &str)]) -> PolicyVersion {
    let files: BTreeMap<&str, &str> = files.iter().copied().chain([SCHEMA]).collect();
    let read = |path: &str| {
        let text = files.get(path).ok_or("there is no such file")?;
        Ok(text.as_bytes().to_vec())
    };
    let version = load(&Files {
        paths: files.keys().map(ToString::to_string).collect(),
        read: &read,
        refused: Vec::new(),
    });
    assert!(!version.is_blocked(), "{:?}", version.diagnostics);
    version
}

fn note(base: &[(&str, &str)], head: &[(&str, &str)]) -> RepositoryNote {
    let (base, head) = (version(base), version(head));
    let pairing = Pairing::of(&base, &head);
    RepositoryNote::from(&policy_changes(&base, &head, &pairing))
}

fn policies<'f>(text: &'f str, links: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![MANIFEST, ("links.yaml", links), ("policies/p.cedar", text)]
}

const BASE: &str = "// Small ones.
@id(\"small\")
@owner(\"a\")
permit (principal, action, resource)
when
{
  context.amount <= 100 &&
  context.ok
};

@id(\"each\") permit (principal == ?principal, action, resource in ?resource);
@id(\"other\") permit (principal == ?principal, action, resource);
";
const NO_LINKS: &str = "version: 1\nlinks: []\n";

#[test]
fn an_edited_policy_has_phrases_places_and_hunks() {
    let head = format!("// One more line.\n{}", BASE.replace("100", "500"));
    let note = note(&policies(BASE, NO_LINKS), &policies(&head, NO_LINKS));
    let [change] = note.policies.as_slice() else {
        panic!("{:?}", note.policies);
    };
    assert_eq!(change.policy, "small");
    assert_eq!(change.kind, PolicyChangeWord::Edited);
    assert!(change.deciding);
    assert_eq!(change.edits, ["literal 100 → 500 in context.amount <= 100"]);
    let (base, head) = (change.base.clone().unwrap(), change.head.clone().unwrap());
    assert_eq!((base.line, base.changed), (2, 7));
    assert_eq!((head.line, head.changed), (3, 8));
    let [hunk] = change.hunks.as_slice() else {
        panic!("{:?}", change.hunks);
    };
    assert_eq!((hunk.base_line, hunk.head_line), (6, 7));
    assert_eq!(
        hunk.lines,
        [
            " {",
            "-  context.amount <= 100 &&",
            "+  context.amount <= 500 &&",
            "   context.ok"
        ]
    );
}

#[test]
fn annotations_and_moves_decide_nothing() {
    let head = BASE.replace("@owner(\"a\")", "@owner(\"b\")");
    let note_of = |head: &[(&str, &str)]| note(&policies(BASE, NO_LINKS), head);
    let annotated = note_of(&policies(&head, NO_LINKS));
    let change = annotated.policies.first().unwrap();
    assert_eq!(change.edits, ["annotations only"]);
    assert!(!change.deciding);
    let moved = note_of(&[
        MANIFEST,
        ("links.yaml", NO_LINKS),
        ("policies/q.cedar", &head),
    ]);
    let change = moved
        .policies
        .iter()
        .find(|change| change.policy == "small")
        .unwrap();
    assert_eq!(
        change.edits,
        [
            "annotations only",
            "moved policies/p.cedar → policies/q.cedar"
        ]
    );
    let kinds: Vec<_> = moved.policies.iter().map(|change| change.kind).collect();
    assert_eq!(
        kinds,
        [
            PolicyChangeWord::Moved,
            PolicyChangeWord::Moved,
            PolicyChangeWord::Edited
        ]
    );
    assert!(moved.policies.iter().all(|change| !change.deciding));
}

#[test]
fn added_and_removed_policies_stand_on_one_side() {
    let (first, _) = BASE.split_once("\n\n").unwrap();
    let note = note(&policies(first, NO_LINKS), &policies(BASE, NO_LINKS));
    let each = note.policies.first().unwrap();
    assert_eq!(each.kind, PolicyChangeWord::Added);
    assert!(each.base.is_none() && each.edits.is_empty() && each.deciding);
    assert_eq!(each.head.as_ref().unwrap().line, 11);
    let hunk = each.hunks.first().unwrap();
    assert_eq!((hunk.base_line, hunk.head_line), (0, 11));
}

#[test]
fn links_say_what_they_link_now() {
    let link = |rest: &str| format!("version: 1\nlinks:\n  - id: l\n    {rest}\n");
    let base = link("template: each\n    principal: 'A::\"a\"'\n    resource: 'A::\"r\"'");
    let head = link("template: other\n    principal: 'A::\"b\"'");
    let note = note(&policies(BASE, &base), &policies(BASE, &head));
    let change = note.policies.first().unwrap();
    assert_eq!(
        change.edits,
        [
            "template each → other",
            "slot ?principal A::\"a\" → A::\"b\"",
            "slot ?resource A::\"r\" → nothing"
        ]
    );
    assert!(change.deciding);
    assert_eq!(change.head.as_ref().unwrap().line, 3);
}

#[test]
fn what_controls_the_tool_is_told_apart() {
    let suite = |cases: &[&str]| {
        let cases: Vec<String> = cases
            .iter()
            .map(|name| CASE.replace("NAME", name))
            .collect();
        format!("version: 1\ntests:\n{}", cases.concat())
    };
    let (one, two, three) = (suite(&["a"]), suite(&["a", "b"]), suite(&["a", "b", "c"]));
    let note = note(
        &[
            MANIFEST,
            ("tests/gone.test.yaml", &two),
            ("tests/less.test.yaml", &three),
            ("tests/more.test.yaml", &one),
            ("tests/moved.test.yaml", &suite(&["m"])),
            ("tests/same.test.yaml", &one),
        ],
        &[
            (
                "agentauthz.yaml",
                "version: 1\nname: x\nrecordings: [r/*]\n",
            ),
            ("tests/less.test.yaml", &one),
            ("tests/more.test.yaml", &two),
            ("tests/new.test.yaml", &three),
            ("tests/sub/moved.test.yaml", &suite(&["m"])),
            ("tests/same.test.yaml", &one),
        ],
    );
    let control: Vec<_> = note
        .control
        .iter()
        .map(|change| (change.kind, change.what.as_str(), change.weakens))
        .collect();
    let test = ControlKind::Test;
    assert_eq!(
        control,
        [
            (
                ControlKind::Manifest,
                "agentauthz.yaml changed: name, recordings",
                true
            ),
            (test, "tests/gone.test.yaml deleted, with 2 cases", true),
            (
                test,
                "tests/less.test.yaml changed: 2 of 3 cases lost",
                true
            ),
            (test, "tests/more.test.yaml changed", false),
            (
                test,
                "tests/moved.test.yaml moved to tests/sub/moved.test.yaml",
                false
            ),
            (test, "tests/new.test.yaml added", false),
        ]
    );
}

#[test]
fn what_lints_accept_is_a_change_of_control() {
    let manifest = (
        "agentauthz.yaml",
        "version: 1\nlint: { baseline: b.yaml }\n",
    );
    let accepted = "// agentauthz: allow(AZ201) -- why\npermit (principal, action, resource);\n";
    let note = note(
        &[
            manifest,
            (
                "policies/a.cedar",
                "permit (principal, action, resource);\n",
            ),
            ("policies/b.cedar", accepted),
        ],
        &[
            manifest,
            (
                "b.yaml",
                "version: 1\nfindings:\n  - { code: AZ202, about: x }\n",
            ),
            ("policies/a.cedar", accepted),
            (
                "policies/b.cedar",
                "permit (principal, action, resource);\n",
            ),
        ],
    );
    let control: Vec<_> = note
        .control
        .iter()
        .map(|change| (change.kind, change.what.as_str(), change.weakens))
        .collect();
    let lint = ControlKind::Lint;
    assert_eq!(
        control,
        [
            (lint, "b.yaml changed", true),
            (
                lint,
                "suppression added: policies/a.cedar: agentauthz: allow(AZ201) -- why",
                true
            ),
            (
                lint,
                "suppression removed: policies/b.cedar: agentauthz: allow(AZ201) -- why",
                false
            ),
        ]
    );
}
