//! The first policies: an agent reads, and changes what a person has approved.

use super::{AGENT, GUARDED, Server};
use crate::repository::{Risk, cedar_text};

/// Somebody who may approve has approved.
const APPROVED: &str = "context has approver && context.approver in Team::\"approvers\"";

/// The id of the permit for reads.
pub(super) fn reads_id(server: &Server<'_>) -> String {
    format!("{}-reads", server.name)
}

/// The id of the permit for changes.
pub(super) fn changes_id(server: &Server<'_>) -> String {
    format!("{}-approved-changes", server.name)
}

/// The id of the forbid without an approval.
pub(super) const APPROVAL_ID: &str = "approval-needed";

/// The id of the forbid of approvals by the agent's owner.
pub(super) const SELF_ID: &str = "no-self-approval";

/// What the agent may do. The permits name each tool, so that one that is new is not granted by itself.
pub(super) fn permits(server: &Server<'_>) -> String {
    let mut out = format!(
        "// What agents may do with the tools of `{}`. The permits name each tool: one that is new is granted to nobody.\n",
        server.name
    );
    let reads: Vec<String> = names(server.of(&[Risk::Read]).map(|(tool, _)| tool.name.as_str()));
    if !reads.is_empty() {
        out.push_str(&permit(
            server,
            &reads_id(server),
            "the agent may read with these tools",
            &reads,
            "",
        ));
    }
    let changes: Vec<String> = names(server.changes().map(|(tool, _)| tool.name.as_str()));
    if !changes.is_empty() {
        let condition = format!("\nwhen {{ {APPROVED} }}");
        out.push_str("\n// Everything else after somebody has approved the call.\n");
        let id = changes_id(server);
        let text = permit(
            server,
            &id,
            "somebody of the approvers has approved",
            &changes,
            &condition,
        );
        out.push_str(text.trim_start_matches('\n'));
    }
    out
}

fn permit(
    server: &Server<'_>,
    id: &str,
    reason: &str,
    actions: &[String],
    condition: &str,
) -> String {
    let action = match actions {
        [one] => format!("action == {one}"),
        several => format!("action in\n    [{}]", several.join(",\n     ")),
    };
    format!(
        "\n@id({})\n@owner(\"example-owner\")\n@reason(\"{reason}\")\npermit (\n  principal == Agent::\"{AGENT}\",\n  {action},\n  resource == System::{}\n){condition};\n",
        cedar_text(id),
        cedar_text(&server.name),
    )
}

fn names<'n>(tools: impl Iterator<Item = &'n str>) -> Vec<String> {
    tools
        .map(|name| format!("Action::{}", cedar_text(name)))
        .collect()
}

/// What holds whatever else is permitted; nothing where no tool changes anything.
pub(super) fn guardrails(server: &Server<'_>) -> Option<String> {
    server.changes().next()?;
    let mut out = "// Guardrails hold whatever else is permitted: a satisfied forbid always wins. They speak of groups, so that a tool\n\
                   // that is new falls under them as soon as it has its risk.\n"
        .to_owned();
    let guarded = GUARDED
        .into_iter()
        .filter(|risk| server.of(&[*risk]).next().is_some());
    let groups: Vec<String> = guarded
        .map(|risk| format!("Action::{}", cedar_text(&server.group(risk))))
        .collect();
    let scope = match groups.as_slice() {
        [] => None,
        [one] => Some(format!("action in {one}")),
        several => Some(format!("action in\n    [{}]", several.join(",\n     "))),
    };
    if let Some(scope) = scope {
        out.push_str(&format!(
            "\n@id(\"{APPROVAL_ID}\")\n@owner(\"example-owner\")\n@reason(\"somebody of the approvers must approve this call\")\nforbid (\n  principal,\n  {scope},\n  resource\n)\nunless {{ {APPROVED} }};\n"
        ));
    }
    out.push_str(&format!(
        "\n@id(\"{SELF_ID}\")\n@owner(\"example-owner\")\n@reason(\"the owner of an agent cannot approve what it does\")\nforbid (\n  principal,\n  action in Action::{},\n  resource\n)\nwhen {{ context has approver && context.approver == principal.owner }};\n",
        cedar_text(&server.all_changes())
    ));
    Some(out)
}
