//! `fixtures/faults/FAULTS.md` names the line of every planted fault, and every planted fault.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[test]
fn the_list_of_faults_is_the_faults() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/faults");
    let list = fs::read_to_string(root.join("FAULTS.md")).unwrap();
    let rows: Vec<Vec<&str>> = list
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut marks: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let [number, _kind, file, line] = row.as_slice() else {
            panic!("{row:?} has other columns");
        };
        assert_eq!(number.parse(), Ok(at + 1));
        let text = fs::read_to_string(root.join(file)).unwrap();
        let line = text
            .lines()
            .nth(line.parse::<usize>().unwrap() - 1)
            .unwrap();
        if !file.ends_with(".jsonl") {
            assert!(line.contains(&format!("fault {number}:")), "{file}: {line}");
        }
        marks.insert(file, text.matches("fault ").count());
    }
    for (file, count) in marks {
        let listed = rows.iter().filter(|row| row[2] == file).count();
        assert!(file.ends_with(".jsonl") || listed == count, "{file}");
    }
}
