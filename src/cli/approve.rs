//! `agentauthz approve`

use super::args::{ApproveArgs, Compared};
use super::error::CliError;
use super::origin::Origin;
use super::output::{Output, write_file};
use super::plan::{PlanRequest, compute};
use super::read_plan::{find_group, read_plan};
use super::versions::{Loaded, load_version, root};
use crate::diff::document::Document;
use crate::diff::envelope;
use crate::model::Span;
use crate::render::printable;
use crate::repository::{
    Approval, add_approval, approval_text, has_approval, is_day, remove_approvals, same_person,
};
use std::collections::BTreeSet;

pub fn run(args: &ApproveArgs, output: &Output) -> Result<u8, CliError> {
    check_words(args, &output.now)?;
    let document = look_up(&args.compared, output)?;
    let group = find_group(&document, &args.group)?;
    let envelope = envelope(document.values, group).map_err(|message| {
        CliError::new(format!(
            "group {} cannot be approved: {message}",
            group.number
        ))
        .with_help("write the approval by hand, or revert the change")
    })?;
    let loaded = load_version(&Origin::WorkingTree)?.whole()?;
    let path = approvals_path(&loaded)?;
    let approval = Approval {
        group: group.fingerprint.clone(),
        class: group.class,
        title: group.title.clone(),
        reason: args.reason.clone(),
        owner: args.owner.clone(),
        approver: args.approver.clone(),
        expires: args.expires.clone(),
        envelope,
        file: path.as_str().into(),
        span: Span::new(0, 0),
    };
    let by_hand = || {
        CliError::new(format!(
            "`{path}` is written in a form that cannot be edited line by line"
        ))
        .with_help("write its entries line by line, each with a dash, and try again")
    };
    let file = loaded.version.sources.get(&path);
    let mut text = file.map(|file| file.text.to_string()).unwrap_or_default();
    let elsewhere = loaded
        .version
        .approvals
        .iter()
        .find(|known| known.group == approval.group && *known.file != *path);
    if let Some(known) = elsewhere {
        return Err(CliError::new(format!(
            "group {} has an approval already, in `{}`",
            group.number, known.file
        ))
        .with_help("remove it there"));
    }
    // One that is at fault stands there, too.
    if has_approval(&text, &approval.group) {
        if !args.replace {
            return Err(CliError::new(format!(
                "group {} has an approval already, in `{path}`",
                group.number
            ))
            .with_help("`--replace` writes another one in its place"));
        }
        let replaced = BTreeSet::from([approval.group.clone()]);
        text = remove_approvals(&text, &replaced).ok_or_else(by_hand)?;
    }
    let text = add_approval(&text, &approval).ok_or_else(by_hand)?;
    write_file(&root()?.join(&path), text.as_bytes())?;
    let entry: String = approval_text(&approval, 2)
        .lines()
        .map(|line| format!("{}\n", printable(line)))
        .collect();
    output.print(&format!(
        "approved group {} in {path}\n\n{entry}",
        group.number
    ))?;
    Ok(0)
}

/// The report in which groups are looked up: a plan, or a diff that is computed now.
pub fn look_up(compared: &Compared, output: &Output) -> Result<Document, CliError> {
    if let Some(plan) = &compared.plan {
        return read_plan(plan);
    }
    let request = PlanRequest {
        versions: &compared.diff,
        data: compared.data.clone(),
        ..PlanRequest::default()
    };
    Ok(compute(&request, output)?.document)
}

fn check_words(args: &ApproveArgs, now: &str) -> Result<(), CliError> {
    for (option, text) in [
        ("reason", &args.reason),
        ("owner", &args.owner),
        ("approver", &args.approver),
    ] {
        if text.trim().is_empty() {
            return Err(CliError::new(format!("`--{option}` is empty"))
                .with_help("an approval without it does not count"));
        }
    }
    if same_person(&args.owner, &args.approver) {
        return Err(CliError::new("the approver is the owner")
            .with_help("an approval is given by somebody else than the owner"));
    }
    if !is_day(&args.expires) {
        return Err(
            CliError::new(format!("`--expires {}` is no day", args.expires))
                .with_help("write the last day on which it holds, as `YYYY-MM-DD`"),
        );
    }
    if args.expires.as_str() < now {
        return Err(CliError::new(format!("`{}` is past", args.expires))
            .with_help("name a day on which the approval still holds"));
    }
    Ok(())
}

/// The file that approvals are written to: the first one that the manifest names without a pattern.
fn approvals_path(loaded: &Loaded) -> Result<String, CliError> {
    let patterns = &loaded.version.manifest.approvals;
    let plain = |pattern: &&String| !pattern.contains(['*', '?', '[', '{']);
    let found = patterns.iter().find(plain).cloned();
    found.ok_or_else(|| {
        CliError::new("the manifest names no file for approvals")
            .with_help("write `approvals: [approvals.yaml]` in the manifest")
    })
}
