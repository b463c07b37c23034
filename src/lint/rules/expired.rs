//! AZ316: what ended by its own word, and is still there.

use super::shared_claims::is_clock;
use super::shared_entailment::branches;
use super::shared_removal::lines;
use crate::cedar::{BinaryOperator, Demand, Quantity, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::{Context, Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Value, Variable};
use crate::repository::{AgentStatus, LintLevel, is_day};

pub(super) static LINT: Lint = Lint {
    code: "AZ316",
    slug: "expired",
    title: "a policy, or an agent, is past the day on which it was to end",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("expired.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    for policy in &repository.policies {
        of_annotation(policy, found);
        of_conditions(policy, found);
    }
    of_agents(repository.context, found);
}

fn of_annotation(policy: &Policy<'_>, found: &mut Found<'_>) {
    let now = policy.context.now;
    let annotations = policy.syntax.annotations.iter();
    for annotation in annotations.filter(|annotation| annotation.key.as_ref() == "expires") {
        let Some(day) = annotation
            .value
            .as_deref()
            .filter(|day| is_day(day) && *day < now)
        else {
            continue;
        };
        let (message, help) = match policy.is_forbid() {
            false => (
                format!("this permit was to end on {day}, and still permits"),
                "remove it, or renew the day with the one who granted it",
            ),
            true => (
                format!("this forbid was to end on {day}, and still forbids"),
                "renew the day, or remove the forbid once nothing rests upon it any more",
            ),
        };
        let finding = found.policy(policy, annotation.span, message).help(help);
        if !policy.is_forbid() && policy.has_places() {
            let span = lines(policy.file, policy.parsed.span);
            finding.fix("remove the policy", [(span, String::new())]);
        }
    }
}

fn of_conditions(policy: &Policy<'_>, found: &mut Found<'_>) {
    let Some(reader) = Reader::of(policy) else {
        return;
    };
    for demand in policy.syntax.demands() {
        if let Some(ended) = reader.dead(demand) {
            let message = match policy.is_forbid() {
                true => "this has ended: the forbid forbids nothing any more",
                false => "this has ended: the permit permits nothing any more",
            };
            let help = match policy.is_forbid() {
                true => {
                    "remove the forbid, or give it a new end: who relies on it believes that it holds"
                }
                false => "remove the permit, or give it a new end",
            };
            let finding = found.policy(policy, ended.span, message).help(help);
            if policy.has_places() {
                let span = lines(policy.file, policy.parsed.span);
                finding.fix("remove the policy", [(span, String::new())]);
            }
            continue;
        }
        for branch in branches(demand) {
            let ended = branch
                .conjuncts()
                .into_iter()
                .find_map(|part| reader.dead(part));
            if let Some(ended) = ended {
                found
                    .policy(
                        policy,
                        ended.span,
                        "this has ended: this branch of the condition never holds any more",
                    )
                    .help("remove the branch, or give it a new end")
                    .level(LintLevel::Info);
            }
        }
    }
}

struct Reader<'p, 'r> {
    policy: &'p Policy<'r>,
    actions: &'p [EntityRef],
    today: Quantity,
}

impl<'p, 'r> Reader<'p, 'r> {
    fn of(policy: &'p Policy<'r>) -> Option<Self> {
        let today = Value::Extension("datetime".into(), policy.context.now.to_owned());
        Some(Self {
            policy,
            actions: policy.live_samples(),
            today: Quantity::of(&today)?,
        })
    }

    /// The part of a demand that cannot hold any more, from today on.
    fn dead<'t>(&self, demand: Demand<'t>) -> Option<&'t Term> {
        let part = |term| Demand {
            term,
            denied: demand.denied,
        };
        match (&demand.term.kind, demand.denied) {
            (TermKind::Not(inner), denied) => self.dead(Demand {
                term: inner,
                denied: !denied,
            }),
            (TermKind::And(parts), false) | (TermKind::Or(parts), true) => {
                parts.iter().find_map(|term| self.dead(part(term)))
            }
            (TermKind::Or(parts), false) | (TermKind::And(parts), true) => {
                let all = parts.iter().all(|term| self.dead(part(term)).is_some());
                all.then_some(demand.term)
            }
            (TermKind::Binary(operator, sides), denied) => {
                let [left, right] = sides.as_ref();
                let ended = match (operator, denied) {
                    (BinaryOperator::Less, false) | (BinaryOperator::GreaterEq, true) => {
                        self.is_past(left, right, false)
                    }
                    (BinaryOperator::LessEq, false) | (BinaryOperator::Greater, true) => {
                        self.is_past(left, right, true)
                    }
                    (BinaryOperator::Greater, false) | (BinaryOperator::LessEq, true) => {
                        self.is_past(right, left, false)
                    }
                    (BinaryOperator::GreaterEq, false) | (BinaryOperator::Less, true) => {
                        self.is_past(right, left, true)
                    }
                    (BinaryOperator::Eq, false) | (BinaryOperator::NotEq, true) => {
                        self.is_past(left, right, true) || self.is_past(right, left, true)
                    }
                    _ => false,
                };
                ended.then_some(demand.term)
            }
            _ => None,
        }
    }

    /// Whether a clock is past an end today already; an end that is met counts as past, unless it is included.
    fn is_past(&self, clock: &Term, end: &Term, included: bool) -> bool {
        let TermKind::Call(name, arguments) = &end.kind else {
            return false;
        };
        let text = arguments.first().and_then(Term::as_text);
        let end = text.filter(|_| name.as_ref() == "datetime");
        let end =
            end.and_then(|text| Quantity::of(&Value::Extension(name.clone(), text.to_owned())));
        let past = end.is_some_and(|end| end < self.today || (!included && end == self.today));
        past && self.is_clock(clock)
    }

    fn is_clock(&self, term: &Term) -> bool {
        if let TermKind::Call(name, arguments) = &term.kind
            && name.as_ref() == "toDate"
        {
            return arguments.first().is_some_and(|term| self.is_clock(term));
        }
        let context = self.policy.context;
        term.path().is_some_and(|(variable, path)| {
            variable == Variable::Context
                && !self.actions.is_empty()
                && self
                    .actions
                    .iter()
                    .all(|action| is_clock(context, action, &path))
        })
    }
}

fn of_agents(context: &Context<'_>, found: &mut Found<'_>) {
    for (file, inventory) in context.inventories() {
        for agent in &inventory.agents {
            let Some(expires) = &agent.value.expires else {
                continue;
            };
            let day = expires.value.as_str();
            if is_day(day) && day < context.now && agent.value.status == AgentStatus::Active {
                let id = &agent.value.id.value;
                found
                    .file(
                        file,
                        file.widen(expires.span),
                        format!("agent `{id}` was to be reviewed by {day}, and is still active"),
                    )
                    .help("have its owner renew the day, or retire it")
                    .level(LintLevel::Warning)
                    .evidence(Evidence::Repository)
                    .key(format!("{id} expires"));
            }
        }
    }
}
