//! What things are: sources and spans, diagnostics, values, requests, decisions, recorded actions. No I/O, no Cedar.

mod action;
mod change;
mod decision;
mod diagnostic;
mod digest;
mod earlier;
mod expr;
mod hash;
mod importer;
mod json;
mod log_layout;
mod mask;
mod numbers;
mod request;
mod secret;
mod source;
mod types;
mod value;

pub use action::{
    DroppedPart, NotReplayable, Projected, ProjectedRequest, RecordedAction, RecordedDecision,
    RecordedRequest, ToolCall,
};
pub use change::ChangeClass;
pub use decision::{Answer, Decision, Effect, Outcome, Status};
pub use diagnostic::{Diagnostic, Label, Severity, Stage};
pub use digest::Digest;
pub use earlier::{Earlier, EarlierCall, Lines, Moment};
pub use expr::{Expr, Operator, PatternPart, Scope, ScopeTest, Variable};
pub use hash::hash64;
pub use importer::Importer;
pub use json::{Json, refuse_repeated_keys};
pub use log_layout::{LogArgs, LogDecision, LogField, LogForm, LogLayout, LogPlace};
pub use mask::{Mask, masked_piece};
pub use numbers::{count, grouped, percent};
pub use request::{FieldPath, Request, WrittenRequest};
pub use secret::{Secret, secret_in, secrets};
pub use source::{SourceFile, Sources, Span};
pub use types::{Attribute, RecordType, Type};
pub use value::{EntityRef, Value};
