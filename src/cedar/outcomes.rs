//! What a boolean expression may come to, where something that it reads is unknown.

/// The set of what it may come to, over all values of the unknown fields and their absence. It may be too large, and
/// never too small.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    /// It may be true.
    pub(super) holds: bool,
    /// It may be false.
    pub(super) fails: bool,
    /// It may raise an error. The text is Cedar's message; it is empty where what is unknown would raise it.
    pub(super) error: Option<String>,
}

impl Outcomes {
    /// Either true or false, and no error.
    pub(super) const TRUE_OR_FALSE: Self = Self {
        holds: true,
        fails: true,
        error: None,
    };

    /// Anything.
    pub(super) fn anything() -> Self {
        Self {
            error: Some(String::new()),
            ..Self::TRUE_OR_FALSE
        }
    }

    /// This value.
    pub(super) fn value(flag: bool) -> Self {
        Self {
            holds: flag,
            fails: !flag,
            error: None,
        }
    }

    /// This error.
    pub(super) fn error(message: String) -> Self {
        Self {
            error: Some(message),
            ..Self::default()
        }
    }

    /// Whether it is true, whatever is unknown.
    pub(super) fn surely_holds(&self) -> bool {
        self.holds && !self.fails && self.error.is_none()
    }

    /// `!` of it.
    pub(super) fn negated(self) -> Self {
        Self {
            holds: self.fails,
            fails: self.holds,
            error: self.error,
        }
    }

    /// What one or the other may come to.
    pub(super) fn or(mut self, other: Self) -> Self {
        self.holds |= other.holds;
        self.fails |= other.fails;
        self.may_raise(other.error);
        self
    }

    /// Adds an error; Cedar's own words go before none.
    pub(super) fn may_raise(&mut self, error: Option<String>) {
        if self.error.as_deref().is_none_or(str::is_empty) {
            self.error = error.or_else(|| self.error.take());
        }
    }
}
