//! Random edits of policies, templates and links, and why decisions flip by them, found by trying every subset.

pub mod brute;
pub mod versions;
