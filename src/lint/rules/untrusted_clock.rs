//! AZ315: a condition on the time takes the time from the agent, or from two clocks.

use super::shared_claims::{attribute, is_clock};
use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Policy, Trust};
use crate::lint::found::Found;
use crate::model::{EntityRef, Type, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ315",
    slug: "untrusted-clock",
    title: "a condition on the time takes the time from the agent, or from two clocks",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("untrusted-clock.md"),
};

/// Names that say "the time is".
const NOW: &[&str] = &[
    "at",
    "clock",
    "current_date",
    "current_time",
    "date",
    "datetime",
    "now",
    "time",
    "timestamp",
    "today",
    "ts",
];

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let actions = policy.live_samples();
    let mut clock: Option<Vec<&str>> = None;
    for comparison in policy.syntax.terms().filter(|term| compares(term)) {
        let times = times(policy, actions, comparison);
        let by_system = times
            .iter()
            .any(|(_, path)| !is_told(policy, actions, path));
        for (term, path) in &times {
            let name = path.join(".");
            if is_told(policy, actions, path) && !by_system {
                let said = path
                    .last()
                    .is_some_and(|name| NOW.contains(&name.to_lowercase().as_str()));
                let level = match said {
                    true => LintLevel::Warning,
                    false => LintLevel::Info,
                };
                let own = actions.iter().find_map(|action| own_clock(policy, action));
                let way = match own {
                    Some(own) => format!("compare `{own}`, the clock of this action"),
                    None => {
                        "have the harness say the time in an attribute with `@clock`".to_owned()
                    }
                };
                let by_agent = actions.is_empty()
                    || actions
                        .iter()
                        .any(|action| policy.context.trust(action, path) == Trust::Agent);
                let who = match by_agent {
                    true => "the agent itself says what time it is",
                    false => "whoever uses the agent says what time it is",
                };
                found
                    .policy(policy, term.span, format!("{who}, in `context.{name}`"))
                    .help(way)
                    .level(level);
            }
            if !actions
                .iter()
                .any(|action| is_clock(policy.context, action, path))
            {
                continue;
            }
            match &clock {
                Some(first) if first != path => {
                    let first = first.join(".");
                    found
                        .policy(policy, term.span, format!("this policy looks at two clocks: `context.{first}`, and here `context.{name}`"))
                        .help("use one clock: two of them are never equal, and between them both conditions may hold, or neither");
                }
                Some(_) => {}
                None => clock = Some(path.clone()),
            }
        }
    }
}

fn compares(term: &Term) -> bool {
    matches!(
        term.kind,
        TermKind::Binary(
            BinaryOperator::Eq
                | BinaryOperator::NotEq
                | BinaryOperator::Less
                | BinaryOperator::LessEq
                | BinaryOperator::Greater
                | BinaryOperator::GreaterEq,
            _
        )
    )
}

/// The points in time of the context in a comparison.
fn times<'t>(
    policy: &Policy<'_>,
    actions: &[EntityRef],
    comparison: &'t Term,
) -> Vec<(&'t Term, Vec<&'t str>)> {
    let by_words = comparison.walk().any(|part| {
        matches!(&part.kind, TermKind::Call(name, _) if ["datetime", "toDate", "toTime", "durationSince"].contains(&name.as_ref()))
    });
    let has_schema = policy.context.schema().is_some();
    let mut found = Vec::new();
    let mut covered: Vec<&Term> = Vec::new();
    for part in comparison.walk() {
        let Some((Variable::Context, path)) = part.path() else {
            continue;
        };
        let is_part = covered
            .iter()
            .any(|whole| whole.walk().any(|inner| std::ptr::eq(inner, part)));
        if path.is_empty() || is_part {
            continue;
        }
        covered.push(part);
        let is_time = match has_schema {
            true => actions.iter().any(|action| {
                let known = attribute(policy.context, action, &path);
                known.is_some_and(|known| *known.ty == Type::Datetime && !known.stored)
            }),
            false => by_words,
        };
        if is_time {
            found.push((part, path));
        }
    }
    found
}

/// Whether the agent, or a user, writes it.
fn is_told(policy: &Policy<'_>, actions: &[EntityRef], path: &[&str]) -> bool {
    let context = policy.context;
    if actions.is_empty() {
        return path.first() == Some(&"input");
    }
    actions.iter().any(|action| {
        let trust = context.trust(action, path);
        let given = context.given(action, path) == Some(Trust::Agent);
        match is_clock(context, action, path) {
            // No mark makes a clock of what the mapping takes from the call.
            true => given && trust == Trust::Agent,
            false => trust != Trust::System,
        }
    })
}

fn own_clock(policy: &Policy<'_>, action: &EntityRef) -> Option<String> {
    let info = policy.context.schema()?.action(action)?;
    info.clocks.first().map(ToString::to_string)
}
