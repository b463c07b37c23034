//! Trials: whether two policies come to the same, tried on generated requests. A fix that claims to change nothing, or to
//! turn errors into values alone, has to hold here before it is put into effect.
//!
//! Requests are made from what the policies themselves read and compare with: for every path a value that the policies
//! name, one beside it, one of another type, or none. So each condition is seen true, false and with an error.

mod chance;

use super::{ParsedPolicy, Schema, reference};
use cedar_policy_core::FromNormalizedStr as _;
use cedar_policy_core::ast::{
    BinaryOp, Context, EntityUID, Expr, ExprKind, Literal, Request, RestrictedExpr, SlotEnv,
    SlotId, Template, ValueKind, Var,
};
use cedar_policy_core::ast::{Entity, EntityUIDEntry};
use cedar_policy_core::entities::{Entities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;
use chance::Chance;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What came of trials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trials {
    /// In so many requests both came to the same value.
    pub same: usize,
    /// In so many requests both raised an error.
    pub both_failed: usize,
    /// In so many requests the first raised an error, and the second came to a value.
    pub repaired: usize,
    /// In so many requests anything else was different.
    pub different: usize,
    /// The first request in which anything else was different, in words.
    pub example: Option<String>,
}

impl Trials {
    /// Whether nothing changed.
    pub fn are_equal(&self) -> bool {
        self.repaired == 0 && self.different == 0
    }

    /// Whether at most errors became values.
    pub fn only_repair(&self) -> bool {
        self.different == 0
    }
}

/// What a policy comes to for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Holds,
    Fails,
    Raises,
}

/// Tries two policies of one effect on so many requests; `seed` says on which. Which action lies in which group is what the
/// schema says, where there is one: no request has it otherwise.
pub fn trials(
    one: &ParsedPolicy,
    other: &ParsedPolicy,
    schema: Option<&Schema>,
    tries: usize,
    seed: u64,
) -> Trials {
    let mut found = Trials::default();
    if one.effect != other.effect {
        found.different = 1;
        found.example = Some("the effect is another one".to_owned());
        return found;
    }
    let conditions = [one, other].map(|policy| policy.template.condition());
    let mut pool = Pool::default();
    for condition in &conditions {
        pool.learn(condition);
    }
    pool.finish(schema);
    let mut chance = Chance(seed);
    for _ in 0..tries {
        let Some(trial) = pool.trial(&mut chance, [&one.template, &other.template]) else {
            continue;
        };
        let [before, after] = conditions
            .each_ref()
            .map(|condition| trial.outcome(condition));
        match (before, after) {
            (Outcome::Raises, Outcome::Raises) => found.both_failed += 1,
            (before, after) if before == after => found.same += 1,
            (Outcome::Raises, _) => found.repaired += 1,
            (before, after) => {
                found.different += 1;
                found.example.get_or_insert_with(|| {
                    let say = |outcome| match outcome {
                        Outcome::Holds => "applies",
                        Outcome::Fails => "does not apply",
                        Outcome::Raises => "raises an error",
                    };
                    format!(
                        "it {}, and {} before: {}",
                        say(after),
                        say(before),
                        trial.words
                    )
                });
            }
        }
    }
    found
}

/// What is read of something: attributes with what is read of them in turn, and what they are compared with.
#[derive(Debug, Clone, Default)]
struct Read {
    attributes: BTreeMap<SmolStr, Read>,
    /// Values that it is compared with.
    near: Vec<RestrictedExpr>,
}

/// What requests are made of.
#[derive(Debug, Default)]
struct Pool {
    read: BTreeMap<Var, Read>,
    values: Vec<RestrictedExpr>,
    entities: Vec<EntityUID>,
    types: BTreeSet<String>,
    /// The names of tags that are read.
    tags: BTreeSet<SmolStr>,
    /// The groups of the actions that the schema knows.
    groups: BTreeMap<EntityUID, HashSet<EntityUID>>,
}

/// A request with its entities.
struct Trial {
    request: Request,
    entities: Entities,
    slots: SlotEnv,
    words: String,
}

impl Trial {
    fn outcome(&self, condition: &Expr) -> Outcome {
        let evaluator = Evaluator::new(
            self.request.clone(),
            &self.entities,
            Extensions::all_available(),
        );
        match evaluator.interpret(condition, &self.slots) {
            Ok(value) => match value.value_kind() {
                ValueKind::Lit(Literal::Bool(true)) => Outcome::Holds,
                ValueKind::Lit(Literal::Bool(false)) => Outcome::Fails,
                _ => Outcome::Raises,
            },
            Err(_) => Outcome::Raises,
        }
    }
}

impl Pool {
    fn learn(&mut self, condition: &Expr) {
        for part in condition.subexpressions() {
            match part.expr_kind() {
                ExprKind::Lit(Literal::EntityUID(uid)) => {
                    self.types.insert(uid.entity_type().to_string());
                    self.entities.push(uid.as_ref().clone());
                }
                ExprKind::Is { entity_type, .. } => {
                    self.types.insert(entity_type.to_string());
                }
                ExprKind::GetAttr { .. }
                | ExprKind::HasAttr { .. }
                | ExprKind::ExtHasAttr { .. } => {
                    self.note(part, &[]);
                }
                ExprKind::BinaryApp { op, arg1, arg2 } => {
                    if let (
                        BinaryOp::GetTag | BinaryOp::HasTag,
                        ExprKind::Lit(Literal::String(name)),
                    ) = (op, arg2.expr_kind())
                    {
                        self.tags.insert(name.clone());
                    }
                    self.compare(arg1, arg2);
                    self.compare(arg2, arg1);
                }
                ExprKind::ExtensionFunctionApp { args, .. } => {
                    for one in args.iter() {
                        for other in args.iter() {
                            self.compare(one, other);
                        }
                    }
                }
                ExprKind::Like { expr, pattern } => {
                    let texts = [
                        pattern.to_string().replace('*', ""),
                        pattern.to_string().replace('*', "x"),
                    ];
                    let near: Vec<_> = texts.map(RestrictedExpr::val).to_vec();
                    self.note(expr, &near);
                }
                _ => {}
            }
            if let Some(value) = constant(part) {
                self.values.push(value);
            }
        }
    }

    /// Notes that one side is compared with the other, where that is constant.
    fn compare(&mut self, path: &Expr, other: &Expr) {
        let mut near = Vec::new();
        for part in other.subexpressions() {
            if let Some(value) = constant(part) {
                near.extend(beside(part));
                near.push(value);
            }
        }
        if let Some(value) = constant(other) {
            near.push(RestrictedExpr::set([value]));
        }
        self.note(path, &near);
    }

    /// Notes a path that is read, with values that it is compared with.
    fn note(&mut self, expr: &Expr, near: &[RestrictedExpr]) {
        let Some((variable, names)) = path(expr) else {
            return;
        };
        let mut read = self.read.entry(variable).or_default();
        for name in names {
            read = read.attributes.entry(name).or_default();
        }
        if let ExprKind::BinaryApp { .. } = expr.expr_kind() {
            return;
        }
        read.near.extend(near.iter().cloned());
    }

    fn finish(&mut self, schema: Option<&Schema>) {
        self.values.extend([
            RestrictedExpr::val(true),
            RestrictedExpr::val(false),
            RestrictedExpr::val(0),
            RestrictedExpr::val(i64::MAX),
            RestrictedExpr::val(i64::MIN),
            RestrictedExpr::val(""),
            RestrictedExpr::val("other"),
            RestrictedExpr::set([]),
        ]);
        self.types.insert("Trial".to_owned());
        let mut more = Vec::new();
        for ty in &self.types {
            more.extend(entity(ty, "other"));
        }
        self.entities.extend(more);
        let mut seen = HashSet::new();
        self.entities.retain(|uid| seen.insert(uid.clone()));
        if let Some(schema) = schema {
            for uid in &self.entities {
                let action = reference(uid);
                if schema.action(&action).is_some() {
                    let groups = self
                        .entities
                        .iter()
                        .filter(|group| schema.members(&reference(group)).contains(&action));
                    self.groups.insert(uid.clone(), groups.cloned().collect());
                }
            }
        }
        let entities = self.entities.iter().cloned();
        self.values.extend(entities.map(RestrictedExpr::val));
    }

    /// A value for what is read so; nothing for none.
    fn value(&self, read: &Read, chance: &mut Chance, depth: usize) -> Option<RestrictedExpr> {
        if chance.percent(8) {
            return None;
        }
        let inner = !read.attributes.is_empty();
        if inner && depth < 12 && chance.percent(70) {
            let members = read.attributes.iter().filter_map(|(name, read)| {
                Some((name.clone(), self.value(read, chance, depth + 1)?))
            });
            return RestrictedExpr::record(members.collect::<Vec<_>>()).ok();
        }
        if inner && chance.percent(80) {
            return chance.of(&self.entities).cloned().map(RestrictedExpr::val);
        }
        match !read.near.is_empty() && chance.percent(80) {
            true => chance.of(&read.near).cloned(),
            false => chance.of(&self.values).cloned(),
        }
    }

    fn trial(&self, chance: &mut Chance, templates: [&Template; 2]) -> Option<Trial> {
        let extensions = Extensions::all_available();
        let mut words = Vec::new();
        let [principal, action, resource] =
            [Var::Principal, Var::Action, Var::Resource].map(|variable| {
                let named = self.read.get(&variable).map(|read| &read.near);
                let named = named.into_iter().flatten().filter_map(uid_of);
                let named: Vec<EntityUID> = named.collect();
                match !named.is_empty() && chance.percent(70) {
                    true => chance.of(&named).cloned(),
                    false => chance.of(&self.entities).cloned(),
                }
            });
        let (principal, action, resource) = (principal?, action?, resource?);
        let nothing = Read::default();
        let context = self.read.get(&Var::Context).unwrap_or(&nothing);
        let mut members = Vec::new();
        for (name, read) in &context.attributes {
            if let Some(value) = self.value(read, chance, 0) {
                words.push(format!("context.{name} = {value}"));
                members.push((name.clone(), value));
            }
        }
        let context = Context::from_pairs(members, extensions).ok()?;
        let of_all: Vec<&Read> = [Var::Principal, Var::Action, Var::Resource]
            .iter()
            .filter_map(|variable| self.read.get(variable))
            .collect();
        let mut entities: Vec<Entity> = Vec::new();
        // An order by chance: only what comes later may lie above, so that nothing lies above itself.
        let ranks: Vec<usize> = self
            .entities
            .iter()
            .map(|_| chance.below(usize::MAX))
            .collect();
        for (uid, rank) in self.entities.iter().zip(&ranks) {
            if !self.groups.contains_key(uid) && chance.percent(10) {
                continue;
            }
            // Any entity may be read like any variable: what lies behind an attribute is not told apart.
            let mut attributes: BTreeMap<SmolStr, RestrictedExpr> = BTreeMap::new();
            for read in all_reads(&of_all, context_reads(self.read.get(&Var::Context))) {
                for (name, inner) in &read.attributes {
                    if let Some(value) = self.value(inner, chance, 0) {
                        attributes.insert(name.clone(), value);
                    }
                }
            }
            let tags: Vec<(SmolStr, RestrictedExpr)> = self
                .tags
                .iter()
                .filter_map(|name| {
                    let value = chance.percent(60).then(|| chance.of(&self.values))?;
                    Some((name.clone(), value?.clone()))
                })
                .collect();
            let above = self.entities.iter().zip(&ranks);
            let above = above.filter(|(_, other)| *other > rank).map(|(uid, _)| uid);
            let parents: HashSet<EntityUID> = match self.groups.get(uid) {
                Some(groups) => groups.clone(),
                None => above
                    .filter(|uid| !self.groups.contains_key(*uid))
                    .filter(|_| chance.percent(30))
                    .cloned()
                    .collect(),
            };
            for (name, value) in &attributes {
                if *uid == principal || *uid == resource {
                    words.push(format!("{uid}.{name} = {value}"));
                }
            }
            entities.push(
                Entity::new(
                    uid.clone(),
                    attributes,
                    HashSet::new(),
                    parents,
                    tags,
                    extensions,
                )
                .ok()?,
            );
        }
        let entities = Entities::from_entities(
            entities,
            None::<&NoEntitiesSchema>,
            TCComputation::ComputeNow,
            extensions,
        )
        .ok()?;
        words.insert(0, format!("{principal} does {action} to {resource}"));
        let entry = |uid: EntityUID| EntityUIDEntry::known(uid, None);
        let mut slots = SlotEnv::new();
        for (slot, of) in [
            (SlotId::principal(), &principal),
            (SlotId::resource(), &resource),
        ] {
            if templates
                .iter()
                .any(|template| template.slots().any(|found| found.id == slot))
            {
                let filled = match chance.percent(50) {
                    true => of.clone(),
                    false => chance.of(&self.entities)?.clone(),
                };
                slots.insert(slot, filled);
            }
        }
        let request = Request::new_unchecked(
            entry(principal),
            entry(action),
            entry(resource),
            Some(context),
        );
        Some(Trial {
            request,
            entities,
            slots,
            words: words.join(", "),
        })
    }
}

/// What is read of variables, and of what lies behind their attributes.
fn all_reads<'r>(variables: &[&'r Read], context: Vec<&'r Read>) -> Vec<&'r Read> {
    let mut found = Vec::new();
    let mut open: Vec<&Read> = variables.to_vec();
    open.extend(context);
    while let Some(read) = open.pop() {
        found.push(read);
        open.extend(read.attributes.values());
    }
    found
}

fn context_reads(context: Option<&Read>) -> Vec<&Read> {
    context.map_or_else(Vec::new, |read| read.attributes.values().collect())
}

fn entity(ty: &str, id: &str) -> Option<EntityUID> {
    let name = cedar_policy_core::ast::Name::from_normalized_str(ty).ok()?;
    let id = cedar_policy_core::ast::Eid::new(id);
    Some(EntityUID::from_components(name.into(), id, None))
}

fn uid_of(value: &RestrictedExpr) -> Option<EntityUID> {
    match value.as_borrowed().expr_kind() {
        ExprKind::Lit(Literal::EntityUID(uid)) => Some(uid.as_ref().clone()),
        _ => None,
    }
}

/// An expression of literals as a value that a request can hold.
fn constant(expr: &Expr) -> Option<RestrictedExpr> {
    let is_constant = expr.subexpressions().all(|part| {
        matches!(
            part.expr_kind(),
            ExprKind::Lit(_)
                | ExprKind::Set(_)
                | ExprKind::Record(_)
                | ExprKind::ExtensionFunctionApp { .. }
        )
    });
    is_constant.then(|| RestrictedExpr::new(expr.clone()).ok())?
}

/// The values beside a literal.
fn beside(expr: &Expr) -> Vec<RestrictedExpr> {
    match expr.expr_kind() {
        ExprKind::Lit(Literal::Long(number)) => vec![
            RestrictedExpr::val(number.saturating_add(1)),
            RestrictedExpr::val(number.saturating_sub(1)),
        ],
        ExprKind::Lit(Literal::Bool(flag)) => vec![RestrictedExpr::val(!flag)],
        ExprKind::Lit(Literal::String(text)) => vec![RestrictedExpr::val(format!("{text}x"))],
        _ => Vec::new(),
    }
}

/// A variable and the attributes that are read of it.
fn path(expr: &Expr) -> Option<(Var, Vec<SmolStr>)> {
    match expr.expr_kind() {
        ExprKind::Var(variable) => Some((*variable, Vec::new())),
        ExprKind::GetAttr { expr, attr } | ExprKind::HasAttr { expr, attr } => {
            let (variable, mut names) = path(expr)?;
            names.push(attr.clone());
            Some((variable, names))
        }
        ExprKind::ExtHasAttr { expr, attrs } => {
            let (variable, mut names) = path(expr)?;
            names.extend(attrs.iter().cloned());
            Some((variable, names))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
