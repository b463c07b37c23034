//! Policies, templates and links of both versions, and what changed between them.

use super::conditions::Conditions;
use super::rng::{Rng, Zipf};
use super::world::*;
use super::{Impact, Spec, Thresholds, Touched};
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[derive(Debug, Clone, PartialEq)]
enum Principal {
    Any,
    Agent(usize),
    In(usize),
    Is,
    IsIn(usize),
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    Any,
    /// Verbs of one system; one verb is written with `==`.
    Verbs(usize, Vec<usize>),
    Group(usize, usize),
}

#[derive(Debug, Clone, PartialEq)]
enum Resource {
    Any,
    Record(usize),
    System(usize),
    Collection(usize, usize),
    Is(&'static str),
    IsIn(&'static str, usize),
}

/// One policy that decides: its own text, or a link of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub id: String,
    permit: bool,
    principal: Principal,
    action: Action,
    resource: Resource,
    /// All of these, each one of several.
    when: Vec<Vec<String>>,
    unless: Option<String>,
    /// The template, where it is a link.
    template: Option<usize>,
    /// It holds for a good part of all actions, so that even ten policies decide something; it changes where that is
    /// asked for.
    broad: bool,
}

/// A template: a permit for whoever and whatever, in one group of one system.
#[derive(Debug)]
struct Template {
    system: usize,
    group: usize,
    condition: String,
}

/// A link by its id, the template's id, and the ids of a role and a system.
pub type Link = (String, String, String, String);

/// The policies of both versions.
#[derive(Debug)]
pub struct Policies {
    templates: Vec<Template>,
    pub base: Vec<Policy>,
    pub head: Vec<Policy>,
}

impl Policy {
    /// Whether its scope holds.
    pub fn covers(&self, world: &World, touched: &Touched) -> bool {
        let Touched {
            agent,
            system,
            verb,
            record,
        } = *touched;
        let on_record = record.is_some();
        let collection = record.map(|record| record / SYSTEMS % COLLECTIONS);
        let roles = || &world.agents[agent].all_roles;
        (match &self.principal {
            Principal::Any | Principal::Is => true,
            Principal::Agent(only) => *only == agent,
            Principal::In(role) | Principal::IsIn(role) => roles().contains(role),
        }) && (match &self.action {
            Action::Any => true,
            Action::Verbs(of, verbs) => *of == system && verbs.contains(&verb),
            Action::Group(of, group) => {
                let (low, high) = GROUP_VERBS[*group];
                *of == system && (low..high).contains(&verb)
            }
        }) && (match &self.resource {
            Resource::Any => true,
            Resource::Record(only) => record == Some(*only),
            Resource::System(of) => *of == system,
            Resource::Collection(of, only) => *of == system && collection == Some(*only),
            Resource::Is(kind) => (*kind == "Record") == on_record,
            Resource::IsIn(kind, of) => (*kind == "Record") == on_record && *of == system,
        })
    }

    /// Whether it holds for everything.
    pub fn is_unscoped(&self) -> bool {
        (&self.principal, &self.action, &self.resource)
            == (&Principal::Any, &Action::Any, &Resource::Any)
    }

    fn cedar(&self) -> String {
        let principal = match &self.principal {
            Principal::Any => "principal".to_owned(),
            Principal::Agent(agent) => format!("principal == Agent::\"agent{agent:04}\""),
            Principal::In(role) => format!("principal in Role::\"role{role:02}\""),
            Principal::Is => "principal is Agent".to_owned(),
            Principal::IsIn(role) => format!("principal is Agent in Role::\"role{role:02}\""),
        };
        let named = |system: usize, verb: usize| format!("Action::\"{}\"", action(system, verb));
        let action = match &self.action {
            Action::Any => "action".to_owned(),
            Action::Verbs(system, verbs) => match verbs.as_slice() {
                [verb] => format!("action == {}", named(*system, *verb)),
                verbs => {
                    let all: Vec<String> = verbs.iter().map(|verb| named(*system, *verb)).collect();
                    format!("action in [{}]", all.join(", "))
                }
            },
            Action::Group(system, group) => {
                format!("action in Action::\"sys{system:02}.{}\"", GROUPS[*group])
            }
        };
        let resource = match &self.resource {
            Resource::Any => "resource".to_owned(),
            Resource::Record(record) => format!("resource == Record::\"rec{record:06}\""),
            Resource::System(system) => format!("resource in System::\"sys{system:02}\""),
            Resource::Collection(system, of) => {
                format!("resource in Collection::\"sys{system:02}.c{of}\"")
            }
            Resource::Is(kind) => format!("resource is {kind}"),
            Resource::IsIn(kind, system) => {
                format!("resource is {kind} in System::\"sys{system:02}\"")
            }
        };
        let effect = if self.permit { "permit" } else { "forbid" };
        let mut text = format!(
            "@id(\"{}\")\n{effect} (\n  {principal},\n  {action},\n  {resource}\n)",
            self.id
        );
        if !self.when.is_empty() {
            let all: Vec<String> = self
                .when
                .iter()
                .map(|any| match any.as_slice() {
                    [one] => one.clone(),
                    any => format!("({})", any.join(" || ")),
                })
                .collect();
            let _ = write!(text, "\nwhen {{\n  {}\n}}", all.join(" &&\n  "));
        }
        if let Some(unless) = &self.unless {
            let _ = write!(text, "\nunless {{ {unless} }}");
        }
        text.push_str(";\n");
        text
    }

    fn file(&self) -> String {
        let system = match (&self.action, &self.resource) {
            (Action::Verbs(system, _) | Action::Group(system, _), _)
            | (Action::Any, Resource::System(system)) => *system,
            (Action::Any, _) => return "policies/guardrails.cedar".to_owned(),
        };
        format!("policies/systems/sys{system:02}.cedar")
    }
}

/// Draws policies.
struct Maker<'a> {
    rng: Rng,
    conditions: Conditions,
    systems: Zipf,
    world: &'a World,
}

impl Maker<'_> {
    fn resource(&mut self, system: usize, verb: usize) -> Resource {
        let rng = &mut self.rng;
        match (verb < TOOL_VERBS, rng.below(10)) {
            (false, 0..3) => Resource::Any,
            (false, 3..6) => Resource::Is("Tool"),
            (false, _) | (true, 7..) => Resource::System(system),
            (true, 0 | 1) => Resource::Any,
            (true, 2) => Resource::Is("Record"),
            (true, 3 | 4) => Resource::Collection(system, rng.below(COLLECTIONS)),
            (true, 5) => Resource::IsIn("Record", system),
            (true, _) => {
                Resource::Record(rng.below(self.world.records / SYSTEMS) * SYSTEMS + system)
            }
        }
    }

    fn principal(&mut self, role: usize) -> Principal {
        match self.rng.below(10) {
            0 => Principal::Agent(self.rng.below(AGENTS)),
            1 | 2 => Principal::IsIn(role),
            3 => Principal::Is,
            _ => Principal::In(role),
        }
    }

    fn condition(&mut self, permit: bool) -> String {
        match permit {
            true => self.conditions.permit(&mut self.rng),
            false => self.conditions.forbid(&mut self.rng),
        }
    }

    fn policy(&mut self, id: String) -> Policy {
        let permit = self.rng.chance(700);
        let system = self.systems.sample(&mut self.rng);
        let verb = self.rng.below(VERBS.len());
        let role = self.rng.below(self.world.roles);
        let (principal, action, resource) = match self.rng.below(200) {
            0..90 => {
                let principal = self.principal(role);
                (
                    principal,
                    Action::Verbs(system, vec![verb]),
                    self.resource(system, verb),
                )
            }
            90..130 => {
                let (low, high) = GROUP_VERBS[group_of(verb)];
                let count = self.rng.between(2, 5);
                let verbs: Vec<usize> = (low..high).collect();
                let verbs = self.rng.pick_some(&verbs, count);
                let principal = self.principal(role);
                (
                    principal,
                    Action::Verbs(system, verbs),
                    self.resource(system, low),
                )
            }
            130..170 => {
                let group = self.rng.below(4);
                let resource = match group {
                    3 => Resource::System(system),
                    _ => self.resource(system, GROUP_VERBS[group].0),
                };
                (self.principal(role), Action::Group(system, group), resource)
            }
            170..185 => (Principal::In(role), Action::Any, Resource::System(system)),
            _ => (
                Principal::Any,
                Action::Verbs(system, vec![verb]),
                Resource::Any,
            ),
        };
        let on_tools = match &action {
            Action::Verbs(_, verbs) => verbs[0] >= TOOL_VERBS,
            Action::Group(_, group) => *group == 2,
            Action::Any => false,
        };
        let one = |maker: &mut Self| loop {
            let text = maker.condition(permit);
            // On tools alone, a condition on records can never hold.
            if !(on_tools && text.contains("resource is Record")) {
                return text;
            }
        };
        let count = match permit && self.rng.chance(100) {
            true => 0,
            false => *self.rng.pick(&[1, 1, 2, 2, 3, 4]),
        };
        let when = (0..count)
            .map(|_| {
                let any = if self.rng.chance(150) { 2 } else { 1 };
                (0..any).map(|_| one(self)).collect()
            })
            .collect();
        let unless = self.rng.chance(200).then(|| one(self));
        Policy {
            id,
            permit,
            principal,
            action,
            resource,
            when,
            unless,
            template: None,
            broad: false,
        }
    }

    /// A forbid for everything.
    fn guard(&mut self, id: String) -> Policy {
        let when = self.conditions.guard(&mut self.rng);
        Policy {
            id,
            permit: false,
            principal: Principal::Any,
            action: Action::Any,
            resource: Resource::Any,
            when: when.into_iter().map(|one| vec![one]).collect(),
            unless: None,
            template: None,
            broad: false,
        }
    }

    /// A permit for every agent, or every agent of a high role, on all records or all tools.
    fn broad(&mut self, number: usize, id: String) -> Policy {
        let mut policy = self.policy(id);
        let kind = if number % 4 == 1 { "Tool" } else { "Record" };
        let principal = match number {
            0 | 1 => Principal::Is,
            _ => Principal::IsIn(self.rng.below(10)),
        };
        policy.permit = true;
        (policy.principal, policy.action, policy.resource) =
            (principal, Action::Any, Resource::Is(kind));
        let condition = self.conditions.permit(&mut self.rng);
        (policy.when, policy.unless) = (vec![vec![condition]], None);
        policy.broad = true;
        policy
    }

    fn edit(&mut self, policy: &mut Policy) {
        if policy.template.is_some() {
            policy.principal = Principal::In(self.rng.below(self.world.roles));
            return;
        }
        let condition = match policy.is_unscoped() {
            true => self.conditions.guard(&mut self.rng).swap_remove(1),
            false => loop {
                let condition = self.condition(policy.permit);
                if !condition.contains("resource is Record") {
                    break condition;
                }
            },
        };
        policy.when.pop();
        policy.when.push(vec![condition]);
    }
}

impl Policies {
    /// Both versions. `sample` is what the recording touches; it bounds how much of it a change affects.
    pub fn new(spec: &Spec, world: &World, sample: &[Touched]) -> Self {
        let mut maker = Maker {
            rng: Rng::new(spec.seed, &format!("policies {}", spec.policies)),
            conditions: Conditions::new(spec.thresholds == Thresholds::Distinct),
            systems: Zipf::gentle(SYSTEMS),
            world,
        };
        let links = (spec.policies / 20).max(1);
        let templates: Vec<Template> = (0..links.div_ceil(10))
            .map(|_| Template {
                system: maker.systems.sample(&mut maker.rng),
                group: maker.rng.below(3),
                condition: maker.conditions.permit(&mut maker.rng),
            })
            .collect();
        let link = |maker: &mut Maker<'_>, number: usize| {
            let template = maker.rng.below(templates.len());
            let Template { system, group, .. } = templates[template];
            Policy {
                id: format!("link-{number:05}"),
                permit: true,
                principal: Principal::In(maker.rng.below(world.roles)),
                action: Action::Group(system, group),
                resource: Resource::System(system),
                when: Vec::new(),
                unless: None,
                template: Some(template),
                broad: false,
            }
        };
        let broad = (spec.policies / 3).min(12);
        let unscoped = spec.unscoped.min(spec.policies / 2);
        let base: Vec<Policy> = (0..spec.policies)
            .map(|number| match number {
                _ if number < broad => maker.broad(number, format!("policy-{number:05}")),
                _ if number < broad + unscoped => maker.guard(format!("policy-{number:05}")),
                _ if number < spec.policies - links => maker.policy(format!("policy-{number:05}")),
                _ => link(&mut maker, number),
            })
            .collect();
        let head = changed(spec, &mut maker, &base, sample);
        Self {
            templates,
            base,
            head,
        }
    }

    /// The policies that are on one side only or not the same on both, as they stand on either.
    pub fn changed(&self) -> Vec<&Policy> {
        let by_id = |policies: &'_ [Policy]| -> BTreeMap<String, Policy> {
            policies
                .iter()
                .map(|policy| (policy.id.clone(), policy.clone()))
                .collect()
        };
        let (base, head) = (by_id(&self.base), by_id(&self.head));
        let gone = self
            .base
            .iter()
            .filter(|policy| head.get(&policy.id) != Some(policy));
        let come = self
            .head
            .iter()
            .filter(|policy| base.get(&policy.id) != Some(policy));
        gone.chain(come).collect()
    }

    /// The policy files of one side.
    pub fn files(&self, side: &[Policy]) -> BTreeMap<String, String> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for policy in side.iter().filter(|policy| policy.template.is_none()) {
            let text = files.entry(policy.file()).or_default();
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&policy.cedar());
        }
        files.insert("policies/templates.cedar".to_owned(), self.templates());
        let mut links = String::from("version: 1\nlinks:\n");
        for (id, template, role, system) in self.links(side) {
            let _ = writeln!(
                links,
                "  - id: {id}\n    template: {template}\n    principal: Role::{role}\n    resource: System::{system}"
            );
        }
        files.insert("links.yaml".to_owned(), links);
        files
    }

    fn templates(&self) -> String {
        let texts = self.templates.iter().enumerate().map(|(number, template)| {
            let Template { system, group, condition } = template;
            let group = GROUPS[*group];
            format!(
                "@id(\"template-{number:03}\")\npermit (\n  principal in ?principal,\n  action in Action::\"sys{system:02}.{group}\",\n  resource in ?resource\n)\nwhen {{ {condition} }};\n"
            )
        });
        texts.collect::<Vec<String>>().join("\n")
    }

    /// The links of one side.
    pub fn links(&self, side: &[Policy]) -> Vec<Link> {
        side.iter()
            .filter_map(
                |policy| match (policy.template, &policy.principal, &policy.resource) {
                    (Some(template), Principal::In(role), Resource::System(system)) => Some((
                        policy.id.clone(),
                        format!("template-{template:03}"),
                        format!("role{role:02}"),
                        format!("sys{system:02}"),
                    )),
                    _ => None,
                },
            )
            .collect()
    }
}

/// Head: 2 % of the policies edited, removed or added, at least two; of five, three are edits. Where it is not to be
/// little, a policy for a whole role is edited, too, and where it is to be everything, one for everything.
fn changed(spec: &Spec, maker: &mut Maker<'_>, base: &[Policy], sample: &[Touched]) -> Vec<Policy> {
    let world = maker.world;
    let mut head = base.to_vec();
    let mut touched = vec![false; sample.len()];
    let most = match spec.impact {
        Impact::Little => sample.len() / 25,
        Impact::Natural | Impact::Everything => sample.len(),
    };
    for number in 0..(base.len() / 50).max(2) {
        let (place, policy) = loop {
            let (place, policy) = match number % 5 {
                4 => (None, maker.policy(format!("added-{number:05}"))),
                _ => {
                    let place = maker.rng.below(head.len());
                    (Some(place), head[place].clone())
                }
            };
            if policy.is_unscoped() || policy.broad {
                continue;
            }
            let also: Vec<bool> = sample
                .iter()
                .zip(&touched)
                .map(|(touch, before)| *before || policy.covers(world, touch))
                .collect();
            if also.iter().filter(|touched| **touched).count() <= most {
                touched = also;
                break (place, policy);
            }
        };
        match (place, number % 5) {
            (Some(place), 3) => {
                head.remove(place);
            }
            (Some(place), _) => maker.edit(&mut head[place]),
            (None, _) => head.push(policy),
        }
    }
    if spec.impact != Impact::Little
        && let Some(wide) = head.get_mut(2)
    {
        maker.edit(wide);
    }
    if spec.impact == Impact::Everything
        && let Some(guard) = head.iter_mut().find(|policy| policy.is_unscoped())
    {
        maker.edit(guard);
    }
    head
}
