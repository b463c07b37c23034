//! Policy versions read from git: from the object database alone, in every kind of repository that git has.

mod support;

use git2::{IndexAddOption, Oid, Repository, RepositoryInitOptions, Signature};
use std::fs;
use std::path::{Path, PathBuf};
use support::play::{Play, Ran, run};

/// A policy that permits everything: a second reason for whatever no guardrail forbids.
const WIDER: &str = "@id(\"wider\")\npermit (principal, action, resource);\n";
/// A policy without effect.
const OTHER: &str = "@id(\"other\")\nforbid (principal, action, resource) when { false };\n";

/// A git repository around what `init` writes.
struct Git {
    play: Play,
    repository: Repository,
}

fn open(directory: &Path) -> Repository {
    let mut options = RepositoryInitOptions::new();
    Repository::init_opts(directory, options.initial_head("main")).unwrap()
}

fn commit(repository: &Repository, parents: &[Oid]) -> Oid {
    let mut index = repository.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    index.update_all(["*"], None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let who = Signature::new("A", "a@example.com", &git2::Time::new(1_700_000_000, 0)).unwrap();
    let parents: Vec<_> = parents
        .iter()
        .map(|id| repository.find_commit(*id).unwrap())
        .collect();
    let parents: Vec<_> = parents.iter().collect();
    repository
        .commit(Some("HEAD"), &who, &who, "m", &tree, &parents)
        .unwrap()
}

impl Git {
    /// One commit of what `init` writes.
    fn init() -> Self {
        let play = Play::init();
        let repository = open(&play.path(""));
        commit(&repository, &[]);
        Self { play, repository }
    }

    fn head(&self) -> Oid {
        self.repository.head().unwrap().target().unwrap()
    }

    /// Writes a file and commits everything.
    fn commit(&self, path: &str, text: &str) -> Oid {
        self.play.write(path, text);
        commit(&self.repository, &[self.head()])
    }

    fn tag(&self, name: &str) {
        let head = self.repository.find_object(self.head(), None).unwrap();
        self.repository.tag_lightweight(name, &head, true).unwrap();
    }

    /// Head becomes a branch that begins at a revision; the files are as there.
    fn branch(&self, name: &str, at: &str) {
        let at = self.repository.revparse_single(at).unwrap();
        self.repository
            .branch(name, &at.peel_to_commit().unwrap(), true)
            .unwrap();
        self.repository
            .set_head(&format!("refs/heads/{name}"))
            .unwrap();
        self.repository
            .reset(&at, git2::ResetType::Hard, None)
            .unwrap();
        let mut checkout = git2::build::CheckoutBuilder::new();
        self.repository
            .checkout_head(Some(checkout.force().remove_untracked(true)))
            .unwrap();
    }

    /// `v1`: as `init` writes it; `v2`: with a policy that permits more.
    fn two() -> Self {
        let git = Self::init();
        git.tag("v1");
        git.commit("policies/wider.cedar", WIDER);
        git.tag("v2");
        git
    }
}

/// What a diff says of the policies `wider` and `other`.
#[track_caller]
fn changes(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let text = report.to_string();
    ["wider", "other"]
        .into_iter()
        .filter(|id| text.contains(&format!("\"{id}\"")))
        .map(str::to_owned)
        .collect()
}

#[test]
fn versions_are_named_as_in_git() {
    let git = Git::two();
    for args in [
        &["diff", "v1", "v2"][..],
        &["diff", "v1..v2"],
        &["diff", "v1...v2"],
        &["diff", "v1.."],
        &["diff", "v1"],
        &["diff", "v2~1", "HEAD"],
        &["diff", "main~1", "dir:."],
    ] {
        let ran = git.play.run(args);
        ran.says(0, &["wider"]);
        let json = git.play.run(&[args, &["--format", "json"]].concat());
        assert_eq!(changes(&json), ["wider"], "{args:?}");
    }
    for args in [&["diff"][..], &["diff", "v2", "main"], &["diff", "v2"]] {
        let ran = git.play.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.all());
        assert!(!ran.out.contains("`wider`"), "{}", ran.out);
    }
    // Another reason does not fail a diff unless that was asked for.
    git.play.run(&["diff", "v2..v1"]).says(0, &["wider"]);
    git.play
        .run(&["diff", "v2..v1", "--fail-on", "reason-changed"])
        .says(1, &["wider"]);
}

#[test]
fn a_merge_base_leaves_out_what_the_other_branch_did() {
    let git = Git::init();
    git.tag("start");
    git.commit("policies/other.cedar", OTHER);
    git.branch("topic", "start");
    git.commit("policies/wider.cedar", WIDER);
    let json = |range: &str| git.play.run(&["diff", range, "--format", "json"]);
    assert_eq!(changes(&json("main..topic")), ["wider", "other"]);
    assert_eq!(changes(&json("main...topic")), ["wider"]);
    git.play
        .run(&["diff", "main...topic"])
        .says(0, &["merge base of main and topic"]);
}

#[test]
fn the_working_tree_against_the_last_commit() {
    let git = Git::two();
    git.play.run(&["diff"]).says(0, &[]);
    git.play.write("policies/other.cedar", OTHER);
    let untracked = git.play.run(&["diff", "--format", "json"]);
    assert_eq!(changes(&untracked), ["other"]);
    // What git ignores does not count, unless git tracks it all the same.
    git.play
        .write(".gitignore", "other.cedar\nwider.cedar\nbuild/\n");
    git.play.write("policies/build/third.cedar", "permit (");
    assert!(changes(&git.play.run(&["diff", "--format", "json"])).is_empty());
    git.play.run(&["check"]).says(0, &[]);
    let explain = ["explain", "recordings/example.jsonl#s4-0"];
    git.play.run(&explain).says(0, &["wider"]);
}

/// It was found on the way up, so it is there: why it does not count is said.
#[test]
fn a_manifest_that_git_ignores_is_not_one_that_is_missing() {
    let play = Play::init();
    git2::Repository::init(play.path("")).unwrap();
    play.write(".gitignore", "agentauthz.yaml\n");
    let ignored = ["agentauthz.yaml", "git ignores it", "`dir:PATH`"];
    play.run(&["check"]).says(1, &ignored);
    play.run(&["replay"]).says(2, &ignored);
    play.run(&["replay", "--at", "dir:."]).says(0, &[]);
    play.write(".gitignore", "");
    play.run(&["replay"]).says(0, &[]);
}

#[test]
fn every_command_reads_a_revision() {
    let git = Git::two();
    git.play.write("policies/broken.cedar", "permit (");
    git.play.run(&["check"]).says(1, &["policies/broken.cedar"]);
    let head = git.head().to_string();
    for command in ["check", "replay"] {
        for version in ["v1", &head] {
            git.play.run(&[command, "--at", version]).says(0, &[]);
        }
    }
    git.play.run(&["test", "--at", "v1"]).says(0, &[]);
    git.play.run(&["test", "--at", "v2"]).says(1, &["wider"]);
    git.play.run(&["replay", "--at", "v1"]).says(0, &["v1 ("]);
    let explain = [
        "explain",
        "recordings/example.jsonl#s4-0",
        "--at",
        "v2",
        "--base",
        "v1",
    ];
    git.play.run(&explain).says(0, &["v1 (", "v2 (", "wider"]);
}

/// The report without what names the origin.
fn decisions(ran: &Ran) -> serde_json::Value {
    let mut report = ran.json();
    let members = report.as_object_mut().unwrap();
    if members.remove("versions").is_some() {
        return report;
    }
    for side in ["base", "head"] {
        let version = members[side].as_object_mut().unwrap();
        for name in ["label", "name"] {
            assert!(version.remove(name).is_some());
        }
    }
    report
}

#[test]
fn a_revision_decides_as_its_directory_does() {
    let git = Git::two();
    let other = Play::init();
    let base = format!("dir:{}", other.path("").display());
    for command in ["replay", "test", "check"] {
        let [revision, directory] =
            ["v1", &base].map(|at| git.play.run(&[command, "--at", at, "--format", "json"]));
        assert_eq!(
            (revision.code, directory.code),
            (0, 0),
            "{}{}",
            revision.all(),
            directory.all()
        );
        assert_eq!(decisions(&revision), decisions(&directory), "{command}");
    }
    let digest = |ran: &Ran| ran.json()["versions"]["versions"][0]["digest"].to_string();
    let [revision, directory] =
        ["v1", &base].map(|at| digest(&git.play.run(&["replay", "--at", at, "--format", "json"])));
    assert!(revision == directory && revision.contains("sha256:"));
    let [a, b] = [&["diff", "v1", "v2"][..], &["diff", &base, "v2"]]
        .map(|args| decisions(&git.play.run(&[args, &["--format", "json"]].concat())));
    assert_eq!(a, b);
}

/// What `init` writes, in the subdirectory `sub/policies` of a git repository, with the versions `v1` and `v2`.
fn below() -> (tempfile::TempDir, Repository, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("sub/policies");
    assert_eq!(run(outer.path(), &["init", "sub/policies"]).code, 0);
    let repository = open(outer.path());
    let first = commit(&repository, &[]);
    fs::write(inner.join("policies/wider.cedar"), WIDER).unwrap();
    let second = commit(&repository, &[first]);
    for (name, id) in [("v1", first), ("v2", second)] {
        repository
            .tag_lightweight(name, &repository.find_object(id, None).unwrap(), true)
            .unwrap();
    }
    (outer, repository, inner)
}

#[test]
fn a_policy_repository_in_a_subdirectory() {
    let (outer, _repository, inner) = below();
    run(&inner, &["diff", "v1..v2"]).says(0, &["wider"]);
    run(&inner.join("policies"), &["diff", "v1"]).says(0, &["wider"]);
    run(&inner, &["diff"]).says(0, &[]);
    run(outer.path(), &["-C", "sub/policies", "diff", "v1"]).says(0, &["wider"]);
    let range = [
        "diff",
        "v1:sub/policies",
        "v2:sub/policies/",
        "--recordings",
        "sub/policies/recordings",
    ];
    run(outer.path(), &range).says(0, &["wider"]);
    run(outer.path(), &["diff", "v1..v2"])
        .says(2, &["`v1` has no `agentauthz.yaml`", "`REV:DIRECTORY`"]);
    run(outer.path(), &["check", "--at", "v1:nowhere"]).says(2, &["in `nowhere`", "help:"]);
}

#[test]
fn a_bare_repository() {
    let git = Git::two();
    let place = tempfile::tempdir().unwrap();
    let bare = place.path().join("bare.git");
    git2::build::RepoBuilder::new()
        .bare(true)
        .clone(git.play.path("").to_str().unwrap(), &bare)
        .unwrap();
    let ran = run(place.path(), &["-C", "bare.git", "diff", "v1..v2"]);
    assert_ne!(ran.code, 2, "{}", ran.all());
    ran.says(ran.code, &["wider"]);
    let recordings = git.play.path("recordings");
    let replayed = [
        "-C",
        "bare.git",
        "diff",
        "v1..v2",
        "--recordings",
        recordings.to_str().unwrap(),
    ];
    run(place.path(), &replayed).says(0, &["wider"]);
    run(place.path(), &["-C", "bare.git", "check", "--at", "v1"]).says(0, &[]);
    run(place.path(), &["-C", "bare.git", "diff"]).says(2, &["help:"]);
    let (outer, _repository, _) = below();
    let bare = place.path().join("below.git");
    git2::build::RepoBuilder::new()
        .bare(true)
        .clone(outer.path().to_str().unwrap(), &bare)
        .unwrap();
    let named = [
        "-C",
        "below.git",
        "diff",
        "v1:sub/policies",
        "v2:sub/policies",
    ];
    let ran = run(place.path(), &named);
    ran.says(ran.code, &["wider"]);
    let ranged = run(
        place.path(),
        &[
            "-C",
            "below.git",
            "diff",
            "v1:sub/policies..v2:sub/policies",
        ],
    );
    ranged.says(ran.code, &["wider"]);
    run(place.path(), &["-C", "below.git", "diff", "v1..v2"])
        .says(2, &["has no `agentauthz.yaml`", "help:"]);
}

#[test]
fn a_linked_worktree() {
    let git = Git::two();
    let place = tempfile::tempdir().unwrap();
    let tree = place.path().join("linked");
    git.repository.worktree("linked", &tree, None).unwrap();
    run(&tree, &["diff", "v1"]).says(0, &["wider"]);
    run(&tree, &["diff"]).says(0, &[]);
    fs::write(tree.join("policies/other.cedar"), OTHER).unwrap();
    assert_eq!(
        changes(&run(&tree, &["diff", "--format", "json"])),
        ["other"]
    );
    git.play.run(&["diff"]).says(0, &[]);
}

/// Makes a clone shallow: history ends at a commit whose parents are not there.
fn shallow(git: &Git) -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let clone = place.path().join("clone");
    let repository = open(&clone);
    let from = git.repository.odb().unwrap();
    let to = repository.odb().unwrap();
    let head = git.repository.head().unwrap().peel_to_commit().unwrap();
    let mut wanted = vec![head.id(), head.tree_id()];
    head.tree()
        .unwrap()
        .walk(git2::TreeWalkMode::PreOrder, |_, entry| {
            wanted.push(entry.id());
            git2::TreeWalkResult::Ok
        })
        .unwrap();
    for id in wanted {
        let object = from.read(id).unwrap();
        to.write(object.kind(), object.data()).unwrap();
    }
    fs::write(
        repository.path().join("shallow"),
        format!("{}\n", head.id()),
    )
    .unwrap();
    repository
        .reference("refs/heads/main", head.id(), true, "")
        .unwrap();
    let mut checkout = git2::build::CheckoutBuilder::new();
    repository.checkout_head(Some(checkout.force())).unwrap();
    (place, clone)
}

#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let git = Git::two();
    let (_place, clone) = shallow(&git);
    run(&clone, &["diff"]).says(0, &[]);
    for missing in [
        "HEAD~1",
        "v1",
        &git.repository
            .revparse_single("v1")
            .unwrap()
            .id()
            .to_string(),
    ] {
        run(&clone, &["diff", missing])
            .says(2, &["git does not know", "shallow clone", "fetch-depth: 0"]);
    }
    run(&clone, &["diff", "v1...HEAD"]).says(2, &["shallow clone", "fetch-depth: 0"]);
}

/// As a checkout in CI of two tips that are both there, while what they have in common is not.
#[test]
fn a_shallow_clone_without_the_merge_base_says_so() {
    let git = Git::two();
    git.branch("topic", "v1");
    git.commit("policies/other.cedar", OTHER);
    let (_place, clone) = shallow(&git);
    let repository = open(&clone);
    let from = git.repository.odb().unwrap();
    let other = git.repository.revparse_single("v2").unwrap().id();
    let object = from.read(other).unwrap();
    let to = repository.odb().unwrap();
    to.write(object.kind(), object.data()).unwrap();
    let boundary = repository.path().join("shallow");
    let cut = format!("{}{other}\n", fs::read_to_string(&boundary).unwrap());
    fs::write(boundary, cut).unwrap();
    repository
        .reference("refs/remotes/origin/main", other, true, "")
        .unwrap();
    let ran = run(&clone, &["diff", "origin/main...HEAD"]);
    ran.says(
        2,
        &[
            "`origin/main` and `HEAD` have no common ancestor in this shallow clone",
            "git fetch --unshallow",
            "fetch-depth: 0",
        ],
    );
}

#[test]
fn a_branch_that_only_the_remote_has_is_named() {
    let git = Git::two();
    let head = git.head();
    git.repository
        .reference("refs/remotes/origin/release", head, true, "")
        .unwrap();
    git.play
        .run(&["diff", "release...HEAD"])
        .says(2, &["git does not know", "write `origin/release`"]);
}

#[test]
fn no_common_ancestor() {
    let git = Git::init();
    git.repository.set_head("refs/heads/alone").unwrap();
    git.play.write("policies/other.cedar", OTHER);
    commit(&git.repository, &[]);
    let ran = git.play.run(&["diff", "main...alone"]);
    ran.says(2, &["no common ancestor", "help:"]);
}

#[test]
fn a_repository_without_a_commit() {
    let play = Play::init();
    open(&play.path(""));
    play.run(&["check"]).says(0, &[]);
    play.run(&["diff"]).says(2, &["`HEAD`", "help:"]);
}

#[test]
fn what_is_no_version() {
    let git = Git::two();
    git.play
        .run(&["diff", "v3"])
        .says(2, &["git does not know the revision `v3`", "help:"]);
    git.play
        .run(&["diff", "v1:nowhere"])
        .says(2, &["no `agentauthz.yaml` in `nowhere`", "help:"]);
    git.play.run(&["diff", ""]).says(2, &["a version is empty"]);
    let blob = git
        .repository
        .revparse_single("HEAD:agentauthz.yaml")
        .unwrap()
        .id()
        .to_string();
    git.play
        .run(&["diff", &blob])
        .says(2, &["is not a commit", "help:"]);
    fs::remove_file(git.play.path("agentauthz.yaml")).unwrap();
    commit(&git.repository, &[git.head()]);
    git.play.write("agentauthz.yaml", "version: 1\n");
    git.play.run(&["diff"]).says(
        2,
        &[
            "the revision `HEAD` has no `agentauthz.yaml` at its root",
            "help:",
        ],
    );
}

#[test]
fn a_broken_revision_names_its_files() {
    let git = Git::two();
    git.commit("policies/broken.cedar", "permit (");
    git.tag("broken");
    fs::remove_file(git.play.path("policies/broken.cedar")).unwrap();
    git.play
        .run(&["diff", "broken"])
        .says(2, &["policies/broken.cedar:1", "broken (", "help:"]);
    git.play
        .run(&["check", "--at", "broken"])
        .says(1, &["policies/broken.cedar:1"]);
}

#[cfg(unix)]
#[test]
fn links_in_a_revision() {
    let git = Git::init();
    fs::rename(
        git.play.path("policies/support.cedar"),
        git.play.path("shared.txt"),
    )
    .unwrap();
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, git.play.path(at)).unwrap();
    link("../shared.txt", "policies/support.cedar");
    commit(&git.repository, &[git.head()]);
    git.tag("inside");
    git.play.run(&["test", "--at", "inside"]).says(0, &[]);
    git.play.run(&["diff", "inside"]).says(0, &[]);
    link("/etc/passwd", "policies/absolute.cedar");
    link("../../../etc/passwd", "policies/out.cedar");
    link("nowhere", "policies/dangling.cedar");
    link("../tests", "policies/directory.cedar");
    commit(&git.repository, &[git.head()]);
    git.play.run(&["check", "--at", "HEAD"]).says(
        1,
        &[
            "policies/absolute.cedar: the link leaves the repository",
            "policies/out.cedar: the link leaves the repository",
            "policies/dangling.cedar: the link leads to no file",
            "policies/directory.cedar: the link leads to no file",
        ],
    );
}

#[test]
fn git_is_left_as_it_was() {
    let git = Git::two();
    git.play.write("policies/other.cedar", OTHER);
    let state = || {
        let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        for entry in walkdir::WalkDir::new(git.play.path("")).sort_by_file_name() {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                files.push((entry.path().to_owned(), fs::read(entry.path()).unwrap()));
            }
        }
        files
    };
    let before = state();
    git.play.run(&["diff", "v1...v2"]);
    git.play.run(&["diff"]);
    git.play.run(&["replay", "--at", "v1"]);
    git.play.run(&["check", "--at", "v2"]);
    assert!(state() == before, "a file was written");
}
