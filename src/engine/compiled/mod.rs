//! L1, L2 and L4 (ii): the policies of both sides compiled together, and evaluated without Cedar's interpreter.

mod evaluate;
mod extension;
mod index;
mod names;
mod paths;
mod plan;
mod program;
mod shape;
mod value;
mod world;

pub use evaluate::Case;
pub use extension::{Function, call, construct, datetime, decimal, duration, ip};
pub use index::{Bits, Position, candidates};
pub use names::{AttributeId, EntityId, Names, TypeId};
pub use plan::{Body, Plan, PlannedPolicy};
pub use shape::{ActionShape, MemberShape, RecordShape, TypeShape, WrittenKey};
pub use value::{Val, set};
