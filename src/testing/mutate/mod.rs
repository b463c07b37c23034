//! Mutation testing: is there a test that fails for every way in which a policy could be wrong?

mod baseline;
pub mod document;
mod explained;
mod propose;
mod run;

pub use propose::Proposal;
pub use run::Killer;

use crate::cedar::{LeftOut, Mutable, Mutant, ParsedPolicy, Reason, mutants};
use crate::engine::{Case, Fixtures, case_suites};
use crate::model::Diagnostic;
use crate::repository::{Percent, PolicyVersion};
use baseline::{Baseline, Changed};
use rayon::prelude::*;

/// What becomes of a version's mutants.
#[derive(Debug, Clone, Default)]
pub struct MutationReport {
    /// Every mutant, policy by policy in the order of the files.
    pub mutants: Vec<Judged>,
    /// Edits that were left out, and why.
    pub left_out: Vec<LeftOut>,
    /// How many cases were run against the mutants.
    pub cases: usize,
    /// How many cases some mutant could affect, mutant by mutant: what had to be looked at, instead of all cases for all
    /// mutants.
    pub looked_at: usize,
    /// Explanations that explain nothing, or are expired.
    pub findings: Vec<Diagnostic>,
    /// What must be reached.
    pub min: Option<Percent>,
}

/// A mutant and what became of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The mutant.
    pub mutant: Mutant,
    /// How many cases it could affect.
    pub affected: usize,
    /// What became of it.
    pub fate: Fate,
}

impl Judged {
    /// Whether it survived, and nobody explained why.
    fn is_open(&self) -> bool {
        matches!(
            self.fate,
            Fate::Survived {
                explained: None,
                ..
            }
        )
    }
}

/// What became of a mutant.
#[derive(Debug, Clone)]
pub enum Fate {
    /// A test that holds for the original fails.
    Killed(Killer),
    /// All tests that hold for the original hold.
    Survived {
        /// Why that is well, as the manifest explains it.
        explained: Option<String>,
        /// A test that would kill it; none is looked for where it is explained.
        proposal: Proposal,
    },
}

/// How a version is mutated.
#[derive(Default)]
pub struct Options<'o> {
    /// The policies that are mutated; nothing for all.
    pub wanted: Option<&'o (dyn Fn(&ParsedPolicy) -> bool + Sync)>,
    /// Whether fixtures must conform to the schema.
    pub fixtures: Fixtures,
    /// The score that must be reached, instead of the manifest's.
    pub min: Option<Percent>,
    /// The day by which explanations expire, as `YYYY-MM-DD`.
    pub now: &'o str,
    /// How many requests are tried at most to find tests that kill survivors, all of them together; nothing for the usual
    /// number. With 0 no test is looked for.
    pub tries: Option<usize>,
}

/// Why a version's mutants cannot be judged: some tests do not hold for the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsound {
    /// How many fail.
    pub failed: usize,
    /// How many have invalid input.
    pub broken: usize,
}

impl MutationReport {
    /// How many mutants a test kills.
    pub fn killed(&self) -> usize {
        let killed = |judged: &&Judged| matches!(judged.fate, Fate::Killed(_));
        self.mutants.iter().filter(killed).count()
    }

    /// The mutants that no test kills.
    pub fn survivors(&self) -> impl Iterator<Item = (&Judged, Option<&str>, &Proposal)> {
        self.mutants.iter().filter_map(|judged| match &judged.fate {
            Fate::Killed(_) => None,
            Fate::Survived {
                explained,
                proposal,
            } => Some((judged, explained.as_deref(), proposal)),
        })
    }

    /// For how many survivors that nobody explained no test was looked for.
    pub fn not_searched(&self) -> usize {
        let open = self.survivors().filter(|(_, explained, proposal)| {
            explained.is_none() && **proposal == Proposal::NotSearched
        });
        open.count()
    }

    /// How many edits were left out for a reason.
    pub fn left_out(&self, is: impl Fn(Reason) -> bool) -> usize {
        self.left_out.iter().filter(|left| is(left.reason)).count()
    }

    /// How many mutants decide as the original does, as was proved.
    pub fn equivalent(&self) -> usize {
        self.left_out(|reason| matches!(reason, Reason::Equivalent(_)))
    }

    /// Whether so many mutants are killed as must be.
    pub fn reaches_min(&self) -> bool {
        let (killed, all) = (self.killed() as u64, self.mutants.len() as u64);
        self.min.is_none_or(|min| min.reached(killed, all))
    }
}

/// Mutates the policies of a version and runs its unit tests against every mutant.
pub fn mutate(version: &PolicyVersion, options: &Options<'_>) -> Result<MutationReport, Unsound> {
    let suites = case_suites(version, options.fixtures);
    let faulty = suites.iter().filter(|suite| !suite.faults.is_empty());
    let faulty = faulty.count();
    let cases: Vec<Case> = suites.into_iter().flat_map(|suite| suite.cases).collect();
    match (faulty, cases.is_empty()) {
        // A suite that holds no test can be at fault, too.
        (1.., true) => Err(Unsound {
            failed: 0,
            broken: faulty,
        }),
        _ => mutate_cases(version, &cases, options),
    }
}

/// The same for these cases. Those that are skipped are not run.
pub fn mutate_cases(
    version: &PolicyVersion,
    cases: &[Case],
    options: &Options<'_>,
) -> Result<MutationReport, Unsound> {
    let kept = cases.iter().filter(|case| !case.is_skipped(options.now));
    let kept: Vec<Case> = kept.cloned().collect();
    let baseline = Baseline::of(version, &kept);
    sound(&baseline, kept.len())?;
    let all = |_: &ParsedPolicy| true;
    let made = mutants(&mutable(version), options.wanted.unwrap_or(&all));
    let run: Vec<(usize, Option<Killer>)> = made
        .mutants
        .par_iter()
        .map(|mutant| run::run(&baseline, mutant))
        .collect();
    let looked_at = run.iter().map(|(affected, _)| affected).sum();
    let judged = made.mutants.into_iter().zip(run);
    let judged = judged.map(|(mutant, (affected, killer))| Judged {
        mutant,
        affected,
        fate: match killer {
            Some(killer) => Fate::Killed(killer),
            None => Fate::Survived {
                explained: None,
                proposal: Proposal::default(),
            },
        },
    });
    let mut report = MutationReport {
        mutants: judged.collect(),
        left_out: made.left_out,
        cases: kept.len(),
        looked_at,
        findings: Vec::new(),
        min: options.min.or(version.manifest.mutation.min),
    };
    explained::explain(version, options, &mut report);
    // What is explained needs no test.
    let open: Vec<usize> = report
        .mutants
        .iter()
        .enumerate()
        .filter(|(_, judged)| judged.is_open())
        .map(|(at, _)| at)
        .collect();
    let survivors = open.iter().filter_map(|at| report.mutants.get(*at));
    let survivors: Vec<&Mutant> = survivors.map(|judged| &judged.mutant).collect();
    let proposals = propose::propose(version, &baseline, &survivors, options.tries);
    for (at, found) in open.iter().zip(proposals) {
        if let Some(Fate::Survived { proposal, .. }) =
            report.mutants.get_mut(*at).map(|judged| &mut judged.fate)
        {
            *proposal = found;
        }
    }
    Ok(report)
}

/// What mutants of a version are made of.
pub fn mutable(version: &PolicyVersion) -> Mutable<'_> {
    Mutable {
        parsed: &version.parsed,
        links: &version.links,
        policies: &version.policies,
        store: &version.store,
        schema: version.schema.as_ref(),
        sources: &version.sources,
    }
}

/// What a mutant changes in the set of policies.
fn changed(mutant: &Mutant) -> Vec<Changed<'_>> {
    let replaced = mutant.replaced.iter();
    replaced
        .map(|replaced| (replaced.place, replaced.by.as_ref()))
        .collect()
}

/// Whether all cases hold for the original.
fn sound(baseline: &Baseline<'_>, cases: usize) -> Result<(), Unsound> {
    let failed = baseline.ran.par_iter().filter(|ran| {
        let (answer, forbidden) = baseline.before(&ran.statuses);
        !ran.case.expected.holds(&answer, forbidden)
    });
    let unsound = Unsound {
        failed: failed.count(),
        broken: cases - baseline.ran.len(),
    };
    match unsound {
        Unsound {
            failed: 0,
            broken: 0,
        } => Ok(()),
        unsound => Err(unsound),
    }
}
