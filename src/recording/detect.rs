//! Which format a recording has, by its first bytes.

use super::format::{Layout, format, format_of};
use super::outline::{Outline, Root};
use super::{frames, mcp, name};
use crate::model::Importer;

/// So many bytes of a recording are looked at; its first record may be longer.
pub const PREFIX: usize = 64 * 1024;

/// So many lines are looked at where the first ones say nothing.
const LINES: usize = 100;

/// The format of a recording by its first bytes, of which [`PREFIX`] are enough. A first line that is broken does not
/// hide those behind it. The name decides only where there is nothing to look at, as no lines are native lines, and for
/// tables, which bear no marks.
pub fn detect(prefix: &[u8], name: &str) -> Option<Importer> {
    let text = without_bom(prefix).trim_ascii_start();
    let is_table = name::says_rows(name).then_some(Importer::Csv);
    if text.is_empty() {
        let is_native = name::says_lines(name).then_some(Importer::Native);
        return is_native.or(is_table);
    }
    if mcp::desktop::is_log(text) {
        return Some(Importer::Mcp);
    }
    let first = Outline::of(frames::first(text).unwrap_or(text));
    if let Some(importer) = first.as_ref().and_then(importer_of) {
        return Some(importer);
    }
    // Behind a whole object without marks, a `role` or `messages` is a word of someone's own log.
    let is_whole = |first: &Outline| first.root == Root::Object && first.end.is_some();
    let is_own = first.as_ref().is_some_and(is_whole);
    // Only lines that begin an object without indentation: those of one indented document are parts of it.
    let lines = || text.split(|byte| *byte == b'\n').take(LINES);
    let objects = || lines().filter(|line| line.first() == Some(&b'{'));
    let found = objects()
        .skip(usize::from(text.first() == Some(&b'{')))
        .filter_map(|line| Outline::of(line).as_ref().and_then(importer_of))
        .find(|importer| !is_own || *importer != Importer::Openai);
    let found = found.or_else(|| objects().any(mcp::holds_text).then_some(Importer::Mcp));
    found.or(is_table)
}

/// Whether a recording looks like a log of a team's own: its first line is an object that bears no format's marks, and so
/// are most of the lines behind it. A word of a format in one of them decides nothing then.
pub(super) fn looks_own(prefix: &[u8]) -> bool {
    let text = without_bom(prefix).trim_ascii_start();
    let is_own = |line: &[u8]| {
        let outline = Outline::of(line)?;
        let is_whole = outline.root == Root::Object && outline.end.is_some();
        is_whole.then(|| importer_of(&outline).is_none() && !mcp::holds_text(line))
    };
    let mut lines = text.split(|byte| *byte == b'\n').take(LINES).map(is_own);
    let first = lines.next().flatten();
    let (mut own, mut others) = (1, 0);
    for line in lines.flatten() {
        match line {
            true => own += 1,
            false => others += 1,
        }
    }
    first == Some(true) && own > others
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
            (
                r#"[{"task_id":0,"reward":1.0,"info":{},"traj":[{"role":"user"}],"trial":0}]"#,
                Importer::TauBench,
            ),
            (
                r#"{"type":"user","sessionId":"s","uuid":"u","message":{"role":"user"}}"#,
                Importer::ClaudeCode,
            ),
            (
                r#"{"type":"file-history-snapshot","messageId":"m","snapshot":{}}"#,
                Importer::ClaudeCode,
            ),
            (
                r#"{"session_id":"s","hook_event_name":"Stop"}"#,
                Importer::ClaudeHooks,
            ),
            (
                r#"{"ts":"t","session_id":"s","event":"Stop","permission_mode":"default"}"#,
                Importer::ClaudeHooks,
            ),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, Importer::Mcp),
            (
                r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
                Importer::Mcp,
            ),
            (
                r#"{"ts":"t","msg":{"jsonrpc":"2.0","id":1,"result":{}}}"#,
                Importer::Mcp,
            ),
            (
                r#"{"dir":"in","message":"{\"jsonrpc\":\"2.0\",\"id\""#,
                Importer::Mcp,
            ),
            (
                "Content-Length: 40\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"initialize\"}",
                Importer::Mcp,
            ),
            (
                r#"2025-10-19T14:13:44.066Z [git] [info] Message from client: {"method":"ping"}"#,
                Importer::Mcp,
            ),
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
                r#"{"Records":[{"eventVersion":"1.08","eventSource":"s3","eventName":"Get"#,
                Importer::VerifiedPermissions,
            ),
            (
                r#"{"eventSource":"verifiedpermissions.amazonaws.com","eventName":"IsAuthorized"}"#,
                Importer::VerifiedPermissions,
            ),
            (
                r#"[{"labels":{},"decision_id":"d","path":"a/allow","result":true}]"#,
                Importer::Opa,
            ),
            (
                r#"{"log.kind":"access","callId":"c","method":"m"}"#,
                Importer::Cerbos,
            ),
            (
                r#"{"callId":"c","checkResources":{"inputs":[]}}"#,
                Importer::Cerbos,
            ),
            (
                r#"{"decisionLogEntry":{"callId":"c","checkResources":{}}}"#,
                Importer::Cerbos,
            ),
            (
                r#"{"subject":{"type":"user","id":"a"},"action":{"name":"read"},"resource":{"type":"d","id":"1"}}"#,
                Importer::Authzen,
            ),
            (
                r#"{"request":{"action":{"name":"r"},"evaluations":[{"resource":{"id":"1"}}]},"response":{}}"#,
                Importer::Authzen,
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
            r#"{"direction":"in","message":"hi"}"#,
            "Content-Length: 12\n\n{\"a\":\"b\"}",
        ] {
            assert_eq!(detected(text), None, "{text}");
        }
        assert_eq!(detect(b"", "empty.jsonl.gz"), Some(Importer::Native));
        assert_eq!(detect(b"a,b\n1,2\n", "x.csv.zst"), Some(Importer::Csv));
        assert_eq!(detect(b"", "x.csv"), Some(Importer::Csv));
        assert_eq!(detect(b"a,b\n1,2\n", "x.jsonl"), None);
        assert_eq!(detect(NATIVE.as_bytes(), "x.csv"), Some(Importer::Native));
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
    fn a_word_in_a_later_line_makes_no_chat_of_a_log() {
        let chat = r#"{"role":"user","content":"hi"}"#;
        let own = r#"{"tool":"t","at":1}"#;
        assert_eq!(detected(&format!("{own}\n{chat}\n")), None);
        assert_eq!(
            detected(&format!("{own}\n{chat}\n{NATIVE}\n")),
            Some(Importer::Native)
        );
        assert_eq!(detected(&format!("x\n{chat}\n")), Some(Importer::Openai));
        assert_eq!(
            detected(&format!("{{\"tool\":\"t\n{chat}\n")),
            Some(Importer::Openai)
        );
        assert_eq!(detected(r#"{"role":"admin","tool":"t"}"#), None);
        // The console of an engine says more than its decisions.
        let decision = r#"{"decision_id":"d","path":"a/allow","result":true}"#;
        assert_eq!(
            detected(&format!("{own}\n{decision}\n")),
            Some(Importer::Opa)
        );
    }

    #[test]
    fn most_lines_say_whether_a_log_is_of_ones_own() {
        let own = r#"{"tool":"t","at":1}"#;
        for (lines, expected) in [
            (&[own][..], true),
            (&[own, own, NATIVE], true),
            (
                &[own, own, r#"{"msg":"{\"jsonrpc\":\"2.0\"}"}"#, "cut {"],
                true,
            ),
            (&[own, NATIVE], false),
            (&[own, NATIVE, NATIVE, own], false),
            (&[NATIVE, own, own], false),
            (&["text", own], false),
            (&["{", own, own, "}"], false),
            (&["[", own, own, "]"], false),
            (&[], false),
        ] {
            let text = lines.join("\n");
            assert_eq!(looks_own(text.as_bytes()), expected, "{text}");
            let text = format!("\u{feff}\n{text}\n");
            assert_eq!(looks_own(text.as_bytes()), expected, "{text}");
        }
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
