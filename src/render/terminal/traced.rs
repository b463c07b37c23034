//! `import --explain` for a terminal.

use crate::engine::{Became, LookedUpEntity, Place, Trace, TracedFound, TracedPart, TracedRead};
use crate::model::RecordedAction;
use crate::render::escape::shortened;
use crate::render::{Header, Role, paint, printable};
use crate::repository::Line;

/// So much of a value is shown without `--verbose`.
const SHOWN: usize = 100;

/// The call, then each part of its request with the line of the mapping and what that reads.
pub fn traced(
    header: &Header,
    file: &str,
    (place, action): (&Place, &RecordedAction),
    trace: &Trace,
) -> String {
    let limit = if header.verbose { 10_000 } else { SHOWN };
    let at = |line: &Option<Line>| match line {
        Some(line) => format!("{}:{}", printable(file), line.line),
        None => "-".to_owned(),
    };
    let mut out = format!(
        "action   {} ({})\n",
        printable(&action.id),
        printable(&place.to_string())
    );
    if let Some(call) = &action.call {
        let args = call.args.as_ref();
        let args = args.map_or("arguments not recorded".to_owned(), |args| {
            serde_json::to_string(args).unwrap_or_default()
        });
        let text = printable(&format!("{} {args}", call.tool));
        out.push_str(&format!("call     {}\n", shortened(&text, 2 * limit)));
    }
    if let Some(line) = &trace.router {
        let tool = trace
            .tool
            .as_deref()
            .unwrap_or("a tool that it does not name");
        out.push_str(&format!(
            "router   the call holds one of {}, by `{}` ({})\n",
            printable(tool),
            printable(&line.name()),
            at(&trace.router)
        ));
    }
    out.push_str(&match &trace.rule {
        Some(line) => format!(
            "rule     `{}` ({})\n",
            printable(&line.name()),
            at(&trace.rule)
        ),
        None => "rule     the general one\n".to_owned(),
    });
    out.push_str(&match &trace.outcome {
        Ok(_) => "request  made\n".to_owned(),
        Err(reason) => format!(
            "request  {}\n",
            paint(Role::Warning, format!("none: {reason}"))
        ),
    });
    if header.quiet {
        return out;
    }
    for part in &trace.parts {
        out.push_str(&format!("\n{}\n", said(part, limit)));
        if let Some(line) = &part.line {
            let text = shortened(&printable(&line.text), limit);
            let text = if text.is_empty() {
                String::new()
            } else {
                format!("  {text}")
            };
            out.push_str(&format!("  {}{text}\n", paint(Role::Quiet, at(&part.line))));
        }
        for read in &part.reads {
            out.push_str(&format!("  {}\n", found(read, limit)));
        }
    }
    match &trace.entities {
        Ok(found) => {
            for entity in &found.entities {
                out.push_str(&format!("\n{}", looked_up(entity, limit)));
            }
        }
        Err(lost) => {
            let name = paint(Role::Heading, printable(&lost.uid.to_string()));
            let text = format!("missing: {}", printable(&lost.why));
            out.push_str(&format!("\n{name}  {}\n", paint(Role::Bad, text)));
        }
    }
    out
}

/// An entity that was looked up, and where from.
fn looked_up(entity: &LookedUpEntity, limit: usize) -> String {
    let name = paint(Role::Heading, printable(&entity.uid.to_string()));
    let row = entity.row.iter().map(|row| printable(row).to_string());
    let changed = entity.changed_by.iter();
    let changed = changed.map(|id| format!("changed by {}", printable(id)));
    let from: Vec<String> = row.chain(changed).collect();
    let mut out = format!("{name}\n  {}\n", paint(Role::Quiet, from.join(", ")));
    for (name, value) in &entity.attrs {
        let value = shortened(&printable(&value.to_string()), limit).to_string();
        out.push_str(&format!("  {}: {value}\n", printable(name)));
    }
    for (name, why) in &entity.unknown {
        let text = paint(Role::Warning, format!("unknown: {}", printable(why)));
        out.push_str(&format!("  {}: {text}\n", printable(name)));
    }
    let parents: Vec<String> = entity.parents.iter().map(ToString::to_string).collect();
    if !parents.is_empty() {
        let text = shortened(&printable(&parents.join(", ")), limit).to_string();
        out.push_str(&format!("  in {text}\n"));
    }
    out
}

/// A part, and what came of it.
fn said(part: &TracedPart, limit: usize) -> String {
    let name = paint(Role::Heading, printable(&part.of));
    match &part.became {
        Became::Value(value) => format!("{name}  {}", shortened(&printable(value), limit)),
        Became::Absent => format!("{name}  {}", paint(Role::Quiet, "absent")),
        Became::Unknown(why) => {
            let text = format!("unknown: {}", printable(why));
            format!("{name}  {}", paint(Role::Warning, text))
        }
        Became::LeftOut => {
            let text = "left out: the schema has no such attribute";
            format!("{name}  {}", paint(Role::Warning, text))
        }
        Became::Missing(why) => {
            let text = format!("missing: {}", printable(why));
            format!("{name}  {}", paint(Role::Bad, text))
        }
    }
}

fn found(read: &TracedRead, limit: usize) -> String {
    let name = format!("{{{}}}", printable(&read.placeholder));
    match &read.found {
        TracedFound::Value(json) => {
            let text = serde_json::to_string(json).unwrap_or_default();
            format!("{name} is {}", shortened(&printable(&text), limit))
        }
        TracedFound::Absent => format!("{name} is absent"),
        TracedFound::Unknown(why) => format!("{name} is unknown: {}", printable(why)),
    }
}
