//! The groups of a report, ranked.

use super::{Context, cause, examples, histogram, predicate, title};
use crate::diff::document::{DecidingValue, Exemplar, GroupNote, Origin, Risk};
use crate::diff::{ChangeKey, Detail, Watched};
use crate::engine::{Counts, Merge, Scalar};
use crate::model::{ChangeClass, FieldPath};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Of so many groups, in the order of their rank, everything is looked at; of the others what was counted.
const DEEP: usize = 60;

/// All groups, ranked by class, risk of the actions, breadth and count.
pub fn groups(context: &Context<'_>) -> Vec<GroupNote> {
    let risks = context.risks();
    let details = context.changes.details.groups.iter();
    let mut ranked: Vec<(GroupNote, ChangeKey, Cow<'_, Detail>)> = details
        .map(|(key, detail)| {
            let pairs = detail.pairs.iter();
            let pairs =
                pairs.map(|((agent, action), count)| (agent.as_str(), action.as_str(), *count));
            let rest = Some(("…", "…", detail.other_pairs)).filter(|(.., count)| *count > 0);
            let mut note = counted(context, key, detail);
            for (agent, action, count) in pairs.chain(rest) {
                *note.by_agent.entry(agent.to_owned()).or_default() += count;
                *note.by_action.entry(action.to_owned()).or_default() += count;
            }
            (note, key.as_ref().clone(), Cow::Borrowed(detail))
        })
        .collect();
    ranked.extend(reasons(context));
    for (note, key, _) in &mut ranked {
        of_actions(note, &risks);
        note.title = title::title(key, &note.by_action);
    }
    ranked.sort_by(|(a, ..), (b, ..)| {
        let rank = |note: &GroupNote| {
            (
                class_rank(note),
                note.risk,
                std::cmp::Reverse(note.by_agent.len()),
                std::cmp::Reverse(note.actions),
                note.fingerprint.clone(),
            )
        };
        rank(a).cmp(&rank(b))
    });
    let (_, firsts) = context.changes.details.firsts.counts();
    ranked
        .into_par_iter()
        .enumerate()
        .map(|(at, (mut note, key, detail))| {
            note.number = at as u64 + 1;
            let first = firsts.get(&key).copied().unwrap_or_default();
            note.first_divergences = first;
            note.downstream = detail.in_session.saturating_sub(first);
            if at < DEEP {
                look_closer(context, &mut note, &key, &detail);
            } else {
                let names = cause::named(&key);
                let units = cause::units(context, &names, &Default::default());
                // An approval is held against them.
                let read =
                    [context.base, context.head].map(|side| examples::read(context, side, &names));
                note.values = values(context, &detail, &read.into_iter().flatten().collect());
                note.cause = cause::cause(&key, units, detail.uncertain);
            }
            note
        })
        .collect()
}

/// What widens comes first, whatever its class.
fn class_rank(note: &GroupNote) -> (u8, ChangeClass) {
    let rank = match (note.class, note.widened, note.narrowed) {
        (ChangeClass::ErrorOpened, ..) => 0,
        (_, true, _) => 1,
        (_, false, true) => 2,
        (_, false, false) => 3,
    };
    (rank, note.class)
}

/// What was counted of a group, but for who did what.
fn counted(context: &Context<'_>, key: &ChangeKey, detail: &Detail) -> GroupNote {
    let mut note = GroupNote {
        fingerprint: fingerprint(context, key),
        class: key.class,
        widened: key.widens(),
        narrowed: key.narrows(),
        actions: detail.actions,
        sessions: detail.sessions.len(),
        ..GroupNote::default()
    };
    if let Some((first, last)) = detail.window.ends() {
        note.first_seen = Some(first.to_owned());
        note.last_seen = Some(last.to_owned());
    }
    note
}

/// The risk and the systems of the actions.
fn of_actions(note: &mut GroupNote, risks: &BTreeMap<String, (Risk, String)>) {
    let mut highest = None;
    for (action, count) in &note.by_action {
        let (risk, system) = match risks.get(action) {
            Some((risk, system)) => (*risk, system.as_str()),
            None => (Risk::Unrated, "-"),
        };
        *note.by_system.entry(system.to_owned()).or_default() += count;
        highest = Some(highest.map_or(risk, |highest: Risk| highest.min(risk)));
    }
    note.risk = highest.unwrap_or_default();
}

/// Examples, statuses, origins, values and the predicate.
fn look_closer(context: &Context<'_>, note: &mut GroupNote, key: &ChangeKey, detail: &Detail) {
    let names = cause::named(key);
    let read = [context.base, context.head].map(|side| examples::read(context, side, &names));
    let both: BTreeSet<FieldPath> = read.iter().flatten().cloned().collect();
    let chosen = examples::chosen(context, detail, &both);
    let first = chosen.iter().find(|(_, kept)| !kept.is_cut);
    let statuses: cause::Statuses = match first {
        Some((_, kept)) => [context.base, context.head].map(|side| {
            let explained = side.explain(&kept.action());
            explained.map(|(_, statuses)| statuses).unwrap_or_default()
        }),
        None => Default::default(),
    };
    let mut units = cause::units(context, &names, &statuses);
    for (unit, name) in units.iter_mut().zip(&names) {
        let edited = context.is_edited(name);
        let mut origins: BTreeSet<Origin> = BTreeSet::new();
        for (_, kept) in chosen.iter().filter(|(_, kept)| !kept.is_cut) {
            let sides = [context.base, context.head];
            let found =
                context
                    .mixtures
                    .origins(name, &context.units, edited, sides, &kept.action());
            origins.extend(found);
        }
        unit.origins = origins.into_iter().collect();
    }
    note.cause = cause::cause(key, units, detail.uncertain);
    let [of_base, of_head] = &read;
    let exemplar = |(kinds, kept): (Vec<_>, &_)| -> Exemplar {
        examples::exemplar(context, kinds, kept, [of_base, of_head])
    };
    note.exemplars = chosen.into_iter().map(exemplar).collect();
    note.values = values(context, detail, &both);
    if key.class.is_flip() {
        let tried = predicate::Tried::of(context, key, &names, &statuses, detail, note);
        note.predicate = tried.predicate(note.actions);
        for value in &mut note.values {
            value.histogram = histogram::histogram(context, &names, &value.path, &tried);
        }
    }
}

/// The values that the policies of the cause read. Of a path that is not watched nothing is known but that there were values.
fn values(
    context: &Context<'_>,
    detail: &Detail,
    read: &BTreeSet<FieldPath>,
) -> Vec<DecidingValue> {
    let watched: BTreeMap<&FieldPath, &Watched> = context.changes.details.values(detail).collect();
    let paths = read.iter().filter(|path| !path.0.is_empty());
    let value = |path: &FieldPath| {
        let unknown = DecidingValue {
            path: path.to_string(),
            more: true,
            ..DecidingValue::default()
        };
        let Some(Watched { values, .. }) = watched.get(path) else {
            return unknown;
        };
        let ends = values.ends.as_ref();
        DecidingValue {
            range: ends.map(|(least, greatest)| [least.to_string(), greatest.to_string()]),
            distinct: values.texts.iter().map(Scalar::to_string).collect(),
            more: values.more,
            absent: values.absent,
            ..unknown
        }
    };
    match detail.values.is_empty() && detail.pool.is_empty() {
        // Groups of reasons alone, of which no values are noted.
        true => Vec::new(),
        false => paths.map(value).collect(),
    }
}

/// Groups of the same decision by other policies: they are told apart by what both sides say.
fn reasons<'a>(context: &Context<'_>) -> Vec<(GroupNote, ChangeKey, Cow<'a, Detail>)> {
    let mut found: BTreeMap<ChangeKey, (Detail, Counts, Counts)> = BTreeMap::new();
    for (key, group) in &context.changes.groups {
        if key.class != ChangeClass::ReasonChanged {
            continue;
        }
        let key = ChangeKey::of_outcomes(key.class, &key.base, &key.head, &context.units);
        let Some(key) = key else { continue };
        let (detail, agents, actions) = found.entry(key).or_default();
        detail.merge(Detail {
            actions: group.tally.actions,
            sessions: group.tally.sessions.clone(),
            window: group.window.clone(),
            ..Detail::default()
        });
        agents.merge(group.tally.agents.clone());
        actions.merge(group.actions.clone());
    }
    found
        .into_iter()
        .map(|(key, (detail, agents, actions))| {
            let mut note = counted(context, &key, &detail);
            note.by_agent = super::named(&agents);
            note.by_action = super::named(&actions);
            (note, key, Cow::Owned(detail))
        })
        .collect()
}

/// Twelve hexadecimal digits that stay the same under new traffic, and change with the policies that they name.
fn fingerprint(context: &Context<'_>, key: &ChangeKey) -> String {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text.as_bytes());
    };
    add(key.class.name());
    add(&format!("{:?}", key.because));
    for name in cause::named(key) {
        for side in [context.base, context.head] {
            add(&context.written(side, &name));
        }
    }
    // What changed beside policies moves those that were not edited.
    if cause::named(key)
        .iter()
        .any(|name| !context.is_edited(name))
    {
        for side in [context.base, context.head] {
            let version = side.version();
            let schema = version.schema.as_ref();
            let schema = schema.map(|schema| schema.digest().to_string());
            let mapping = version.mapping.as_ref();
            let mapping = mapping.map(|mapping| mapping.digest.to_string());
            [schema, mapping]
                .into_iter()
                .flatten()
                .for_each(|text| digest.update(text.as_bytes()));
        }
        for entity in &context.repository.entities {
            digest.update(entity.as_bytes());
        }
    }
    let digest = digest.finalize();
    digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Context<'_> {
    /// What a unit says on a side, as far as it decides: neither places nor annotations.
    fn written(&self, side: &crate::engine::Side<'_>, unit: &Arc<str>) -> String {
        let places = side.places(|policy| self.units.of(policy) == unit);
        let policies = side.version().policies.policies();
        let texts: BTreeSet<String> = places
            .iter()
            .filter_map(|at| policies.get(*at))
            .map(|policy| policy.decides_as())
            .collect();
        texts.into_iter().collect::<Vec<_>>().join("\n")
    }

    /// Whether a unit itself decides otherwise.
    fn is_edited(&self, unit: &Arc<str>) -> bool {
        self.written(self.base, unit) != self.written(self.head, unit)
    }

    /// The risk and the system of each action of head's schema, or else of base's, by its written name.
    fn risks(&self) -> BTreeMap<String, (Risk, String)> {
        let mut risks = BTreeMap::new();
        for side in [self.base, self.head] {
            let actions = side
                .version()
                .schema
                .iter()
                .flat_map(|schema| schema.actions());
            for (action, info) in actions {
                let annotation = |name: &str| info.annotations.get(name).map(String::as_str);
                let risk = match annotation("risk") {
                    Some("money") => Risk::Money,
                    Some("destructive") => Risk::Destructive,
                    Some("admin") => Risk::Admin,
                    Some("egress" | "external") => Risk::Egress,
                    Some("write") => Risk::Write,
                    Some("read") => Risk::Read,
                    Some(_) | None => Risk::Unrated,
                };
                let system = annotation("tool").and_then(|tool| tool.split_once('/'));
                let system = system.map_or("-", |(system, _)| system);
                risks.insert(action.to_string(), (risk, system.to_owned()));
            }
        }
        risks
    }
}
