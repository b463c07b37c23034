//! Why a decision flipped, by brute force: every subset of the edits is put together as a policy set of its own, and
//! Cedar's authorizer is asked.

use super::versions::{Slots, Version, World, entities};
use agentauthz::model::ChangeClass;
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Entities, EntityUid, Policy, PolicyId, PolicySet,
    Request, SlotId, Template,
};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr;

/// Sets of edits, each by the names of its units.
pub type Sets = BTreeSet<BTreeSet<String>>;

/// A policy, or a link with the text of its template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Piece {
    pub name: String,
    pub text: String,
    pub slots: Option<Slots>,
}

/// What one edit moves, on base and on head.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    pub sides: [BTreeSet<Piece>; 2],
    pub kind: &'static str,
}

/// What Cedar says of a request under one version.
struct Said {
    allows: bool,
    /// The determining policies.
    reasons: BTreeSet<String>,
    errors: BTreeSet<String>,
}

/// A flip. Those that are equal belong to one group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flip {
    pub class: ChangeClass,
    pub why: Sets,
    pub undo: Sets,
    /// The units whose forbids deny on the side that denies. Of an edit that turns a permit into a forbid this tells
    /// whether it no longer permits, or forbids now.
    pub forbids: BTreeSet<String>,
}

/// Two versions, and every mixture of them.
pub struct Brute {
    pub units: BTreeMap<String, Unit>,
    /// The names of the units that differ; the bits of a subset stand for them.
    pub edits: Vec<String>,
    /// The mixture of each subset: those units from head, the others from base.
    mixtures: Vec<PolicySet>,
    /// Whether a policy permits, on base and on head.
    permits: [BTreeMap<String, bool>; 2],
    entities: Entities,
}

impl Brute {
    /// `base_name` is what a policy of base is called on both sides.
    pub fn of(world: &World, base_name: &dyn Fn(&str) -> String) -> Self {
        let moved = moved(world);
        let mut units: BTreeMap<String, Unit> = BTreeMap::new();
        for (side, version) in [&world.base, &world.head].into_iter().enumerate() {
            for (piece, kind) in pieces(version) {
                let name = match side {
                    0 => base_name(&piece.name),
                    _ => piece.name.clone(),
                };
                let template = moved.get(&name);
                let unit = units.entry(template.unwrap_or(&name).clone()).or_default();
                unit.kind = if template.is_some() { "template" } else { kind };
                unit.sides[side].insert(Piece { name, ..piece });
            }
        }
        let permits = [0, 1].map(|side| {
            let pieces = units.values().flat_map(|unit: &Unit| &unit.sides[side]);
            let permits = |piece: &Piece| piece.text.starts_with("permit");
            pieces
                .map(|piece| (piece.name.clone(), permits(piece)))
                .collect()
        });
        let differing = units
            .iter()
            .filter(|(_, unit)| unit.sides[0] != unit.sides[1]);
        let edits: Vec<String> = differing.map(|(name, _)| name.clone()).collect();
        let ready: BTreeMap<&Piece, Ready> = units
            .values()
            .flat_map(|unit| unit.sides.iter().flatten())
            .map(|piece| (piece, Ready::of(piece)))
            .collect();
        let mixtures = (0..1_usize << edits.len())
            .map(|subset| {
                let mut set = PolicySet::new();
                for (name, unit) in &units {
                    let bit = edits.iter().position(|edit| edit == name);
                    let side = bit.map_or(0, |bit| subset >> bit & 1);
                    for piece in &unit.sides[side] {
                        ready[piece].add(&mut set, &piece.name);
                    }
                }
                set
            })
            .collect();
        Self {
            units,
            edits,
            mixtures,
            permits,
            entities: Entities::from_json_value(entities(), None).unwrap(),
        }
    }

    /// The flip of a request; nothing where both sides decide alike. Adds to `asked` how often Cedar was asked.
    pub fn flip(&self, request: &Json, asked: &mut u64) -> Option<Flip> {
        let request = read(request);
        let all = self.mixtures.len() - 1;
        let [base, head] = [0, all].map(|subset| self.ask(subset, &request));
        if base.allows == head.allows {
            return None;
        }
        let allows: Vec<bool> = (0..=all)
            .map(|subset| self.decides(subset, &request))
            .collect();
        *asked += allows.len() as u64;
        Some(Flip {
            class: self.class(&base, &head),
            why: self.minimal(|applied| allows[applied] == head.allows),
            undo: self.minimal(|reverted| allows[all ^ reverted] == base.allows),
            forbids: self.units_of(match base.allows {
                true => &head.reasons,
                false => &base.reasons,
            }),
        })
    }

    /// The subsets that are enough, and of which no part is.
    fn minimal(&self, is_enough: impl Fn(usize) -> bool) -> Sets {
        let smallest = (0..self.mixtures.len())
            .filter(|subset| is_enough(*subset) && !parts(*subset).any(&is_enough));
        let names = |subset: usize| {
            let bits = self.edits.iter().enumerate();
            let bits = bits.filter(|(bit, _)| subset >> bit & 1 == 1);
            bits.map(|(_, name)| name.clone()).collect()
        };
        smallest.map(names).collect()
    }

    fn units_of(&self, policies: &BTreeSet<String>) -> BTreeSet<String> {
        let has = |unit: &Unit, policy: &String| {
            let mut pieces = unit.sides.iter().flatten();
            pieces.any(|piece| piece.name == *policy)
        };
        let units = self.units.iter();
        units
            .filter(|(_, unit)| policies.iter().any(|policy| has(unit, policy)))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The class, by the table of `docs/architecture.md`.
    fn class(&self, base: &Said, head: &Said) -> ChangeClass {
        let erring = |permit: bool| -> BTreeSet<String> {
            let errors = head.errors.iter();
            let errors = errors.filter(|name| self.permits[1][*name] == permit);
            errors.cloned().collect()
        };
        match head.allows {
            // Head allows, so none of its forbids is satisfied: all of base are lifted.
            true => match base.reasons.is_disjoint(&erring(false)) {
                true => ChangeClass::NewlyAllowed,
                false => ChangeClass::ErrorOpened,
            },
            // Base allows, so that every forbid that determines on head is gained.
            false => match head.reasons.is_empty() && !base.reasons.is_disjoint(&erring(true)) {
                true => ChangeClass::ErrorClosed,
                false => ChangeClass::NewlyDenied,
            },
        }
    }

    fn decides(&self, subset: usize, request: &Request) -> bool {
        let response =
            Authorizer::new().is_authorized(request, &self.mixtures[subset], &self.entities);
        response.decision() == cedar_policy::Decision::Allow
    }

    fn ask(&self, subset: usize, request: &Request) -> Said {
        let response =
            Authorizer::new().is_authorized(request, &self.mixtures[subset], &self.entities);
        let diagnostics = response.diagnostics();
        let name = |id: &PolicyId| AsRef::<str>::as_ref(id).to_owned();
        Said {
            allows: response.decision() == cedar_policy::Decision::Allow,
            reasons: diagnostics.reason().map(name).collect(),
            errors: diagnostics
                .errors()
                .map(|AuthorizationError::PolicyEvaluationError(error)| name(error.policy_id()))
                .collect(),
        }
    }

    /// What the named units say on both sides.
    pub fn texts<'a>(&self, names: impl Iterator<Item = &'a String>) -> String {
        let mut text = String::new();
        for name in names.collect::<BTreeSet<_>>() {
            let sides = self.units[name].sides.iter();
            let of_side = |side: &BTreeSet<Piece>| -> BTreeSet<(String, Option<Slots>)> {
                let pieces = side.iter();
                pieces
                    .map(|piece| (piece.text.clone(), piece.slots.clone()))
                    .collect()
            };
            let sides: Vec<_> = sides.map(of_side).collect();
            text += &format!("{name}: {sides:?}\n");
        }
        text
    }
}

/// The proper subsets of a subset.
fn parts(of: usize) -> impl Iterator<Item = usize> {
    let smaller = move |part: &usize| part.checked_sub(1).map(|less| less & of);
    std::iter::successors(smaller(&of), smaller)
}

/// The policies and links of a version; templates decide nothing themselves.
fn pieces(version: &Version) -> Vec<(Piece, &'static str)> {
    let names = version.names();
    let rules = || version.rules.iter().zip(&names);
    let policies = rules().filter(|(rule, _)| !rule.is_template());
    let policy = |(rule, name): (&super::versions::Rule, &String)| Piece {
        name: name.clone(),
        text: rule.text(),
        slots: None,
    };
    let links = version.links.iter().map(|link| Piece {
        name: link.id.clone(),
        text: rules()
            .find(|(_, name)| **name == link.template)
            .map(|(rule, _)| rule.text())
            .unwrap(),
        slots: Some(link.slots.clone()),
    });
    let policies = policies.map(|found| (policy(found), "policy"));
    policies.chain(links.map(|link| (link, "link"))).collect()
}

/// The links that are the same on both sides, and whose template is not: by its name.
fn moved(world: &World) -> BTreeMap<String, String> {
    let text = |version: &Version, template: &str| {
        let id = |rule: &&super::versions::Rule| rule.id.as_deref() == Some(template);
        version.rules.iter().find(id).map(|rule| rule.text())
    };
    let links = world.head.links.iter();
    links
        .filter(|link| world.base.links.contains(link))
        .filter(|link| text(&world.base, &link.template) != text(&world.head, &link.template))
        .map(|link| (link.id.clone(), link.template.clone()))
        .collect()
}

/// A piece as Cedar has it.
enum Ready {
    Policy(Policy),
    Link(Template, HashMap<SlotId, EntityUid>),
}

impl Ready {
    fn of(piece: &Piece) -> Self {
        let Some(slots) = &piece.slots else {
            let id = PolicyId::new(&piece.name);
            return Self::Policy(Policy::parse(Some(id), &piece.text).unwrap());
        };
        let id = PolicyId::new(format!("the template of {}", piece.name));
        let template = Template::parse(Some(id), &piece.text).unwrap();
        let slots = [SlotId::principal(), SlotId::resource()]
            .into_iter()
            .zip(slots);
        let slots = slots.filter_map(|(slot, filled)| Some((slot, filled.as_ref()?)));
        let filled = slots.map(|(slot, uid)| (slot, EntityUid::from_str(uid).unwrap()));
        Self::Link(template, filled.collect())
    }

    fn add(&self, set: &mut PolicySet, name: &str) {
        match self {
            Self::Policy(policy) => set.add(policy.clone()).unwrap(),
            Self::Link(template, slots) => {
                set.add_template(template.clone()).unwrap();
                let id = template.id().clone();
                set.link(id, PolicyId::new(name), slots.clone()).unwrap();
            }
        }
    }
}

fn read(request: &Json) -> Request {
    let uid = |part: &str| EntityUid::from_json(request[part].clone()).unwrap();
    let context = Context::from_json_value(request["context"].clone(), None).unwrap();
    Request::new(
        uid("principal"),
        uid("action"),
        uid("resource"),
        context,
        None,
    )
    .unwrap()
}
