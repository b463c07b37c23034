//! What the unit tests cover: policies, their outcomes, the atoms of their scopes and conditions, and environments.

mod account;
mod report;

pub use report::{
    AtomCoverage, Cases, Coverage, EnvironmentCoverage, Figures, Gap, Gate, PolicyCoverage, Ratio,
    Sightings, Stretch, Witness, json_schema,
};

use crate::cedar::{CompiledPolicy, PreparedRequest, RequestTypes, Tree, Truth, Walk};
use crate::engine::{Case, Fixtures, Input, Side, case_suites, decide};
use crate::model::{Effect, SourceFile, Span};
use crate::repository::{Figure, PolicyVersion, Thresholds};
use account::{Account, Count};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many cases are evaluated at a time: what is kept of them is one status for each policy.
const CHUNK: usize = 1024;

/// What is counted, and by what it is judged.
#[derive(Debug, Clone, Default)]
pub struct CoverageOptions {
    /// How the version was named.
    pub version: String,
    /// The day by which skips are judged, as `YYYY-MM-DD`.
    pub now: String,
    /// The least of each figure.
    pub thresholds: Thresholds,
    /// Only these policies and links are counted, and the version since which they changed.
    pub changed: Option<(String, BTreeSet<Arc<str>>)>,
    /// How far the fixtures of tests must conform.
    pub fixtures: Fixtures,
}

/// Whether a policy reads what is not known, as the clock of a test without a time.
fn is_undecided(side: &Side<'_>, input: &Input) -> bool {
    !input.request.request.unknown.is_empty() && !decide(side, input).unknown.is_empty()
}

/// Runs every case that is not skipped or broken, and reports what they cover.
pub fn coverage(version: &PolicyVersion, options: &CoverageOptions) -> Coverage {
    let suites = case_suites(version, options.fixtures).into_iter();
    let cases: Vec<Case> = suites.flat_map(|suite| suite.cases).collect();
    let policies = version.policies.policies();
    let trees = version
        .policies
        .trees(&version.sources, &version.store, version.schema.as_ref());
    let mut run = Run {
        policies,
        trees: &trees,
        accounts: trees.iter().map(Account::of).collect(),
        environments: BTreeMap::new(),
    };
    let side = Side::head(version);
    let mut counted = Cases::default();
    let mut ready = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        match &case.input {
            _ if case.is_skipped(&options.now) => counted.skipped += 1,
            Err(_) => counted.broken += 1,
            // What reads a clock of a test without a time is not decided.
            Ok(input) if is_undecided(&side, input) => counted.broken += 1,
            Ok(input) => {
                counted.run += 1;
                ready.push((at, input));
            }
        }
    }
    for chunk in ready.chunks(CHUNK) {
        run.chunk(chunk);
    }
    run.accounts
        .par_iter_mut()
        .zip(&trees)
        .for_each(|(account, tree)| account.settle(tree));
    let all = run.policies.iter().zip(run.trees).zip(&run.accounts);
    let changed = options.changed.as_ref();
    let mut found: Vec<PolicyCoverage> = all
        .filter(|((policy, _), _)| changed.is_none_or(|(_, changed)| changed.contains(&policy.id)))
        .map(|((policy, tree), account)| policy_coverage(version, policy, tree, account, &cases))
        .collect();
    found.sort_by(|a, b| (&a.file, a.place.start, &a.id).cmp(&(&b.file, b.place.start, &b.id)));
    let environments = match (&version.schema, changed) {
        (Some(schema), None) => schema
            .environments()
            .into_iter()
            .map(|types| run.environment(types, &cases))
            .collect(),
        (None, _) | (_, Some(_)) => Vec::new(),
    };
    let figures = figures(&found, &environments);
    Coverage {
        format: "agentauthz.coverage/1".to_owned(),
        repository: version.manifest.name.clone(),
        version: options.version.clone(),
        changed_since: changed.map(|(since, _)| since.clone()),
        cases: counted,
        figures,
        gates: gates(&figures, options),
        policies: found,
        environments,
    }
}

/// The evaluation of all cases.
struct Run<'a> {
    policies: &'a [CompiledPolicy],
    trees: &'a [Tree],
    accounts: Vec<Account>,
    /// Allowed, and denied.
    environments: BTreeMap<RequestTypes, [Count; 2]>,
}

impl Run<'_> {
    fn chunk(&mut self, chunk: &[(usize, &Input)]) {
        let prepared: Vec<(usize, Walk<'_>)> = chunk
            .iter()
            .map(|(at, input)| {
                let request = PreparedRequest {
                    request: &input.built,
                    entities: &input.store,
                };
                (*at, Walk::new(request))
            })
            .collect();
        let statuses: Vec<Vec<Truth>> = self
            .accounts
            .par_iter_mut()
            .zip(self.trees)
            .map(|(account, tree)| {
                let mut seen = Vec::new();
                let each = prepared.iter().map(|(case, walk)| {
                    let result = walk.evaluate(tree, &mut seen);
                    account.note(tree, &seen, result, *case);
                    result
                });
                each.collect()
            })
            .collect();
        for (at, (case, input)) in chunk.iter().enumerate() {
            let allowed = self.decide(&statuses, at, *case);
            let request = &input.request.request;
            let types = RequestTypes {
                principal: request.principal.ty.clone(),
                action: request.action.clone(),
                resource: request.resource.ty.clone(),
            };
            let [allow, deny] = self.environments.entry(types).or_default();
            match allowed {
                true => allow.see(*case),
                false => deny.see(*case),
            }
        }
    }

    /// What the statuses of a case come to, and which policies made it so. Without a policy the decision would be another
    /// one where it alone permits or forbids.
    fn decide(&mut self, statuses: &[Vec<Truth>], at: usize, case: usize) -> bool {
        let (mut permits, mut forbids) = (Vec::new(), Vec::new());
        for (place, (policy, own)) in self.policies.iter().zip(statuses).enumerate() {
            if own.get(at) == Some(&Truth::True) {
                match policy.effect {
                    Effect::Permit => permits.push(place),
                    Effect::Forbid => forbids.push(place),
                }
            }
        }
        let allowed = forbids.is_empty() && !permits.is_empty();
        let determining = if forbids.is_empty() {
            &permits
        } else {
            &forbids
        };
        for place in determining {
            if let Some(account) = self.accounts.get_mut(*place) {
                account.determining.see(case);
                if determining.len() == 1 && !permits.is_empty() {
                    account.decisive.see(case);
                }
            }
        }
        allowed
    }

    fn environment(&self, types: RequestTypes, cases: &[Case]) -> EnvironmentCoverage {
        let [allow, deny] = self.environments.get(&types).copied().unwrap_or_default();
        EnvironmentCoverage {
            principal: types.principal,
            action: types.action,
            resource: types.resource,
            allow: sightings(allow, cases),
            deny: sightings(deny, cases),
        }
    }
}

fn policy_coverage(
    version: &PolicyVersion,
    policy: &CompiledPolicy,
    tree: &Tree,
    account: &Account,
    cases: &[Case],
) -> PolicyCoverage {
    let file = version.sources.get(&policy.file);
    let seen = |count: Count| sightings(count, cases);
    let atoms: Vec<AtomCoverage> = tree
        .atoms
        .iter()
        .zip(&account.atoms)
        .map(|(atom, own)| AtomCoverage {
            text: atom.text.clone(),
            part: atom.part,
            place: atom.span.zip(file).map(|(span, file)| stretch(file, span)),
            can: atom.can,
            hold: seen(own.hold),
            fail: seen(own.fail),
            raise: seen(own.raise),
            not_reached: account
                .cases
                .saturating_sub(own.hold.cases + own.fail.cases + own.raise.cases),
            independent: atom.can.hold && atom.can.fail,
            pair: own
                .pair
                .and_then(|[hold, fail]| Some([witness(cases, hold)?, witness(cases, fail)?])),
        })
        .collect();
    let mut found = PolicyCoverage {
        id: policy.id.clone(),
        template: policy.template.clone(),
        effect: policy.effect,
        file: policy.file.clone(),
        place: file.map_or(
            Stretch {
                start: 0,
                end: 0,
                line: 1,
                column: 1,
                end_line: 1,
            },
            |file| {
                // Cedar's JSON form has no places: what stands there for is the file.
                let whole = Span::new(0, file.text.len());
                stretch(
                    file,
                    if policy.span.len == 0 {
                        whole
                    } else {
                        policy.span
                    },
                )
            },
        ),
        scope_reached: seen(account.scope_reached),
        satisfied: seen(account.satisfied),
        not_satisfied: seen(account.not_satisfied),
        errored: seen(account.errored),
        determining: seen(account.determining),
        decisive: seen(account.decisive),
        can: tree.can(),
        figures: Figures::default(),
        atoms,
    };
    found.figures = own_figures(&found);
    found
}

fn own_figures(policy: &PolicyCoverage) -> Figures {
    let mut figures = Figures::default();
    figures.policy.add(policy.determining.cases > 0);
    figures.decision.add(policy.decisive.cases > 0);
    let outcomes = [
        (policy.can.hold, &policy.satisfied),
        (policy.can.fail, &policy.not_satisfied),
    ];
    for (_, seen) in outcomes.into_iter().filter(|(can, _)| *can) {
        figures.outcome.add(seen.cases > 0);
    }
    for atom in &policy.atoms {
        let values = [
            (atom.can.hold, &atom.hold),
            (atom.can.fail, &atom.fail),
            (atom.can.raise, &atom.raise),
        ];
        for (_, seen) in values.into_iter().filter(|(can, _)| *can) {
            figures.condition.add(seen.cases > 0);
        }
        if atom.independent {
            figures.mcdc.add(atom.pair.is_some());
        }
    }
    figures
}

fn figures(policies: &[PolicyCoverage], environments: &[EnvironmentCoverage]) -> Figures {
    let own = policies.iter().map(|policy| policy.figures);
    let mut figures = own.fold(Figures::default(), Figures::plus);
    for environment in environments {
        figures.environment.add(environment.allow.cases > 0);
        figures.environment.add(environment.deny.cases > 0);
    }
    figures
}

fn gates(figures: &Figures, options: &CoverageOptions) -> Vec<Gate> {
    let judged = Figure::ALL.into_iter().filter_map(|figure| {
        let least = options.thresholds.of(figure)?;
        // Of changed policies no environments are counted.
        if figure == Figure::Environment && options.changed.is_some() {
            return None;
        }
        let found = figures.of(figure);
        Some(Gate {
            figure,
            least,
            found,
            passed: found.reaches(least),
        })
    });
    judged.collect()
}

fn sightings(count: Count, cases: &[Case]) -> Sightings {
    Sightings {
        cases: count.cases,
        first: count.first.and_then(|first| witness(cases, first)),
    }
}

fn witness(cases: &[Case], at: usize) -> Option<Witness> {
    let case = cases.get(at)?;
    Some(Witness {
        suite: case.suite.clone(),
        test: case.test.clone(),
        row: case.row.clone(),
        file: case.file.clone(),
        line: case.line,
    })
}

fn stretch(file: &SourceFile, span: Span) -> Stretch {
    let (line, column) = file.line_column(span.start);
    let (end_line, _) = file.line_column(span.end().saturating_sub(1).max(span.start));
    Stretch {
        start: span.start,
        end: span.end(),
        line,
        column,
        end_line,
    }
}
