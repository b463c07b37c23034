//! From what was seen and listed to findings.

use super::listed::{Listed, Planned, listed, missing};
use super::report::{Finding, Kind, LookedAt, MappingReport};
use super::seen::Seen;
use crate::cedar::{ActionInfo, Schema};
use crate::engine::{Takes, fields, placeholders};
use crate::model::RecordType;
use crate::repository::{Field, Line, Mapping, Placeholder, PolicyVersion, ValueTemplate, nearest};
use std::collections::{BTreeMap, BTreeSet};

/// Judges a mapping by its version and by what was seen in recordings.
pub fn judge(version: &PolicyVersion, seen: &Seen) -> MappingReport {
    let mut report = MappingReport {
        format: "agentauthz.mapping-report/1".to_owned(),
        looked_at: LookedAt::default(),
        findings: Vec::new(),
    };
    let (Some(mapping), Some(schema)) = (&version.mapping, &version.schema) else {
        return report;
    };
    let judged = Judged {
        mapping,
        schema,
        seen,
        listed: listed(version, mapping, schema, seen),
        whole: !version.tool_lists.is_empty()
            && version.tool_lists.iter().all(|list| !list.partial),
    };
    let actions = schema.actions().values();
    report.looked_at = LookedAt {
        lines: mapping.lines.len() as u64,
        actions: actions.filter(|info| !is_group(info)).count() as u64,
        listed_tools: judged.listed.len() as u64,
        calls: seen.calls,
        called_tools: seen.tools.len() as u64,
        malformed: seen.volume.malformed.count,
    };
    if report.is_inconclusive() {
        return report;
    }
    let found = &mut report.findings;
    judged.tools(found);
    judged.actions(found);
    judged.lines(found);
    judged.unknown_arguments(found);
    judged.not_taken(found);
    found.sort();
    found.dedup();
    report
}

struct Judged<'v> {
    mapping: &'v Mapping,
    schema: &'v Schema,
    seen: &'v Seen,
    listed: Vec<Listed<'v>>,
    /// Whether lists say what tools there are.
    whole: bool,
}

impl Judged<'_> {
    /// Tools without an action.
    fn tools(&self, found: &mut Vec<Finding>) {
        for (name, tool) in self.seen.tools.entries() {
            if tool.without_action == 0 {
                continue;
            }
            let some = match tool.without_action == tool.calls {
                true => "calls".to_owned(),
                false => format!("{} of the {} calls", tool.without_action, tool.calls),
            };
            let message = format!("{some} of the tool `{name}` are mapped to no action");
            let mut one = Finding::new(Kind::ToolWithoutAction, message);
            let listed = self.listed.iter().find(|listed| listed.name == name);
            (one.file, one.line) = listed.map(place).unzip();
            one.tool = Some(name.to_owned());
            one.calls = Some(tool.without_action);
            found.push(one);
        }
        for listed in &self.listed {
            if listed.planned == Planned::Nothing && !listed.called {
                let message = format!("the tool `{}` is mapped to no action", listed.name);
                let mut one = Finding::new(Kind::ToolWithoutAction, message);
                (one.file, one.line) = Some(place(listed)).unzip();
                one.tool = Some(listed.name.clone());
                found.push(one);
            }
        }
    }

    /// Actions that no tool is mapped to, and those that no call was.
    fn actions(&self, found: &mut Vec<Finding>) {
        let mut planned = BTreeSet::new();
        let mut depends = false;
        for listed in &self.listed {
            match &listed.planned {
                Planned::Action(uid) => {
                    planned.insert(uid);
                }
                Planned::Depends => depends = true,
                Planned::Skipped | Planned::Routed | Planned::Nothing => {}
            }
        }
        let seen: BTreeSet<&str> = self.seen.actions.iter().map(|(name, _)| name).collect();
        for (uid, info) in self.schema.actions() {
            let shown = uid.to_string();
            if is_group(info) || seen.contains(shown.as_str()) {
                continue;
            }
            let possible = self.mapping.rules().any(|rule| rule.can_make(uid));
            let unplanned = !planned.contains(uid) && !depends;
            let (kind, message) = if !possible {
                let message = format!("no line of the mapping maps a tool to {shown}");
                (Kind::ActionWithoutTool, message)
            } else if unplanned && self.whole {
                let message = match self.seen.calls {
                    0 => format!("no tool of the lists is mapped to {shown}"),
                    _ => {
                        format!("no tool of the lists, and no recorded call, is mapped to {shown}")
                    }
                };
                (Kind::ActionWithoutTool, message)
            } else if self.seen.calls > 0 {
                let message = format!("no recorded call is mapped to {shown}");
                (Kind::ActionNeverSeen, message)
            } else {
                continue;
            };
            let mut one = Finding::new(kind, message);
            one.action = Some(shown);
            found.push(one);
        }
    }

    /// Lines that nothing uses.
    fn lines(&self, found: &mut Vec<Finding>) {
        let mut used: BTreeSet<usize> = self.seen.lines.keys().copied().collect();
        for listed in &self.listed {
            self.planned_lines(listed, &mut used);
        }
        // Without a call nobody knows which entities would be looked up.
        if self.seen.calls == 0 {
            used.extend(self.mapping.data().iter().map(|set| set.line.number));
        }
        let entries = self.mapping.lines.iter().filter(|line| line.part.is_none());
        let unused: BTreeSet<_> = entries
            .filter(|line| !used.contains(&line.number))
            .map(|line| (line.router, line.tool.clone()))
            .collect();
        for line in &self.mapping.lines {
            let within = unused.contains(&(line.router, line.tool.clone()));
            if used.contains(&line.number) || (within && line.part.is_some()) {
                continue;
            }
            let evidence = match (self.listed.is_empty(), self.seen.calls) {
                (true, _) => "recorded call",
                (false, 0) => "tool of the lists",
                (false, _) => "recorded call, and no tool of the lists,",
            };
            let name = line.name();
            let message = match (&line.part, &line.tool) {
                (None, Some(tool)) if tool.contains(['*', '?']) => {
                    format!("`{name}` is not used: no {evidence} has such a name")
                }
                (None, _) => format!("`{name}` is not used: no {evidence} is of it"),
                (Some(part), _) => {
                    let needs = match part.starts_with("context.") {
                        true => "has what it reads",
                        false => "needs it",
                    };
                    format!("`{name}` is not used: no {evidence} {needs}")
                }
            };
            let mut one = self.at(Kind::UnusedLine, line, message);
            one.tool = line.tool.as_deref().map(str::to_owned);
            found.push(one);
        }
    }

    /// The lines that a listed tool would use if it were called.
    fn planned_lines(&self, listed: &Listed<'_>, used: &mut BTreeSet<usize>) {
        if let Some(unwrap) = self.mapping.unwrap(&listed.name) {
            used.insert(unwrap.line.number);
            return;
        }
        let lines = &listed.rule.lines;
        used.extend(lines.own.iter().map(|line| line.number));
        used.extend(lines.changes.iter().map(|line| line.number));
        if listed.rule.skip {
            return;
        }
        for line in [&lines.principal, &lines.action, &lines.resource] {
            used.extend(line.iter().map(|line| line.number));
        }
        let ty = self.context(listed);
        for (name, line) in &lines.context {
            let known = ty.is_none_or(|ty| ty.attributes.contains_key(name.as_str()));
            let template = listed.rule.context.get(name);
            if known && template.is_some_and(|template| may_say(template, listed)) {
                used.insert(line.number);
            }
        }
    }

    fn context(&self, listed: &Listed<'_>) -> Option<&RecordType> {
        match &listed.planned {
            Planned::Action(uid) => self.schema.action(uid)?.context.as_ref(),
            _ => None,
        }
    }

    /// Lines of one tool that read what it does not have.
    fn unknown_arguments(&self, found: &mut Vec<Finding>) {
        // Where several lists have a tool of the name, one that has the argument is enough.
        let mut lacking: BTreeMap<(usize, String), Option<Finding>> = BTreeMap::new();
        for listed in &self.listed {
            if listed.tool.input.is_empty() {
                continue;
            }
            for (line, placeholder) in self.own_reads(listed) {
                let Field::Args(keys) = &placeholder.field else {
                    continue;
                };
                let key = (line.number, keys.join("."));
                let lacks = missing(&listed.tool.input, keys).map(|name| {
                    let known = listed.tool.input.iter().map(|one| one.name.as_str());
                    let hint = nearest(name, known)
                        .map(|name| format!("; did you mean `{name}`?"))
                        .unwrap_or_default();
                    let message = format!(
                        "`{}` reads `{{{placeholder}}}`, and the tool `{}` has no argument `{name}`{hint}",
                        line.name(),
                        listed.name
                    );
                    let mut one = self.at(Kind::UnknownArgument, line, message);
                    one.tool = Some(listed.name.clone());
                    one.argument = Some(keys.join("."));
                    one
                });
                match lacking.entry(key) {
                    std::collections::btree_map::Entry::Vacant(entry) => {
                        entry.insert(lacks);
                    }
                    std::collections::btree_map::Entry::Occupied(mut entry) => {
                        if lacks.is_none() {
                            entry.insert(None);
                        }
                    }
                }
            }
        }
        found.extend(lacking.into_values().flatten());
    }

    /// What the tool's own lines read; those of patterns may name what only some tools have.
    fn own_reads<'l>(&'l self, listed: &'l Listed<'_>) -> Vec<(&'l Line, &'l Placeholder)> {
        let mut out = Vec::new();
        if let Some(unwrap) = self.mapping.unwrap(&listed.name) {
            if unwrap.line.tool.as_deref() == Some(&*listed.name) {
                let texts = [Some(&unwrap.tool), unwrap.system.as_ref()];
                let read = texts.into_iter().flatten().flat_map(fields);
                out.extend(read.chain([&unwrap.args]).map(|one| (&unwrap.line, one)));
            }
            return out;
        }
        let (rule, lines) = (listed.rule, &listed.rule.lines);
        for (reference, line) in [
            (&rule.principal, &lines.principal),
            (&rule.action, &lines.action),
            (&rule.resource, &lines.resource),
        ] {
            if let (Some(reference), Some(line)) = (reference, line) {
                out.extend(fields(&reference.id).map(|one| (line, one)));
            }
        }
        for (name, line) in &lines.context {
            if let Some(template) = rule.context.get(name) {
                let mut reads = Vec::new();
                placeholders(template, &mut reads);
                out.extend(reads.into_iter().map(|one| (line, one)));
            }
        }
        for change in &rule.changes {
            let reads = change.placeholders().into_iter();
            out.extend(reads.map(|one| (&change.line, one)));
        }
        out.retain(|(line, _)| line.tool.as_deref() == Some(&*listed.name));
        out
    }

    /// Arguments that no attribute takes.
    fn not_taken(&self, found: &mut Vec<Finding>) {
        let mut seen = BTreeSet::new();
        for (name, calls) in self.seen.not_taken.iter() {
            let (tool, argument) = name.split_once('\n').unwrap_or((name, ""));
            seen.insert((tool, argument));
            let message = format!("no attribute takes `{argument}` of the tool `{tool}`");
            let mut one = Finding::new(Kind::ArgumentNotTaken, message);
            one.tool = Some(tool.to_owned());
            one.argument = Some(argument.to_owned());
            one.calls = Some(calls);
            found.push(one);
        }
        for listed in &self.listed {
            let Planned::Action(_) = &listed.planned else {
                continue;
            };
            let empty = RecordType::default();
            let taken = Takes::of(listed.rule, self.context(listed).unwrap_or(&empty));
            for parameter in &listed.tool.input {
                let name = parameter.name.as_str();
                if taken.takes(name) || seen.contains(&(listed.name.as_str(), name)) {
                    continue;
                }
                let message = format!("no attribute takes `{name}` of the tool `{}`", listed.name);
                let mut one = Finding::new(Kind::ArgumentNotTaken, message);
                let file = &listed.list.file;
                one.file = Some(file.path.to_string());
                one.line = Some(file.line_column(parameter.span.start).0 as u64);
                one.tool = Some(listed.name.clone());
                one.argument = Some(name.to_owned());
                found.push(one);
            }
        }
    }

    fn at(&self, kind: Kind, line: &Line, message: String) -> Finding {
        let mut one = Finding::new(kind, message);
        one.file = Some(self.mapping.file.to_string());
        one.line = Some(line.line as u64);
        one
    }
}

/// Whether an action is none that somebody takes, but holds others.
fn is_group(info: &ActionInfo) -> bool {
    info.principals.is_empty() && info.resources.is_empty()
}

/// The place of a listed tool.
fn place(listed: &Listed<'_>) -> (String, u64) {
    let file = &listed.list.file;
    let (line, _) = file.line_column(listed.tool.name_span.start);
    (file.path.to_string(), line as u64)
}

/// Whether a call of a listed tool may give a line something to say. Of a tool that was called, the calls tell what is
/// no argument.
fn may_say(template: &ValueTemplate, listed: &Listed<'_>) -> bool {
    let mut reads = Vec::new();
    placeholders(template, &mut reads);
    reads.is_empty()
        || reads.iter().any(|one| match &one.field {
            Field::Args(keys) if !listed.tool.input.is_empty() => {
                missing(&listed.tool.input, keys).is_none()
            }
            _ => !listed.called,
        })
}
