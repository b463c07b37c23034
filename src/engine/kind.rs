//! Which engine decides.

/// How requests are decided. All of them give the same answers; they differ in how fast they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Compiled conditions, record by record with the interpreter where something is not covered.
    #[default]
    Compiled,
    /// Scopes decided by us, conditions by Cedar's evaluator.
    Interpreted,
    /// Cedar's authorizer on the whole policy set; for requests with unknown fields, which it does not know, the
    /// interpreter.
    Reference,
}
