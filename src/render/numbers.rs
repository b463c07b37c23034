//! Numbers for people.

pub use crate::model::{count, grouped, percent};
