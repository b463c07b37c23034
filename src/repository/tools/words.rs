//! Words in the names of tools, and names of their arguments, that say what a call does.

use super::Risk;

/// First or last words of the names of tools that only read.
pub(super) const READS: [&str; 26] = [
    "analyze",
    "check",
    "compare",
    "count",
    "describe",
    "diff",
    "explain",
    "find",
    "get",
    "head",
    "inspect",
    "list",
    "lookup",
    "peek",
    "preview",
    "query",
    "read",
    "retrieve",
    "search",
    "show",
    "stat",
    "status",
    "summarize",
    "validate",
    "view",
    "whoami",
];

/// Words that say that something is changed, wherever they stand.
pub(super) const WRITES: [&str; 28] = [
    "add", "append", "apply", "archive", "assign", "cancel", "close", "commit", "create", "edit",
    "insert", "install", "merge", "modify", "move", "patch", "push", "put", "rename", "replace",
    "restart", "save", "set", "start", "stop", "update", "upsert", "write",
];

/// Words that say that something is destroyed.
pub(super) const DESTROYS: [&str; 14] = [
    "delete",
    "destroy",
    "drop",
    "erase",
    "kill",
    "prune",
    "purge",
    "remove",
    "rmdir",
    "shutdown",
    "terminate",
    "truncate",
    "uninstall",
    "wipe",
];

/// Words that say that something leaves.
pub(super) const SENDS: [&str; 15] = [
    "browse", "crawl", "curl", "email", "fetch", "mail", "navigate", "notify", "post", "publish",
    "reply", "scrape", "send", "tweet", "upload",
];

/// Words that say that money moves.
pub(super) const PAYS: [&str; 9] = [
    "buy",
    "charge",
    "pay",
    "payment",
    "payout",
    "purchase",
    "refund",
    "reimburse",
    "withdraw",
];

/// Words that say that what is given is run, or that somebody gets a right.
pub(super) const RULES: [&str; 12] = [
    "bash",
    "chmod",
    "chown",
    "eval",
    "evaluate",
    "exec",
    "execute",
    "grant",
    "impersonate",
    "revoke",
    "shell",
    "sudo",
];

/// Pairs of words, one behind the other somewhere, that say the same as one of the above.
pub(super) const PAIRS: [(&str, &str, Risk); 11] = [
    ("run", "code", Risk::Admin),
    ("run", "command", Risk::Admin),
    ("run", "script", Risk::Admin),
    ("run", "python", Risk::Admin),
    ("run", "sql", Risk::Admin),
    ("start", "process", Risk::Admin),
    ("update", "password", Risk::Admin),
    ("set", "password", Risk::Admin),
    ("transfer", "funds", Risk::Money),
    ("transfer", "money", Risk::Money),
    ("send", "money", Risk::Money),
];

/// First words of names of tools that change something, though the last one may be one that reads: `mark_as_read`.
pub(super) const CHANGES: [&str; 31] = [
    "accept",
    "activate",
    "approve",
    "ban",
    "bump",
    "change",
    "clear",
    "confirm",
    "convert",
    "deactivate",
    "disable",
    "dismiss",
    "enable",
    "follow",
    "increment",
    "make",
    "mark",
    "mute",
    "register",
    "reject",
    "reset",
    "resolve",
    "resume",
    "rotate",
    "run",
    "submit",
    "subscribe",
    "toggle",
    "unlock",
    "unmute",
    "unsubscribe",
];

/// Words that join two things that a tool does.
pub(super) const JOINTS: [&str; 4] = ["and", "or", "out", "then"];

/// Words in the names of arguments that are read by somebody.
pub(super) const TEXTS: [&str; 15] = [
    "body",
    "caption",
    "comment",
    "content",
    "contents",
    "description",
    "instructions",
    "message",
    "note",
    "notes",
    "rationale",
    "subject",
    "summary",
    "text",
    "title",
];

/// Arguments that say where something goes.
pub(super) const DESTINATIONS: [&str; 8] = [
    "url",
    "urls",
    "uri",
    "endpoint",
    "webhook",
    "webhook_url",
    "recipient",
    "recipients",
];

/// Arguments that are run as they are.
pub(super) const COMMANDS: [&str; 4] = ["cmd", "command", "script", "sql"];
