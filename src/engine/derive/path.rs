//! Paths of files, by their text alone: what links there are, and where a relative path begins, nobody knows.

const DOUBTFUL: &str = "what it means depends on the system";

/// A path without `.`, `..`, empty steps and a slash at its end, as far as the text says.
pub(super) fn normal(path: &str) -> Result<String, &'static str> {
    let folded = Folded::of(path)?;
    let steps: Vec<&str> = std::iter::repeat_n("..", folded.up)
        .chain(folded.steps)
        .collect();
    let steps = steps.join("/");
    Ok(match (folded.absolute, steps.is_empty()) {
        (true, _) => format!("/{steps}"),
        (false, true) => ".".to_owned(),
        (false, false) => steps,
    })
}

/// Whether a path leads out of the directory that it is looked up in: it is absolute, or goes up too far.
pub(super) fn escapes(path: &str) -> Result<bool, &'static str> {
    let folded = Folded::of(path)?;
    match path.starts_with('~') {
        // Some tools put the home directory here, others take it as a name.
        true => Err(DOUBTFUL),
        false => Ok(folded.absolute || folded.up > 0),
    }
}

struct Folded<'p> {
    absolute: bool,
    /// How far it goes up first.
    up: usize,
    steps: Vec<&'p str>,
}

impl<'p> Folded<'p> {
    fn of(path: &'p str) -> Result<Self, &'static str> {
        if path.is_empty() {
            return Err("it is empty");
        }
        // A backslash is a separator on one system and a part of a name on another, as is a drive.
        let mut letters = path.chars();
        let drive =
            letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.next() == Some(':');
        let url = path.contains("://") || path.starts_with("file:");
        if drive || url || path.contains(['\\', '\0']) {
            return Err(DOUBTFUL);
        }
        let mut folded = Self {
            absolute: path.starts_with('/'),
            up: 0,
            steps: Vec::new(),
        };
        for step in path.split('/') {
            match step {
                "" | "." => {}
                ".." => match folded.steps.pop() {
                    Some(home) if home.starts_with('~') && folded.steps.is_empty() => {
                        return Err(DOUBTFUL);
                    }
                    Some(_) => {}
                    None if folded.absolute => {}
                    None => folded.up += 1,
                },
                step => folded.steps.push(step),
            }
        }
        Ok(folded)
    }
}
