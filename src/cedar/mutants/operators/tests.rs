//! Each operator on small policies: the texts that it makes.

use super::{Operator, drafts};
use crate::cedar::mutants::edited;
use crate::cedar::mutants::sites::Sites;
use crate::cedar::mutants::world::{Around, World};
use crate::cedar::{EntityStore, Link, Schema, parse_entity, parse_schema};
use crate::model::{EntityRef, SourceFile, Span};
use serde_json::json;

const SCHEMA: &str = "
    entity Team;
    entity Bot in [Team] = { level: Long };
    entity Doc;
    entity Box in [Box];
    action reads;
    action look, find in [reads] appliesTo { principal: Bot, resource: Doc, context: { n: Long } };
    action open appliesTo { principal: Bot, resource: Box };
";

fn schema() -> Schema {
    let (schema, faults) = parse_schema(&[SourceFile::new("a.cedarschema", SCHEMA)]);
    assert_eq!(faults, []);
    schema.unwrap()
}

fn store(schema: &Schema) -> EntityStore {
    let named = [
        ("Team", "a"),
        ("Team", "b"),
        ("Team", "c"),
        ("Doc", "d"),
        ("Box", "x"),
        ("Box", "y"),
    ];
    let entities: Vec<_> = named
        .iter()
        .map(|(ty, id)| {
            let json = json!({ "uid": { "type": ty, "id": id }, "attrs": {}, "parents": [] });
            parse_entity(&json, Some(schema)).unwrap()
        })
        .collect();
    EntityStore::build(&entities, Some(schema)).unwrap()
}

/// What an operator makes of a policy.
#[track_caller]
fn made(operator: Operator, text: &str) -> Vec<String> {
    let schema = schema();
    let store = store(&schema);
    let world = World::new(&store, Some(&schema));
    // Who fills the slots: a bot, in which nothing can be, and a box.
    let link = Link {
        id: "link".into(),
        template: "template".into(),
        principal: Some(EntityRef::new("Bot", "z")),
        resource: Some(EntityRef::new("Box", "x")),
        file: "links.yaml".into(),
        span: Span::new(0, 0),
    };
    let around = Around {
        world: &world,
        links: vec![&link],
    };
    let sites = Sites::of(text).expect("the text is a policy");
    let drafts = drafts(&sites, &around).into_iter();
    drafts
        .filter(|draft| draft.operator == operator)
        .map(|draft| edited(text, draft.span, &draft.with))
        .collect()
}

/// The same for a condition, without what stands around it.
#[track_caller]
fn conditions(operator: Operator, body: &str) -> Vec<String> {
    const HEAD: &str = "permit (principal, action, resource) ";
    let made = made(operator, &format!("{HEAD}{body};")).into_iter();
    made.map(|text| {
        let body = text
            .strip_prefix(HEAD)
            .expect("only the condition is edited");
        body.trim_end_matches(';').trim().to_owned()
    })
    .collect()
}

/// The same for a scope.
#[track_caller]
fn scopes(operator: Operator, scope: &str) -> Vec<String> {
    let made = made(operator, &format!("permit ({scope});")).into_iter();
    made.map(|text| {
        let inner = text
            .strip_prefix("permit (")
            .and_then(|text| text.strip_suffix(");"));
        inner.expect("only the scope is edited").to_owned()
    })
    .collect()
}

#[test]
fn effect_flipped() {
    assert_eq!(
        made(
            Operator::EffectFlipped,
            "@id(\"permit\")\npermit (principal, action, resource);"
        ),
        ["@id(\"permit\")\nforbid (principal, action, resource);"]
    );
    assert_eq!(
        made(
            Operator::EffectFlipped,
            "forbid(principal,action,resource);"
        ),
        ["permit(principal,action,resource);"]
    );
}

#[test]
fn conjunct_dropped() {
    let dropped = |body: &str| conditions(Operator::ConjunctDropped, body);
    assert_eq!(
        dropped("when { context.a && (context.b || context.c) && context.d < 1 }"),
        [
            "when { (context.b || context.c) && context.d < 1 }",
            "when { context.a && context.d < 1 }",
            "when { context.a && (context.b || context.c) }",
        ]
    );
    // A clause that is one conjunct goes as a whole.
    assert_eq!(
        dropped("when { context.a } unless { context.b && context.c }"),
        [
            "unless { context.b && context.c }",
            "when { context.a }",
            "when { context.a } unless { context.c }",
            "when { context.a } unless { context.b }",
        ]
    );
    assert_eq!(
        dropped("when { resource is Box in Box::\"x\" }"),
        [
            "",
            "when { resource is Box }",
            "when { resource in Box::\"x\" }"
        ]
    );
    // Comments between conjuncts are no conjuncts.
    assert_eq!(
        dropped("when { context.a && // && why\n context.b }"),
        ["when { context.b }", "when { context.a }"]
    );
}

#[test]
fn disjunct_dropped() {
    let dropped = |body: &str| conditions(Operator::DisjunctDropped, body);
    assert_eq!(
        dropped("unless { context.a || context.b }"),
        ["unless { context.b }", "unless { context.a }"]
    );
    assert_eq!(
        dropped("when { [context.a || context.b].contains(true) }"),
        [
            "when { [context.b].contains(true) }",
            "when { [context.a].contains(true) }"
        ]
    );
    assert_eq!(dropped("when { context.a && context.b }"), [""; 0]);
}

#[test]
fn has_guard_removed() {
    let removed = |body: &str| conditions(Operator::HasGuardRemoved, body);
    assert_eq!(
        removed("when { context has a && context.a }"),
        ["when { context.a }"]
    );
    assert_eq!(
        removed("when { (principal has a.b) && principal.hasTag(\"c\") && principal.a.b }"),
        [
            "when { principal.hasTag(\"c\") && principal.a.b }",
            "when { (principal has a.b) && principal.a.b }",
        ]
    );
    assert_eq!(removed("when { context has a }"), [""]);
    assert_eq!(removed("when { context has a || context.b }"), [""; 0]);
}

#[test]
fn atom_negated() {
    let negated = |body: &str| conditions(Operator::AtomNegated, body);
    assert_eq!(
        negated("when { context.a == 1 && !context.b }"),
        [
            "when { !(context.a == 1) && !context.b }",
            "when { context.a == 1 && context.b }"
        ]
    );
    assert_eq!(
        negated("when { !(context.a || context.b) && !(context.c == 1) }"),
        [
            "when { !(!(context.a) || context.b) && !(context.c == 1) }",
            "when { !(context.a || !(context.b)) && !(context.c == 1) }",
            "when { (context.a || context.b) && !(context.c == 1) }",
            "when { !(context.a || context.b) && (context.c == 1) }",
        ]
    );
    assert_eq!(
        negated("when { if context.a then context.b else context.c }"),
        [
            "when { if !(context.a) then context.b else context.c }",
            "when { if context.a then !(context.b) else context.c }",
            "when { if context.a then context.b else !(context.c) }",
        ]
    );
    // The only atom of a clause is left to `when` and `unless`.
    assert_eq!(
        negated("when { context.a } unless { !(context.b) }"),
        [""; 0]
    );
}

#[test]
fn and_or_swapped() {
    assert_eq!(
        conditions(
            Operator::AndOrSwapped,
            "when { context.a && context.b && (context.c\n || // ||\n context.d) }"
        ),
        [
            "when { context.a || context.b && (context.c\n || // ||\n context.d) }",
            "when { context.a && context.b || (context.c\n || // ||\n context.d) }",
            "when { context.a && context.b && (context.c\n && // ||\n context.d) }",
        ]
    );
}

#[test]
fn comparison_shifted() {
    let shifted = |body: &str| conditions(Operator::ComparisonShifted, body);
    assert_eq!(
        shifted("when { context.a < 10 }"),
        [
            "when { context.a <= 10 }",
            "when { context.a < 11 }",
            "when { context.a < 9 }"
        ]
    );
    assert_eq!(
        shifted("when { context.a >= 0 }"),
        [
            "when { context.a > 0 }",
            "when { context.a >= 1 }",
            "when { context.a >= (-1) }"
        ]
    );
    assert_eq!(
        shifted("when { context.a <= context.b }"),
        ["when { context.a < context.b }"]
    );
    assert_eq!(
        shifted("when { context.a > context.b }"),
        ["when { context.a >= context.b }"]
    );
    assert_eq!(
        shifted("when { context.a.lessThan(decimal(\"0.0\")) }"),
        [
            "when { context.a.lessThanOrEqual(decimal(\"0.0\")) }",
            "when { context.a.lessThan(decimal(\"0.0001\")) }",
            "when { context.a.lessThan(decimal(\"-0.0001\")) }",
        ]
    );
    assert_eq!(
        shifted("when { context.a.greaterThanOrEqual(decimal(\"-1.50\")) }"),
        [
            "when { context.a.greaterThan(decimal(\"-1.50\")) }",
            "when { context.a.greaterThanOrEqual(decimal(\"-1.4999\")) }",
            "when { context.a.greaterThanOrEqual(decimal(\"-1.5001\")) }",
        ]
    );
    assert_eq!(
        shifted("when { context.a.lessThanOrEqual(context.b) }"),
        ["when { context.a.lessThan(context.b) }"]
    );
    assert_eq!(shifted("when { context.a == \"1 < 2\" }"), [""; 0]);
}

#[test]
fn scope_widened() {
    let widened = |scope: &str| scopes(Operator::ScopeWidened, scope);
    // Nothing can be in a bot, so `in` says no more than `==` there.
    assert_eq!(
        widened("principal == Bot::\"z\", action, resource"),
        [
            "principal is Bot, action, resource",
            "principal, action, resource"
        ]
    );
    assert_eq!(
        widened("principal, action == Action::\"look\", resource == Box::\"x\""),
        [
            "principal, action in Action::\"reads\", resource == Box::\"x\"",
            "principal, action, resource == Box::\"x\"",
            "principal, action == Action::\"look\", resource in Box::\"x\"",
            "principal, action == Action::\"look\", resource is Box",
            "principal, action == Action::\"look\", resource",
        ]
    );
    assert_eq!(
        widened("principal is Bot in Team::\"a\", action in [Action::\"look\"], resource is Doc"),
        [
            "principal is Bot, action in [Action::\"look\"], resource is Doc",
            "principal in Team::\"a\", action in [Action::\"look\"], resource is Doc",
            "principal is Bot in Team::\"a\", action, resource is Doc",
            "principal is Bot in Team::\"a\", action in [Action::\"look\"], resource",
        ]
    );
    assert_eq!(
        widened("principal == ?principal, action, resource == ?resource"),
        [
            "principal, action, resource == ?resource",
            "principal == ?principal, action, resource in ?resource",
            "principal == ?principal, action, resource",
        ]
    );
    assert_eq!(widened("principal, action, resource"), [""; 0]);
}

#[test]
fn scope_narrowed() {
    let narrowed = |scope: &str| scopes(Operator::ScopeNarrowed, scope);
    assert_eq!(
        narrowed(
            "principal in Team::\"a\", action in Action::\"reads\", resource is Box in Box::\"x\""
        ),
        [
            "principal == Team::\"a\", action in Action::\"reads\", resource is Box in Box::\"x\"",
            "principal in Team::\"a\", action == Action::\"reads\", resource is Box in Box::\"x\"",
            "principal in Team::\"a\", action in Action::\"reads\", resource == Box::\"x\"",
        ]
    );
    assert_eq!(
        narrowed("principal == Bot::\"z\", action in [Action::\"look\"], resource is Doc"),
        [""; 0]
    );
}

#[test]
fn action_taken() {
    assert_eq!(
        scopes(
            Operator::ActionTaken,
            "principal, action in [Action::\"look\", Action::\"find\", Action::\"open\"], resource"
        ),
        [
            "principal, action in [Action::\"find\", Action::\"open\"], resource",
            "principal, action in [Action::\"look\", Action::\"open\"], resource",
            "principal, action in [Action::\"look\", Action::\"find\"], resource",
        ]
    );
    assert_eq!(
        scopes(
            Operator::ActionTaken,
            "principal, action in [Action::\"look\"], resource"
        ),
        [""; 0]
    );
}

#[test]
fn element_taken() {
    assert_eq!(
        conditions(
            Operator::ElementTaken,
            "when { [\"a\", \"b\"].contains(context.a) }"
        ),
        [
            "when { [\"b\"].contains(context.a) }",
            "when { [\"a\"].contains(context.a) }"
        ]
    );
    assert_eq!(
        conditions(Operator::ElementTaken, "when { [1].contains(context.a) }"),
        [""; 0]
    );
}

#[test]
fn when_unless_swapped() {
    assert_eq!(
        conditions(
            Operator::WhenUnlessSwapped,
            "when { context.a } unless { context.when }"
        ),
        [
            "unless { context.a } unless { context.when }",
            "when { context.a } when { context.when }",
        ]
    );
}

#[test]
fn like_loosened() {
    let loosened = |pattern: &str| {
        let made = conditions(
            Operator::LikeLoosened,
            &format!("when {{ context.a like {pattern} }}"),
        );
        let patterns = made.iter().map(|text| {
            let inner = text.strip_prefix("when { context.a like ").unwrap();
            inner.strip_suffix(" }").unwrap().to_owned()
        });
        patterns.collect::<Vec<_>>()
    };
    assert_eq!(loosened("\"a\""), ["\"*a\"", "\"a*\""]);
    assert_eq!(
        loosened("\"a*b\""),
        ["\"*a*b\"", "\"a*b*\"", "\"*b\"", "\"a*\""]
    );
    assert_eq!(
        loosened("\"*a\\\\*b*\""),
        ["\"**b*\"", "\"*a\\\\**\""].map(|text| text.replace("**", "*"))
    );
    // An escaped star is a letter.
    assert_eq!(loosened("\"*\\*\""), ["\"*\\**\"", "\"*\""]);
    assert_eq!(loosened("\"*\""), [""; 0]);
}

#[test]
fn sibling_replaced() {
    assert_eq!(
        made(
            Operator::SiblingReplaced,
            "permit (principal in Team::\"b\", action == Action::\"look\", resource) when { principal in Team::\"c\" };"
        ),
        [
            "permit (principal in Team::\"c\", action == Action::\"look\", resource) when { principal in Team::\"c\" };",
            "permit (principal in Team::\"b\", action == Action::\"find\", resource) when { principal in Team::\"c\" };",
            "permit (principal in Team::\"b\", action == Action::\"look\", resource) when { principal in Team::\"a\" };",
        ]
    );
    // There is one document, and nobody knows any of the bots.
    assert_eq!(
        scopes(
            Operator::SiblingReplaced,
            "principal == Bot::\"z\", action, resource == Doc::\"d\""
        ),
        [""; 0]
    );
}
