//! What is wrong with an answer: one diagnostic for each expectation that does not hold.

use crate::engine::{Decided, Demand, Expected, decides, listed};
use crate::model::{Diagnostic, SourceFile, Span, Stage};
use crate::repository::ExpectedDecision;

/// One diagnostic for each expectation that does not hold.
pub(super) fn judge(file: &SourceFile, expected: &Expected, decided: &Decided) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut fail = |span: Span, message: String| {
        diagnostics.push(
            Diagnostic::error(Stage::Test, "test_failed", message)
                .in_file(file.path.clone())
                .with_label(file.widen(span), "expected here"),
        );
    };
    let answer = &decided.answer;
    let wanted = &expected.decision;
    if !decides(wanted.value, answer.decision, decided.forbidden) {
        let got = decided
            .in_words()
            .map_or("no decision", ExpectedDecision::name);
        let message = format!("expected {}, got {got}", wanted.value.name());
        fail(wanted.span, message);
    }
    if let Some(reasons) = &expected.reasons
        && !reasons.value.hold(&answer.determining)
    {
        let message = format!(
            "expected the determining policies {}, got {}",
            reasons.value.in_words(),
            listed(&answer.determining)
        );
        fail(reasons.span, message);
    }
    let none = Demand::exactly([]);
    let (wanted, span) = match &expected.errors {
        Some(errors) => (&errors.value, errors.span),
        None => (&none, expected.span),
    };
    if !wanted.hold(&answer.errors) {
        let message = format!(
            "expected {} to raise an error, got {}",
            wanted.in_words(),
            listed(&answer.errors)
        );
        fail(span, message);
    }
    diagnostics
}
