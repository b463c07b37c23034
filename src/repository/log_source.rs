//! `source` of a mapping: where the parts of an action stand in log lines of a team's own.

use super::files::MappingFile;
use crate::model::{
    Diagnostic, Json, LogArgs, LogDecision, LogField, LogForm, LogLayout, LogPlace, SourceFile,
    Span, Stage,
};
use crate::yaml::Spanned;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

/// `source`: where the parts of an action stand in JSON lines, or in the columns of a CSV file. A place is the name of a
/// column, a path of keys with dots between them, or a JSON pointer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// What stands between the cells of a CSV file: one character; a comma where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Spanned<String>>,
    /// Which lines count, by place: those that hold this value there, or one of these. The others are left out, and
    /// counted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub only: BTreeMap<String, Spanned<Json>>,
    /// The id of the action; without it the recording's name and the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Spanned<String>>,
    /// The session it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Spanned<String>>,
    /// Its place in the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Spanned<String>>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<FieldSpec>,
    /// Which agent acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Spanned<String>>,
    /// On whose behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Spanned<String>>,
    /// On what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<Spanned<String>>,
    /// The tool that was called.
    pub tool: Spanned<String>,
    /// The arguments: the place of all of them, or, by name, the place of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Spanned<TextOr<BTreeMap<String, FieldSpec>>>>,
    /// Other facts, by the name under which the mapping reaches them as `{meta.NAME}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<String, FieldSpec>,
    /// What was decided at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Spanned<TextOr<DecisionSpec>>>,
    /// The policies that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub determining: Option<Spanned<String>>,
    /// The version of the policies that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<Spanned<String>>,
}

/// A place alone, or with what is made of what stands there.
pub type FieldSpec = Spanned<TextOr<PlacedSpec>>;

/// A place, and what is made of what stands there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacedSpec {
    /// The place.
    pub at: String,
    /// What it is read as; as it is where nothing is said.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub form: Option<LogForm>,
}

/// Where a decision stands, and in which words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionSpec {
    /// The place.
    pub at: String,
    /// What means allow.
    pub allow: Vec<Json>,
    /// What means deny.
    pub deny: Vec<Json>,
}

/// A text for a place alone, or more than that.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "TextOr{M}")]
pub enum TextOr<M> {
    /// The place.
    Text(String),
    /// More than that.
    More(M),
}

/// Told by its shape, without a buffer in between, so that what is in it keeps its places.
impl<'de, M: Deserialize<'de>> Deserialize<'de> for TextOr<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape<M>(PhantomData<M>);

        impl<'de, M: Deserialize<'de>> Visitor<'de> for Shape<M> {
            type Value = TextOr<M>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a place, or a map")
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
                M::deserialize(MapAccessDeserializer::new(access)).map(TextOr::More)
            }
        }

        deserializer.deserialize_any(Shape(PhantomData))
    }
}

/// Words that mean allow, and words that mean deny, where the mapping lists none.
const ALLOW: [&str; 5] = ["allow", "allowed", "permit", "permitted", "true"];
const DENY: [&str; 5] = ["deny", "denied", "forbid", "forbidden", "false"];

/// The layout that a mapping's `source` says. A faulty one is reported, and is none.
pub fn log_layout(spec: &MappingFile, file: &SourceFile) -> (Option<LogLayout>, Vec<Diagnostic>) {
    let Some(source) = &spec.source else {
        return (None, Vec::new());
    };
    let mut reader = Reader {
        file,
        faults: Vec::new(),
    };
    let layout = reader.layout(&source.value);
    match reader.faults.is_empty() {
        true => (layout, Vec::new()),
        false => (None, reader.faults),
    }
}

struct Reader<'a> {
    file: &'a SourceFile,
    faults: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn layout(&mut self, spec: &SourceSpec) -> Option<LogLayout> {
        let mut plain = |place: &Option<Spanned<String>>| {
            let place = place.as_ref()?;
            self.place(&place.value, place.span)
        };
        let [id, session, sequence, agent, user, system] = [
            plain(&spec.id),
            plain(&spec.session),
            plain(&spec.sequence),
            plain(&spec.agent),
            plain(&spec.user),
            plain(&spec.system),
        ];
        let determining = plain(&spec.determining);
        let policy_version = plain(&spec.policy_version);
        let tool = self.place(&spec.tool.value, spec.tool.span);
        let time = spec.time.as_ref();
        let meta = spec.meta.iter().filter_map(|(name, field)| {
            let read = self.field(field, false)?;
            Some((name.clone(), read))
        });
        Some(LogLayout {
            meta: meta.collect(),
            delimiter: self.delimiter(spec.delimiter.as_ref()),
            only: self.only(&spec.only),
            id,
            session,
            sequence,
            time: time.and_then(|field| self.field(field, true)),
            agent,
            user,
            system,
            args: self.args(spec),
            decision: spec
                .decision
                .as_ref()
                .and_then(|spec| self.decision(&spec.value, spec.span)),
            determining,
            policy_version,
            tool: tool?,
        })
    }

    fn place(&mut self, written: &str, span: Span) -> Option<LogPlace> {
        LogPlace::parse(written)
            .map_err(|fault| self.fault(span, fault))
            .ok()
    }

    /// A place with what is made of it. Only a time is counted, and it is nothing else.
    fn field(&mut self, spec: &FieldSpec, is_time: bool) -> Option<LogField> {
        let (at, form) = match &spec.value {
            TextOr::Text(at) => (at, None),
            TextOr::More(placed) => (&placed.at, placed.form),
        };
        let counts = matches!(form, Some(LogForm::Seconds | LogForm::Milliseconds));
        if is_time && !counts && form.is_some() {
            let fault = "a time is read `as: seconds` or `as: milliseconds`, or as RFC 3339 text";
            self.fault(spec.span, fault.to_owned());
        }
        let at = self.place(at, spec.span)?;
        Some(LogField { at, form })
    }

    fn delimiter(&mut self, spec: Option<&Spanned<String>>) -> u8 {
        let Some(spec) = spec else {
            return b',';
        };
        match spec.value.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => *byte,
            _ => {
                let fault = "`delimiter` is one character that is no quote, such as `;` or `\\t`";
                self.fault(spec.span, fault.to_owned());
                b','
            }
        }
    }

    fn only(
        &mut self,
        spec: &BTreeMap<String, Spanned<Json>>,
    ) -> Vec<(LogPlace, BTreeSet<String>)> {
        let mut only = Vec::new();
        for (place, wanted) in spec {
            let listed = match &wanted.value {
                Json::Array(listed) => listed.as_slice(),
                one => std::slice::from_ref(one),
            };
            let words = self.words(listed, wanted.span);
            if let Some(place) = self.place(place, wanted.span) {
                only.push((place, words));
            }
        }
        only
    }

    fn args(&mut self, spec: &SourceSpec) -> LogArgs {
        let Some(args) = &spec.args else {
            return LogArgs::Nowhere;
        };
        match &args.value {
            TextOr::Text(at) => {
                let place = self.place(at, args.span);
                place.map_or(LogArgs::Nowhere, LogArgs::Whole)
            }
            TextOr::More(each) => {
                let fields = each.iter().filter_map(|(name, field)| {
                    let read = self.field(field, false)?;
                    Some((name.clone(), read))
                });
                LogArgs::Each(fields.collect())
            }
        }
    }

    fn decision(&mut self, spec: &TextOr<DecisionSpec>, span: Span) -> Option<LogDecision> {
        let owned = |words: [&str; 5]| words.map(str::to_owned).into();
        let decision = match spec {
            TextOr::Text(at) => LogDecision {
                at: self.place(at, span)?,
                allow: owned(ALLOW),
                deny: owned(DENY),
                any_case: true,
            },
            TextOr::More(spec) => LogDecision {
                at: self.place(&spec.at, span)?,
                allow: self.words(&spec.allow, span),
                deny: self.words(&spec.deny, span),
                any_case: false,
            },
        };
        if let Some(word) = decision.allow.intersection(&decision.deny).next() {
            let fault = format!("`{word}` cannot mean both allow and deny");
            self.fault(span, fault);
        }
        Some(decision)
    }

    fn words(&mut self, listed: &[Json], span: Span) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for json in listed {
            match json {
                Json::String(text) => {
                    words.insert(text.clone());
                }
                Json::Bool(_) | Json::Int(_) | Json::Float(_) => {
                    words.extend(serde_json::to_string(json));
                }
                Json::Null | Json::Array(_) | Json::Object(_) | Json::Repeated => {
                    let fault = format!("a text or a number is compared, not {}", json.kind());
                    self.fault(span, fault);
                }
            }
        }
        words
    }

    fn fault(&mut self, span: Span, message: String) {
        self.faults.push(
            Diagnostic::error(Stage::Parse, "mapping", message)
                .in_file(self.file.path.clone())
                .with_label(self.file.widen(span), ""),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn read(text: &str) -> Result<LogLayout, Vec<String>> {
        let text = format!("version: 1\nsource:\n{text}");
        let file = SourceFile::new("mapping.yaml", text.as_str());
        let spec: MappingFile = yaml::parse(&file).map_err(|fault| vec![fault.message.clone()])?;
        let (layout, faults) = log_layout(&spec, &file);
        let faults: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
        layout.ok_or(faults)
    }

    #[test]
    fn everything_has_a_place() {
        let layout = read(
            "  delimiter: \"\\t\"\n  only: { kind: [call, 3, true], level: info }\n  id: request.id\n  time: { at: ts, as: milliseconds }\n  \
             tool: /call/tool.name\n  args: { amount: { at: sum, as: number }, to: who }\n  meta: { region: aws.region }\n  \
             decision: { at: outcome, allow: [ok, 1], deny: [no] }\n",
        )
        .expect("a layout");
        assert_eq!(layout.delimiter, b'\t');
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let place = |written: &str| LogPlace::parse(written).expect("a place");
        let expected: Vec<(LogPlace, BTreeSet<String>)> = vec![
            (place("kind"), words(&["call", "3", "true"])),
            (place("level"), words(&["info"])),
        ];
        assert_eq!(layout.only, expected);
        assert_eq!(layout.tool.steps, ["call", "tool.name"]);
        let LogArgs::Each(each) = &layout.args else {
            panic!("arguments by name");
        };
        assert_eq!(each["amount"].form, Some(LogForm::Number));
        assert_eq!((&each["to"].at, each["to"].form), (&place("who"), None));
        let decision = layout.decision.as_ref().expect("a decision");
        assert_eq!(decision.allow, words(&["ok", "1"]));
        assert!(!decision.any_case);
        let mut places: Vec<_> = layout.places().map(|place| &place.written).collect();
        places.sort();
        assert_eq!(
            places,
            [
                "/call/tool.name",
                "aws.region",
                "kind",
                "level",
                "outcome",
                "request.id",
                "sum",
                "ts",
                "who"
            ]
        );
    }

    #[test]
    fn the_short_forms_mean_what_most_logs_mean() {
        let layout = read("  tool: t\n  args: a\n  decision: d\n").expect("a layout");
        assert_eq!(layout.delimiter, b',');
        assert!(matches!(layout.args, LogArgs::Whole(_)));
        let decision = layout.decision.expect("a decision");
        assert!(decision.any_case && decision.allow.contains("permit"));
        assert!(read("  tool: t\n").is_ok_and(|layout| layout.args == LogArgs::Nowhere));
    }

    #[test]
    fn what_the_documentation_shows_can_be_read() {
        let page = include_str!("../../docs/recordings.md");
        let blocks = page.split("```yaml\nsource:\n").skip(1);
        let layouts: Vec<LogLayout> = blocks
            .map(|block| {
                let (text, _) = block.split_once("```").expect("the end of a block");
                read(text).expect("a layout")
            })
            .collect();
        let [lines, table] = &layouts[..] else {
            panic!("two examples");
        };
        assert_eq!(lines.places().count(), 14);
        assert_eq!((table.delimiter, table.places().count()), (b';', 5));
    }

    /// A request that was recorded stays one that this mapping made.
    #[test]
    fn the_digest_of_a_mapping_is_that_of_what_it_makes_of_calls() {
        let digest = |source: &str| {
            let text = format!("version: 1\naction: Action::\"{{tool}}\"\n{source}");
            let file = SourceFile::new("mapping.yaml", text.as_str());
            let spec: MappingFile = yaml::parse(&file).expect("a mapping");
            let (mapping, faults) = super::super::Mapping::compile(&spec, &file, None);
            assert_eq!(faults, []);
            mapping.digest
        };
        assert_eq!(digest(""), digest("source: { tool: t }"));
        assert_ne!(digest(""), digest("context: { a: b }"));
    }

    #[test]
    fn faults_are_named() {
        for (text, expected) in [
            ("  id: x\n", "missing field `tool`"),
            ("  tool: t\n  tols: x\n", "tols"),
            ("  tool: \"\"\n", "a place must not be empty"),
            ("  tool: t\n  delimiter: \"ab\"\n", "one character"),
            ("  tool: t\n  delimiter: '\"'\n", "one character"),
            ("  tool: t\n  time: { at: x, as: number }\n", "as: seconds"),
            ("  tool: t\n  args: [x]\n", "a place, or a map"),
            (
                "  tool: t\n  args: { a: { as: number } }\n",
                "missing field `at`",
            ),
            ("  tool: t\n  only: { a: [[1]] }\n", "not an array"),
            (
                "  tool: t\n  decision: { at: d, allow: [x], deny: [x] }\n",
                "both allow and deny",
            ),
        ] {
            let faults = read(text).expect_err("a fault");
            assert!(
                faults.iter().any(|fault| fault.contains(expected)),
                "{text}: {faults:?}"
            );
        }
    }
}
