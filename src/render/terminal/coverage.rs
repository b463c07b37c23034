//! Coverage for a terminal.

use super::table::{Align, Table};
use crate::model::Effect;
use crate::render::{Header, Role, count, grouped, paint, percent, printable};
use crate::repository::Figure;
use crate::testing::coverage::{Coverage, Gap, Gate, PolicyCoverage};

/// Policies of which it is shown what is missing, where not everything is.
const SHOWN: usize = 20;

/// Gaps that are named with a gate that failed.
const NAMED: usize = 3;

/// The figures, then what no case has shown, policy by policy, then how the thresholds judge it.
pub fn coverage(header: &Header, coverage: &Coverage) -> String {
    let mut out = String::new();
    if !header.quiet {
        out.push_str(&summary(coverage));
        out.push_str(&missing(header, coverage));
    }
    for gate in &coverage.gates {
        out.push_str(&judged(coverage, gate));
    }
    out
}

fn summary(coverage: &Coverage) -> String {
    let mut about = count(coverage.policies.len() as u64, "policy");
    let links = coverage.policies.iter();
    let links = links.filter(|policy| policy.template.is_some()).count();
    if links > 0 {
        about.push_str(&format!(" ({})", count(links as u64, "template link")));
    }
    about.push_str(&format!(" by {}", count(coverage.cases.run, "case")));
    for (number, what) in [
        (coverage.cases.skipped, "skipped"),
        (coverage.cases.broken, "broken"),
    ] {
        if number > 0 {
            about.push_str(&format!(", {} {what}", grouped(number)));
        }
    }
    if let Some(since) = &coverage.changed_since {
        about.push_str(&format!("; changed since {}", printable(since)));
    }
    let mut out = format!("{}  {about}\n", paint(Role::Heading, "coverage"));
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right, Align::Left]);
    for figure in Figure::ALL {
        let found = coverage.figures.of(figure);
        let role = match found.covered == found.total {
            true => Role::Good,
            false => Role::Warning,
        };
        let share = percent(found.covered, found.total);
        if found.total > 0 {
            table.row([
                figure.name().to_owned(),
                paint(role, share),
                format!("{} of {}", grouped(found.covered), grouped(found.total)),
                paint(Role::Quiet, meaning(figure)),
            ]);
        }
    }
    out.push_str(&table.draw("  "));
    out
}

fn meaning(figure: Figure) -> &'static str {
    match figure {
        Figure::Policy => "policies that determined a decision",
        Figure::Outcome => "satisfied, and not, for each policy",
        Figure::Condition => "values of atoms: true, false, and errors that can be",
        Figure::Mcdc => "atoms that changed what became of their policy by themselves",
        Figure::Environment => {
            "an allow, and a deny, for each principal type, action and resource type"
        }
        Figure::Decision => "policies without which a decision would be another one",
    }
}

fn missing(header: &Header, coverage: &Coverage) -> String {
    let lacking: Vec<&PolicyCoverage> = coverage
        .policies
        .iter()
        .filter(|policy| {
            Figure::ALL
                .iter()
                .any(|figure| !policy.gaps(*figure).is_empty())
        })
        .collect();
    let mut out = String::new();
    let most = if header.verbose { usize::MAX } else { SHOWN };
    for policy in lacking.iter().take(most) {
        out.push_str(&one(policy));
    }
    if lacking.len() > most {
        let more = count((lacking.len() - most) as u64, "policy");
        out.push_str(&format!("  and {more} more; `-v` shows all\n"));
    }
    let environments = coverage.gaps(Figure::Environment);
    if !environments.is_empty() {
        out.push_str(&format!("\n{}\n", paint(Role::Heading, "environments")));
        for gap in environments.iter().take(most) {
            let subject = gap.subject.as_deref().unwrap_or_default();
            out.push_str(&format!(
                "  {}  {}\n",
                printable(subject),
                paint(Role::Warning, gap.never)
            ));
        }
        if environments.len() > most {
            let more = grouped((environments.len() - most) as u64);
            out.push_str(&format!("  and {more} more; `-v` shows all\n"));
        }
    }
    out
}

fn one(policy: &PolicyCoverage) -> String {
    let effect = match policy.effect {
        Effect::Permit => "permit",
        Effect::Forbid => "forbid",
    };
    let template = policy
        .template
        .as_ref()
        .map_or_else(String::new, |template| {
            format!(", link of {}", printable(template))
        });
    let own: Vec<&str> = [Figure::Policy, Figure::Outcome, Figure::Decision]
        .into_iter()
        .flat_map(|figure| policy.gaps(figure))
        .map(|gap| gap.never)
        .collect();
    let mut out = format!(
        "\n{}  {}",
        paint(Role::Name, printable(&policy.id)),
        paint(
            Role::Quiet,
            format!(
                "{effect}{template}, {}:{}",
                printable(&policy.file),
                policy.place.line
            )
        ),
    );
    if !own.is_empty() {
        out.push_str(&format!("  {}", paint(Role::Warning, own.join(", "))));
    }
    out.push('\n');
    let mut table = Table::new(&[Align::Right, Align::Left, Align::Left]);
    for atom in &policy.atoms {
        let never: Vec<&str> = [Figure::Condition, Figure::Mcdc]
            .into_iter()
            .flat_map(|figure| atom.missing(figure))
            .collect();
        if never.is_empty() {
            continue;
        }
        let line = atom.place.map_or(policy.place.line, |place| place.line);
        table.row([
            paint(Role::Quiet, line),
            printable(&atom.text),
            paint(Role::Warning, never.join(", ")),
        ]);
    }
    out.push_str(&table.draw("  "));
    out
}

/// A threshold and what was found; where it is not reached, the first of what is missing.
fn judged(coverage: &Coverage, gate: &Gate) -> String {
    let found = format!(
        "{} ({} of {})",
        percent(gate.found.covered, gate.found.total),
        grouped(gate.found.covered),
        grouped(gate.found.total)
    );
    if gate.passed {
        return format!(
            "{}  coverage of {}: {found}, at least {} is asked for\n",
            paint(Role::Good, "ok"),
            gate.figure,
            gate.least
        );
    }
    let mut out = format!(
        "{}  coverage of {}: {found}, and at least {} is asked for\n",
        paint(Role::Bad, "FAILED"),
        gate.figure,
        gate.least
    );
    let gaps = coverage.gaps(gate.figure);
    for gap in gaps.iter().take(NAMED) {
        out.push_str(&format!("  {}\n", words(gap)));
    }
    if gaps.len() > NAMED {
        out.push_str(&format!(
            "  and {} more\n",
            grouped((gaps.len() - NAMED) as u64)
        ));
    }
    out
}

/// `policies/a.cedar:3: refund-small: context.n > 5: never false`.
fn words(gap: &Gap) -> String {
    let place = gap.place.as_ref();
    let place = place.map(|(file, line)| format!("{}:{line}", printable(file)));
    let policy = gap.policy.as_ref().map(|policy| printable(policy));
    let subject = gap.subject.as_ref().map(|subject| printable(subject));
    let parts: Vec<String> = [place, policy, subject, Some(gap.never.to_owned())]
        .into_iter()
        .flatten()
        .collect();
    parts.join(": ")
}
