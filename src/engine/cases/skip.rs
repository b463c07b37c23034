//! Why a case is not run, and until when.

use std::sync::Arc;

/// Why a case is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The reason that the test gives.
    pub reason: Arc<str>,
    /// The last day, `YYYY-MM-DD`, on which it is skipped; for good where there is none.
    pub until: Option<Arc<str>>,
}

impl Skip {
    /// Whether it is in force on a day, `YYYY-MM-DD`.
    pub fn holds(&self, today: &str) -> bool {
        // Days of this form sort as texts.
        self.until.as_deref().is_none_or(|until| today <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::Skip;

    #[test]
    fn a_day_that_has_passed_ends_it() {
        let skip = |until: Option<&str>| Skip {
            reason: "later".into(),
            until: until.map(Into::into),
        };
        assert!(skip(None).holds("2026-01-01"));
        assert!(skip(Some("2026-01-01")).holds("2026-01-01"));
        assert!(!skip(Some("2026-01-01")).holds("2026-01-02"));
    }
}
