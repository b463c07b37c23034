//! Policies and lines of a recording that make more groups and kinds of mismatch than a report keeps.

use agentauthz::repository::{Files, PolicyVersion, load};
use std::collections::BTreeMap;

/// So many documents have policies of their own: more than groups, and more than kinds of mismatch, are kept.
const DOCUMENTS: usize = 2_300;

const SCHEMA: &str = "entity Agent, Doc { level: Long };
action read, write appliesTo { principal: Agent, resource: Doc, context: { amount: Long, note?: String } };
";

/// Base and head differ for every document but the calm one.
pub fn of_documents(head: bool) -> PolicyVersion {
    let mut policies = "@id(\"calm\") permit (principal, action, resource == Doc::\"calm\")
when { context.amount > 30 };\n"
        .to_owned();
    let least = if head { 60 } else { 10 };
    for at in 0..DOCUMENTS {
        let scope = format!("principal, action, resource == Doc::\"d{at}\"");
        policies +=
            &format!("@id(\"some-{at}\") permit ({scope}) when {{ context.amount > {least} }};\n");
        if head {
            policies +=
                &format!("@id(\"few-{at}\") permit ({scope}) when {{ context.amount < 5 }};\n");
        }
        // No document is stored, so that reading its level is an error.
        if head == (at % 4 == 0) {
            policies += &format!(
                "@id(\"broken-{at}\") forbid ({}) when {{ resource.level > 3 }};\n",
                scope.replace("action", "action == Action::\"write\"")
            );
        }
    }
    let manifest = "version: 1\nname: documents\n";
    let files = BTreeMap::from([
        ("agentauthz.yaml", manifest),
        ("schema/s.cedarschema", SCHEMA),
        ("policies/p.cedar", &policies),
    ]);
    let version = load(&Files {
        paths: files.keys().map(|path| (*path).to_owned()).collect(),
        read: &|path| Ok(files[path].as_bytes().to_vec()),
        refused: Vec::new(),
    });
    assert!(version.policies.policies().len() > DOCUMENTS);
    version
}

/// A line of a native recording; some are blank, broken, or of a kind that the fast lane leaves to others.
pub fn line(at: usize) -> String {
    let time = match at % 5 {
        0 => format!("2026-10-01T{:02}:00:00Z", at % 3),
        _ => format!("2026-10-01T{:02}:00:00+02:00", 2 + at % 3),
    };
    let (action, amount) = (["read", "write"][at / 7 % 2], at * 37 % 101);
    let document = match at % 9 {
        0 => "calm".to_owned(),
        _ => format!("d{}", at * 31 % DOCUMENTS),
    };
    let (unknown, recorded) = match (at % 1_000, at % 3) {
        (3, _) => return "{\"version\":1,".to_owned(),
        (5, _) => return "  \r".to_owned(),
        (7, _) => (r#","unknown":[["note"]]"#, ""),
        (_, 0) => ("", r#","recorded":{"decision":"allow"}"#),
        (_, 1) => ("", r#","recorded":{"decision":"deny"}"#),
        _ => ("", ""),
    };
    format!(
        r#"{{"version":1,"id":"id-{at}","session":"session-{at}","time":"{time}","agent":"agent-{}","request":{{"cedar":{{"principal":{{"type":"Agent","id":"a{}"}},"action":{{"type":"Action","id":"{action}"}},"resource":{{"type":"Doc","id":"{document}"}},"context":{{"amount":{amount}}}{unknown}}}}}{recorded}}}"#,
        at % 13_001,
        at % 501,
    )
}
