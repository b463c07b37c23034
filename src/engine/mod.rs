//! Many decisions, and what changed: mapping applied, statuses settled, answers compared, results folded.

mod atoms;
mod cases;
mod cause;
mod changed;
mod compare;
mod compiled;
mod derive;
mod distinct;
mod incoming;
mod kept;
mod kind;
mod lane;
mod lines;
mod merge;
mod named;
mod own_entities;
mod pairing;
mod request;
mod scalar;
mod sessions;
mod settle;
mod side;
mod tally;
mod typed;
mod units;
mod verdict;
mod verify;
mod window;
mod worker;

pub use crate::cedar::{Miss, Missed};
pub use cases::{
    Case, CaseSuite, Decided, Demand, Expected, Fixtures, Form, Input, NearMiss, REPEATED_NAME,
    Skip, Touched, case_suites, cases, decide, decides, listed, near_misses,
};
pub use cause::{Cause, Names, Satisfied, Way, cause, cause_of, is_certain, known_cause};
pub use changed::changed;
pub use compare::{Compared, classify, compare};
pub use compiled::EntityId;
pub use distinct::Distinct;
pub use incoming::{Incoming, Place};
pub use kind::Engine;
pub use lane::{
    Agents, Changes, Crowd, Ground, Lane, LaneCounts, LeftBy, LeftCounts, Ruled, Ruling, Taken,
    Track, action_name,
};
pub use lines::{LineWorker, each_line};
pub use merge::{Merge, keep_smallest};
pub use named::{Counts, Named};
pub use pairing::{Pair, Pairing};
pub use request::{
    Became, By, DataFile, LookedUp, LookedUpEntity, Mapped, Meant, NotFound, Takes, Trace,
    TracedFound, TracedPart, TracedRead, Usage, fields, map_call, placeholders, read_rows,
    trace_call, usage,
};
pub use scalar::Scalar;
pub use sessions::{Changing, Reading, Sessions, Standing};
pub use settle::{Settled, settle};
pub use side::{PolicyStatus, Side};
pub use tally::{Decisions, Fidelity, Note, Notes, SideTally, Volume};
pub use units::Units;
pub use verdict::Verdict;
pub use verify::{Sample, verify, verify_against};
pub use window::Window;
pub use worker::{Chunk, Ids, Observer, ReadLine, Worker};
