//! A test for each survivor that would kill it.

mod ground;
mod moves;
mod pool;
mod search;
mod values;
mod write;

use super::baseline::Baseline;
use super::changed;
use crate::cedar::Mutant;
use crate::engine::cases;
use crate::model::SourceFile;
use crate::repository::{PolicyVersion, Suite, SuiteFile};
use crate::yaml;
use ground::{Ground, Try};
use rayon::prelude::*;
use search::Search;
use std::collections::BTreeSet;

/// What is proposed for a survivor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Proposal {
    /// A suite with one test, as YAML: it holds for the original, and fails for the mutant.
    Test(String),
    /// The search found no request on which they differ. There may be one all the same.
    NotFound,
    /// There was no search: nobody asked for one, or those before took all tries.
    #[default]
    NotSearched,
}

/// How many requests are tried for all survivors together, where nothing else is said.
const TRIES: usize = 150_000;
/// So many searches run side by side before it is seen whether tries are left: a fixed number, so that the result does not
/// depend on the machine.
const TOGETHER: usize = 16;

/// A proposal for each of these mutants, in their order, as long as there are tries left.
pub(super) fn propose(
    version: &PolicyVersion,
    baseline: &Baseline<'_>,
    survivors: &[&Mutant],
    tries: Option<usize>,
) -> Vec<Proposal> {
    let mut left = tries.unwrap_or(TRIES);
    let none = || vec![Proposal::NotFound; survivors.len()];
    if survivors.is_empty() {
        return none();
    }
    if left == 0 {
        return vec![Proposal::NotSearched; survivors.len()];
    }
    let Some(ground) = Ground::of(version) else {
        return none();
    };
    let seeds = seeds(&ground, baseline);
    let search = Search {
        ground: &ground,
        baseline,
        seeds: &seeds,
    };
    let mut texts: Vec<Option<String>> = Vec::new();
    for together in survivors.chunks(TOGETHER) {
        if left == 0 {
            break;
        }
        let found: Vec<(usize, Option<String>)> = together
            .par_iter()
            .map(|mutant| {
                let (tried, found) = search.run(mutant);
                let text = found.map(|found| write::suite(mutant, &found, ground.schema));
                (tried, text)
            })
            .collect();
        for (tried, text) in found {
            left = left.saturating_sub(tried);
            texts.push(text);
        }
    }
    let mut proposals = verified(version, baseline, survivors, texts);
    proposals.resize(survivors.len(), Proposal::NotSearched);
    proposals
}

/// The requests of the tests, each once. What a schema does not know of, and what nobody knows, is no start.
fn seeds(ground: &Ground<'_>, baseline: &Baseline<'_>) -> Vec<(usize, Try)> {
    let mut own: Vec<(*const crate::cedar::EntityStore, Option<_>)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut seeds = Vec::new();
    for (at, ran) in baseline.ran.iter().enumerate() {
        let request = &ran.input.request.request;
        if !request.unknown.is_empty() {
            continue;
        }
        // The cases of a suite share their entities.
        let store = std::sync::Arc::as_ptr(&ran.input.store);
        let entities = match own.iter().find(|(known, _)| *known == store) {
            Some((_, entities)) => entities.clone(),
            None => {
                let entities = ground.own(&ran.input.store);
                own.push((store, entities.clone()));
                entities
            }
        };
        let Some(entities) = entities else {
            continue;
        };
        let start = Try {
            request: request.clone(),
            entities,
        };
        if seen.insert(format!("{start:?}")) {
            seeds.push((at, start));
        }
    }
    seeds
}

/// Reads the proposed suites as `agentauthz test` would, and keeps those whose test holds for the original and fails for
/// the mutant.
fn verified(
    version: &PolicyVersion,
    baseline: &Baseline<'_>,
    survivors: &[&Mutant],
    texts: Vec<Option<String>>,
) -> Vec<Proposal> {
    let path = |at: usize| format!("proposed-{at}.test.yaml");
    let mut with = version.clone();
    with.suites = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let Some(text) = text else {
            continue;
        };
        let file = SourceFile::new(path(at), text.as_str());
        if let Ok(spec) = yaml::parse::<SuiteFile>(&file) {
            with.suites.push(Suite::new(file, spec));
        }
    }
    let cases = cases(&with);
    let proposed = Baseline::of(&with, &cases);
    let mut kept = vec![Proposal::NotFound; texts.len()];
    for (at, ((mutant, text), slot)) in survivors.iter().zip(texts).zip(&mut kept).enumerate() {
        let path = path(at);
        let ran = proposed.ran.iter().find(|ran| *ran.case.file == *path);
        let (Some(ran), Some(text)) = (ran, text) else {
            continue;
        };
        let holds = |(answer, forbidden): (crate::model::Answer, bool)| {
            ran.case.expected.holds(&answer, forbidden)
        };
        let kills = baseline
            .answer(&ran.statuses, ran.prepared(), &changed(mutant))
            .is_some_and(|now| !holds(now));
        if holds(baseline.before(&ran.statuses)) && kills {
            *slot = Proposal::Test(text);
        }
    }
    kept
}
