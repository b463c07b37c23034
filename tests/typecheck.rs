//! The type check by classes of environments says what Cedar's whole validator says: on the example, on Cedar's
//! corpus, and on thousands of mutated policies.

use agentauthz::cedar::{Link, PolicySet, PolicySetBuilder, Schema, parse_policies, parse_schema};
use agentauthz::model::{Diagnostic, EntityRef, Severity, SourceFile, Span};
use agentauthz::repository::{Files, load};
use agentauthz::source::Tree;
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

const SCHEMA: &str = r#"
type Facts = {
  hour: Long, env: String, amount?: decimal, source: ipaddr, when: datetime,
  input: { to?: String, count: Long, names: Set<String> },
};
entity Team;
entity Role in [Role];
entity Color enum ["red", "green"];
entity User in [Team, Role] {
  name: String, level: Long, owner?: User, labels: Set<String>, home: { city: String, zip?: Long }, limit: decimal,
} tags String;
entity Service in [Role] { name: String, level: Long };
entity Folder in [Folder] { owner: User, size: Long };
entity Doc in [Folder] { owner: User, size: Long, public: Bool, shade: Color } tags Set<String>;
action all;
action read in [all];
action write in [all];
action unused in [all];
action view, list in [read] appliesTo { principal: [User, Service], resource: [Doc, Folder], context: Facts };
action edit in [write] appliesTo { principal: [User], resource: [Doc], context: Facts };
action purge in [write, read] appliesTo { principal: [User], resource: [Folder], context: { hour: Long, reason?: String } };
action paint appliesTo { principal: [User], resource: [Color], context: { env: String } };
namespace Other {
  entity Agent { name: String, level: String };
  action run appliesTo { principal: [Agent, User], resource: [Agent, Doc], context: { hour: String } };
}
"#;

const PRINCIPALS: [&str; 6] = [
    "principal",
    "principal is User",
    "principal == User::\"a\"",
    "principal in Role::\"r\"",
    "principal is User in Team::\"t\"",
    "principal is Service",
];

const ACTIONS: [&str; 7] = [
    "action",
    "action == Action::\"view\"",
    "action in [Action::\"view\", Action::\"edit\"]",
    "action in Action::\"read\"",
    "action in Action::\"all\"",
    "action == Action::\"purge\"",
    "action == Action::\"edit\"",
];

const RESOURCES: [&str; 4] = [
    "resource",
    "resource is Doc",
    "resource in Folder::\"f\"",
    "resource == Doc::\"d\"",
];

const CONDITIONS: [&str; 22] = [
    "",
    "when { context.hour > 3 }",
    "when { context.hour > 3 && context.env == \"prod\" }",
    "when { context has amount && context.amount.lessThan(decimal(\"1.5\")) }",
    "when { context.source.isInRange(ip(\"10.0.0.0/8\")) }",
    "when { principal.level > 3 }",
    "when { principal has owner && principal.owner.level > 3 }",
    "when { [\"a\", \"b\"].contains(principal.name) }",
    "when { principal.labels.containsAny([\"a\", \"b\"]) }",
    "when { resource.owner == principal }",
    "when { resource.size + context.hour > 3 }",
    "when { principal.hasTag(\"k\") && principal.getTag(\"k\") == \"prod\" }",
    "when { resource has public && resource.public }",
    "when { resource.shade == Color::\"red\" }",
    "when { if context.input has to then context.input.to like \"a*\" else context.input.count > 3 }",
    "when { principal in [Role::\"r\", Team::\"t\"] }",
    "unless { resource in Folder::\"f\" && context.hour > 3 }",
    "when { action == Action::\"view\" || context.hour > 3 }",
    "when { action in [Action::\"read\", Action::\"write\"] && principal.home.city == \"prod\" }",
    "when { principal.home has zip && principal.home.zip > 3 } unless { context.env like \"*x\" }",
    "when { context.when < datetime(\"2026-01-01\") }",
    "when { resource is Doc && resource.public }",
];

/// Kinds of mutation, each with what is replaced by what.
const MUTATIONS: [(&str, &[(&str, &str)]); 21] = [
    (
        "wrong attribute",
        &[
            (".level", ".levle"),
            (".hour", ".hours"),
            (".owner", ".ownr"),
            (".env", ".evn"),
        ],
    ),
    (
        "wrong literal",
        &[
            ("> 3", "> \"3\""),
            ("== \"prod\"", "== 5"),
            ("(\"k\")", "(1)"),
        ],
    ),
    (
        "unknown type",
        &[
            ("Role::", "Rol::"),
            ("is Doc", "is Dok"),
            ("Team::", "Teams::"),
            ("is User", "is Usr"),
        ],
    ),
    (
        "unknown action",
        &[
            ("Action::\"view\"", "Action::\"veiw\""),
            ("Action::\"read\"", "Action::\"raed\""),
            ("Action::\"edit\"", "Actoin::\"edit\""),
        ],
    ),
    (
        "other action",
        &[
            ("Action::\"view\"", "Action::\"purge\""),
            ("Action::\"read\"", "Action::\"write\""),
            ("Action::\"all\"", "Action::\"unused\""),
            ("Action::\"edit\"", "Action::\"paint\""),
            ("Action::\"view\"", "Other::Action::\"run\""),
        ],
    ),
    (
        "no `has`",
        &[
            ("context has amount && ", ""),
            ("principal has owner && ", ""),
            ("principal.hasTag(\"k\") && ", ""),
            ("principal.home has zip && ", ""),
            ("resource has public && ", ""),
        ],
    ),
    (
        "`in` on wrong types",
        &[
            ("principal in Role::", "principal in Doc::"),
            ("resource in Folder::", "resource in Team::"),
            ("in Team::", "in Color::"),
            ("principal in [Role::\"r\"", "principal in [1"),
        ],
    ),
    (
        "empty set",
        &[
            ("[\"a\", \"b\"]", "[]"),
            ("[Role::\"r\", Team::\"t\"]", "[]"),
            ("[Action::\"read\", Action::\"write\"]", "[]"),
        ],
    ),
    (
        "number and text",
        &[
            ("context.hour", "context.env"),
            ("principal.level", "principal.name"),
            ("context.env", "context.hour"),
        ],
    ),
    (
        "extension",
        &[
            ("decimal(\"1.5\")", "decimal(\"x\")"),
            ("decimal(\"1.5\")", "ip(\"1.5\")"),
            (".lessThan(", ".isInRange("),
            ("ip(\"10.0.0.0/8\")", "ip(context.env)"),
            ("datetime(\"2026-01-01\")", "duration(\"1h\")"),
        ],
    ),
    (
        "always false",
        &[
            ("when {", "when { false && "),
            ("when {", "when { 1 == 2 && "),
            ("when {", "when { !(true) && "),
            ("unless {", "unless { true || "),
        ],
    ),
    (
        "mixed scripts",
        &[
            ("\"prod\"", "\"pr\u{43e}d\""),
            ("\"r\"", "\"\u{202a}r\""),
            ("\"a*\"", "\"\u{430}bc*\""),
            ("User::\"a\"", "User::\"\u{200b}a\""),
            ("principal.name", "principal[\"n\u{430}me\"]"),
        ],
    ),
    (
        "`is` contradiction",
        &[
            ("principal is User", "principal is Doc"),
            ("resource is Doc", "resource is Role"),
            ("resource is Doc", "resource is Folder"),
            ("is User in Team", "is Service in Team"),
        ],
    ),
    (
        "wrong principal",
        &[
            ("principal is User", "principal is Service"),
            ("principal is Service", "principal is Other::Agent"),
            ("principal == User::", "principal == Team::"),
            ("principal == User::\"a\"", "principal == Action::\"view\""),
        ],
    ),
    (
        "slots",
        &[
            ("principal == User::\"a\"", "principal == ?principal"),
            ("principal in Role::\"r\"", "principal in ?principal"),
            ("resource in Folder::\"f\",", "resource in ?resource,"),
            (
                "(principal is User in Team::\"t\"",
                "(principal is User in ?principal",
            ),
            ("resource == Doc::\"d\"", "resource == ?resource"),
        ],
    ),
    (
        "action in the condition",
        &[
            ("when {", "when { action in Action::\"read\" && "),
            ("when {", "when { action == Action::\"view\" || "),
            ("when {", "when { action == Other::Action::\"run\" && "),
            ("when {", "when { action == resource || "),
            ("when {", "when { [action].contains(Action::\"edit\") || "),
            (
                "when {",
                "when { (if action == Action::\"edit\" then resource.public else true) && ",
            ),
            (
                "when {",
                "when { (if action in Action::\"write\" then context has reason else context has env) || ",
            ),
        ],
    ),
    (
        "harmless",
        &[
            ("> 3", "> 4"),
            ("\"a\"", "\"zz\""),
            ("permit", "forbid"),
            ("permit", "@note(\"x\")\npermit"),
        ],
    ),
    (
        "enumerated entity",
        &[
            ("Color::\"red\"", "Color::\"blue\""),
            ("Color::\"red\"", "Color::\"green\""),
            ("resource == Doc::\"d\"", "resource == Color::\"pink\""),
            ("resource == Doc::\"d\"", "resource == Color::\"red\""),
        ],
    ),
    (
        "operators",
        &[
            ("&&", "||"),
            ("when {", "unless {"),
            ("when {", "when { true || "),
            ("> 3", "== 3"),
            ("when {", "when { resource.public && "),
        ],
    ),
    (
        "kind of entity",
        &[
            ("resource is Doc", "resource is Color"),
            ("resource == Doc::", "resource == Folder::"),
            ("(principal,", "(principal is Other::Agent,"),
            ("== principal", "== resource"),
        ],
    ),
    (
        "scope and action",
        &[
            ("action,", "action == Action::\"paint\","),
            ("action,", "action == Other::Action::\"run\","),
            ("action,", "action in [],"),
            (
                "action,",
                "action in [Action::\"paint\", Other::Action::\"run\"],",
            ),
            ("action,", "action in Action::\"unused\","),
        ],
    ),
];

/// What both checks said of some policies.
#[derive(Default)]
struct Found {
    sets: usize,
    policies: usize,
    clean: usize,
    errors: usize,
    warnings: usize,
    templates: usize,
    /// Mutated policies without an error, and with one.
    mutated: [usize; 2],
    kinds: BTreeMap<&'static str, (usize, usize)>,
}

impl Found {
    fn add(mut self, other: Self) -> Self {
        self.sets += other.sets;
        self.policies += other.policies;
        self.clean += other.clean;
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.templates += other.templates;
        for (into, count) in self.mutated.iter_mut().zip(other.mutated) {
            *into += count;
        }
        for (kind, (passed, failed)) in other.kinds {
            let entry = self.kinds.entry(kind).or_default();
            entry.0 += passed;
            entry.1 += failed;
        }
        self
    }
}

/// Both checks on one set; what they say must be equal, whatever its order.
fn compare(
    set: &PolicySet,
    schema: &Schema,
    files: &BTreeMap<Arc<str>, SourceFile>,
    what: &str,
) -> Vec<Diagnostic> {
    let mut ours = set.validate(schema, files, None);
    let mut cedars = set.validate_by_cedar(schema, files);
    ours.sort();
    cedars.sort();
    assert_eq!(ours, cedars, "{what}");
    ours
}

fn build(file: &SourceFile, links: &[Link]) -> Option<(PolicySet, usize)> {
    let (parsed, faults) = parse_policies(file);
    if !faults.is_empty() {
        return None;
    }
    let mut builder = PolicySetBuilder::default();
    parsed.iter().for_each(|policy| builder.add(policy));
    if parsed.iter().any(|policy| policy.is_template) {
        links.iter().for_each(|link| builder.link(link));
    }
    let templates = parsed.iter().filter(|policy| policy.is_template).count();
    Some((builder.finish().0, templates))
}

fn schema() -> Schema {
    let (schema, faults) = parse_schema(&[SourceFile::new("s.cedarschema", SCHEMA)]);
    schema.unwrap_or_else(|| panic!("{faults:#?}"))
}

fn bases() -> Vec<String> {
    let mut out = Vec::new();
    let mut turn = 0;
    for principal in PRINCIPALS {
        for action in ACTIONS {
            for resource in RESOURCES {
                for step in 0..3 {
                    let condition = CONDITIONS[(turn * 3 + step * 7) % CONDITIONS.len()];
                    out.push(format!(
                        "@id(\"p\")\npermit ({principal}, {action}, {resource})\n{condition};\n"
                    ));
                }
                turn += 1;
            }
        }
    }
    out
}

/// Every base policy, and every mutation of it, once.
fn mutants() -> Vec<(&'static str, String)> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for base in bases() {
        if seen.insert(base.clone()) {
            out.push(("none", base.clone()));
        }
        for (kind, replacements) in MUTATIONS {
            for (from, to) in replacements {
                let mutant = base.replacen(from, to, 1);
                if mutant != base && seen.insert(mutant.clone()) {
                    out.push((kind, mutant));
                }
            }
        }
    }
    out
}

/// Links of every kind of fit: right, of a type that no action takes, and of an unknown type.
fn links() -> Vec<Link> {
    let slots = [
        ("User", "Doc"),
        ("Role", "Folder"),
        ("Doc", "User"),
        ("Nobody", "Nothing"),
    ];
    let mut out = Vec::new();
    for (at, (principal, resource)) in slots.into_iter().enumerate() {
        for (form, (p, r)) in [(true, false), (false, true), (true, true)]
            .into_iter()
            .enumerate()
        {
            out.push(Link {
                id: format!("link{at}{form}").into(),
                template: "p".into(),
                principal: p.then(|| EntityRef::new(principal, "x")),
                resource: r.then(|| EntityRef::new(resource, "x")),
                file: "p.cedar".into(),
                span: Span::new(at, form),
            });
        }
    }
    out
}

#[test]
fn mutated_policies_are_judged_as_by_cedar() {
    let (schema, links, mutants) = (schema(), links(), mutants());
    let found = mutants
        .par_iter()
        .filter_map(|(kind, text)| {
            let file = SourceFile::new("p.cedar", text.as_str());
            let (set, templates) = build(&file, &links)?;
            let files = BTreeMap::from([(file.path.clone(), file.clone())]);
            let said = compare(&set, &schema, &files, text);
            let mut found = Found {
                policies: 1,
                templates,
                clean: usize::from(said.is_empty()),
                ..Found::default()
            };
            let error = said.iter().any(|said| said.severity == Severity::Error);
            found.errors += usize::from(error);
            found.mutated[usize::from(error)] += usize::from(*kind != "none");
            found.warnings += usize::from(!error && !said.is_empty());
            let (passed, failed) = (found.clean, 1 - found.clean);
            found.kinds.insert(kind, (passed, failed));
            Some(found)
        })
        .reduce(Found::default, Found::add);
    let [pass, fail] = found.mutated;
    println!(
        "{} mutated policies judged alike: {pass} pass, {fail} fail",
        pass + fail
    );
    println!(
        "{} policies with those of which they were made: {} clean, {} with errors, {} with warnings alone, {} templates; by kind {:?}",
        found.policies, found.clean, found.errors, found.warnings, found.templates, found.kinds
    );
    assert!(found.policies >= 2_000, "{}", found.policies);
    assert!(pass + fail >= 2_000 && pass.min(fail) >= 1_000);
    assert!(found.clean >= 500, "{}", found.clean);
    assert!(found.errors >= 500, "{}", found.errors);
    assert!(found.warnings >= 200, "{}", found.warnings);
    assert!(found.templates >= 100, "{}", found.templates);
    assert!(found.kinds.len() > 14);
    for (kind, (passed, failed)) in &found.kinds {
        assert!(passed + failed >= 10, "{kind}: {passed} and {failed}");
    }
}

#[test]
fn a_large_set_is_judged_as_by_cedar_policy_by_policy() {
    let schema = schema();
    let text: String = mutants()
        .iter()
        .enumerate()
        .filter(|(at, (_, text))| {
            at % 3 == 0 && build(&SourceFile::new("p.cedar", text.as_str()), &[]).is_some()
        })
        .map(|(at, (_, text))| text.replace("@id(\"p\")", &format!("@id(\"p{at}\")")))
        .collect();
    let file = SourceFile::new("p.cedar", text);
    let (set, _) = build(&file, &links()).expect("each of them parses");
    let files = BTreeMap::from([(file.path.clone(), file.clone())]);
    let said = compare(&set, &schema, &files, "the whole set");
    assert!(set.policies().len() >= 1_000);
    assert!(said.len() >= 500);
}

#[test]
fn the_examples_are_judged_as_by_cedar() {
    for root in ["policies", "fixtures/previous"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
        let tree = Tree::directory(&root, false).unwrap();
        let read = |path: &str| tree.read(path).map_err(|error| error.message);
        let version = load(&Files {
            paths: tree.paths().map(str::to_owned).collect(),
            read: &read,
            refused: Vec::new(),
        });
        let schema = version.schema.as_ref().expect("the example has a schema");
        let sources = version.sources.iter();
        let sources = sources
            .map(|file| (file.path.clone(), file.clone()))
            .collect();
        let said = compare(&version.policies, schema, &sources, "the example");
        assert!(version.policies.policies().len() > 10);
        assert_eq!(said, Vec::new());
    }
}

#[derive(Deserialize)]
struct Set {
    name: String,
    policies: String,
    schema: String,
}

#[test]
fn cedars_own_corpus_is_judged_as_by_cedar() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cedar-corpus");
    let (Ok(by_hand), Ok(packed)) = (
        std::fs::read_to_string(root.join("handwritten.jsonl")),
        std::fs::read(root.join("corpus.jsonl.zst")),
    ) else {
        println!("skipped: ../shared/cedar-corpus is not there, so Cedar's corpus was not judged");
        return;
    };
    let generated = String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    let lines: Vec<&str> = by_hand.lines().chain(generated.lines()).collect();
    let found = lines
        .par_iter()
        .map(|line| {
            let set: Set = serde_json::from_str(line).unwrap();
            let schema = [SourceFile::new("s.cedarschema", set.schema.as_str())];
            let schema = parse_schema(&schema).0.expect("the schema is one");
            let file = SourceFile::new("p.cedar", set.policies.as_str());
            let (policies, _) = build(&file, &[]).expect("the policies are some");
            let files = BTreeMap::from([(file.path.clone(), file.clone())]);
            let said = compare(&policies, &schema, &files, &set.name);
            Found {
                sets: 1,
                policies: policies.policies().len(),
                clean: usize::from(said.is_empty()),
                ..Found::default()
            }
        })
        .reduce(Found::default, Found::add);
    println!(
        "Cedar's corpus: {} sets, {} policies judged alike; {} sets clean",
        found.sets, found.policies, found.clean
    );
    assert_eq!(found.sets, 3_979);
    assert!(found.clean >= 300 && found.sets - found.clean >= 300);
}
