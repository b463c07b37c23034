//! Which format a recording has, by its first bytes.

use super::format::{Layout, format, format_of};
use super::name;
use super::outline::{Outline, Root};
use crate::model::Importer;

/// So many bytes of a recording are looked at; its first record may be longer.
pub const PREFIX: usize = 64 * 1024;

/// So many lines are looked at where the first ones say nothing.
const LINES: usize = 100;

/// The format of a recording by its first bytes, of which [`PREFIX`] are enough. A first line that is broken does not
/// hide those behind it. The name decides only where there is nothing to look at: no lines are native lines.
pub fn detect(prefix: &[u8], name: &str) -> Option<Importer> {
    let text = without_bom(prefix).trim_ascii_start();
    if text.is_empty() {
        return name::says_lines(name).then_some(Importer::Native);
    }
    if let Some(importer) = Outline::of(text).as_ref().and_then(importer_of) {
        return Some(importer);
    }
    // Only lines that begin an object without indentation: those of one indented document are parts of it.
    let lines = text.split(|byte| *byte == b'\n').skip(1).take(LINES);
    lines
        .filter(|line| line.first() == Some(&b'{'))
        .find_map(|line| Outline::of(line).as_ref().and_then(importer_of))
}

/// The bytes behind a byte order mark.
pub(super) fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Whether a recording of a known format has one item a line or is one document.
pub(super) fn layout(importer: Importer, prefix: &[u8]) -> Layout {
    (format(importer).layout)(without_bom(prefix).trim_ascii_start())
}

/// One item a line.
pub(super) fn lines(_: &[u8]) -> Layout {
    Layout::Lines
}

/// One document.
pub(super) fn document(_: &[u8]) -> Layout {
    Layout::Document
}

/// One value a line, or one value over several lines.
pub(super) fn either(text: &[u8]) -> Layout {
    match Outline::of(text) {
        Some(outline) if is_document(&outline, text) => Layout::Document,
        Some(_) | None => Layout::Lines,
    }
}

fn is_document(first: &Outline, text: &[u8]) -> bool {
    let behind = first.end.and_then(|end| text.get(end..));
    match (first.root, first.line_feed) {
        // An array is a document unless something stands behind it: then it is the first of several lines.
        (Root::Array, None) => behind.is_none_or(|rest| rest.trim_ascii_start().is_empty()),
        (Root::Array, Some(_)) => true,
        (Root::Object, None) => false,
        // A value over several lines is a document, but a broken first line is only a broken line.
        (Root::Object, Some(line_feed)) => {
            let next = text.get(line_feed + 1..).unwrap_or_default();
            let sibling = next
                .starts_with(b"{")
                .then(|| Outline::of(next))
                .flatten()
                .is_some_and(|next| {
                    importer_of(&next).is_some()
                        && importer_of(&next) == importer_of(first)
                        && (next.has("messages") || !first.has("messages"))
                });
            !sibling
        }
    }
}

fn importer_of(outline: &Outline) -> Option<Importer> {
    format_of(outline).map(|format| format.importer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: &str = r#"{"version":1,"id":"a","call":{"tool":"t"}}"#;
    const RUN: &str = r#"{"suite_name":"s","pipeline_name":"p","messages":[]}"#;

    fn detected(text: &str) -> Option<Importer> {
        detect(text.as_bytes(), "x")
    }

    #[test]
    fn knows_every_format() {
        for (text, expected) in [
            (NATIVE, Importer::Native),
            (r#"{"request":{},"id":"a","version":1}"#, Importer::Native),
            (RUN, Importer::Agentdojo),
            (
                r#"{"suite_name":"s","user_task_id":"u","inj"#,
                Importer::Agentdojo,
            ),
            (r#"{"simulations":[]}"#, Importer::Tau2),
            (r#"{"info":{"seed":1,"agent_info":{"#, Importer::Tau2),
            (r#"[{"role":"user"}]"#, Importer::Openai),
            (
                r#"{"id":"c","messages":[{"role":"user"}]}"#,
                Importer::Openai,
            ),
            (r#"{"role":"user","content":"hi"}"#, Importer::Openai),
            (
                r#"{"type":"function_call","call_id":"c","name":"t"}"#,
                Importer::Openai,
            ),
            (
                r#"{"object":"trace","id":"t","workflow_name":"w"}"#,
                Importer::OpenaiAgents,
            ),
            (
                r#"{"object":"trace.span","trace_id":"t","span_data":{"#,
                Importer::OpenaiAgents,
            ),
            (
                r#"{"data":[{"object":"trace","workflow_name":"w"}]}"#,
                Importer::OpenaiAgents,
            ),
            (
                r#"{"resource_arn":"a","event_timestamp":1,"body":{"log":"x"},"request_id":"r"}"#,
                Importer::Agentcore,
            ),
            (
                r#"{"traceId":"t","spanId":"s","attributes":{"aws.resource.arn":"a"}}"#,
                Importer::Agentcore,
            ),
            (r#"{"resourceSpans":[]}"#, Importer::Otel),
            (r#"{"resourceLogs":[{"scopeLogs":[]}]}"#, Importer::Otel),
            (r#"[{"resourceSpans":[]}]"#, Importer::Otel),
            (r#"{"trace":{"resourceSpans":[]}}"#, Importer::Otel),
            (
                r#"{"batches":[{"resource":{"attributes":[]"#,
                Importer::Otel,
            ),
            (r#"{"data":[{"traceID":"t","spans":[{"tr"#, Importer::Otel),
        ] {
            assert_eq!(detected(text), Some(expected), "{text}");
            assert_eq!(
                detected(&format!("\u{feff}\r\n \n{text}\r\n")),
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn knows_what_it_does_not_know() {
        for text in [
            "",
            "  \n",
            "[]",
            "{}",
            "version: 1",
            "\u{1f}\u{8b}",
            r#"{"version":1,"id":"a"}"#,
            r#"{"data":[],"batches":[]}"#,
            r#"{"eval_set_id":"e","eval_cases":[{"conversation":[]}]}"#,
            r#"{"type":"user","message":{"role":"user"}}"#,
        ] {
            assert_eq!(detected(text), None, "{text}");
        }
        assert_eq!(detect(b"", "empty.jsonl.gz"), Some(Importer::Native));
    }

    #[test]
    fn a_broken_first_line_hides_nothing() {
        assert_eq!(
            detected(&format!("garbage\n{NATIVE}\n")),
            Some(Importer::Native)
        );
        assert_eq!(
            detected(&format!("{{\"version\":1,\"i\n{NATIVE}\n")),
            Some(Importer::Native)
        );
        assert_eq!(detected(&format!("{{\n  {NATIVE}\n}}")), None);
    }

    #[test]
    fn knows_lines_from_documents() {
        let cases = [
            (Importer::Native, NATIVE.to_owned(), Layout::Lines),
            (Importer::Tau2, "{}".to_owned(), Layout::Document),
            (
                Importer::Agentdojo,
                format!("{RUN}\n{RUN}\n"),
                Layout::Lines,
            ),
            (Importer::Agentdojo, RUN.to_owned(), Layout::Lines),
            (
                Importer::Agentdojo,
                RUN.replace(',', ",\n"),
                Layout::Document,
            ),
            (
                Importer::Agentdojo,
                format!("{}\n{RUN}\n", &RUN[..40]),
                Layout::Lines,
            ),
            (
                Importer::Agentdojo,
                format!("{}\n{RUN}\n", &RUN[..51]),
                Layout::Lines,
            ),
            (Importer::Agentdojo, "garbage".to_owned(), Layout::Lines),
            (
                Importer::Openai,
                "[{\"role\":1}]\n".to_owned(),
                Layout::Document,
            ),
            (
                Importer::Openai,
                "[{\"role\":1}]\n[{\"role\":1}]".to_owned(),
                Layout::Lines,
            ),
            (
                Importer::Openai,
                "[\n{\"role\":1}\n]".to_owned(),
                Layout::Document,
            ),
            (
                Importer::Openai,
                "{\"messages\": [\n{\"role\":1}\n]}".to_owned(),
                Layout::Document,
            ),
            (
                Importer::Openai,
                "{\"role\":1}\n{\"role\":1}".to_owned(),
                Layout::Lines,
            ),
            (
                Importer::Openai,
                "{\"messages\":[]}\n{\"messages\":[]}".to_owned(),
                Layout::Lines,
            ),
        ];
        for (importer, text, expected) in cases {
            assert_eq!(layout(importer, text.as_bytes()), expected, "{text}");
        }
    }
}
