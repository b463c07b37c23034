//! The name of a recording, without folders and extensions.

/// Extensions that say how a recording is packed or cut, not what it is.
const EXTENSIONS: [&str; 6] = [".zst", ".gz", ".jsonl", ".ndjson", ".json", ".csv"];

/// The name without folders and the extensions of recordings: `runs/a.b.jsonl.zst` becomes `a.b`.
pub(super) fn stem(name: &str) -> &str {
    let mut stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
    while let Some(shorter) = EXTENSIONS.iter().find_map(|end| stem.strip_suffix(end)) {
        if shorter.is_empty() {
            break;
        }
        stem = shorter;
    }
    stem
}

/// Whether the name says that the recording holds one JSON value a line.
pub(super) fn says_lines(name: &str) -> bool {
    let name = unpacked(name);
    name.ends_with(".jsonl") || name.ends_with(".ndjson")
}

/// Whether the name says that the recording is a table.
pub(super) fn says_rows(name: &str) -> bool {
    unpacked(name).ends_with(".csv")
}

fn unpacked(name: &str) -> &str {
    let name = name.strip_suffix(".zst").unwrap_or(name);
    name.strip_suffix(".gz").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_off_folders_and_extensions() {
        for (name, expected) in [
            ("runs/a.b.jsonl.zst", "a.b"),
            ("c:\\runs\\x.json.gz", "x"),
            ("gpt-4.1", "gpt-4.1"),
            (".json", ".json"),
            ("", ""),
            ("runs/", ""),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }

    #[test]
    fn knows_names_of_lines() {
        assert!(says_lines("a.jsonl") && says_lines("a.ndjson.gz") && says_lines("a.jsonl.zst"));
        assert!(!says_lines("a.json") && !says_lines("jsonl"));
        assert!(says_rows("a.csv") && says_rows("a.csv.gz") && !says_rows("a.csv.jsonl"));
    }
}
