//! AZ408: attributes that no policy reads.

use super::shared_schema::{action_of, used_common_types, used_types};
use crate::cedar::{Declaration, DeclaredKind, Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::{EntityRef, Variable};
use crate::repository::LintLevel;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ408",
    slug: "unused-attribute",
    title: "an attribute that no policy reads",
    level: LintLevel::Info,
    evidence: &[Evidence::Schema, Evidence::Policy],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unused-attribute.md"),
};

/// What policies read. Of entities only the names are known for sure, so a name that is read of one type counts for all.
#[derive(Default)]
struct Read<'p> {
    /// Names of attributes that are read, or asked for.
    names: BTreeSet<&'p str>,
    /// Names of attributes that are read as a value, with everything in them.
    whole: BTreeSet<&'p str>,
    /// Paths of the context, with whether everything in it is read; for each the actions of those who read it, each list
    /// sorted.
    context: BTreeMap<(Vec<&'p str>, bool), Vec<&'p [EntityRef]>>,
    /// Paths of the context that other lints read for every action.
    everywhere: Vec<Vec<&'p str>>,
}

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let Some(schema) = context.schema().filter(|schema| schema.is_complete()) else {
        return;
    };
    let Some(read) = read(repository) else {
        return;
    };
    let types = used_types(repository, schema);
    let common = used_common_types(context);
    for declared in context.declared() {
        let full: Arc<str> = declared.full_name().into();
        let action = action_of(declared);
        let is_unread = |path: &[String]| match declared.kind {
            DeclaredKind::Action => {
                // What a tool takes is not for a policy to choose.
                let is_argument = path.first().is_some_and(|name| name == "input");
                let given = is_argument && declared.annotations.contains_key("tool");
                !given && !read.of_context(&action, path)
            }
            DeclaredKind::EntityType | DeclaredKind::CommonType => !read.of_name(path),
        };
        let in_use = match declared.kind {
            DeclaredKind::EntityType => types.contains(&full),
            DeclaredKind::CommonType => {
                common.contains(&(declared.namespace.clone(), declared.name.clone()))
            }
            DeclaredKind::Action => !context.is_group(&action),
        };
        if in_use {
            report(repository, declared, &is_unread, found);
        }
    }
}

/// One finding for each declaration: a list of findings as long as the schema is read by nobody.
fn report(
    repository: &Repository<'_>,
    declared: &Declaration,
    is_unread: &dyn Fn(&[String]) -> bool,
    found: &mut Found<'_>,
) {
    let Some(file) = repository.context.file(&declared.file) else {
        return;
    };
    let mut unread: Vec<_> = declared
        .attributes
        .iter()
        .filter(|attribute| is_unread(&attribute.path))
        // What lies in an attribute that nobody reads goes with it.
        .filter(|attribute| {
            let outer = attribute
                .path
                .split_last()
                .map(|(_, outer)| outer)
                .unwrap_or_default();
            outer.is_empty() || !is_unread(outer)
        })
        .collect();
    unread.sort_by_key(|attribute| attribute.span.start);
    let Some((first, others)) = unread.split_first() else {
        return;
    };
    let names: Vec<String> = unread
        .iter()
        .map(|attribute| format!("`{}`", attribute.path.join(".")))
        .collect();
    let of = match declared.kind {
        DeclaredKind::Action => format!("the context of `{}`", declared.full_name()),
        DeclaredKind::EntityType | DeclaredKind::CommonType => {
            format!("`{}`", declared.full_name())
        }
    };
    let finding = found.file(
        file,
        first.span,
        format!("no policy reads {} of {of}", names.join(", ")),
    );
    finding
        .key(format!("{of} {}", names.join(" ")))
        .help("do not send what nobody reads: remove it from the schema and from what builds the request, or write the policy that it is for");
    for other in others {
        finding.label(other.span, "nor this");
    }
}

/// What policies read; nothing where an expression nests too deep to be looked at.
fn read<'p>(repository: &'p Repository<'_>) -> Option<Read<'p>> {
    let mut read = Read::default();
    for policy in &repository.policies {
        let mut paths = BTreeSet::new();
        for clause in &policy.syntax.clauses {
            collect(&clause.body, &mut read, &mut paths)?;
        }
        for path in paths {
            read.context.entry(path).or_default().push(policy.actions());
        }
    }
    for lists in read.context.values_mut() {
        // The longest first: an action is mostly in one of them.
        lists.sort_by_key(|list| std::cmp::Reverse(list.len()));
    }
    let options = repository.context.options;
    for path in options.environments.iter().chain(&options.amounts) {
        let mut names = path.split('.');
        if names.next() == Some("context") {
            read.everywhere.push(names.collect());
        } else {
            read.names.extend(names);
        }
    }
    Some(read)
}

/// Notes what an expression reads, from the outside in: nothing where it cannot be looked at.
fn collect<'p>(
    term: &'p Term,
    read: &mut Read<'p>,
    paths: &mut BTreeSet<(Vec<&'p str>, bool)>,
) -> Option<()> {
    // Of each what is read of it: what it is asked for, an attribute, or, without any, all of it.
    let mut open: Vec<(&'p Term, bool)> = vec![(term, true)];
    while let Some((next, whole)) = open.pop() {
        match &next.kind {
            TermKind::Deep => return None,
            TermKind::Variable(Variable::Context) if whole => {
                paths.insert((Vec::new(), true));
            }
            TermKind::Get(of, name) => {
                read.names.insert(name);
                if whole {
                    read.whole.insert(name);
                }
                if let Some((Variable::Context, path)) = next.path() {
                    paths.insert((path, whole));
                }
                open.push((of, false));
            }
            TermKind::Has(of, names) => {
                read.names.extend(names.iter().map(AsRef::as_ref));
                if let Some((Variable::Context, mut path)) = of.path() {
                    path.extend(names.iter().map(AsRef::as_ref));
                    paths.insert((path, false));
                }
                open.push((of, false));
            }
            _ => open.extend(next.parts().into_iter().map(|part| (part, true))),
        }
    }
    Some(())
}

impl Read<'_> {
    /// Whether an attribute of the context of an action is read: it, something in it, or all around it.
    fn of_context(&self, action: &EntityRef, path: &[String]) -> bool {
        self.context.iter().any(|((read, whole), lists)| {
            let common = read
                .iter()
                .zip(path)
                .take_while(|(read, own)| *read == own)
                .count();
            let same = common == path.len() || (*whole && common == read.len());
            same && lists.iter().any(|list| list.binary_search(action).is_ok())
        }) || self
            .everywhere
            .iter()
            .any(|read| read.iter().zip(path).all(|(read, own)| read == own))
    }

    /// Whether a name is read of anything, or something around it as a whole.
    fn of_name(&self, path: &[String]) -> bool {
        let Some((name, outer)) = path.split_last() else {
            return true;
        };
        self.names.contains(name.as_str())
            || outer.iter().any(|name| self.whole.contains(name.as_str()))
    }
}
