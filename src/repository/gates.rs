//! The gates of a repository: what a diff may find and still pass.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The limits by which a diff is judged. What is not said is strict.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields, default)]
pub struct Gates {
    /// Actions that head allows and base did not, also by way of undecidable, without an approval.
    pub newly_allowed: MaxActions,
    /// Actions that became allowed because a forbid raises an error, without an approval.
    pub error_opened: MaxActions,
    /// Actions that became denied because a permit raises an error, without an approval.
    pub error_closed: MaxActions,
    /// What else became denied, without an approval.
    pub newly_denied: MaxSessions,
    /// Trust: actions that head can no longer decide, without an approval.
    pub newly_undecidable: MaxActions,
    /// Trust: how many of the recorded decisions base reproduces.
    pub fidelity: Fidelity,
    /// Trust: how many of the actions head cannot decide.
    pub undecidable: Undecidable,
    /// Trust: changed policies that neither a recorded action nor a unit test reaches.
    pub untested_change: MaxPolicies,
    /// Trust: how old the last recorded action may be.
    pub freshness: Freshness,
    /// What a change does that weakens control: a deleted test, a weaker gate, a wider approval.
    pub control: ControlGate,
}

/// A limit on actions.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct MaxActions {
    /// At most so many recorded actions.
    pub max_actions: u64,
}

/// A limit on sessions, by number, by share, or both; then both must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxSessions {
    /// At most so many sessions. An action without a session counts as one. 0 where no share is given either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sessions: Option<u64>,
    /// At most so many percent of all sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_share: Option<Percent>,
}

impl Default for MaxSessions {
    fn default() -> Self {
        Self {
            max_sessions: Some(0),
            max_share: None,
        }
    }
}

impl MaxSessions {
    /// The limits that count: none given means none is allowed.
    pub fn limits(self) -> (Option<u64>, Option<Percent>) {
        match (self.max_sessions, self.max_share) {
            (None, None) => (Some(0), None),
            given => given,
        }
    }
}

/// A limit on fidelity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fidelity {
    /// At least so many percent of the recorded decisions.
    pub min: Percent,
}

impl Default for Fidelity {
    fn default() -> Self {
        Self {
            min: Percent(9_950),
        }
    }
}

/// A limit on what cannot be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Undecidable {
    /// At most so many percent of the actions, those without a request included.
    pub max: Percent,
}

impl Default for Undecidable {
    fn default() -> Self {
        Self { max: Percent(500) }
    }
}

/// A limit on policies.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct MaxPolicies {
    /// At most so many changed policies.
    pub max_policies: u64,
}

/// A limit on age.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Freshness {
    /// At most so many days; nothing where age does not count.
    #[serde(default)]
    pub max_days: Option<u64>,
}

/// What weakened control does.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ControlGate {
    /// It fails the diff.
    #[default]
    Fail,
    /// It is shown.
    Warn,
}

/// A share, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(pub u32);

impl Percent {
    const WHOLE: u32 = 10_000;

    /// Whether a part of a whole is at most this share; without a whole, it is.
    pub fn covers(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(Self::WHOLE) <= u128::from(self.0) * u128::from(whole)
    }

    /// Whether a part of a whole is at least this share; without a whole, it is.
    pub fn reached(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(Self::WHOLE) >= u128::from(self.0) * u128::from(whole)
    }
}

/// `99.5 %`
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match (rest, rest % 10) {
            (0, _) => write!(f, "{whole} %"),
            (_, 0) => write!(f, "{whole}.{} %", rest / 10),
            _ => write!(f, "{whole}.{rest:02} %"),
        }
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 100.0)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let percent = f64::deserialize(deserializer)?;
        let hundredths = (percent * 100.0).round();
        let exact = (percent * 100.0 - hundredths).abs() < 1e-6;
        if !exact || !(0.0..=f64::from(Self::WHOLE)).contains(&hundredths) {
            return Err(serde::de::Error::custom(format!(
                "`{percent}` is no share; write percent from 0 to 100, with at most two decimals"
            )));
        }
        // In the range by the check above.
        Ok(Self(hundredths as u32))
    }
}

impl schemars::JsonSchema for Percent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A share in percent, with at most two decimals.",
            "type": "number",
            "minimum": 0,
            "maximum": 100
        })
    }
}

/// One limit of a gate, so that gates can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// At most so many; nothing: any number.
    AtMost(Option<u64>),
    /// At most this share; nothing: any.
    AtMostShare(Option<Percent>),
    /// At least this share.
    AtLeastShare(Percent),
    /// What control does.
    Control(ControlGate),
}

impl Bound {
    /// Whether this limit lets more pass than the other one of the same gate.
    pub fn weaker_than(self, other: Bound) -> bool {
        let least = |limit: Option<u64>| limit.map_or((1, 0), |limit| (0, limit));
        let share = |limit: Option<Percent>| limit.map(|share| u64::from(share.0));
        match (self, other) {
            (Bound::AtMost(a), Bound::AtMost(b)) => least(a) > least(b),
            (Bound::AtMostShare(a), Bound::AtMostShare(b)) => least(share(a)) > least(share(b)),
            (Bound::AtLeastShare(a), Bound::AtLeastShare(b)) => a < b,
            (Bound::Control(a), Bound::Control(b)) => {
                (a, b) == (ControlGate::Warn, ControlGate::Fail)
            }
            // Never asked: limits are compared by the name that they share.
            (
                Bound::AtMost(_)
                | Bound::AtMostShare(_)
                | Bound::AtLeastShare(_)
                | Bound::Control(_),
                _,
            ) => false,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::AtMost(Some(limit)) => write!(f, "{limit}"),
            Bound::AtMostShare(Some(limit)) | Bound::AtLeastShare(limit) => write!(f, "{limit}"),
            Bound::AtMost(None) | Bound::AtMostShare(None) => f.write_str("no limit"),
            Bound::Control(ControlGate::Fail) => f.write_str("fail"),
            Bound::Control(ControlGate::Warn) => f.write_str("warn"),
        }
    }
}

impl Gates {
    /// Every limit by its key in the manifest.
    pub fn bounds(&self) -> [(&'static str, Bound); 11] {
        let (sessions, share) = self.newly_denied.limits();
        let actions = |limit: MaxActions| Bound::AtMost(Some(limit.max_actions));
        [
            ("newly_allowed.max_actions", actions(self.newly_allowed)),
            ("error_opened.max_actions", actions(self.error_opened)),
            ("error_closed.max_actions", actions(self.error_closed)),
            ("newly_denied.max_sessions", Bound::AtMost(sessions)),
            ("newly_denied.max_share", Bound::AtMostShare(share)),
            (
                "newly_undecidable.max_actions",
                actions(self.newly_undecidable),
            ),
            ("fidelity.min", Bound::AtLeastShare(self.fidelity.min)),
            (
                "undecidable.max",
                Bound::AtMostShare(Some(self.undecidable.max)),
            ),
            (
                "untested_change.max_policies",
                Bound::AtMost(Some(self.untested_change.max_policies)),
            ),
            ("freshness.max_days", Bound::AtMost(self.freshness.max_days)),
            ("control", Bound::Control(self.control)),
        ]
    }

    /// The stricter of two, limit by limit: a change cannot loosen its own gates.
    pub fn stricter(self, other: Gates) -> Gates {
        let actions = |a: MaxActions, b: MaxActions| MaxActions {
            max_actions: a.max_actions.min(b.max_actions),
        };
        let (a, b) = (self.newly_denied.limits(), other.newly_denied.limits());
        Gates {
            newly_allowed: actions(self.newly_allowed, other.newly_allowed),
            error_opened: actions(self.error_opened, other.error_opened),
            error_closed: actions(self.error_closed, other.error_closed),
            newly_denied: MaxSessions {
                max_sessions: least(a.0, b.0),
                max_share: least(a.1, b.1),
            },
            newly_undecidable: actions(self.newly_undecidable, other.newly_undecidable),
            fidelity: Fidelity {
                min: self.fidelity.min.max(other.fidelity.min),
            },
            undecidable: Undecidable {
                max: self.undecidable.max.min(other.undecidable.max),
            },
            untested_change: MaxPolicies {
                max_policies: self
                    .untested_change
                    .max_policies
                    .min(other.untested_change.max_policies),
            },
            freshness: Freshness {
                max_days: least(self.freshness.max_days, other.freshness.max_days),
            },
            control: match (self.control, other.control) {
                (ControlGate::Warn, ControlGate::Warn) => ControlGate::Warn,
                (ControlGate::Fail, _) | (_, ControlGate::Fail) => ControlGate::Fail,
            },
        }
    }
}

/// The lower of two limits; nothing is no limit.
fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_strict() {
        let gates: Gates = serde_json::from_str("{}").unwrap();
        assert_eq!(gates, Gates::default());
        assert_eq!(gates.fidelity.min.to_string(), "99.5 %");
        assert_eq!(gates.undecidable.max.to_string(), "5 %");
        assert_eq!(gates.newly_denied.limits(), (Some(0), None));
        let empty: Gates = serde_json::from_str(r#"{"newly_denied": {}}"#).unwrap();
        assert_eq!(empty.newly_denied.limits(), (Some(0), None));
    }

    #[test]
    fn gates_are_read_as_they_were_written() {
        let gates = Gates {
            newly_denied: MaxSessions {
                max_sessions: None,
                max_share: Some(Percent(29)),
            },
            fidelity: Fidelity { min: Percent(1) },
            freshness: Freshness { max_days: Some(9) },
            ..Gates::default()
        };
        let text = serde_json::to_string(&gates).unwrap();
        assert_eq!(serde_json::from_str::<Gates>(&text).unwrap(), gates);
        for share in 0..=10_000 {
            let text = serde_json::to_string(&Percent(share)).unwrap();
            assert_eq!(
                serde_json::from_str::<Percent>(&text).unwrap(),
                Percent(share)
            );
        }
        for wrong in ["-1", "100.01", "0.001", "\"5\""] {
            assert!(serde_json::from_str::<Percent>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_stricter_limit_counts_one_by_one() {
        let loose = Gates {
            newly_allowed: MaxActions { max_actions: 5 },
            newly_denied: MaxSessions {
                max_sessions: None,
                max_share: Some(Percent(100)),
            },
            fidelity: Fidelity { min: Percent(10) },
            control: ControlGate::Warn,
            freshness: Freshness { max_days: Some(3) },
            ..Gates::default()
        };
        let strict = Gates::default();
        let both = loose.stricter(strict);
        assert_eq!(both, strict.stricter(loose));
        assert_eq!(both.newly_allowed.max_actions, 0);
        assert_eq!(both.newly_denied.limits(), (Some(0), Some(Percent(100))));
        assert_eq!(both.fidelity, Fidelity::default());
        assert_eq!(both.control, ControlGate::Fail);
        assert_eq!(both.freshness.max_days, Some(3));
        assert_eq!(loose.stricter(loose), loose);
        // The stricter one is never weaker than either.
        for side in [loose, strict] {
            for ((key, bound), (_, side)) in both.bounds().into_iter().zip(side.bounds()) {
                assert!(!bound.weaker_than(side), "{key}");
            }
        }
    }

    #[test]
    fn weaker_limits_are_told() {
        let share = |share| Bound::AtMostShare(share);
        assert!(Bound::AtMost(None).weaker_than(Bound::AtMost(Some(9))));
        assert!(Bound::AtMost(Some(1)).weaker_than(Bound::AtMost(Some(0))));
        assert!(!Bound::AtMost(Some(1)).weaker_than(Bound::AtMost(None)));
        assert!(share(None).weaker_than(share(Some(Percent(1)))));
        assert!(Bound::AtLeastShare(Percent(1)).weaker_than(Bound::AtLeastShare(Percent(2))));
        assert!(Bound::Control(ControlGate::Warn).weaker_than(Bound::Control(ControlGate::Fail)));
        assert!(!Bound::AtMost(Some(0)).weaker_than(Bound::AtMost(Some(0))));
    }

    #[test]
    fn shares_are_exact() {
        assert!(Percent(9_950).reached(995, 1_000));
        assert!(!Percent(9_950).reached(994_999, 1_000_000));
        assert!(Percent(500).covers(5, 100));
        assert!(!Percent(500).covers(50_001, 1_000_000));
        assert!(Percent(0).covers(0, 0) && Percent(10_000).reached(0, 0));
    }
}
