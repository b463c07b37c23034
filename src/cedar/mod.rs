//! The only folder that names Cedar's crates: parse, link, validate, build values, evaluate.

mod atoms;
mod build_entity;
mod confusable;
mod context;
mod declared;
mod diagnostics;
mod edits;
mod entities;
mod entity_reads;
mod evaluate;
mod format;
mod levels;
mod lower;
mod mutants;
mod near_miss;
mod nesting;
mod outcomes;
mod pieces;
mod policies;
mod policy_set;
mod quantity;
mod reach;
mod reads;
mod reference;
mod schema;
mod scope;
mod syntax;
mod text;
mod tree;
mod trials;
mod typecheck;
mod typed_parts;
mod types;
mod typing;
mod unknown;
mod validation_codes;
mod values;
mod written;

pub use confusable::is_of_one_script;
pub use context::Context;
pub use declared::{Declaration, DeclaredAttribute, DeclaredKind, declarations, declared_as};
pub use entities::{EntityStore, ParsedEntity, parse_entity};
pub use entity_reads::EntityReads;
pub use evaluate::{Evaluated, Evaluation};
pub use format::{format, format_parsed};
pub use lower::LoweredEntity;
pub use mutants::{
    LeftOut, Mutable, Mutant, Mutants, Operator, Reason, Replaced, Sameness, mutants,
};
pub use near_miss::{Miss, Missed};
pub use policies::{Kept, ParsedPolicy, parse_and_keep, parse_policies};
pub use policy_set::{CompiledPolicy, Link, PolicySet, PolicySetBuilder};
pub use quantity::Quantity;
pub use reads::Comparison;
pub use reference::{authorize, authorized};
pub use schema::{ActionInfo, Schema, parse_schema};
pub use syntax::{
    AnnotationSyntax, BinaryOperator, Clause, Demand, Polarity, ScopeSyntax, ScopeTarget, Syntax,
    Term, TermKind, parse_term,
};
pub use tree::{Atom, Can, Node, Part, RequestTypes, Seen, Tree, Truth, Walk};
pub use trials::{Trials, trials};
pub use typed_parts::Typed;
pub use typing::{TypedEnvironment, Typing, Typings, Verdict};
pub use values::{BuiltRequest, PreparedRequest};
pub use written::WrittenEntity;

use crate::model::EntityRef;
use cedar_policy_core::{FromNormalizedStr as _, ast};
use std::str::FromStr;

/// Cedar's version, for reports.
pub fn version() -> String {
    cedar_policy::get_sdk_version().to_string()
}

/// Cedar's uid for a reference; nothing where the type is no name in Cedar's grammar.
fn uid(reference: &EntityRef) -> Option<ast::EntityUID> {
    let ty = entity_type(&reference.ty)?;
    Some(ast::EntityUID::from_components(
        ty,
        ast::Eid::new(reference.id.as_ref()),
        None,
    ))
}

/// Cedar takes names without spaces and comments alone, where they are no part of a policy.
fn entity_type(name: &str) -> Option<ast::EntityType> {
    Some(ast::Name::from_normalized_str(name).ok()?.into())
}

fn reference(uid: &ast::EntityUID) -> EntityRef {
    let id: &str = uid.eid().as_ref();
    EntityRef::new(uid.entity_type().to_string(), id)
}

/// Parses Cedar's written form of an entity, `Type::"id"`, or the reason why it is none.
pub fn parse_entity_ref(text: &str) -> Result<EntityRef, String> {
    // Cedar's parser takes longer for a name than the engine for a decision.
    if let Some(plain) = plain_entity_ref(text) {
        return Ok(plain);
    }
    ast::EntityUID::from_str(text)
        .map(|uid| reference(&uid))
        .map_err(|error| error.to_string())
}

/// A reference in the form in which Cedar writes it, whose id needs no escapes; nothing for every other text.
fn plain_entity_ref(text: &str) -> Option<EntityRef> {
    let (ty, id) = text.strip_suffix('"')?.split_once("::\"")?;
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    (id.bytes().all(plain) && is_type_name(ty)).then(|| EntityRef::new(ty, id))
}

/// Whether a text is a type name in Cedar's grammar, `Namespace::Type`.
pub fn is_type_name(text: &str) -> bool {
    entity_type(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_references_are_read_as_cedar_reads_them(
            text in r#"(A|Ns::B|_c1|in|__cedar|Action|true::T|1a|é| A|A //c)(::|: :|)"([ -~]|é|\\n|\\"|\n){0,3}"( |"|)"#
        ) {
            if let Some(plain) = plain_entity_ref(&text) {
                let parsed = ast::EntityUID::from_str(&text).map(|uid| reference(&uid));
                prop_assert_eq!(Some(plain), parsed.ok());
            }
        }
    }

    #[test]
    fn what_is_plain_needs_no_parser() {
        for (text, plain) in [
            (r#"Ns::Agent::"bot 1""#, true),
            (r#"Agent::"""#, true),
            (r#"Agent::"a\n""#, false),
            (r#"__cedar::Agent::"a""#, false),
            (r#"Agent::"a" "#, false),
        ] {
            assert_eq!(plain_entity_ref(text).is_some(), plain, "{text}");
        }
    }
}
