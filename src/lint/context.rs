//! What lints look at: the repository, and each policy in it, with what is known about them.

use super::catalogue::Need;
use super::facts::TestFacts;
use super::givers::Givers;
use crate::cedar::{
    Declaration, LoweredEntity, ParsedPolicy, Schema, Syntax, Term, Typing, Typings, declarations,
    parse_term,
};
use crate::engine::{CaseSuite, Fixtures, case_suites};
use crate::model::{Effect, EntityRef, FieldPath, SourceFile, Span, Variable};
use crate::repository::{AgentsFile, LintOptions, PolicyVersion};
use crate::yaml;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

/// What all lints of a run have in common.
pub struct Context<'r> {
    /// The repository.
    pub version: &'r PolicyVersion,
    /// What lints judge by.
    pub options: &'r LintOptions,
    /// The day, as `YYYY-MM-DD`.
    pub now: &'r str,
    /// What unit tests did, where they were run.
    pub tests: Option<&'r TestFacts>,
    pub(super) typings: Option<Typings<'r>>,
    pub(super) declared: OnceLock<Vec<Declaration>>,
    pub(super) suites: OnceLock<Vec<CaseSuite>>,
    pub(super) entities: OnceLock<Vec<LoweredEntity>>,
    pub(super) inventories: OnceLock<Vec<AgentsOf>>,
    pub(super) requestable: OnceLock<Vec<EntityRef>>,
    /// Of those the first of each kind.
    pub(super) sampled: OnceLock<Vec<EntityRef>>,
    /// For each action the number of what its context is: actions with one number have the same, down to its annotations and
    /// to how the mapping fills it.
    pub(super) kinds: OnceLock<HashMap<EntityRef, usize>>,
    pub(super) approvals: OnceLock<Vec<Term>>,
    pub(super) givers: Givers<'r>,
}

/// A file of the inventory of agents, by its path, and what it says.
type AgentsOf = (Arc<str>, AgentsFile);

/// A policy or template with what is known about it.
pub struct Policy<'r> {
    /// What all policies have in common.
    pub context: &'r Context<'r>,
    /// The policy as it means.
    pub parsed: &'r ParsedPolicy,
    /// The policy as it is written.
    pub syntax: Arc<Syntax>,
    /// Its file.
    pub file: &'r SourceFile,
    pub(super) typing: OnceLock<Option<Typing>>,
    /// Nothing where it is all of the schema's.
    pub(super) actions: OnceLock<Option<Vec<EntityRef>>>,
    pub(super) samples: OnceLock<Vec<EntityRef>>,
    pub(super) live: OnceLock<Arc<[EntityRef]>>,
    pub(super) live_samples: OnceLock<Vec<EntityRef>>,
    pub(super) live_for_agents: OnceLock<Arc<[EntityRef]>>,
    pub(super) conflict: OnceLock<Option<Conflict>>,
}

/// Two conditions that cannot hold both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conflict {
    /// The later one.
    pub(super) here: Span,
    /// The earlier one; nothing where the later one never holds by itself.
    pub(super) with: Option<Span>,
}

/// Everything, for lints that look at more than one policy.
pub struct Repository<'r> {
    /// What is known of the whole.
    pub context: &'r Context<'r>,
    /// The policies and templates, in order of their files and places.
    pub policies: Vec<Policy<'r>>,
    /// Which policies apply wherever others do, for each policy; found by the first lint that asks.
    pub(super) implied: OnceLock<Vec<Implied>>,
}

/// Policies that apply wherever a policy does, by their places in the repository; of each kind the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Implied {
    /// One before it, of the same effect, that applies nowhere else.
    pub(super) same: Option<usize>,
    /// One of the same effect that applies elsewhere, too.
    pub(super) wider: Option<usize>,
    /// A forbid, where it is a permit.
    pub(super) forbidden: Option<usize>,
}

/// Who writes a part of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// The agent: what a model says, and what it was told by strangers.
    Agent,
    /// A person.
    User,
    /// The system around the agent.
    System,
}

impl<'r> Context<'r> {
    /// The schema, where there is one.
    pub fn schema(&self) -> Option<&'r Schema> {
        self.version.schema.as_ref()
    }

    /// What the schema files declare, with places.
    pub fn declared(&self) -> &[Declaration] {
        self.declared.get_or_init(|| {
            let files = self.version.schema_files();
            files.iter().flat_map(declarations).collect()
        })
    }

    /// The suites of unit tests with their cases; what is wrong with their input stands in them.
    pub fn suites(&self) -> &[CaseSuite] {
        self.suites
            .get_or_init(|| case_suites(self.version, Fixtures::Strict))
    }

    /// The entities, in no order; none where one of them holds what is not known.
    pub(super) fn entities(&self) -> &[LoweredEntity] {
        self.entities
            .get_or_init(|| self.version.store.lowered().unwrap_or_default())
    }

    /// The files of the inventory of agents that can be read.
    pub(super) fn inventories(&self) -> impl Iterator<Item = (&'r SourceFile, &AgentsFile)> {
        let all = self.inventories.get_or_init(|| {
            let agents = self.version.agents.iter();
            let paths: BTreeSet<&Arc<str>> = agents.map(|agent| &agent.file).collect();
            let read = paths.into_iter().filter_map(|path| {
                let file = self.file(path)?;
                Some((path.clone(), yaml::parse(file).ok()?))
            });
            read.collect()
        });
        all.iter()
            .filter_map(|(path, inventory)| Some((self.file(path)?, inventory)))
    }

    /// The file of a path.
    pub fn file(&self, path: &str) -> Option<&'r SourceFile> {
        self.version.sources.get(path)
    }

    /// The risk of an action, as `@risk` says; `external` means `egress`.
    pub fn risk(&self, action: &EntityRef) -> Option<&'r str> {
        let info = self.schema()?.action(action)?;
        match info.annotations.get("risk").map(String::as_str) {
            Some("external") => Some("egress"),
            other => other,
        }
    }

    /// Whether some action says its risk.
    pub fn has_risks(&self) -> bool {
        let actions = self.schema().map(Schema::actions);
        actions.is_some_and(|all| {
            all.values()
                .any(|info| info.annotations.contains_key("risk"))
        })
    }

    /// Who writes a path of the context for an action: the nearest `@trust` of what encloses it; without any, who gives it by
    /// the mapping; else the agent writes `input`, and the system the rest.
    pub fn trust(&self, action: &EntityRef, path: &[&str]) -> Trust {
        let info = self.schema().and_then(|schema| schema.action(action));
        let said = info.and_then(|info| {
            let encloses = |outer: &FieldPath| {
                outer.0.len() <= path.len() && outer.0.iter().zip(path).all(|(one, two)| one == two)
            };
            let all = info.trust.iter().filter(|(outer, _)| encloses(outer));
            let nearest = all.max_by_key(|(outer, _)| outer.0.len());
            nearest.map(|(_, said)| said)
        });
        let otherwise = match path.first() {
            Some(&"input") => Trust::Agent,
            _ => Trust::System,
        };
        match said.map(String::as_str) {
            Some("agent") => Trust::Agent,
            Some("user") => Trust::User,
            Some(_) => Trust::System,
            None => self.given(action, path).unwrap_or(otherwise),
        }
    }

    /// Whether an action is a group, which no request has.
    pub fn is_group(&self, action: &EntityRef) -> bool {
        let info = self.schema().and_then(|schema| schema.action(action));
        info.is_some_and(|info| info.principals.is_empty() || info.resources.is_empty())
    }

    /// The actions that requests may have, sorted; none where there is no schema.
    fn requestable(&self) -> &[EntityRef] {
        self.requestable.get_or_init(|| {
            let all = self.schema().into_iter().flat_map(Schema::actions);
            let all = all.map(|(action, _)| action);
            all.filter(|action| !self.is_group(action))
                .cloned()
                .collect()
        })
    }

    /// Of actions of the schema with the same context the first alone.
    fn samples(&self, actions: &[EntityRef]) -> Vec<EntityRef> {
        let all = self.requestable();
        // Many policies are about every action.
        if self.schema().is_some() && actions.len() == all.len() {
            return self
                .sampled
                .get_or_init(|| self.first_of_kinds(all))
                .clone();
        }
        self.first_of_kinds(actions)
    }

    fn first_of_kinds(&self, actions: &[EntityRef]) -> Vec<EntityRef> {
        let kinds = self.kinds.get_or_init(|| {
            let mut numbers = HashMap::new();
            let all = self.schema().into_iter().flat_map(Schema::actions);
            let kind = all.map(|(action, info)| {
                let fillings = self.givers.fillings(action);
                let what = (&info.context, &info.clocks, &info.trust, fillings);
                let what = format!("{what:?}");
                let next = numbers.len();
                (action.clone(), *numbers.entry(what).or_insert(next))
            });
            kind.collect()
        });
        let mut seen = BTreeSet::new();
        let first = actions.iter().filter(|action| match kinds.get(action) {
            Some(kind) => seen.insert(*kind),
            None => true,
        });
        first.cloned().collect()
    }

    /// The expressions that mean a person has approved.
    pub fn approvals(&self) -> &[Term] {
        self.approvals.get_or_init(|| {
            let texts = self.options.approval.iter();
            texts
                .filter_map(|text| parse_term(&text.value).ok())
                .collect()
        })
    }

    /// Why what a lint needs is not there; nothing where it is.
    pub fn lacks(&self, need: Need) -> Option<&'static str> {
        let options = self.options;
        let (there, otherwise) = match need {
            Need::Schema => (self.schema().is_some(), "there is no schema"),
            Need::Risks => (self.has_risks(), "no action of the schema has a `@risk`"),
            Need::Agents => (
                !self.version.agents.is_empty(),
                "there is no inventory of agents",
            ),
            Need::Tools => (
                !self.version.tool_lists.is_empty(),
                "the manifest names no list of tools that can be read (`tools:`)",
            ),
            Need::Suites => (!self.version.suites.is_empty(), "there are no unit tests"),
            Need::TestRun => (self.tests.is_some(), "it needs `--with-tests`"),
            Need::Mutants => (
                self.tests.is_some_and(|tests| tests.mutants.is_some()),
                "it needs `--with-mutants`",
            ),
            Need::Approval => (
                !options.approval.is_empty(),
                "the manifest does not say what an approval is (`lint.options.approval`)",
            ),
            Need::Amounts => (
                !options.amounts.is_empty(),
                "the manifest does not say where amounts are (`lint.options.amounts`)",
            ),
            Need::Required => (
                !options.required.is_empty(),
                "the manifest requires no conditions (`lint.options.required`)",
            ),
            Need::ControlResources => (
                !options.control_resources.is_empty(),
                "the manifest names no control resources (`lint.options.control_resources`)",
            ),
            Need::SecretResources => (
                !options.secret_resources.is_empty(),
                "the manifest names no secret resources (`lint.options.secret_resources`)",
            ),
            Need::DataClasses => (
                !options.private_resources.is_empty() && !options.untrusted_resources.is_empty(),
                "the manifest does not name private and untrusted resources (`lint.options.private_resources`, `untrusted_resources`)",
            ),
            Need::Environments => (
                options.environments.len() == 2,
                "the manifest does not say where environments are (`lint.options.environments`)",
            ),
            Need::DerefLevel => (
                options.deref_level.is_some(),
                "the manifest sets no `lint.options.deref_level`",
            ),
        };
        (!there).then_some(otherwise)
    }
}

impl<'r> Policy<'r> {
    /// Its `@id`, else `path#n`.
    pub fn id(&self) -> Arc<str> {
        self.parsed.display_id()
    }

    /// Whether it is a forbid.
    pub fn is_forbid(&self) -> bool {
        self.parsed.effect == Effect::Forbid
    }

    /// The text of a place.
    pub fn text(&self, span: Span) -> &'r str {
        self.file.slice(span)
    }

    /// Whether it has places: Cedar's JSON form has none.
    pub fn has_places(&self) -> bool {
        self.syntax.effect.len > 0
    }

    /// What the type checker sees of it; nothing without a schema, or where its scope names an unknown action.
    pub fn typing(&self) -> Option<&Typing> {
        let found = self.typing.get_or_init(|| {
            let typings = self.context.typings.as_ref()?;
            typings.of(self.parsed)
        });
        found.as_ref()
    }

    /// The actions of its scope that apply to something, by the schema, members for groups; where there is no schema, the
    /// actions that it names. Sorted.
    pub fn actions(&self) -> &[EntityRef] {
        let own = self.actions.get_or_init(|| self.find_actions());
        match own {
            Some(own) => own,
            None => self.context.requestable(),
        }
    }

    /// Of its actions one for each context that is different: whoever asks what contexts have, and who writes it, need not
    /// ask for the others.
    pub fn samples(&self) -> &[EntityRef] {
        self.samples
            .get_or_init(|| self.context.samples(self.actions()))
    }

    /// The actions of its scope for which it may apply, by the types of the schema.
    pub fn live(&self) -> &Arc<[EntityRef]> {
        self.live.get_or_init(|| match self.typing() {
            Some(typing) => common(typing.live_actions(), self.actions()),
            None => self.actions().into(),
        })
    }

    /// Of those one for each context that is different.
    pub fn live_samples(&self) -> &[EntityRef] {
        self.live_samples
            .get_or_init(|| self.context.samples(self.live()))
    }

    fn find_actions(&self) -> Option<Vec<EntityRef>> {
        let part = self.syntax.scope_of(Variable::Action);
        let named: Vec<EntityRef> = part
            .and_then(|part| part.test.as_ref())
            .map(|test| test.entities.iter().map(|(uid, _)| uid.clone()).collect())
            .unwrap_or_default();
        let Some(schema) = self.context.schema() else {
            return Some(named);
        };
        if part.is_none_or(|part| part.is_free()) {
            return None;
        }
        let members = named.iter().flat_map(|group| schema.members(group));
        let mut all: BTreeSet<EntityRef> = members.chain(named.iter().cloned()).collect();
        all.retain(|action| !self.context.is_group(action) && schema.action(action).is_some());
        Some(all.into_iter().collect())
    }

    /// Its actions with one of these risks, sorted.
    pub fn risky(&self, risks: &[&str]) -> Vec<EntityRef> {
        let mut all = self.actions().to_vec();
        all.retain(|action| {
            let risk = self.context.risk(action);
            risk.is_some_and(|risk| risks.contains(&risk))
        });
        all
    }

    /// Who writes what an expression reads, for any action of the scope: the least trusted one. Nothing where it reads
    /// nothing of the context.
    pub fn trust(&self, term: &Term) -> Option<Trust> {
        let actions = self.samples();
        let paths = term.paths();
        let context = paths
            .iter()
            .filter(|(variable, path)| *variable == Variable::Context && !path.is_empty());
        context
            .map(|(_, path)| {
                let all = actions
                    .iter()
                    .map(|action| self.context.trust(action, path));
                all.min().unwrap_or(match path.first() {
                    Some(&"input") => Trust::Agent,
                    _ => Trust::System,
                })
            })
            .min()
    }
}

/// What is in both of two lists, which are sorted; the first list itself, where all of it is in the other one.
pub(super) fn common<'e>(
    all: &Arc<[EntityRef]>,
    others: impl IntoIterator<Item = &'e EntityRef>,
) -> Arc<[EntityRef]> {
    let mut others = others.into_iter().peekable();
    let both = all.iter().filter(|one| {
        while others.next_if(|other| other < one).is_some() {}
        others.peek().is_some_and(|other| other == one)
    });
    let both: Vec<&EntityRef> = both.collect();
    match both.len() == all.len() {
        true => all.clone(),
        false => both.into_iter().cloned().collect(),
    }
}

impl<'r> Repository<'r> {
    /// The policies by id; of several with one id, the first.
    pub fn by_id(&self) -> BTreeMap<Arc<str>, &Policy<'r>> {
        let mut all = BTreeMap::new();
        for policy in &self.policies {
            all.entry(policy.id()).or_insert(policy);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_which_nothing_is_left_out_is_shared() {
        let list = |ids: &[&str]| -> Arc<[EntityRef]> {
            ids.iter().map(|id| EntityRef::new("Action", *id)).collect()
        };
        let all = list(&["a", "b", "d"]);
        let both = common(&all, list(&["a", "a", "b", "c", "d", "e"]).iter());
        assert!(Arc::ptr_eq(&both, &all));
        for (others, expected) in [
            (&["b"][..], &["b"][..]),
            (&["a", "d", "d"], &["a", "d"]),
            (&["c", "e"], &[]),
            (&[], &[]),
        ] {
            assert_eq!(
                common(&all, list(others).iter()),
                list(expected),
                "{others:?}"
            );
        }
    }
}
