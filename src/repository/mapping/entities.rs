//! What a mapping says of entities: the data sets that they are looked up in, and what calls change of them.

use super::ValueTemplate;
use super::lines::Line;
use crate::repository::rows::{Flag, Given, Rows};
use crate::repository::template::{Field, Placeholder, ReferenceTemplate, Template};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows that become entities.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSet {
    /// Its name.
    pub name: Arc<str>,
    /// The keys that lead to the rows in a document; nothing where every line of a file is a row.
    pub at: Option<Vec<DataStep>>,
    /// The uid of a row's entity.
    pub entity: ReferenceTemplate,
    /// Its parents.
    pub parents: Vec<Parent>,
    /// Its attributes.
    pub attrs: BTreeMap<String, ValueTemplate>,
    /// Its tags.
    pub tags: Tags,
    /// Since when a row counts, where the rows of an entity are versions.
    pub as_of: Option<Template>,
    /// Where it stands.
    pub line: Line,
    /// Its rows, once they were read.
    pub(super) given: Given,
    /// Whether it was asked for a row.
    pub(super) asked: Flag,
}

/// A step on the way to rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataStep {
    /// A member.
    Key(String),
    /// Every member of an object, or every element of an array.
    Every,
}

/// The tags of an entity.
#[derive(Debug, Clone, PartialEq)]
pub enum Tags {
    /// One by one.
    Named(BTreeMap<String, ValueTemplate>),
    /// The members of an object.
    Members(Placeholder),
}

/// What an entity is in.
#[derive(Debug, Clone, PartialEq)]
pub enum Parent {
    /// One entity.
    One(ReferenceTemplate),
    /// One for each element of something.
    Each(Placeholder, ReferenceTemplate),
}

/// What a call changes of an entity for the later calls of its session.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The entity.
    pub entity: ReferenceTemplate,
    /// Attributes that it has then; without a value, those that it does not have then.
    pub attrs: BTreeMap<String, Option<ValueTemplate>>,
    /// What it is in then; nothing where that stays.
    pub parents: Option<Vec<Parent>>,
    /// Where it stands.
    pub line: Line,
}

impl DataSet {
    /// Its rows, to look one up, which is noted; nothing where there is no file.
    pub fn rows(&self) -> Option<&Rows> {
        self.asked.set();
        self.given.0.as_deref()
    }

    /// Whether it was asked for a row since its mapping [began](super::Mapping::begin) to be used.
    pub fn asked(&self) -> &Flag {
        &self.asked
    }
}

impl Parent {
    /// The placeholders, and whether they read an element.
    pub fn placeholders(&self) -> impl Iterator<Item = (&Placeholder, bool)> {
        let (each, entity) = match self {
            Parent::One(entity) => (None, entity),
            Parent::Each(each, entity) => (Some(each), entity),
        };
        let inside = each.is_some();
        let read = entity.id.placeholders().map(move |one| (one, inside));
        each.map(|each| (each, false)).into_iter().chain(read)
    }
}

impl Change {
    /// All its placeholders.
    pub fn placeholders(&self) -> Vec<&Placeholder> {
        let mut all: Vec<&Placeholder> = self.entity.id.placeholders().collect();
        for value in self.attrs.values().flatten() {
            value.placeholders(false, &mut |one, _| all.push(one));
        }
        let parents = self.parents.iter().flatten();
        all.extend(parents.flat_map(Parent::placeholders).map(|(one, _)| one));
        all
    }

    /// Whether it reads what the call gave back.
    pub fn reads_result(&self) -> bool {
        let all = self.placeholders();
        all.iter().any(|one| matches!(one.field, Field::Result(_)))
    }
}
