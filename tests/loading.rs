//! Loading in parallel and beside another version gives what loading alone gives.

use agentauthz::cedar::{Kept, parse_and_keep, parse_policies};
use agentauthz::model::SourceFile;
use agentauthz::repository::{Files, PolicyVersion, load, load_and_keep, load_beside};
use agentauthz::source::Tree;
use std::path::{Path, PathBuf};

fn version(root: &Path, other: Option<&PolicyVersion>) -> PolicyVersion {
    kept(root, other, Kept::Meaning)
}

fn kept(root: &Path, other: Option<&PolicyVersion>, kept: Kept) -> PolicyVersion {
    let tree = Tree::directory(root, false).unwrap();
    let read = |path: &str| tree.read(path).map_err(|error| error.message);
    let files = Files {
        paths: tree.paths().map(str::to_owned).collect(),
        read: &read,
        refused: Vec::new(),
    };
    match (other, kept) {
        (_, Kept::Form) => load_and_keep(&files, other, kept),
        (None, Kept::Meaning) => load(&files),
        (Some(_), Kept::Meaning) => load_beside(&files, other),
    }
}

/// Every policy repository of this project.
fn roots() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = std::fs::read_dir(root.join("fixtures")).unwrap();
    let fixtures = fixtures.map(|entry| entry.unwrap().path());
    let mut roots: Vec<PathBuf> = fixtures
        .chain([root.join("policies")])
        .filter(|path| path.join("agentauthz.yaml").is_file())
        .collect();
    roots.sort();
    roots
}

#[test]
fn a_version_beside_another_is_the_version_alone() {
    let roots = roots();
    assert!(roots.len() >= 3, "{roots:?}");
    let mut shared = 0;
    for base in &roots {
        let base = version(base, None);
        for head in &roots {
            let (alone, beside) = (version(head, None), version(head, Some(&base)));
            assert_eq!(alone.diagnostics, beside.diagnostics);
            assert_eq!(alone.digest, beside.digest);
            assert_eq!(alone.agents, beside.agents);
            assert_eq!(
                format!("{:?}", alone.parsed),
                format!("{:?}", beside.parsed)
            );
            // What fills the slots of a link is kept in a hash map, whose order says nothing.
            let policies = |version: &PolicyVersion| -> Vec<_> {
                let policies = version.policies.policies().iter();
                policies
                    .map(|p| {
                        (
                            p.id.clone(),
                            p.effect,
                            p.file.clone(),
                            p.span,
                            p.template.clone(),
                        )
                    })
                    .collect()
            };
            assert_eq!(policies(&alone), policies(&beside));
            assert!(alone.store.same(&beside.store));
            assert_eq!(alone.store.as_json(), beside.store.as_json());
            let digest = |version: &PolicyVersion| {
                version
                    .schema
                    .as_ref()
                    .map(|schema| schema.digest().clone())
            };
            assert_eq!(digest(&alone), digest(&beside));
            shared += usize::from(base.store.same(&beside.store));
        }
    }
    assert!(shared >= roots.len());
}

fn long(broken: Option<usize>) -> SourceFile {
    let policies = (0..4_000).map(|at| {
        let end = if broken == Some(at) { "" } else { ";" };
        format!(
            "// {at}: \"; no end\r\n@id(\"p{at}\")\npermit (principal, action, resource)\n\
             when {{ context.text == \"\u{e9};// \\\" {at}\" }}{end}\n"
        )
    });
    SourceFile::new("p.cedar", policies.collect::<String>())
}

#[test]
fn a_long_file_in_pieces_is_the_file() {
    let file = long(None);
    assert!(file.text.len() > 256 << 10);
    let (policies, faults) = parse_policies(&file);
    assert_eq!(faults, Vec::new());
    assert_eq!(policies.len(), 4_000);
    for (at, policy) in policies.iter().enumerate() {
        let text = file.slice(policy.span);
        assert!(text.starts_with(&format!("@id(\"p{at}\")")), "{text}");
        assert!(text.ends_with(';'), "{text}");
        assert_eq!(policy.display_id().as_ref(), format!("p{at}"));
        assert_eq!(policy.ordinal, at + 1);
        assert_eq!(policy.line, at * 4 + 2);
    }
}

/// How each policy is written is kept, and is what it is read as by itself.
#[track_caller]
fn check_kept(text: &str, count: usize) {
    let file = SourceFile::new("p.cedar", text);
    let (kept, faults) = parse_and_keep(&file, Kept::Form);
    assert_eq!(faults, Vec::new());
    let (alone, _) = parse_policies(&file);
    assert_eq!((kept.len(), alone.len()), (count, count));
    for (kept, alone) in kept.iter().zip(&alone) {
        assert!(kept.has(Kept::Form) && !alone.has(Kept::Form));
        assert_eq!(kept.syntax(&file), alone.syntax(&file), "{:?}", alone.id);
        assert_eq!((&kept.id, kept.span), (&alone.id, alone.span));
        assert!(kept.same_tree(alone));
    }
}

#[test]
fn what_is_kept_is_how_it_is_written() {
    let text = "// a\r\n@id(\"t\") @note permit // (\n(principal == ?principal, action in [A::B::Action::\"x\"],\r\n\
        resource is A::R in ?resource)\nwhen { context.a == \"\u{e9};\" } unless { principal has b.c };\n\
        forbid(principal is A,action,resource)when{if context.a>1 then true else context.b like \"x*\"};";
    check_kept(text, 2);
    let file = long(None);
    check_kept(&file.text, 4_000);
    let many = format!("{text}\n").repeat(1_500);
    assert!(many.len() > 256 << 10);
    check_kept(&many, 3_000);
}

#[test]
fn what_is_shared_has_what_is_to_be_kept() {
    for root in roots() {
        let meaning = version(&root, None);
        let form = kept(&root, None, Kept::Form);
        let beside_meaning = kept(&root, Some(&meaning), Kept::Form);
        let beside_form = version(&root, Some(&form));
        for version in [&form, &beside_meaning, &beside_form] {
            assert_eq!(version.parsed.len(), meaning.parsed.len());
            for (one, other) in version.parsed.iter().zip(&meaning.parsed) {
                assert!(one.has(Kept::Form), "{}", one.display_id());
                let file = version.sources.get(&one.file).unwrap();
                assert_eq!(one.syntax(file), other.syntax(file));
            }
        }
    }
}

#[test]
fn a_fault_in_a_long_file_stands_at_its_place() {
    for broken in [0, 1_999, 3_998] {
        let file = long(Some(broken));
        let (policies, faults) = parse_policies(&file);
        assert!(policies.is_empty());
        let [fault] = faults.as_slice() else {
            panic!("{faults:?}");
        };
        let place = fault.span().unwrap();
        assert_eq!(file.line_column(place.start).0, (broken + 1) * 4 + 2);
        assert_eq!(file.slice(place), "@");
    }
}
