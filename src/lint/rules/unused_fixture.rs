//! AZ607: an entity of tests that no test uses.

use crate::engine::Case;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::{EntityRef, SourceFile, Span, Value};
use crate::repository::{LintLevel, Suite, SuiteEntity, parse_plain_reference};
use crate::yaml::Spanned;
use std::collections::{BTreeMap, BTreeSet};

pub(super) static LINT: Lint = Lint {
    code: "AZ607",
    slug: "unused-fixture",
    title: "an entity that no test uses hides what tests are about",
    level: LintLevel::Info,
    evidence: &[Evidence::Repository],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Suites],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unused-fixture.md"),
};

/// Entities that stand together in a file, and the suites whose tests may use them.
struct Fixtures<'v> {
    file: &'v SourceFile,
    entities: &'v BTreeMap<String, Spanned<SuiteEntity>>,
    suites: Vec<&'v Suite>,
}

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let version = repository.context.version;
    let mut all: Vec<Fixtures<'_>> = Vec::new();
    let mut included: BTreeMap<&str, Fixtures<'_>> = BTreeMap::new();
    for suite in &version.suites {
        let own = |entities| Fixtures {
            file: &suite.file,
            entities,
            suites: vec![suite],
        };
        all.push(own(&suite.spec.entities));
        let tests = suite.spec.tests.iter();
        all.extend(tests.map(|test| own(&test.value.entities)));
        for include in &suite.included {
            let shared = included.entry(&include.file.path).or_insert(Fixtures {
                file: &include.file,
                entities: &include.spec.entities,
                suites: Vec::new(),
            });
            shared.suites.push(suite);
        }
    }
    all.extend(included.into_values());
    let asked = asked(repository);
    for fixtures in all.iter().filter(|fixtures| !fixtures.entities.is_empty()) {
        // Of what is broken, nobody knows what it would use.
        let suites = fixtures.suites.iter();
        let asked: Option<Vec<&BTreeSet<EntityRef>>> = suites
            .map(|suite| asked.get(suite.file.path.as_ref())?.as_ref())
            .collect();
        if let Some(asked) = asked {
            unused(repository, fixtures, &asked, found);
        }
    }
}

fn unused(
    repository: &Repository<'_>,
    fixtures: &Fixtures<'_>,
    asked: &[&BTreeSet<EntityRef>],
    found: &mut Found<'_>,
) {
    let file = fixtures.file;
    let texts = texts(repository, fixtures);
    for (name, entity) in fixtures.entities {
        let Ok(uid) = parse_plain_reference(name) else {
            continue;
        };
        let before = file.text.get(..entity.span.start).unwrap_or_default();
        let Some(start) = before.rfind(name.as_str()) else {
            continue;
        };
        let key = Span::new(start, name.len());
        let rest = file.text.get(key.end()..).unwrap_or_default();
        let own = [before.get(..start).unwrap_or_default(), rest];
        let named = texts
            .iter()
            .copied()
            .chain(own)
            .any(|text| has_word(text, &uid.id));
        if named || asked.iter().any(|asked| asked.contains(&uid)) {
            continue;
        }
        let finding = found.file(file, key, format!("no test uses the entity `{name}`"));
        finding.help("remove it, or write the test that it was meant for");
        if let Some(lines) = lines(file, key).filter(|_| fixtures.entities.len() > 1) {
            finding.fix("remove the entity", [(lines, String::new())]);
        }
    }
}

/// What the cases of each suite ask about, by file; nothing for a suite of which something is broken.
fn asked(repository: &Repository<'_>) -> BTreeMap<String, Option<BTreeSet<EntityRef>>> {
    let suites = repository.context.suites().iter();
    suites
        .map(|suite| {
            let cases: Option<Vec<BTreeSet<EntityRef>>> = suite.cases.iter().map(of_case).collect();
            let whole = cases.filter(|_| suite.faults.is_empty());
            let all = whole.map(|cases| cases.into_iter().flatten().collect());
            (suite.file.to_string(), all)
        })
        .collect()
}

fn of_case(case: &Case) -> Option<BTreeSet<EntityRef>> {
    let request = &case.input.as_ref().ok()?.request.request;
    let mut all = BTreeSet::from([
        request.principal.clone(),
        request.action.clone(),
        request.resource.clone(),
    ]);
    let values = request.context.values();
    values.for_each(|value| entities(value, &mut all));
    Some(all)
}

fn entities(value: &Value, out: &mut BTreeSet<EntityRef>) {
    match value {
        Value::Entity(uid) => {
            out.insert(uid.clone());
        }
        Value::Set(items) | Value::Call(_, items) => {
            items.iter().for_each(|item| entities(item, out))
        }
        Value::Record(members) => members.values().for_each(|member| entities(member, out)),
        Value::Bool(_) | Value::Long(_) | Value::String(_) | Value::Extension(..) => {}
    }
}

/// The texts that may name an entity of these: all but the file itself and suites that do not know it.
fn texts<'v>(repository: &Repository<'v>, fixtures: &Fixtures<'v>) -> Vec<&'v str> {
    let version = repository.context.version;
    let stranger = |path: &str| {
        version
            .suites
            .iter()
            .any(|suite| suite.file.path.as_ref() == path)
            && !fixtures
                .suites
                .iter()
                .any(|suite| suite.file.path.as_ref() == path)
    };
    let sources = version.sources.iter();
    let others = sources.filter(|file| file.path != fixtures.file.path && !stranger(&file.path));
    others.map(|file| file.text.as_ref()).collect()
}

/// Whether a word stands in a text, and not as a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text
            .get(at + found.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

/// The lines of an entity whose key begins a line; nothing where it does not, or where something else may need them.
fn lines(file: &SourceFile, key: Span) -> Option<Span> {
    let before = file.text.get(..key.start)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let indent = before.get(start..)?;
    if !indent
        .chars()
        .all(|letter| letter == ' ' || letter == '"' || letter == '\'')
    {
        return None;
    }
    let indent = indent.len();
    let mut end = start;
    let mut read = start;
    for (at, line) in file.text.get(start..)?.split_inclusive('\n').enumerate() {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let is_blank = line.trim().is_empty();
        if at > 0 && !is_blank && blanks <= indent {
            break;
        }
        read += line.len();
        if !is_blank {
            end = read;
        }
    }
    let lines = Span::new(start, end - start);
    (!file.slice(lines).contains('&')).then_some(lines)
}
