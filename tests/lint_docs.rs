//! The list of lints in `docs/lints.md` is that of the program. `AGENTAUTHZ_BLESS=1` writes it anew.

use agentauthz::lint::{Evidence, FixKind, Run, catalogue};

const BEGIN: &str = "<!-- begin: lints -->\n";
const END: &str = "<!-- end: lints -->";

fn table() -> String {
    let mut out = String::new();
    let mut group = "";
    for lint in catalogue() {
        if lint.group() != group {
            group = lint.group();
            out.push_str(&format!(
                "\n### {}{}\n\n| lint | level | what | fix | rests upon |\n| --- | --- | --- | --- | --- |\n",
                group[..1].to_uppercase(),
                &group[1..]
            ));
        }
        let evidence: Vec<&str> = lint
            .evidence
            .iter()
            .map(|one: &Evidence| one.name())
            .collect();
        let rests = match lint.run {
            Run::Solver => "a solver: not run yet".to_owned(),
            Run::Policy(_) | Run::Repository(_) | Run::Passed => evidence.join(", "),
        };
        out.push_str(&format!(
            "| [{} {}](../src/lint/rules/{}.md) | {} | {} | {} | {rests} |\n",
            lint.code,
            lint.slug,
            lint.slug,
            lint.level.name(),
            lint.title.replace('|', "\\|"),
            lint.fix.map_or("–", FixKind::name),
        ));
    }
    out.push('\n');
    out
}

#[test]
fn the_list_is_that_of_the_program() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lints.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let wanted = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("AGENTAUTHZ_BLESS").is_some() {
        std::fs::write(path, &wanted).unwrap();
        return;
    }
    assert!(
        text == wanted,
        "docs/lints.md is not what the program says; run this test with AGENTAUTHZ_BLESS=1"
    );
}
