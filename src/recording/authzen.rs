//! AuthZEN (OpenID Authorization API): evaluation requests, `{subject, action, resource, context}` or a batch of them in
//! `evaluations`, with the response beside them. Written from the specification, not tried on real files.

use super::detect::either;
use super::format::Format;
use super::outline::Outline;
use super::records::{Members, Record, needed_text, records, take, take_array, take_object, text};
use super::time::set_time;
use super::{Item, Malformed, Parsed};
use crate::model::{Decision, Importer, Json, RecordedAction, RecordedDecision, ToolCall};

pub(super) static FORMAT: Format = Format {
    importer: Importer::Authzen,
    marks,
    layout: either,
    parse,
};

/// The parts of a request. In a batch each of them has a default at the top.
const PARTS: [&str; 4] = ["subject", "action", "resource", "context"];

fn marks(outline: &Outline) -> bool {
    let asks = |at: &[&str]| {
        let has = |path: &[&str]| outline.has_path(&[at, path].concat());
        let one = has(&["subject", "id"]) && has(&["action", "name"]) && has(&["resource"]);
        let batch = PARTS.iter().any(|part| has(&["evaluations", part]));
        one || batch
    };
    asks(&[]) || asks(&["request"])
}

fn parse(item: &Item, stem: &str) -> Result<Parsed, Malformed> {
    let mut parsed = Parsed::default();
    for record in records(item, stem)? {
        match evaluations(record) {
            Ok(actions) => {
                let actions = actions.into_iter();
                let fault = |fault: String| Malformed::new(item, fault);
                parsed
                    .actions
                    .extend(actions.map(|action| action.map_err(fault)));
            }
            Err(fault) => parsed.actions.push(Err(Malformed::new(item, fault))),
        }
    }
    Ok(parsed)
}

/// The evaluations of one record: a request alone, with its `response` or `decision` in it, or `{request, response}`.
fn evaluations(record: Record) -> Result<Vec<Result<RecordedAction, String>>, String> {
    let mut outer = record.members?;
    let asked = take_object(&mut outer, "request")?;
    let response = take_object(&mut outer, "response")?;
    let id = ["id", "request_id"]
        .iter()
        .find_map(|key| text(&outer, key));
    let id = id.map_or(record.place, str::to_owned);
    let time = ["time", "timestamp"]
        .iter()
        .find_map(|key| take(&mut outer, key));
    let (mut request, mut response) = match (asked, response) {
        (Some(asked), Some(response)) => (asked, response),
        // What was answered may stand beside what was asked.
        (Some(asked), None) => (asked, outer),
        (None, response) => {
            let response = response.unwrap_or_else(|| {
                let decision = outer.remove("decision");
                let decision = decision.map(|decision| ("decision".to_owned(), decision));
                decision.into_iter().collect()
            });
            (outer, response)
        }
    };
    let batch = take_array(&mut request, "evaluations")?;
    let read = |own: Members, answer: Option<&Members>, id: String| {
        let mut action = evaluation(own, &request, id)?;
        set_time(&mut action, time.as_ref());
        if let Some(answer) = answer {
            decided(&mut action, answer);
        }
        Ok(action)
    };
    if batch.is_empty() {
        return Ok(vec![read(Members::new(), Some(&response), id)]);
    }
    let answers = take_array(&mut response, "evaluations")?;
    let all = batch.into_iter().enumerate().map(|(at, own)| {
        let id = format!("{id}#{at}");
        let Json::Object(own) = own else {
            return Err(format!("`evaluations[{at}]` is {}", own.kind()));
        };
        // A batch that stopped at the first denial has answers for what came before alone.
        let answer = match answers.get(at) {
            Some(Json::Object(answer)) => Some(answer),
            Some(_) | None => None,
        };
        read(own, answer, id).map_err(|fault| format!("`evaluations[{at}]`: {fault}"))
    });
    Ok(all.collect())
}

/// One evaluation: its own parts, and for those that it does not have the batch's.
fn evaluation(mut own: Members, batch: &Members, id: String) -> Result<RecordedAction, String> {
    let mut part = |name: &str| {
        let part = take(&mut own, name).or_else(|| batch.get(name).cloned());
        match part {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Object(part)) => Ok(Some(part)),
            Some(other) => Err(format!("`{name}` is {}, not an object", other.kind())),
        }
    };
    let [subject, action, resource, context] = PARTS.map(&mut part);
    let needed = |part: Result<Option<Members>, String>, name: &str| {
        part?.ok_or_else(|| format!("`{name}` is missing"))
    };
    let subject = needed(subject, "subject")?;
    let action = needed(action, "action")?;
    let resource = needed(resource, "resource")?;
    let context = context?;
    let mut recorded = RecordedAction::new(id);
    let named = needed_text(&action, "name").map_err(|fault| format!("in `action`, {fault}"))?;
    let subject_id = text(&subject, "id").map(str::to_owned);
    let agent = context.as_ref().and_then(|context| text(context, "agent"));
    // The binding for MCP (COAZ) names the user as the subject, and the agent in the context.
    if let Some(agent) = agent
        && text(&subject, "type") == Some("identity")
    {
        recorded.agent = Some(agent.to_owned());
        recorded.user = subject_id;
    } else {
        recorded.agent = subject_id;
    }
    let called = (text(&resource, "type") == Some("tool"))
        .then(|| text(&resource, "id"))
        .flatten();
    let tool = match called {
        Some(called) if named == "tools/call" => called.to_owned(),
        Some(_) | None => named,
    };
    let parts = [Some(subject), Some(action), Some(resource), context];
    let args = PARTS.iter().zip(parts);
    let args = args.filter_map(|(name, part)| Some(((*name).to_owned(), part.map(Json::Object)?)));
    recorded.call = Some(ToolCall {
        tool,
        args: Some(Json::Object(args.collect())),
        result: None,
    });
    Ok(recorded)
}

/// What was answered. An evaluation that failed is answered `false` too, but nothing was decided.
fn decided(action: &mut RecordedAction, answer: &Members) {
    let context = answer.get("context");
    if let Some(error) = context.and_then(|context| context.get("error")) {
        action.meta.insert("error".to_owned(), error.clone());
        return;
    }
    if let Some(Json::Bool(decision)) = answer.get("decision") {
        action.recorded = Some(RecordedDecision {
            decision: match decision {
                true => Decision::Allow,
                false => Decision::Deny,
            },
            determining: None,
            policy_version: None,
        });
    }
}

#[cfg(test)]
mod tests;
