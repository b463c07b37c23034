//! Many decisions, and what changed: mapping applied, statuses settled, answers compared, results folded.

mod compare;
mod distinct;
mod fold;
mod pairing;
mod request;
mod settle;
mod side;

pub use compare::{Compared, classify, compare};
pub use distinct::{Counts, Distinct};
pub use fold::{Merge, fold};
pub use pairing::{Pair, Pairing};
pub use request::{Mapped, map_call};
pub use settle::{Settled, settle};
pub use side::{PolicyStatus, Side, Verdict};
