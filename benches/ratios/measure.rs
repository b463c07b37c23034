//! Clocks, rounds, and how a ratio is printed.

use std::fmt::Display;
use std::time::Instant;

/// Wall and processor time, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    /// By the clock on the wall.
    pub wall: f64,
    /// Of all processors, children included.
    pub cpu: f64,
}

/// Processor time of this process and the children it waited for; the kernel counts hundredths of a second.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name
        .split_whitespace()
        .skip(11)
        .take(4)
        .filter_map(|text| text.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Runs something and says what it took.
pub fn spend<T>(work: impl FnOnce() -> T) -> (Spent, T) {
    let (cpu_before, start) = (cpu(), Instant::now());
    let result = work();
    let wall = start.elapsed().as_secs_f64();
    (
        Spent {
            wall,
            cpu: cpu() - cpu_before,
        },
        result,
    )
}

/// The better of two by the wall.
pub fn better(a: Option<Spent>, b: Spent) -> Spent {
    match a {
        Some(a) if a.wall <= b.wall => a,
        _ => b,
    }
}

/// A, B, A, B, …: the best of each.
pub fn interleaved(rounds: usize, mut a: impl FnMut(), mut b: impl FnMut()) -> (Spent, Spent) {
    let (mut best_a, mut best_b) = (None, None);
    for _ in 0..rounds {
        best_a = Some(better(best_a, spend(&mut a).0));
        best_b = Some(better(best_b, spend(&mut b).0));
    }
    let none = Spent {
        wall: f64::NAN,
        cpu: f64::NAN,
    };
    (best_a.unwrap_or(none), best_b.unwrap_or(none))
}

/// What a measure should come to.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// At least.
    AtLeast(f64, &'static str),
    /// At most.
    AtMost(f64, &'static str),
    /// It is shown, and nothing was promised.
    Shown(&'static str),
}

/// Prints the lines of measures and remembers whether one fell short.
#[derive(Debug)]
pub struct Report {
    /// Only measures whose name contains this.
    pub only: Option<String>,
    /// Smaller data.
    pub quick: bool,
    short: usize,
}

impl Report {
    /// An empty report.
    pub fn new(only: Option<String>, quick: bool) -> Self {
        Self {
            only,
            quick,
            short: 0,
        }
    }

    /// Whether any of these measures is wanted.
    pub fn wants(&self, names: &[&str]) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| names.iter().any(|name| named(name, only)))
    }

    /// One line, and the figures behind it.
    pub fn line(&mut self, name: &str, measured: f64, goal: Goal, figures: &[String]) {
        let (unit, text, verdict) = match goal {
            Goal::AtLeast(goal, unit) => (unit, format!(">={goal}{unit}"), measured >= goal),
            Goal::AtMost(goal, unit) => (unit, format!("<={goal}{unit}"), measured <= goal),
            Goal::Shown(unit) => (unit, "-".to_owned(), true),
        };
        self.short += usize::from(!verdict);
        let measured = if measured >= 100.0 {
            format!("{measured:.0}")
        } else {
            format!("{measured:.2}")
        };
        let quick = if self.quick { " (quick)" } else { "" };
        println!(
            "{name} {measured}{unit} {text} {}{quick}",
            if verdict { "ok" } else { "short" }
        );
        figures.iter().for_each(|figure| println!("    {figure}"));
    }

    /// A measure that could not be made.
    pub fn skipped(&self, name: &str, why: impl Display) {
        println!("{name} skipped: {why}");
    }

    /// The last line.
    pub fn finish(&self) {
        match self.short {
            0 => println!("every measure that was made reached its goal"),
            short => println!("{short} fell short"),
        }
    }
}

/// `what: 1234 actions in 0.5 s (0.5 s of processor time), 2468/s`
pub fn rate(what: &str, actions: usize, spent: Spent) -> String {
    format!(
        "{what}: {actions} actions in {:.3} s ({:.2} s of processor time), {:.0} a second",
        spent.wall,
        spent.cpu,
        actions as f64 / spent.wall
    )
}

/// Whether a name holds a text; with `$` at the end of the text, whether it ends like it.
fn named(name: &str, only: &str) -> bool {
    match only.strip_suffix('$') {
        Some(end) => name.ends_with(end),
        None => name.contains(only),
    }
}
