//! `agentauthz approvals`

use super::approve::look_up;
use super::args::{ApprovalsArgs, ApprovalsCommand, Compared};
use super::error::CliError;
use super::origin::Origin;
use super::output::{Output, Report, write_file};
use super::versions::{Loaded, load_version, root};
use crate::diff::document::{ApprovalNote, ApprovalState, Document};
use crate::diff::{JudgeOptions, judge};
use crate::render::{self, count};
use crate::repository::remove_approvals;
use std::collections::{BTreeMap, BTreeSet};

struct Listed {
    notes: Vec<(ApprovalNote, bool)>,
    now: String,
}

impl Report for Listed {
    fn terminal(&self) -> String {
        render::approvals(&self.notes)
    }

    fn json(&self) -> serde_json::Value {
        let approvals: Vec<serde_json::Value> = self
            .notes
            .iter()
            .map(|(note, known)| {
                let mut json = serde_json::to_value(note).unwrap_or_default();
                if let Some(members) = json.as_object_mut()
                    && !known
                {
                    members.insert("state".to_owned(), serde_json::Value::Null);
                }
                json
            })
            .collect();
        serde_json::json!({
            "format": "agentauthz.approvals/1",
            "now": self.now,
            "approvals": approvals,
        })
    }
}

pub fn run(args: &ApprovalsArgs, output: &Output) -> Result<u8, CliError> {
    match &args.command {
        None => {
            let (_, notes) = notes(&args.compared, output)?;
            output.write(&Listed {
                notes,
                now: output.now.clone(),
            })?;
            Ok(0)
        }
        Some(ApprovalsCommand::Prune(compared)) => prune(compared, output),
    }
}

/// The approvals of the working tree and what became of them; and whether that is known.
fn notes(
    compared: &Compared,
    output: &Output,
) -> Result<(Loaded, Vec<(ApprovalNote, bool)>), CliError> {
    let named = compared.plan.is_some() || !compared.diff.is_empty();
    let document = named.then(|| look_up(compared, output)).transpose()?;
    let loaded = load_version(&Origin::WorkingTree)?.whole()?;
    let options = JudgeOptions {
        now: output.now.clone(),
        ..JudgeOptions::default()
    };
    let known = document.as_ref().is_some_and(is_whole);
    let document = document.unwrap_or_default();
    let verdict = judge(&document, &loaded.version.approvals, &options);
    let notes = verdict.approvals.into_iter().map(|note| {
        let known = match note.state {
            ApprovalState::Expired | ApprovalState::Used | ApprovalState::Drifted => true,
            ApprovalState::Unused => known,
        };
        (note, known)
    });
    let notes = notes.collect();
    Ok((loaded, notes))
}

/// Whether a group that is not in the plan is nowhere: all was replayed and grouped.
fn is_whole(document: &Document) -> bool {
    let replayed = document.traffic.as_ref();
    replayed.is_some_and(|traffic| traffic.actions > 0) && document.ungrouped == 0
}

fn prune(compared: &Compared, output: &Output) -> Result<u8, CliError> {
    let (loaded, notes) = notes(compared, output)?;
    let dead: BTreeSet<String> = notes
        .into_iter()
        .filter(|(note, known)| match note.state {
            ApprovalState::Expired | ApprovalState::Unused => *known,
            ApprovalState::Used | ApprovalState::Drifted => false,
        })
        .map(|(note, _)| note.group)
        .collect();
    let approvals = &loaded.version.approvals;
    let mut by_file: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for approval in approvals.iter().filter(|one| dead.contains(&one.group)) {
        let groups = by_file.entry(&approval.file).or_default();
        groups.insert(approval.group.clone());
    }
    let mut edited = Vec::new();
    for (path, groups) in &by_file {
        let file = loaded.version.sources.get(path);
        let text = file.and_then(|file| remove_approvals(&file.text, groups));
        edited.push((
            path,
            text.ok_or_else(|| {
                CliError::new(format!(
                    "`{path}` is written in a form that cannot be edited line by line"
                ))
                .with_help("write its entries line by line, each with a dash, and try again")
            })?,
        ));
    }
    let root = root()?;
    for (path, text) in edited {
        write_file(&root.join(path), text.as_bytes())?;
    }
    let kept = (approvals.len() - dead.len()) as u64;
    let mut text = format!(
        "removed {}, kept {kept}\n",
        count(dead.len() as u64, "approval")
    );
    for (path, groups) in &by_file {
        for group in groups {
            text.push_str(&format!("  {path}  {}\n", render::printable(group)));
        }
    }
    output.print(&text)?;
    Ok(0)
}
