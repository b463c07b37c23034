//! `lint`: what is legal, and still not meant: the guardrail that never fires, the permit that any tool call passes, the
//! agent that nobody owns.
//!
//! One lint is one file and one page in `rules/`. The page is its documentation, its help in every format, and its test.

mod baseline;
mod catalogue;
mod comments;
mod context;
mod facts;
mod fix;
mod found;
mod givers;
mod judge;
mod judge_yaml;
mod levels;
mod quiet;
mod read;
mod report;
mod rules;
mod run;
mod suppress;

pub use baseline::{Baseline, Known};
pub use catalogue::{Evidence, FixKind, Lint, Need, Run, by_name, catalogue};
pub use context::{Context, Policy, Repository};
pub use facts::{CaseFacts, Exercised, MutantFacts, Survivor, TestFacts, Undecided};
pub use fix::{Applied, Edit, Fix, Refusal, apply};
pub use found::{Finding, Found};
pub use judge::judge;
pub use levels::Levels;
pub use report::{LintReport, NotRun};
pub use run::{Settings, lint};
pub use suppress::Suppression;
