//! A report of five hundred groups, and of sixty agents and two hundred actions that all changed.

use crate::documents::realistic;
use agentauthz::diff::document::{Document, MatrixCell};

/// So many groups, of the kinds that there are in a report as it should look.
pub fn great(groups: u64) -> Document {
    let mut document = realistic();
    let models = std::mem::take(&mut document.groups);
    document.groups = (0..groups)
        .map(|at| {
            let mut group = models[at as usize % models.len()].clone();
            group.number = at + 1;
            group.fingerprint = format!("{at:016x}");
            group.title += &format!(" ({at})");
            group
        })
        .collect();
    document.matrix = (0..60 * 200u64)
        .map(|at| MatrixCell {
            agent: format!("agent-{:02}", at / 200),
            action: format!("system_{:03}_do", at % 200),
            gained: at * 7 % 113,
            lost: if at % 5 == 0 { at % 31 } else { 0 },
            other: at % 2,
        })
        .collect();
    document
}
