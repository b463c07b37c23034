//! From when to when, in the texts of the recording.

use super::merge::Merge;
use jiff::Timestamp;

/// The first and the last time of some actions, as they were written. Times that cannot be read do not count. Of one
/// instant in two spellings the smaller text stays, so that the order of the actions does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window(Option<(Moment, Moment)>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    instant: Timestamp,
    text: String,
}

impl Moment {
    /// Becomes another one, in the same memory: in a recording that goes on in time every action is the last one so far.
    fn set(&mut self, instant: Timestamp, text: &str) {
        self.instant = instant;
        self.text.clear();
        self.text.push_str(text);
    }
}

impl Window {
    /// Widens the window to hold a time.
    pub fn see(&mut self, text: &str) {
        let held = self
            .0
            .as_ref()
            .is_some_and(|(first, last)| first.text == text || last.text == text);
        if held {
            return;
        }
        let Ok(instant) = text.parse::<Timestamp>() else {
            return;
        };
        self.see_at(instant, text);
    }

    /// The same for a time whose text was read before.
    pub fn see_at(&mut self, instant: Timestamp, text: &str) {
        let Some((first, last)) = &mut self.0 else {
            let moment = Moment {
                instant,
                text: text.to_owned(),
            };
            self.0 = Some((moment.clone(), moment));
            return;
        };
        let smaller = |known: &Moment| instant == known.instant && text < known.text.as_str();
        if instant < first.instant || smaller(first) {
            first.set(instant, text);
        }
        if instant > last.instant || smaller(last) {
            last.set(instant, text);
        }
    }

    fn widen(&mut self, first: Moment, last: Moment) {
        self.0 = Some(match self.0.take() {
            None => (first, last),
            Some((a, b)) => {
                let last = match b.instant.cmp(&last.instant) {
                    std::cmp::Ordering::Less => last,
                    std::cmp::Ordering::Equal => b.min(last),
                    std::cmp::Ordering::Greater => b,
                };
                (a.min(first), last)
            }
        });
    }

    /// The first and the last time, where any was seen.
    pub fn ends(&self) -> Option<(&str, &str)> {
        self.0
            .as_ref()
            .map(|(first, last)| (first.text.as_str(), last.text.as_str()))
    }
}

impl Merge for Window {
    fn merge(&mut self, other: Self) {
        if let Some((first, last)) = other.0 {
            self.widen(first, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_order_gives_the_same_ends() {
        let times = [
            "2026-10-01T10:00:00Z",
            "no time",
            "2026-10-01T12:00:00+02:00",
            "2026-10-01T09:30:00Z",
            "2026-10-01T11:30:00+02:00",
            "2026-10-01T09:45:00Z",
        ];
        for turn in 0..times.len() {
            let mut seen = Window::default();
            let mut parts = Window::default();
            for at in 0..times.len() {
                let time = times[(at + turn) % times.len()];
                seen.see(time);
                let mut one = Window::default();
                one.see(time);
                one.merge(parts);
                parts = one;
            }
            let ends = Some(("2026-10-01T09:30:00Z", "2026-10-01T10:00:00Z"));
            assert_eq!(seen.ends(), ends);
            assert_eq!(parts, seen);
        }
        assert_eq!(Window::default().ends(), None);
    }
}
