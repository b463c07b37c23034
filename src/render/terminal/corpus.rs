//! `corpus` for a terminal.

use super::recordings::notes;
use crate::corpus::CorpusInfo;
use crate::engine::Counts;
use crate::model::Digest;
use crate::render::{CorpusSummary, Header, Role, count, grouped, paint, printable};

/// What was kept, and what was not.
pub fn corpus_built(header: &Header, summary: &CorpusSummary) -> String {
    let mut out = format!(
        "kept      {} in {} → {} ({})\n",
        count(summary.actions, "action"),
        count(summary.records, "record"),
        printable(&summary.output),
        count(summary.bytes, "byte")
    );
    if header.quiet {
        return out;
    }
    let most = if header.verbose { 50 } else { 8 };
    let listed = |rows: &[(String, u64)]| row(rows.iter().take(most));
    let mut line = |name: &str, text: String| {
        if !text.is_empty() {
            out.push_str(&format!("  {}  {text}\n", paint(Role::Warning, name)));
        }
    };
    line("redacted", listed(&summary.redacted));
    let nowhere = summary.redacted_nothing.iter();
    let nowhere: Vec<String> = nowhere.map(|path| printable(path)).collect();
    line("found nowhere, so nothing redacted", nowhere.join(" · "));
    let some = |number: u64| match number {
        0 => String::new(),
        number => grouped(number),
    };
    line(
        "recorded requests dropped with what they were made from",
        some(summary.requests_dropped),
    );
    line("not read, and not kept", some(summary.malformed));
    line("left out by the importer", listed(&summary.dropped));
    for (side, at) in [("base", 0), ("head", 1)] {
        let number = |counts: &[u64; 2]| counts.get(at).copied().unwrap_or_default();
        let undecided = number(&summary.undecided);
        line(&format!("not decided on {side}"), some(undecided));
        let was = number(&summary.nonconforming);
        let is = number(&summary.nonconforming_kept);
        if was > is {
            let text = format!("{}, and what is kept of {}", grouped(was), grouped(is));
            line(&format!("nonconforming on {side}"), text);
        }
    }
    out
}

fn row<'r>(rows: impl Iterator<Item = &'r (String, u64)>) -> String {
    let shown = rows.map(|(name, number)| format!("{} {}", printable(name), grouped(*number)));
    shown.collect::<Vec<_>>().join(" · ")
}

/// What is in a corpus.
pub fn corpus_info(header: &Header, info: &CorpusInfo, asked: bool) -> String {
    let mut out = format!(
        "corpus    {} in {}\n",
        count(info.volume.actions, "action"),
        count(info.records + info.others, "record")
    );
    let most = if header.verbose { 50 } else { 8 };
    let listed = |counts: &Counts| row(counts.ranked().iter().take(most));
    if info.others > 0 {
        let text = format!("{} stand for themselves alone", grouped(info.others));
        out.push_str(&format!("          {text}\n"));
    }
    for (name, text) in [
        ("actions   ", listed(&info.by_action)),
        ("agents    ", listed(&info.volume.agents)),
        ("no request", listed(&info.reasons)),
        ("not kept  ", listed(&info.unknown)),
        ("dropped   ", listed(&info.dropped)),
    ] {
        if !text.is_empty() && !header.quiet {
            out.push_str(&format!("{name}  {text}\n"));
        }
    }
    for ((mapping, schema), actions) in &info.made_by {
        let short = |digest: &Option<Digest>| match digest {
            Some(digest) => printable(digest.short()),
            None => "none".to_owned(),
        };
        out.push_str(&format!(
            "made by     mapping {}, schema {}: {}\n",
            short(mapping),
            short(schema),
            count(*actions, "action")
        ));
    }
    if info.volume.malformed.count > 0 {
        out.push_str(&notes("malformed", &info.volume.malformed, header.verbose));
    }
    if info.not_kept > 0 {
        out.push_str(&format!(
            "{}  {} of which it holds too little for this version: build it again\n",
            paint(Role::Bad, "not kept"),
            count(info.not_kept, "action")
        ));
    } else if asked {
        out.push_str("this version can be asked about all of it\n");
    }
    out
}
