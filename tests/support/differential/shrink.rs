//! Makes a case that shows a difference small, crudely: drops whatever is not needed for it, until nothing more can go.

use super::requests::Line;
use super::versions::{Version, World};
use std::fmt::Write;

type Edit = Box<dyn Fn(&mut Version)>;

/// A smaller world that still shows a difference in this line, and that difference.
pub fn shrink(
    mut world: World,
    mut line: Line,
    fails: &dyn Fn(&World, &Line) -> Option<String>,
) -> String {
    let mut found = fails(&world, &line).unwrap_or_else(|| "it is not seen by itself".to_owned());
    let mut again = true;
    while again {
        again = false;
        for (side, edit) in edits(&world) {
            let mut smaller = world.clone();
            edit(if side {
                &mut smaller.head
            } else {
                &mut smaller.base
            });
            if let Some(difference) = fails(&smaller, &line) {
                (world, found, again) = (smaller, difference, true);
                break;
            }
        }
        if let Some((smaller, difference)) = without_a_member(&line, &|line| fails(&world, line)) {
            (line, found, again) = (smaller, difference, true);
        }
    }
    let mut out = found;
    for (name, version) in [("base", &world.base), ("head", &world.head)] {
        for (path, text) in version.files() {
            write!(out, "\n── {name}: {path}\n{}", text.trim_end()).unwrap();
        }
    }
    write!(
        out,
        "\n── the line\n{}",
        String::from_utf8_lossy(&line.bytes)
    )
    .unwrap();
    out
}

/// What can be left out of either version, the largest parts first; `true` is head.
fn edits(world: &World) -> Vec<(bool, Edit)> {
    let mut out: Vec<(bool, Edit)> = Vec::new();
    for (side, version) in [(false, &world.base), (true, &world.head)] {
        let rules = version.rules.len();
        let entities = version.entities.len();
        if rules > 1 {
            out.push((
                side,
                Box::new(move |version| version.rules.truncate(rules / 2)),
            ));
            out.push((
                side,
                Box::new(move |version| drop(version.rules.drain(..rules / 2))),
            ));
        }
        if entities > 1 {
            out.push((
                side,
                Box::new(move |version| version.entities.truncate(entities / 2)),
            ));
            out.push((
                side,
                Box::new(move |version| drop(version.entities.drain(..entities / 2))),
            ));
        }
        for at in 0..version.links.len() {
            out.push((
                side,
                Box::new(move |version| drop(version.links.remove(at))),
            ));
        }
        for at in 0..rules {
            out.push((
                side,
                Box::new(move |version| drop(version.rules.remove(at))),
            ));
            for condition in 0..version.rules[at].conditions.len() {
                out.push((
                    side,
                    Box::new(move |version| drop(version.rules[at].conditions.remove(condition))),
                ));
            }
        }
        for at in 0..entities {
            out.push((
                side,
                Box::new(move |version| drop(version.entities.remove(at))),
            ));
        }
        if version.has_schema {
            out.push((side, Box::new(|version| version.has_schema = false)));
        }
    }
    out
}

/// The line with one member of its context less, where that shows a difference too.
fn without_a_member(
    line: &Line,
    fails: &dyn Fn(&Line) -> Option<String>,
) -> Option<(Line, String)> {
    let context: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&line.question.context).ok()?;
    for key in context.keys() {
        let mut fewer = context.clone();
        fewer.remove(key);
        let mut smaller = line.clone();
        smaller.question.context = serde_json::Value::Object(fewer).to_string();
        smaller.bytes = plain(&smaller);
        if let Some(difference) = fails(&smaller) {
            return Some((smaller, difference));
        }
    }
    None
}

fn plain(line: &Line) -> Vec<u8> {
    let question = &line.question;
    let uid = |(ty, id): &(String, String)| serde_json::json!({ "type": ty, "id": id }).to_string();
    format!(
        r#"{{"version":1,"id":"r","request":{{"cedar":{{"principal":{},"action":{},"resource":{},"context":{}}}}}}}"#,
        uid(&question.principal),
        uid(&question.action),
        uid(&question.resource),
        question.context
    )
    .into_bytes()
}
