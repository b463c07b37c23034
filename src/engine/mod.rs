//! Many decisions, and what changed: mapping applied, statuses settled, answers compared, results folded.

mod case;
mod compare;
mod distinct;
mod fold;
mod incoming;
mod pairing;
mod request;
mod settle;
mod side;
mod tally;

pub use case::{case_request, suite_faults, suite_store};
pub use compare::{Compared, classify, compare};
pub use distinct::{Counts, Distinct};
pub use fold::{Merge, fold};
pub use incoming::{Incoming, Place};
pub use pairing::{Pair, Pairing};
pub use request::{Mapped, map_call};
pub use settle::{Settled, settle};
pub use side::{PolicyStatus, Side, Verdict};
pub use tally::{Decisions, Fidelity, Note, Notes, SideTally, Volume};
