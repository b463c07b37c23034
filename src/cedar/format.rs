//! Policy text as Cedar's formatter lays it out, held to the policies and the comments that it had.

use super::policies::{ParsedPolicy, parse_policies};
use crate::model::SourceFile;
use cedar_policy_formatter::{Config, policies_str_to_pretty};
use rayon::prelude::*;

/// After so many rounds the formatter must have come to rest.
const ROUNDS: usize = 4;

/// So many policies are laid out at once: the parser prepares itself anew for each text, and the formatter looks through
/// all tokens of a text for each of its own.
const TOGETHER: usize = 16;

/// The text of a policy file as `cedar format` writes it: the same policies with the same annotations and comments.
///
/// # Errors
///
/// Where the text does not parse, holds no policy, or where the formatter would change or lose something.
pub fn format(text: &str) -> Result<String, String> {
    let file = SourceFile::new("text.cedar", text);
    let (old, faults) = parse_policies(&file);
    if let Some(fault) = faults.into_iter().next() {
        return Err(fault.message);
    }
    format_parsed(text, &old.iter().collect::<Vec<_>>())
}

/// The same of a text whose policies are known, all of them in order.
///
/// # Errors
///
/// As [`format()`].
pub fn format_parsed(text: &str, old: &[&ParsedPolicy]) -> Result<String, String> {
    if old.is_empty() {
        return Err("there is no policy in it".to_owned());
    }
    let after = with_header(text, in_pieces(text, old, TOGETHER)?);
    if after == text {
        return Ok(after);
    }
    // Cedar's formatter holds itself to policies, but not to templates and comments.
    if is_plain(text, old) {
        return Ok(after);
    }
    let (new, _) = parse_policies(&SourceFile::new("text.cedar", after.as_str()));
    let same = old.len() == new.len()
        && old.iter().zip(&new).all(|(old, new)| {
            old.same_tree(new)
                && old.annotations == new.annotations
                && old.is_template == new.is_template
        });
    match (same, comments(text) == comments(&after)) {
        (true, true) => Ok(after),
        (false, _) => Err("Cedar's formatter would change a policy".to_owned()),
        (true, false) => Err("Cedar's formatter would lose or move a comment".to_owned()),
    }
}

/// Whether a text holds neither templates nor comments.
fn is_plain(text: &str, policies: &[&ParsedPolicy]) -> bool {
    comments(text).is_empty() && !policies.iter().any(|policy| policy.is_template)
}

/// The empty line behind the comments at the top of a file stays: they are about the file, and not about the policy that comes
/// first. The formatter takes it away.
fn with_header(before: &str, after: String) -> String {
    let mut header = 0_usize;
    let mut parted = false;
    for line in before.trim_start().lines() {
        match line.trim() {
            "" => {
                parted = header > 0;
                break;
            }
            comment if comment.starts_with("//") => header += 1,
            _ => break,
        }
    }
    let Some((end, _)) = after.match_indices('\n').nth(header.saturating_sub(1)) else {
        return after;
    };
    let (top, rest) = after.split_at(end + 1);
    let is_header = top.lines().all(|line| line.starts_with("//"));
    match parted && is_header && !rest.starts_with('\n') {
        true => format!("{top}\n{rest}"),
        false => after,
    }
}

/// The text laid out in pieces of so many policies.
fn in_pieces(text: &str, policies: &[&ParsedPolicy], together: usize) -> Result<String, String> {
    let pieces = pieces(text, policies, together);
    let done: Result<Vec<String>, String> = pieces.par_iter().map(|piece| settled(piece)).collect();
    Ok(done?.join("\n"))
}

/// The texts of so many policies each, with the comments that the formatter takes for their own: those before a policy, and
/// the one on the line of its end.
fn pieces<'t>(text: &'t str, policies: &[&ParsedPolicy], together: usize) -> Vec<&'t str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, policy) in policies.iter().enumerate() {
        if (at + 1) % together != 0 && at + 1 < policies.len() {
            continue;
        }
        let end = policies.get(at + 1).map_or(text.len(), |next| {
            let between = text.get(policy.span.end()..next.span.start);
            let line = between.and_then(|between| between.find('\n'));
            line.map_or(next.span.start, |line| policy.span.end() + line + 1)
        });
        found.push(text.get(start..end).unwrap_or_default());
        start = end;
    }
    found
}

/// What the formatter makes of a policy until it has nothing more to do.
fn settled(piece: &str) -> Result<String, String> {
    let config = Config {
        line_width: 80,
        indent_width: 2,
    };
    let mut done = piece.to_owned();
    // Without comments the layout follows from what is parsed, which is the same after the first round.
    let at_rest = comments(piece).is_empty();
    for _ in 0..ROUNDS {
        let next = policies_str_to_pretty(&done, &config).map_err(|error| error.to_string())?;
        if at_rest || next == done {
            return Ok(next);
        }
        done = next;
    }
    Err("Cedar's formatter does not come to rest".to_owned())
}

/// The comments of a text, in order.
fn comments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '/']) {
        let from = rest.get(at..).unwrap_or_default();
        let length = if from.starts_with("//") {
            let line = from.lines().next().unwrap_or_default();
            found.push(line.trim_end());
            line.len()
        } else if from.starts_with('"') {
            quoted(from)
        } else {
            1
        };
        rest = from.get(length..).unwrap_or_default();
    }
    found
}

/// The length of a quoted text, with its quotes.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    let close = text.char_indices().skip(1).find(|(_, letter)| {
        let closes = *letter == '"' && !escaped;
        escaped = *letter == '\\' && !escaped;
        closes
    });
    close.map_or(text.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_formatted_is_the_same_and_stays_as_it_is() {
        let text = "// Mail.\n@id(\"a\") @note permit(principal==?principal,action in [Action::\"x\", Action::\"y\"],resource) // who\n\
                    when{context.a==\"// no \\\" comment\"&&// why\n(context.b||!context.c)}unless { context has d };// end\n// last\n";
        let done = format(text).unwrap();
        assert_eq!(format(&done).unwrap(), done);
        assert_eq!(
            comments(text),
            ["// Mail.", "// who", "// why", "// end", "// last"]
        );
        assert_eq!(comments(&done), comments(text));
        let (old, _) = parse_policies(&SourceFile::new("a.cedar", text));
        let (new, _) = parse_policies(&SourceFile::new("a.cedar", done.as_str()));
        assert!(old.len() == 1 && new.len() == 1, "{done}");
        assert!(old[0].same_tree(&new[0]));
        assert_eq!(old[0].annotations, new[0].annotations);
    }

    #[test]
    fn comments_about_the_file_stay_apart() {
        let policy = "permit (principal, action, resource);\n";
        for (text, done) in [
            (
                "// one\n// two\n\n\npermit(principal,action,resource);",
                format!("// one\n// two\n\n{policy}"),
            ),
            (
                "\n// one\n\n// two\npermit(principal,action,resource);",
                format!("// one\n\n// two\n{policy}"),
            ),
            (
                "// one\npermit(principal,action,resource);",
                format!("// one\n{policy}"),
            ),
            ("permit(principal,action,resource);", policy.to_owned()),
        ] {
            assert_eq!(format(text).as_deref(), Ok(done.as_str()), "{text}");
            assert_eq!(format(&done).as_deref(), Ok(done.as_str()), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_formatted_is_left() {
        assert!(format("permit (principal").is_err());
        assert!(format("// nothing\n").is_err());
        assert!(
            format(&format!(
                "permit (principal, action, resource) when {{ {}true{} }};",
                "(".repeat(900),
                ")".repeat(900)
            ))
            .is_err()
        );
    }

    #[test]
    fn pieces_are_laid_out_as_the_whole_is() {
        let text = "// first\n\n// of a\npermit(principal,action,resource);// a\n// of b\n// more\n\n@id(\"b\") permit\n(principal,action,\n\n\
                    resource)\n;permit(principal,action,resource)when{true}; // c\n\n\n// last\n\n// of all";
        let text = format!("{text}\n").repeat(6);
        let text = text.as_str();
        let config = Config {
            line_width: 80,
            indent_width: 2,
        };
        let whole = policies_str_to_pretty(text, &config).unwrap();
        assert_eq!(format(text).unwrap(), with_header(text, whole.clone()));
        let (policies, _) = parse_policies(&SourceFile::new("a.cedar", text));
        let policies: Vec<&ParsedPolicy> = policies.iter().collect();
        for together in [1, 2, 3, 4, 8, TOGETHER, 18] {
            assert_eq!(in_pieces(text, &policies, together).unwrap(), whole);
        }
    }

    #[test]
    fn the_example_is_formatted() {
        for file in [
            "crm",
            "deploy",
            "guardrails",
            "mail",
            "payments",
            "source",
            "templates",
            "warehouse",
        ] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(format!("policies/policies/{file}.cedar"));
            let text = std::fs::read_to_string(path).unwrap();
            assert_eq!(format(&text).unwrap(), text, "{file}");
        }
    }
}
