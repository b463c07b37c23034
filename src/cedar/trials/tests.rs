//! Pairs of policies: equal, repaired, or neither.

use super::*;
use crate::cedar::parse_policies;
use crate::model::SourceFile;

fn compare(one: &str, other: &str) -> Trials {
    let parse = |text: &str| {
        let (mut policies, faults) = parse_policies(&SourceFile::new("a.cedar", text));
        assert!(faults.is_empty(), "{faults:?}");
        policies.remove(0)
    };
    trials(&parse(one), &parse(other), None, 2_000, 7)
}

/// Pairs of conditions: equal, repaired, or neither.
#[test]
fn what_differs_is_seen() {
    let of =
        |condition: &str| format!("forbid (principal, action, resource) when {{ {condition} }};");
    for (one, other, equal, repair) in [
        ("context.a == \"x\"", "\"x\" == context.a", true, true),
        ("context.n > 5", "context.n >= 5", false, false),
        ("context.n > 5", "!(context.n <= 5)", true, true),
        ("context.a == true", "context.a", false, false),
        (
            "context.a in [\"x\", \"y\"]",
            "[\"x\", \"y\"].contains(context.a)",
            false,
            true,
        ),
        (
            "context.a.b == 1",
            "context has a && context.a.b == 1",
            false,
            true,
        ),
        (
            "context has a.b && context.a.b == 1",
            "context has a && context.a has b && context.a.b == 1",
            true,
            true,
        ),
        (
            "context.a == 1 && context.b == 2",
            "context.b == 2 && context.a == 1",
            false,
            false,
        ),
        (
            "principal.x == resource.x",
            "resource.x == principal.x",
            true,
            true,
        ),
        (
            "principal in T::\"a\"",
            "principal == T::\"a\"",
            false,
            false,
        ),
        (
            "principal in [T::\"a\"]",
            "principal in T::\"a\"",
            true,
            true,
        ),
        (
            "context.d.lessThan(decimal(\"1.5\"))",
            "decimal(\"1.5\").greaterThan(context.d)",
            true,
            true,
        ),
        (
            "context.a like \"x*\"",
            "context.a like \"x*\" && !(context.a like \"*y\")",
            false,
            false,
        ),
        (
            "context.a == \"x\" || context.a == \"y\"",
            "[\"x\", \"y\"].contains(context.a)",
            true,
            true,
        ),
        ("if context.a then true else false", "context.a", true, true),
        (
            "principal.hasTag(\"a\") && principal.getTag(\"a\") == 1",
            "principal.hasTag(\"a\") && 1 == principal.getTag(\"a\")",
            true,
            true,
        ),
        (
            "principal.getTag(\"a\") == 1",
            "principal.hasTag(\"a\") && principal.getTag(\"a\") == 1",
            false,
            true,
        ),
        (
            "context.a.contains(1)",
            "context.a.containsAny([1])",
            true,
            true,
        ),
    ] {
        let found = compare(&of(one), &of(other));
        assert_eq!(
            (found.are_equal(), found.only_repair()),
            (equal, repair),
            "{one} / {other}: {found:?}"
        );
        assert!(
            found.same + found.repaired > 0
                && found.same + found.both_failed + found.repaired + found.different > 1_500,
            "{one}: {found:?}"
        );
    }
    let found = compare(
        "permit (principal, action, resource);",
        "forbid (principal, action, resource);",
    );
    assert!(!found.only_repair());
}

#[test]
fn scopes_and_slots_are_tried() {
    let one = "permit (principal == ?principal, action in [Action::\"a\"], resource) when { resource in T::\"x\" };";
    let other = "permit (principal == ?principal, action in Action::\"a\", resource in T::\"x\");";
    let found = compare(one, other);
    assert!(found.are_equal() && found.same > 1_500, "{found:?}");
    let other = "permit (principal == ?principal, action == Action::\"a\", resource in T::\"x\");";
    assert!(!compare(one, other).only_repair());
}
