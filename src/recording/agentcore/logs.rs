//! AgentCore's application logs: what was asked for, and what the policy engine decided, request by request.

use super::args;
use super::javatext;
use crate::model::Json;
use std::collections::BTreeMap;

/// What the log records of one request say together.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) gateway: Option<String>,
    pub(super) trace: Option<String>,
    /// When the first record of the call was written, in milliseconds since 1970.
    pub(super) time: Option<u64>,
    /// Whether a tool was called.
    pub(super) call: bool,
    pub(super) tool: Option<String>,
    pub(super) args: Option<Json>,
    /// The decision of the policy engine, as it is written.
    pub(super) policy: Option<BTreeMap<String, Json>>,
}

impl Request {
    /// Adds a record of the request, in whatever order they stand.
    pub(super) fn add(&mut self, mut record: BTreeMap<String, Json>) {
        let text = |name: &str| {
            let text = record.get(name).and_then(Json::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        self.gateway = self.gateway.take().or_else(|| text("resource_arn"));
        self.trace = self.trace.take().or_else(|| text("trace_id"));
        let time = match record.get("event_timestamp") {
            Some(Json::Int(time)) => u64::try_from(*time).ok(),
            _ => None,
        };
        let Some(Json::Object(mut body)) = record.remove("body") else {
            return;
        };
        let mut of_call = false;
        if let Some(Json::String(request)) = body.get("requestBody") {
            of_call = self.request(request);
        }
        if let Some(Json::Object(policy)) = body.remove("policy") {
            of_call = true;
            self.policy.get_or_insert(policy);
        }
        if of_call && let Some(time) = time {
            self.time = Some(self.time.map_or(time, |seen| seen.min(time)));
        }
    }

    /// Whether the request is a tool call.
    fn request(&mut self, request: &str) -> bool {
        let Some(read) = javatext::read(request) else {
            // The method and the tool's name can be told where nothing else can.
            if !request.contains("method=tools/call") {
                return false;
            }
            self.call = true;
            if self.tool.is_none() {
                self.tool = name_in(request);
            }
            self.args = Some(args::unknown("args_not_json"));
            return true;
        };
        if read.get("method").and_then(Json::as_str) != Some("tools/call") {
            return false;
        }
        self.call = true;
        let params = read.get("params");
        let name = params.and_then(|params| params.get("name"));
        if let Some(name) = name.and_then(Json::as_str) {
            self.tool = Some(name.to_owned());
        }
        self.args = match params.and_then(|params| params.get("arguments")) {
            // A tool call without arguments has none.
            None => Some(Json::Object(BTreeMap::new())),
            arguments => args::object(arguments.cloned()),
        };
        true
    }
}

/// The tool's name where it stands first in `params`.
fn name_in(request: &str) -> Option<String> {
    let (_, rest) = request.split_once("params={name=")?;
    let name = rest.split([',', '}']).next()?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:".contains(letter);
    (!name.is_empty() && name.chars().all(plain)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(bodies: &[&str]) -> Request {
        let mut request = Request::default();
        for (at, body) in bodies.iter().enumerate() {
            let text = format!(
                r#"{{"resource_arn":"arn:g","event_timestamp":{},"body":{body},"request_id":"r","trace_id":"t"}}"#,
                1000 - at
            );
            let Json::Object(record) = serde_json::from_str(&text).expect("JSON") else {
                panic!("an object");
            };
            request.add(record);
        }
        request
    }

    #[test]
    fn a_request_is_put_together_from_its_records() {
        let found = request(&[
            r#"{"log":"Policy evaluation completed","policy":{"decision":"ALLOW"}}"#,
            r#"{"log":"Started processing request with requestId: 1","requestBody":"{id=1, method=tools/call, params={name=t___pay, arguments={amount=5}}}"}"#,
            r#"{"log":"Successfully processed request"}"#,
        ]);
        assert_eq!((found.call, found.time), (true, Some(999)));
        assert_eq!(found.tool.as_deref(), Some("t___pay"));
        assert_eq!(
            found.args.and_then(|args| args.get("amount").cloned()),
            Some(Json::Int(5))
        );
        assert_eq!(found.policy.map(|policy| policy.len()), Some(1));
        assert_eq!(
            (found.gateway.as_deref(), found.trace.as_deref()),
            (Some("arn:g"), Some("t"))
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_known() {
        let body = |text: &str| request(&[&format!(r#"{{"requestBody":"{text}"}}"#)]);
        let cut = body("{method=tools/call, params={name=t___pay, arguments={note=a, b}}}");
        assert_eq!(
            (cut.tool.as_deref(), cut.args),
            (Some("t___pay"), Some(args::unknown("args_not_json")))
        );
        let late = body("{method=tools/call, params={arguments={note=a, b}, name=t___pay}}");
        assert_eq!(
            (late.tool, late.args),
            (None, Some(args::unknown("args_not_json")))
        );
        let bare = body("{method=tools/call, params={name=t___pay}}");
        assert_eq!(bare.args, Some(Json::Object(BTreeMap::new())));
        let list = body("{method=tools/list, id=1}");
        assert_eq!((list.call, list.time), (false, None));
    }
}
