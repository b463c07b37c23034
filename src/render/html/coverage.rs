//! Coverage as plain data for its template: the text of each policy, painted by what was seen of its atoms.

use super::super::numbers::percent;
use super::csp;
use super::limits::{Capped, capped};
use crate::model::{Effect, Sources};
use crate::repository::Figure;
use crate::testing::coverage::{
    AtomCoverage, Coverage, EnvironmentCoverage, Gate, PolicyCoverage, Ratio, Sightings, Witness,
};
use minijinja::value::Value;
use serde::Serialize;

const STYLE: &str = concat!(
    include_str!("templates/style.css"),
    include_str!("templates/coverage.css")
);

/// What a page shows.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    csp: String,
    style: Value,
    tool: &'static str,
    name: String,
    version: String,
    since: Option<String>,
    run: u64,
    skipped: u64,
    broken: u64,
    policies: usize,
    figures: Vec<FigureView>,
    gates: bool,
    passed: bool,
    /// The figures that are too low.
    failing: Vec<&'static str>,
    list: Capped<PolicyView>,
    environments: Capped<EnvironmentView>,
}

#[derive(Debug, Serialize)]
struct FigureView {
    name: &'static str,
    meaning: &'static str,
    share: String,
    covered: u64,
    total: u64,
    width: u64,
    full: bool,
    /// What is asked for, and whether it is not reached.
    least: Option<String>,
    fails: bool,
}

#[derive(Debug, Serialize)]
struct PolicyView {
    anchor: usize,
    id: String,
    template: Option<String>,
    effect: &'static str,
    place: String,
    full: bool,
    counts: Vec<(&'static str, u64)>,
    figures: Vec<FigureView>,
    lacks: Vec<&'static str>,
    lines: Vec<LineView>,
    atoms: Vec<AtomView>,
}

#[derive(Debug, Serialize)]
struct LineView {
    number: usize,
    parts: Vec<PartView>,
}

/// A part of a line; with a class where it belongs to an atom.
#[derive(Debug, Serialize)]
struct PartView {
    text: String,
    class: Option<&'static str>,
    /// What is said behind the end of an atom of which not both values were seen.
    mark: Option<&'static str>,
    title: String,
}

#[derive(Debug, Serialize)]
struct AtomView {
    text: String,
    line: Option<usize>,
    class: &'static str,
    values: Vec<ValueView>,
    /// Nothing where it cannot be asked for.
    alone: Option<bool>,
    pair: String,
}

#[derive(Debug, Serialize)]
struct ValueView {
    can: bool,
    cases: u64,
    first: String,
}

#[derive(Debug, Serialize)]
struct EnvironmentView {
    principal: String,
    action: String,
    resource: String,
    allow: u64,
    deny: u64,
}

/// The page with at most so many policies and environments in full.
pub(super) fn view(coverage: &Coverage, sources: &Sources, most: usize) -> Page {
    let mut order: Vec<(usize, &PolicyCoverage)> = coverage.policies.iter().enumerate().collect();
    if order.len() > most {
        // What is complete is left out first.
        order.sort_by_key(|(_, policy)| lacks(policy).is_empty());
    }
    let policies = order
        .into_iter()
        .map(|(at, policy)| policy_view(at, policy, sources));
    Page {
        csp: csp::without_script(STYLE),
        style: Value::from_safe_string(STYLE.to_owned()),
        tool: env!("CARGO_PKG_VERSION"),
        name: coverage
            .repository
            .clone()
            .unwrap_or_else(|| "policy repository".to_owned()),
        version: coverage.version.clone(),
        since: coverage.changed_since.clone(),
        run: coverage.cases.run,
        skipped: coverage.cases.skipped,
        broken: coverage.cases.broken,
        policies: coverage.policies.len(),
        figures: figures(&coverage.gates, |figure| coverage.figures.of(figure)),
        gates: !coverage.gates.is_empty(),
        passed: coverage.passed(),
        failing: coverage
            .gates
            .iter()
            .filter(|gate| !gate.passed)
            .map(|gate| gate.figure.name())
            .collect(),
        list: capped(policies, most),
        environments: capped(coverage.environments.iter().map(environment), most),
    }
}

fn figures(gates: &[Gate], of: impl Fn(Figure) -> Ratio) -> Vec<FigureView> {
    let all = Figure::ALL.into_iter().map(|figure| (figure, of(figure)));
    all.filter(|(_, found)| found.total > 0)
        .map(|(figure, found)| {
            let gate = gates.iter().find(|gate| gate.figure == figure);
            FigureView {
                name: figure.name(),
                meaning: meaning(figure),
                share: percent(found.covered, found.total),
                covered: found.covered,
                total: found.total,
                width: found.covered * 100 / found.total,
                full: found.covered == found.total,
                least: gate.map(|gate| gate.least.to_string()),
                fails: gate.is_some_and(|gate| !gate.passed),
            }
        })
        .collect()
}

fn meaning(figure: Figure) -> &'static str {
    match figure {
        Figure::Policy => "policies and links that determined a decision",
        Figure::Outcome => "satisfied, and not satisfied, for each policy",
        Figure::Condition => "values of atoms: true, false, and errors that can be",
        Figure::Mcdc => "atoms shown to change what becomes of their policy by themselves",
        Figure::Environment => "an allow, and a deny, for each request environment",
        Figure::Decision => "policies without which some decision would be another one",
    }
}

fn lacks(policy: &PolicyCoverage) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Figure::ALL
        .into_iter()
        .filter(|figure| !policy.gaps(*figure).is_empty())
        .map(Figure::name)
        .collect();
    found.dedup();
    found
}

fn policy_view(anchor: usize, policy: &PolicyCoverage, sources: &Sources) -> PolicyView {
    let lacks = lacks(policy);
    PolicyView {
        anchor,
        id: policy.id.to_string(),
        template: policy.template.as_ref().map(ToString::to_string),
        effect: match policy.effect {
            Effect::Permit => "permit",
            Effect::Forbid => "forbid",
        },
        place: format!("{}:{}", policy.file, policy.place.line),
        full: lacks.is_empty(),
        counts: vec![
            ("scope reached", policy.scope_reached.cases),
            ("satisfied", policy.satisfied.cases),
            ("not satisfied", policy.not_satisfied.cases),
            ("error", policy.errored.cases),
            ("determining", policy.determining.cases),
            ("decisive", policy.decisive.cases),
        ],
        figures: figures(&[], |figure| policy.figures.of(figure)),
        lacks,
        lines: lines(policy, sources),
        atoms: policy.atoms.iter().map(atom_view).collect(),
    }
}

fn atom_view(atom: &AtomCoverage) -> AtomView {
    let values = [
        (atom.can.hold, &atom.hold),
        (atom.can.fail, &atom.fail),
        (atom.can.raise, &atom.raise),
    ];
    AtomView {
        text: atom.text.clone(),
        line: atom.place.map(|place| place.line),
        class: class(atom),
        values: values
            .into_iter()
            .map(|(can, seen)| ValueView {
                can: can || seen.cases > 0,
                cases: seen.cases,
                first: first(seen),
            })
            .collect(),
        alone: atom.independent.then_some(atom.pair.is_some()),
        pair: atom.pair.as_ref().map_or_else(String::new, |[hold, fail]| {
            format!("true in {}; false in {}", witness(hold), witness(fail))
        }),
    }
}

fn first(seen: &Sightings) -> String {
    seen.first.as_ref().map(witness).unwrap_or_default()
}

fn witness(case: &Witness) -> String {
    match &case.row {
        Some(row) => format!("{} › {} › {row}", case.suite, case.test),
        None => format!("{} › {}", case.suite, case.test),
    }
}

/// How an atom is painted.
fn class(atom: &AtomCoverage) -> &'static str {
    let hold = atom.hold.cases > 0 || !atom.can.hold;
    let fail = atom.fail.cases > 0 || !atom.can.fail;
    match (hold, fail) {
        _ if atom.hold.cases + atom.fail.cases == 0 => "never",
        (true, true) => "both",
        (true, false) => "only-true",
        (false, true) | (false, false) => "only-false",
    }
}

fn mark(class: &str) -> Option<&'static str> {
    match class {
        "only-true" => Some("only true"),
        "only-false" => Some("only false"),
        "never" => Some("never"),
        _ => None,
    }
}

/// The text of a policy, line by line, cut at the ends of its atoms. A policy in JSON has no such text.
fn lines(policy: &PolicyCoverage, sources: &Sources) -> Vec<LineView> {
    if policy.atoms.iter().any(|atom| atom.place.is_none()) {
        return Vec::new();
    }
    let Some(file) = sources.get(&policy.file) else {
        return Vec::new();
    };
    let mut pieces: Vec<(&str, Option<&AtomCoverage>)> = Vec::new();
    let mut atoms: Vec<&AtomCoverage> = policy.atoms.iter().collect();
    atoms.sort_by_key(|atom| atom.place.map(|place| place.start));
    let mut at = policy.place.start;
    let text = |from: usize, to: usize| file.text.get(from..to).unwrap_or_default();
    for atom in atoms {
        let Some(place) = atom.place.filter(|place| place.start >= at) else {
            continue;
        };
        pieces.push((text(at, place.start), None));
        pieces.push((text(place.start, place.end), Some(atom)));
        at = place.end;
    }
    pieces.push((text(at, policy.place.end), None));
    let mut lines = vec![LineView {
        number: policy.place.line,
        parts: Vec::new(),
    }];
    for (piece, atom) in pieces {
        let mut rows = piece.split('\n').peekable();
        let mut first = true;
        while let Some(row) = rows.next() {
            if !std::mem::take(&mut first) {
                lines.push(LineView {
                    number: policy.place.line + lines.len(),
                    parts: Vec::new(),
                });
            }
            let last = rows.peek().is_none();
            let row = row.trim_end_matches('\r').replace('\t', "    ");
            let Some(line) = lines.last_mut().filter(|_| !row.is_empty()) else {
                continue;
            };
            let class = atom.map(class);
            line.parts.push(PartView {
                text: row,
                class,
                mark: class.filter(|_| last).and_then(mark),
                title: atom.map_or_else(String::new, title),
            });
        }
    }
    lines
}

fn title(atom: &AtomCoverage) -> String {
    let mut parts = vec![
        format!("true {}", atom.hold.cases),
        format!("false {}", atom.fail.cases),
    ];
    if atom.can.raise || atom.raise.cases > 0 {
        parts.push(format!("error {}", atom.raise.cases));
    }
    if atom.independent {
        parts.push(
            match atom.pair {
                Some(_) => "decisive by itself",
                None => "never decisive by itself",
            }
            .to_owned(),
        );
    }
    parts.join(", ")
}

fn environment(environment: &EnvironmentCoverage) -> EnvironmentView {
    EnvironmentView {
        principal: environment.principal.to_string(),
        action: environment.action.to_string(),
        resource: environment.resource.to_string(),
        allow: environment.allow.cases,
        deny: environment.deny.cases,
    }
}
