//! What several tests need. Each test compiles its own copy and uses a part of it.
#![allow(dead_code, reason = "each test uses a part")]

pub mod play;
pub mod repository;

use std::path::{Path, PathBuf};

/// Real data beside the project. Where it is absent, says in one line what was not run.
pub fn shared(path: &str, what: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: {what}: there is no ../shared/{path}");
    None
}
