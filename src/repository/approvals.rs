//! `approvals.yaml`: reviewed, bounded, expiring consent to groups of changes.

use crate::cedar::Quantity;
use crate::model::{ChangeClass, Diagnostic, SourceFile, Span, Stage};
use crate::yaml::Spanned;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// `approvals.yaml`: the approvals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "agentauthz approvals (approvals.yaml)")]
pub struct ApprovalsFile {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The approvals.
    #[serde(default)]
    pub approvals: Vec<Spanned<ApprovalSpec>>,
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalSpec {
    /// The fingerprint of the group, in full.
    pub group: Spanned<String>,
    /// The class of its changes.
    pub class: Spanned<ChangeClass>,
    /// What the group is, for whoever reads this file.
    #[serde(default)]
    pub title: String,
    /// Why the change is wanted.
    pub reason: Spanned<String>,
    /// Who answers for it.
    pub owner: Spanned<String>,
    /// Who approved it: somebody else.
    pub approver: Spanned<String>,
    /// The last day (`YYYY-MM-DD`) on which it holds.
    pub expires: Spanned<String>,
    /// What it covers.
    pub envelope: Spanned<Envelope>,
}

/// What an approval covers. A group that has anything else is not covered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The agents, each by its id; `-` where none was recorded. There are no wildcards.
    pub agents: BTreeSet<String>,
    /// The Cedar actions, as the report names them. There are no wildcards.
    pub actions: BTreeSet<String>,
    /// What may stand at the paths that the policies read.
    #[serde(default)]
    pub values: BTreeMap<String, ValueEnvelope>,
    /// At most so many recorded actions.
    pub count: u64,
}

/// What may stand at one path.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueEnvelope {
    /// The least number, decimal, time or duration: `12`, or as Cedar writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Written>,
    /// The greatest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Written>,
    /// The texts, entities, addresses and truth values, each as Cedar writes it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub any_of: BTreeSet<Written>,
    /// Whether any text, entity, address or truth value may stand there: only where there are more than a report lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any: bool,
    /// Whether there may be nothing, or something that is not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
}

/// A value as Cedar writes it. In YAML, an integer and a truth value may stand without quotes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Written(pub String);

impl Written {
    fn quantity(&self) -> Option<Quantity> {
        Quantity::parse(&self.0)
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;

        impl serde::de::Visitor<'_> for Shape {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer, or a text as Cedar writes the value: `decimal(\"1.50\")`")
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Written, E> {
                Ok(Written(flag.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Written, E> {
                Ok(Written(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Written, E> {
                Ok(Written(number.to_string()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Written, E> {
                Ok(Written(text.to_owned()))
            }
        }

        deserializer.deserialize_any(Shape)
    }
}

impl schemars::JsonSchema for Written {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WrittenValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A value as Cedar writes it: 12, \"decimal(\\\"1.50\\\")\", \"\\\"a text\\\"\".",
            "type": ["integer", "boolean", "string"]
        })
    }
}

/// An approval without faults.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// The fingerprint of the group.
    pub group: String,
    /// The class of its changes.
    pub class: ChangeClass,
    /// What the group is.
    pub title: String,
    /// Why the change is wanted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who approved it.
    pub approver: String,
    /// The last day on which it holds, as `YYYY-MM-DD`.
    pub expires: String,
    /// What it covers.
    pub envelope: Envelope,
    /// The file it stands in.
    pub file: Arc<str>,
    /// Where it begins there.
    pub span: Span,
}

/// The approvals of a file that can be used; what is wrong with the others is reported at its place, and they do not
/// count. `taken` holds the groups that have an approval already.
pub(super) fn build(
    spec: &ApprovalsFile,
    file: &SourceFile,
    taken: &mut BTreeSet<String>,
) -> (Vec<Approval>, Vec<Diagnostic>) {
    let mut approvals = Vec::new();
    let mut faults = Vec::new();
    for entry in &spec.approvals {
        let before = faults.len();
        let mut fault = |span: Span, message: String, help: &str| {
            faults.push(
                Diagnostic::error(Stage::Check, "approval", message)
                    .in_file(file.path.clone())
                    .with_label(file.widen(span), "")
                    .with_help(help),
            );
        };
        let value = &entry.value;
        for (name, text) in [
            ("group", &value.group),
            ("reason", &value.reason),
            ("owner", &value.owner),
            ("approver", &value.approver),
        ] {
            if text.value.trim().is_empty() {
                fault(
                    text.span,
                    format!("the approval's `{name}` is empty"),
                    "an approval without it does not count",
                );
            }
        }
        if !value.owner.value.trim().is_empty()
            && same_person(&value.owner.value, &value.approver.value)
        {
            fault(
                value.approver.span,
                format!("`{}` approves what they own", value.approver.value.trim()),
                "an approval is given by somebody else than the owner",
            );
        }
        if !is_day(&value.expires.value) {
            fault(
                value.expires.span,
                format!("`{}` is no day", value.expires.value),
                "write the last day on which it holds, as `YYYY-MM-DD`",
            );
        }
        if value.class.value == ChangeClass::Unchanged {
            fault(
                value.class.span,
                "`unchanged` needs no approval".to_owned(),
                "remove the approval",
            );
        }
        for message in value.envelope.value.faults() {
            fault(
                value.envelope.span,
                message,
                "`agentauthz approve` writes the envelope of a group as it is",
            );
        }
        if !taken.insert(value.group.value.clone()) {
            fault(
                value.group.span,
                format!("the group `{}` has an approval already", value.group.value),
                "keep one of them",
            );
        }
        if faults.len() == before {
            approvals.push(Approval {
                group: value.group.value.clone(),
                class: value.class.value,
                title: value.title.clone(),
                reason: value.reason.value.clone(),
                owner: value.owner.value.clone(),
                approver: value.approver.value.clone(),
                expires: value.expires.value.clone(),
                envelope: value.envelope.value.clone(),
                file: file.path.clone(),
                span: entry.span,
            });
        }
    }
    (approvals, faults)
}

impl Envelope {
    /// What is wrong with it by itself.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (names, what) in [(&self.agents, "agent"), (&self.actions, "action")] {
            if names.contains("*") {
                faults.push(format!("`*` is no {what}: each one is listed"));
            }
        }
        for (path, value) in &self.values {
            let wrong = match (&value.min, &value.max) {
                (None, None) => None,
                (Some(_), None) | (None, Some(_)) => Some("needs both `min` and `max`".to_owned()),
                (Some(min), Some(max)) => match (min.quantity(), max.quantity()) {
                    (Some(least), Some(greatest)) if least <= greatest => None,
                    (Some(_), Some(_)) => Some(format!("`{min}` is not below `{max}`")),
                    (None, _) => Some(format!("`{min}` is no number as Cedar writes it")),
                    (_, None) => Some(format!("`{max}` is no number as Cedar writes it")),
                },
            };
            faults.extend(wrong.map(|wrong| format!("`{path}`: {wrong}")));
        }
        faults
    }
}

impl ValueEnvelope {
    /// Whether a number, as Cedar writes it, is not below `min` and not above `max`.
    pub fn spans(&self, text: &str) -> bool {
        let bounds = (self.min.as_ref(), self.max.as_ref());
        let (Some(min), Some(max), Some(value)) = (
            bounds.0.and_then(Written::quantity),
            bounds.1.and_then(Written::quantity),
            Quantity::parse(text),
        ) else {
            return false;
        };
        min <= value && value <= max
    }
}

/// Names of persons are compared as a reader would.
pub fn same_person(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// Whether a text is a day, as `YYYY-MM-DD`.
pub fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
version: 1
approvals:
  - group: 8c41d2aa
    class: newly_allowed
    reason: refunds up to 1000 are wanted
    owner: maria
    approver: jon
    expires: 2027-01-31
    envelope:
      agents: [refund-bot]
      actions: ['Action::\"refund\"']
      values:
        context.input.amount: { min: 101, max: 1000 }
        context.input.rate: { min: 'decimal(\"1.5\")', max: 'decimal(\"10.0\")' }
        context.input.currency: { any_of: ['\"EUR\"'], absent: true }
        context.input.to: { any: true }
      count: 20
";

    fn read(text: &str) -> Result<(Vec<Approval>, Vec<String>), String> {
        let file = SourceFile::new("approvals.yaml", text);
        let spec: ApprovalsFile = crate::yaml::parse(&file).map_err(|fault| fault.message)?;
        let (approvals, faults) = build(&spec, &file, &mut BTreeSet::new());
        let faults = faults.into_iter().map(|fault| {
            let line = fault.span().map(|span| file.line_column(span.start).0);
            format!("{}: {}", line.unwrap_or_default(), fault.message)
        });
        Ok((approvals, faults.collect()))
    }

    #[test]
    fn an_approval_is_read() {
        let (approvals, faults) = read(GOOD).unwrap();
        assert_eq!(faults, Vec::<String>::new());
        let envelope = &approvals[0].envelope;
        let amount = &envelope.values["context.input.amount"];
        assert!(amount.spans("101") && amount.spans("1000"));
        assert!(!amount.spans("100") && !amount.spans("1001") && !amount.spans("\"500\""));
        assert!(!amount.spans("decimal(\"500.0\")"));
        // As numbers, not as texts.
        let rate = &envelope.values["context.input.rate"];
        assert!(rate.spans("decimal(\"9.9\")") && !rate.spans("decimal(\"10.01\")"));
        assert!(!envelope.values["context.input.to"].spans("1"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let all = [
            ("maria", " Jon ", "7: `jon` approves what they own"),
            ("maria", "''", "6: the approval's `owner` is empty"),
            ("jon", "\"\"", "7: the approval's `approver` is empty"),
            (
                "refunds up to 1000 are wanted",
                "' '",
                "5: the approval's `reason` is empty",
            ),
            ("2027-01-31", "2027-02-31", "8: `2027-02-31` is no day"),
            ("2027-01-31", "2027-1-31", "8: `2027-1-31` is no day"),
            (
                "newly_allowed",
                "unchanged",
                "4: `unchanged` needs no approval",
            ),
            ("refund-bot", "'*'", "`*` is no agent"),
            ("min: 101, ", "", "needs both"),
            ("min: 101", "min: 1001", "`1001` is not below `1000`"),
            ("min: 101", "min: soon", "`soon` is no number"),
            ("max: 1000", "max: 'duration(\"1h\")'", "is not below"),
        ];
        for (from, to, fault) in all {
            let (approvals, faults) = read(&GOOD.replacen(from, to, 1)).unwrap();
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].contains(fault), "{faults:?}");
            assert_eq!(approvals, [], "{fault}");
        }
        let twice = GOOD.to_owned() + GOOD.split_once("approvals:\n").unwrap().1;
        let (approvals, faults) = read(&twice).unwrap();
        assert_eq!(approvals.len(), 1);
        assert_eq!(faults, ["18: the group `8c41d2aa` has an approval already"]);
    }

    #[test]
    fn unknown_keys_and_fractions_are_refused() {
        for (from, to) in [
            ("owner:", "ownr:"),
            ("any: true", "any: true, anything: 1"),
            ("min: 101", "min: 100.5"),
            ("count: 20", ""),
            ("newly_allowed", "newly-allowed"),
        ] {
            assert!(read(&GOOD.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
