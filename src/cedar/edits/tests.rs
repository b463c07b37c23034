//! Edits by hand, and what is said of them.

use crate::cedar::{ParsedPolicy, parse_policies};
use crate::model::SourceFile;

pub(super) fn policy(text: &str) -> ParsedPolicy {
    let (policies, diagnostics) = parse_policies(&SourceFile::new("p.cedar", text));
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    policies.into_iter().next().unwrap()
}

#[track_caller]
fn edits(base: &str, head: &str, expected: &[&str]) {
    assert_eq!(
        policy(base).edits_to(&policy(head)),
        expected,
        "{base}\n{head}"
    );
}

#[track_caller]
fn scopes(base: &str, head: &str, expected: &[&str]) {
    edits(
        &format!("permit ({base});"),
        &format!("permit ({head});"),
        expected,
    );
}

#[track_caller]
fn conditions(base: &str, head: &str, expected: &[&str]) {
    edits(
        &format!("permit (principal, action, resource) {base};"),
        &format!("permit (principal, action, resource) {head};"),
        expected,
    );
}

#[test]
fn the_effect_is_told() {
    edits(
        "permit (principal, action, resource);",
        "forbid (principal, action, resource);",
        &["effect permit → forbid"],
    );
}

#[test]
fn what_means_the_same_has_no_edit() {
    edits(
        "@id(\"a\") permit (principal, action, resource) when { context.a > 1 };",
        "@id(\"b\")\npermit (principal,action,resource)\n// why\nwhen { !(context.a <= 1) };",
        &[],
    );
}

#[test]
fn scopes_widen_and_narrow_where_their_form_says_so() {
    let [eq, within, is, is_in, any] = [
        "principal == T::\"a\"",
        "principal in T::\"a\"",
        "principal is T",
        "principal is T in T::\"a\"",
        "principal",
    ];
    for (from, to, shown) in [
        (eq, within, "== T::\"a\" → in T::\"a\""),
        (eq, is, "== T::\"a\" → is T"),
        (eq, is_in, "== T::\"a\" → is T in T::\"a\""),
        (is_in, is, "is T in T::\"a\" → is T"),
        (is_in, within, "is T in T::\"a\" → in T::\"a\""),
        (within, any, "in T::\"a\" → any"),
        (is, any, "is T → any"),
        (eq, any, "== T::\"a\" → any"),
    ] {
        let scope = |principal: &str| format!("{principal}, action, resource");
        let widened = format!("scope of the principal widened: {shown}");
        scopes(&scope(from), &scope(to), &[&widened]);
        let (a, b) = shown.split_once(" → ").unwrap();
        let narrowed = format!("scope of the principal narrowed: {b} → {a}");
        scopes(&scope(to), &scope(from), &[&narrowed]);
    }
    for (from, to) in [
        ("in T::\"a\"", "is T"),
        ("in T::\"a\"", "in T::\"b\""),
        ("== T::\"a\"", "== T::\"b\""),
        ("== T::\"a\"", "is U"),
        ("is T in T::\"a\"", "is U in T::\"a\""),
        ("== T::\"a\"", "is U in T::\"a\""),
    ] {
        scopes(
            &format!("principal, action, resource {from}"),
            &format!("principal, action, resource {to}"),
            &[&format!("scope of the resource changed: {from} → {to}")],
        );
    }
    scopes(
        "principal == ?principal, action, resource in ?resource",
        "principal in ?principal, action, resource in R::\"r\"",
        &[
            "scope of the principal widened: == ?principal → in ?principal",
            "scope of the resource changed: in ?resource → in R::\"r\"",
        ],
    );
}

#[test]
fn actions_widen_and_narrow_where_their_form_says_so() {
    let [a, b, ab] = [
        "action == Action::\"a\"",
        "action == Action::\"b\"",
        "action in [Action::\"a\", Action::\"b\"]",
    ];
    let abc = "action in [Action::\"a\", Action::\"b\", Action::\"c\"]";
    for (from, to, expected) in [
        (
            a,
            ab,
            "scope of the action widened: == Action::\"a\" → in [Action::\"a\", Action::\"b\"]",
        ),
        (
            a,
            "action",
            "scope of the action widened: == Action::\"a\" → any",
        ),
        (
            "action",
            ab,
            "scope of the action narrowed: any → in [Action::\"a\", Action::\"b\"]",
        ),
        (
            a,
            b,
            "scope of the action changed: == Action::\"a\" → == Action::\"b\"",
        ),
        (
            a,
            "action in Action::\"a\"",
            "scope of the action widened: == Action::\"a\" → in Action::\"a\"",
        ),
        (ab, abc, "scope of the action widened: Action::\"c\" added"),
        (
            abc,
            ab,
            "scope of the action narrowed: Action::\"c\" removed",
        ),
        (
            ab,
            "action in [Action::\"b\", Action::\"c\"]",
            "scope of the action changed: Action::\"a\" removed, Action::\"c\" added",
        ),
        (
            ab,
            "action in [Action::\"b\", Action::\"a\"]",
            "list of actions in the scope reordered",
        ),
    ] {
        scopes(
            &format!("principal, {from}, resource"),
            &format!("principal, {to}, resource"),
            &[expected],
        );
    }
}

#[test]
fn conjuncts_are_added_and_removed() {
    conditions(
        "",
        "when { context.a <= 5 &&\n  // small\n  context.b }",
        &[
            "conjunct added: context.a <= 5",
            "conjunct added: context.b",
        ],
    );
    conditions(
        "when { context.a } unless { context.b || context.c }",
        "when { context.a }",
        &["conjunct removed: !(context.b || context.c)"],
    );
    conditions(
        "when { context.a <= 5 && principal.ok }",
        "when { context.a <= 5 && resource.n == 1 && principal.ok }",
        &["conjunct added: resource.n == 1"],
    );
}

#[test]
fn a_literal_is_told_with_the_test_it_stands_in() {
    for (base, head, expected) in [
        (
            "context.input.amount_cents <= 10000",
            "context.input.amount_cents <= 50000",
            "literal 10000 → 50000 in context.input.amount_cents <= 10000",
        ),
        (
            "context.a > -1",
            "context.a > 1",
            "literal -1 → 1 in context.a > -1",
        ),
        (
            "context.a || (context.b && context.c == \"x\")",
            "context.a || (context.b && context.c == \"y\")",
            "literal \"x\" → \"y\" in context.c == \"x\"",
        ),
        (
            "context.at.toTime() >= duration(\"7h\")",
            "context.at.toTime() >= duration(\"6h\")",
            "literal duration(\"7h\") → duration(\"6h\") in context.at.toTime() >= duration(\"7h\")",
        ),
        (
            "context.d.lessThan(decimal(\"1.5\"))",
            "context.d.lessThan(decimal(\"15.0\"))",
            "literal decimal(\"1.5\") → decimal(\"15.0\") in context.d.lessThan(decimal(\"1.5\"))",
        ),
        (
            "context.ip.isInRange(ip(\"10.0.0.0/16\"))",
            "context.ip.isInRange(ip(\"10.0.0.0/8\"))",
            "literal ip(\"10.0.0.0/16\") → ip(\"10.0.0.0/8\") in context.ip.isInRange(ip(\"10.0.0.0/16\"))",
        ),
        (
            "context.id like \"CHG-*\"",
            "context.id like \"*\"",
            "literal \"CHG-*\" → \"*\" in context.id like \"CHG-*\"",
        ),
        (
            "principal in T::\"a\"",
            "principal in T::\"b\"",
            "literal T::\"a\" → T::\"b\" in principal in T::\"a\"",
        ),
        (
            "context.a + 5 <= resource.n",
            "context.a + 6 <= resource.n",
            "literal 5 → 6 in context.a + 5 <= resource.n",
        ),
        (
            "if context.a then context.b < 1 else false",
            "if context.a then context.b < 1 else true",
            "literal false → true in if context.a then context.b < 1 else false",
        ),
    ] {
        conditions(
            &format!("when {{ {base} }}"),
            &format!("when {{ {head} }}"),
            &[expected],
        );
    }
    conditions(
        "unless { context.a > 100 }",
        "unless { context.a > 1000 }",
        &["literal 100 → 1000 in context.a > 100"],
    );
}

#[test]
fn what_else_changes_in_a_conjunct_is_told() {
    for (base, head, expected) in [
        (
            "context.a <= 5",
            "context.a < 5",
            "operator <= → < in context.a <= 5",
        ),
        (
            "context.a > 5",
            "context.a >= 5",
            "operator > → >= in context.a > 5",
        ),
        (
            "context.a == 5",
            "context.a != 5",
            "operator == → != in context.a == 5",
        ),
        (
            "context.s.containsAll([\"a\"])",
            "context.s.containsAny([\"a\"])",
            "operator containsAll → containsAny in context.s.containsAll([\"a\"])",
        ),
        (
            "context.d.lessThan(context.e)",
            "context.d.lessThanOrEqual(context.e)",
            "operator lessThan → lessThanOrEqual in context.d.lessThan(context.e)",
        ),
        (
            "context.a || context.b",
            "context.a && context.b || context.b",
            "conjunct changed: context.a || context.b → context.a && context.b || context.b",
        ),
        (
            "[\"dev\", \"staging\"].contains(resource.tier)",
            "[\"dev\", \"prod\", \"staging\"].contains(resource.tier)",
            "element \"prod\" added in [\"dev\", \"staging\"].contains(resource.tier)",
        ),
        (
            "[\"dev\", \"staging\"].contains(resource.tier)",
            "[\"prod\"].contains(resource.tier)",
            "elements \"dev\", \"staging\" removed, \"prod\" added in [\"dev\", \"staging\"].contains(resource.tier)",
        ),
        (
            "[1, 2].contains(resource.n)",
            "[2, 1].contains(resource.n)",
            "set reordered in [1, 2].contains(resource.n)",
        ),
        (
            "context.a || context.b == 1",
            "context.a || context.c has d || context.b == 1",
            "alternative context.c has d added",
        ),
        (
            "context.a || (context.b && context.c)",
            "context.a || (context.b && context.c && context.d)",
            "inner conjunct context.d added",
        ),
        (
            "context.a <= 5",
            "context.a < 6",
            "conjunct changed: context.a <= 5 → context.a < 6",
        ),
        (
            "context.a has b",
            "!(context.a has b)",
            "conjunct changed: context.a has b → !(context.a has b)",
        ),
        (
            "context.a < 5",
            "5 > context.a",
            "conjunct changed: context.a < 5 → 5 > context.a",
        ),
    ] {
        conditions(
            &format!("when {{ {base} }}"),
            &format!("when {{ {head} }}"),
            &[expected],
        );
    }
}

#[test]
fn changed_conjuncts_find_their_own() {
    conditions(
        "when { context.a >= 0 && context.a <= 10 && context.b }",
        "when { context.a >= 0 && context.a <= 25 && context.b }",
        &["literal 10 → 25 in context.a <= 10"],
    );
    conditions(
        "when { context.a >= 0 && context.a <= 10 }",
        "when { context.a > 0 && context.a < 10 }",
        &[
            "operator >= → > in context.a >= 0",
            "operator <= → < in context.a <= 10",
        ],
    );
    conditions(
        "when { context.n > 200 && context.a }",
        "when { context.n * context.fx > 200000 && context.a }",
        &["conjunct changed: context.n > 200 → context.n * context.fx > 200000"],
    );
    conditions(
        "when { context.a == \"x\" && context.b == \"x\" }",
        "when { context.b == \"y\" && context.c == \"x\" }",
        &[
            "conjunct removed: context.a == \"x\"",
            "literal \"x\" → \"y\" in context.b == \"x\"",
            "conjunct added: context.c == \"x\"",
        ],
    );
}

#[test]
fn the_order_of_conjuncts_is_told_and_their_clauses_are_not() {
    conditions(
        "when { context has a && context.a }",
        "when { context.a && context has a }",
        &["conjuncts reordered"],
    );
    conditions(
        "when { context.a && context.b && context.c }",
        "when { context.a } when { context.b && context.c }",
        &["conjuncts grouped otherwise"],
    );
    conditions(
        "when { context.a && context.b < 5 }",
        "when { context.b < 6 && context.a }",
        &["literal 5 → 6 in context.b < 5", "conjuncts reordered"],
    );
}

#[test]
fn json_policies_are_described_too() {
    let json = |limit: u64| {
        let text = format!(
            r#"{{"effect": "permit", "principal": {{"op": "All"}}, "action": {{"op": "All"}}, "resource": {{"op": "All"}},
            "conditions": [{{"kind": "unless", "body": {{">": {{
                "left": {{".": {{"left": {{"Var": "context"}}, "attr": "a"}}}}, "right": {{"Value": {limit}}}}}}}}}]}}"#
        );
        let (policies, diagnostics) = parse_policies(&SourceFile::new("p.json", text));
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        policies.into_iter().next().unwrap()
    };
    let edits = json(5).edits_to(&json(6));
    assert_eq!(edits.len(), 1, "{edits:?}");
    assert!(edits.concat().starts_with("literal 5 → 6 in "), "{edits:?}");
}

#[test]
fn long_texts_and_many_edits_are_shortened() {
    let long = "x".repeat(500);
    let edits = |base: &str, head: &str| {
        let policy = |conjuncts: &str| {
            policy(&format!(
                "permit (principal, action, resource) when {{ {conjuncts} }};"
            ))
        };
        policy(base).edits_to(&policy(head))
    };
    let found = edits(
        "context.b",
        &format!("context.a == \"{long}\" && context.b"),
    );
    assert!(found.concat().chars().count() < 150, "{found:?}");
    let found = edits(
        &format!("context.a == \"{long}1\""),
        &format!("context.a == \"{long}2\""),
    );
    let found = found.concat();
    assert!(
        found.chars().count() < 200 && found.contains("1\" → …"),
        "{found}"
    );
    let many: Vec<String> = (0..30).map(|n| format!("context.a{n}")).collect();
    let found = edits("true", &many.join(" && "));
    assert_eq!(found.len(), 20);
    assert_eq!(found.last().unwrap(), "and 12 more edits");
}
