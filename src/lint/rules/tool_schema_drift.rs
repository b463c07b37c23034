//! AZ313: an action whose `context.input` is not what its tool takes.

use super::shared_tools::{declared, declared_as, fits, tag_place, tagged, tool_of};
use crate::cedar::{Declaration, DeclaredKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::{Context, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, RecordType, SourceFile, Span, Type};
use crate::repository::{
    Field, LintLevel, Parameter, Part, Placeholder, Shape, Tool, ValueTemplate, cedar_name,
    nearest, type_text,
};

pub(super) static LINT: Lint = Lint {
    code: "AZ313",
    slug: "tool-schema-drift",
    title: "an action that declares other arguments than its tool takes misleads its policies",
    level: LintLevel::Error,
    evidence: &[Evidence::Repository],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Schema, Need::Tools],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("tool-schema-drift.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    for tagged in tagged(context) {
        let Some((_, tool)) = tool_of(context, tagged.tag) else {
            continue;
        };
        let info = context
            .schema()
            .and_then(|schema| schema.action(tagged.action));
        let input = info.and_then(|info| info.context.as_ref()?.attributes.get("input"));
        if let Some(Type::Record(record)) = input.map(|input| &input.ty)
            && takes_all(context, tool)
        {
            let drift = Drift {
                context,
                action: tagged.action,
                tag: tagged.tag,
            };
            drift.compare(&tool.input, record, &mut vec!["input".to_owned()], found);
        }
    }
}

/// Whether the arguments of a tool become `context.input` as they are.
fn takes_all(context: &Context<'_>, tool: &Tool) -> bool {
    let Some(mapping) = &context.version.mapping else {
        return true;
    };
    match mapping.rule(&tool.name).context.get("input") {
        Some(ValueTemplate::Text(template)) => matches!(
            template.parts.as_slice(),
            [Part::Field(Placeholder { field: Field::Args(path), steps })]
                if path.is_empty() && steps.is_empty()
        ),
        Some(
            ValueTemplate::Constant(_)
            | ValueTemplate::Record(_)
            | ValueTemplate::Set(_)
            | ValueTemplate::Each(..)
            | ValueTemplate::Reference(..),
        )
        | None => false,
    }
}

/// One action that is compared with its tool.
struct Drift<'c> {
    context: &'c Context<'c>,
    action: &'c EntityRef,
    tag: &'c str,
}

/// Where an attribute is declared.
struct Place<'c> {
    file: &'c SourceFile,
    span: Span,
    /// Whether it is declared by the action itself, and at the attribute: else other actions may have it, too.
    own: bool,
}

impl Drift<'_> {
    fn compare(
        &self,
        parameters: &[Parameter],
        record: &RecordType,
        path: &mut Vec<String>,
        found: &mut Found<'_>,
    ) {
        let tag = self.tag;
        let known = |name: &str| parameters.iter().find(|parameter| parameter.name == name);
        let mut new: Vec<&Parameter> = parameters
            .iter()
            .filter(|parameter| !record.attributes.contains_key(parameter.name.as_str()))
            .collect();
        for (name, attribute) in &record.attributes {
            path.push(name.to_string());
            let shown = format!("context.{}", path.join("."));
            match known(name) {
                None => {
                    let renamed = renamed(name, &attribute.ty, &new).map(|one| one.name.clone());
                    let message = match &renamed {
                        Some(to) => format!(
                            "the tool `{tag}` has no argument for `{shown}`; it takes `{to}`"
                        ),
                        None => format!("the tool `{tag}` has no argument for `{shown}`"),
                    };
                    let help = "policies that read it read what no call has: a condition on it is never met, or raises an error";
                    self.report(found, path, message, LINT.level, help, |_, span| {
                        let to = renamed.as_ref()?;
                        Some((
                            format!("call it `{to}`, and change the policies with it"),
                            vec![(span, cedar_name(to))],
                        ))
                    });
                    new.retain(|one| Some(&one.name) != renamed.as_ref());
                }
                Some(parameter) => {
                    if let Err(shape) = fits(&parameter.shape, &attribute.ty) {
                        let message = format!(
                            "`{shown}` is {}, and the tool `{tag}` takes {shape}",
                            declared_as(&attribute.ty)
                        );
                        let help = "a call whose argument does not have the type of the schema leaves policies that read it undecided";
                        self.report(found, path, message, LINT.level, help, |file, span| {
                            let text = type_text(&parameter.shape, 0).ok()?;
                            let old = type_place(file, span)?;
                            Some((format!("declare it as `{text}`"), vec![(old, text)]))
                        });
                    } else if attribute.required && !parameter.required {
                        let message =
                            format!("`{shown}` is required, and calls of `{tag}` may leave it out");
                        let help = "declare it as optional, and let policies ask whether it is there (`has`)";
                        self.report(found, path, message, LINT.level, help, |_, span| {
                            Some((
                                "declare it as optional".to_owned(),
                                vec![(Span::new(span.end(), 0), "?".to_owned())],
                            ))
                        });
                    } else if !attribute.required && parameter.required {
                        let message =
                            format!("`{shown}` is optional, and every call of `{tag}` has it");
                        let help = "declare it as required, so that policies need not ask whether it is there";
                        self.report(found, path, message, LintLevel::Info, help, |file, span| {
                            let mark = Span::new(span.end(), 1);
                            (file.slice(mark) == "?").then(|| {
                                (
                                    "declare it as required".to_owned(),
                                    vec![(mark, String::new())],
                                )
                            })
                        });
                    }
                    if let (Shape::Record(members), Type::Record(inner)) =
                        (&parameter.shape, &attribute.ty)
                    {
                        self.compare(members, inner, path, found);
                    }
                }
            }
            path.pop();
        }
        // What Cedar has no type for cannot be declared.
        new.retain(|parameter| type_text(&parameter.shape, 0).is_ok());
        self.unread(&new, record, path, found);
    }

    /// Arguments that no policy can read, once for all of a record.
    fn unread(
        &self,
        new: &[&Parameter],
        record: &RecordType,
        path: &[String],
        found: &mut Found<'_>,
    ) {
        if new.is_empty() {
            return;
        }
        let names: Vec<String> = new.iter().map(|one| format!("`{}`", one.name)).collect();
        let message = format!(
            "the tool `{}` also takes {}, which no policy can read",
            self.tag,
            names.join(", ")
        );
        let first = record.attributes.keys().next().cloned();
        let help = "declare what a policy may have to look at; an argument that is not declared is left out of requests";
        let inner: Vec<String> = path
            .iter()
            .cloned()
            .chain(first.map(|name| name.to_string()))
            .collect();
        let at = self
            .place(&inner)
            .filter(|place| place.own && inner.len() > path.len());
        self.report(found, path, message, LintLevel::Info, help, |_, _| {
            let at = at?;
            let mut text = String::new();
            for one in new {
                let mark = if one.required { "" } else { "?" };
                let ty = type_text(&one.shape, 0).ok()?;
                text.push_str(&format!("{}{mark}: {ty}, ", cedar_name(&one.name)));
            }
            Some((
                "declare them".to_owned(),
                vec![(Span::new(at.span.start, 0), text)],
            ))
        });
    }

    fn report(
        &self,
        found: &mut Found<'_>,
        path: &[String],
        message: String,
        level: LintLevel,
        help: &str,
        fix: impl FnOnce(&SourceFile, Span) -> Option<(String, Vec<(Span, String)>)>,
    ) {
        let Some(place) = self.place(path) else {
            return;
        };
        let finding = found.file(place.file, place.span, message);
        finding
            .level(level)
            .help(help)
            .key(format!("{} {}", self.tag, path.join(".")));
        if place.own
            && let Some((title, edits)) = fix(place.file, place.span)
        {
            finding.fix(title, edits);
        }
    }

    /// Where an attribute of the context is declared: by the action, by the only common type that it may come from, or, where
    /// that cannot be told, the action's `@tool`.
    fn place(&self, path: &[String]) -> Option<Place<'_>> {
        let attribute = |declared: &Declaration, path: &[String]| {
            let mut all = declared.attributes.iter().filter(|one| one.path == path);
            all.next().map(|one| one.span).filter(|span| span.len > 0)
        };
        let action = declared(self.context, self.action);
        if let Some(declared) = action
            && let Some(span) = attribute(declared, path)
        {
            let file = self.context.file(&declared.file)?;
            return Some(Place {
                file,
                span,
                own: true,
            });
        }
        let mut places = self.context.declared().iter().filter_map(|common| {
            let referred =
                action.is_some_and(|action| action.refers.contains(common.name.as_ref()));
            if common.kind != DeclaredKind::CommonType || !referred {
                return None;
            }
            // The type may be that of the whole context, or of `input`.
            let span = attribute(common, path).or_else(|| attribute(common, path.get(1..)?))?;
            Some((common, span))
        });
        if let (Some((common, span)), None) = (places.next(), places.next()) {
            let file = self.context.file(&common.file)?;
            return Some(Place {
                file,
                span,
                own: false,
            });
        }
        let (file, span) = tag_place(self.context, self.action)?;
        Some(Place {
            file,
            span,
            own: false,
        })
    }
}

/// The argument that an attribute probably was renamed to: one that is spelt alike, or the only new one of its type.
fn renamed<'p>(name: &str, ty: &Type, new: &[&'p Parameter]) -> Option<&'p Parameter> {
    let fitting: Vec<&'p Parameter> = new
        .iter()
        .copied()
        .filter(|one| !matches!(one.shape, Shape::Open(_)) && fits(&one.shape, ty).is_ok())
        .collect();
    let alike = nearest(name, fitting.iter().map(|one| one.name.as_str()));
    let longer = |one: &&&Parameter| {
        name.len() > 2
            && one.name.len() > 2
            && (one.name.contains(name) || name.contains(&one.name))
    };
    let spelt = fitting.iter().find(|one| Some(one.name.as_str()) == alike);
    let only = || match fitting.as_slice() {
        [one] if one.required => Some(one),
        _ => None,
    };
    spelt
        .or_else(|| fitting.iter().find(longer))
        .or_else(only)
        .copied()
}

/// The type behind the name of an attribute, where it is no record.
fn type_place(file: &SourceFile, name: Span) -> Option<Span> {
    let rest = file.text.get(name.end()..)?;
    let start = rest.find(':')? + 1;
    let inner = rest.get(start..)?;
    let start = start + inner.len() - inner.trim_start().len();
    let inner = rest.get(start..)?;
    let end = inner.find([',', '}', ';', '{', '\n'])?;
    let text = inner.get(..end)?;
    if inner.get(end..)?.starts_with('{') || text.contains("//") {
        return None;
    }
    Some(Span::new(name.end() + start, text.trim_end().len()))
}
