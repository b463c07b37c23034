//! What must come out of a test.

use crate::yaml::Spanned;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// What must come out of a test. A list is judged by `exactly`, `includes` and `excludes`, everything else by
/// `decision`, `reasons` and `errors`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Spanned<ExpectedDecision>>,
    /// The determining policies; left out: not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Spanned<PolicyNames>>,
    /// The policies that raise an error; left out: none may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Spanned<PolicyNames>>,
    /// Of a list: all that are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<Spanned<Vec<Spanned<String>>>>,
    /// Of a list: some that are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub includes: Option<Spanned<Vec<Spanned<String>>>>,
    /// Of a list: some that are denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excludes: Option<Spanned<Vec<Spanned<String>>>>,
}

/// A decision in the words of tests.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedDecision {
    /// Allow.
    Allow,
    /// Deny, for whatever reason.
    #[default]
    Deny,
    /// Deny, because a forbid is satisfied.
    Forbid,
    /// Deny, because no policy is satisfied.
    NoMatch,
}

impl ExpectedDecision {
    /// All of them.
    pub const ALL: [ExpectedDecision; 4] = [
        ExpectedDecision::Allow,
        ExpectedDecision::Deny,
        ExpectedDecision::Forbid,
        ExpectedDecision::NoMatch,
    ];

    /// The name in test files.
    pub fn name(self) -> &'static str {
        match self {
            ExpectedDecision::Allow => "allow",
            ExpectedDecision::Deny => "deny",
            ExpectedDecision::Forbid => "forbid",
            ExpectedDecision::NoMatch => "no-match",
        }
    }

    /// The decision of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|found| found.name() == name)
    }
}

/// Policies that must determine a decision, or raise an error.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum PolicyNames {
    /// Exactly these.
    Exactly(Vec<Spanned<String>>),
    /// Something looser.
    Loosely(NamesSpec),
}

/// What a set of policies must be like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamesSpec {
    /// Policies that must be among them.
    #[serde(default)]
    pub include: Vec<Spanned<String>>,
    /// Policies that must not be among them.
    #[serde(default)]
    pub exclude: Vec<Spanned<String>>,
    /// Policies of which at least one must be among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any: Option<Vec<Spanned<String>>>,
}

impl PolicyNames {
    /// Why it asks for nothing, where it does: then it would hold whatever came out.
    pub fn asks_nothing(&self) -> Option<&'static str> {
        let PolicyNames::Loosely(names) = self else {
            return None;
        };
        if names.any.as_ref().is_some_and(Vec::is_empty) {
            return Some("`any` names no policy");
        }
        self.named().next().is_none().then_some(
            "this asks for nothing, so it would hold whatever came out; `[]` is for no policy at all",
        )
    }

    /// Every policy that is named.
    pub fn named(&self) -> impl Iterator<Item = &Spanned<String>> {
        let lists: [&[Spanned<String>]; 3] = match self {
            PolicyNames::Exactly(names) => [names, &[], &[]],
            PolicyNames::Loosely(names) => {
                let any = names.any.as_deref().unwrap_or_default();
                [&names.include, &names.exclude, any]
            }
        };
        lists.into_iter().flatten()
    }
}

/// Told by its shape, without a buffer in between, so that the names keep their places.
impl<'de> Deserialize<'de> for PolicyNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;

        impl<'de> Visitor<'de> for Shape {
            type Value = PolicyNames;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of policies, or `include`, `exclude` and `any` with one each")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(access)).map(PolicyNames::Exactly)
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
                NamesSpec::deserialize(MapAccessDeserializer::new(access)).map(PolicyNames::Loosely)
            }
        }

        deserializer.deserialize_any(Shape)
    }
}
