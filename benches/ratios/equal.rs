//! Before anything is timed: what is timed answers as Cedar's authorizer does, action by action.

use crate::product::{Loaded, Mode};
use crate::script::{Said, classes};

/// Holds every way of deciding these lines to what Cedar says of them, and says how much was compared. `left`: the
/// fast lane leaves all of them to be read in full; else it takes all of them.
pub fn hold(name: &str, loaded: &Loaded, text: &str, left: bool, cedar: &[(Said, Said)]) -> String {
    let lines = cedar.len();
    assert_eq!(text.lines().count(), lines);
    let otherwise =
        |way: &str, at: usize| format!("{name}: {way}: line {} is decided otherwise", at + 1);
    let interpreted = loaded.say(text);
    assert_eq!(interpreted.len(), lines);
    for (at, (ours, cedar)) in interpreted.iter().zip(cedar).enumerate() {
        assert_eq!(ours, cedar, "{}", otherwise("interpreted", at));
    }
    let mut alike = 0;
    for (full, way) in [
        (true, "compiled, in full"),
        (false, "compiled, what may differ"),
    ] {
        let compiled = loaded.compiled(text, full);
        assert_eq!(compiled.len(), lines);
        for (at, (ours, (base, head))) in compiled.iter().zip(cedar).enumerate() {
            assert_eq!(
                ours.is_none(),
                left,
                "{name}: {way}: who takes line {}",
                at + 1
            );
            if let Some(ours) = ours {
                let cedar = (base, head);
                assert!(
                    ours.is_true(base, head),
                    "{}: {ours:?}, but Cedar says {cedar:?}",
                    otherwise(way, at)
                );
                alike += usize::from(!full && ours.is_alike());
            }
        }
    }
    let expected = classes(cedar);
    for mode in [Mode::Changed, Mode::Full, Mode::Interpreted] {
        let changes = loaded.prepared(mode, |replay| replay.product_replay(text));
        let counted = changes
            .classes
            .iter()
            .map(|(class, tally)| (*class, tally.actions))
            .collect();
        assert_eq!(
            expected, counted,
            "{name}: {mode:?}: other classes than Cedar's answers have"
        );
        let in_full: u64 = changes.left.iter().map(|(_, count)| count).sum();
        let (interpreted, expected) = match mode {
            Mode::Interpreted => (changes.interpreted, lines as u64),
            Mode::Changed | Mode::Full => (in_full, if left { lines as u64 } else { 0 }),
        };
        assert_eq!(interpreted, expected, "{name}: {mode:?}");
    }
    let errors = cedar
        .iter()
        .filter(|(base, head)| !base.errors.is_empty() || !head.errors.is_empty());
    let allowed = cedar.iter().filter(|(base, _)| base.allow);
    let who = match left {
        true => "all of them read in full".to_owned(),
        false => format!(
            "by the compiled engine and the interpreter; both sides alike by the scopes and changed policies alone {alike}"
        ),
    };
    format!(
        "equal to Cedar: {lines} actions on both sides, decision, determining policies, errors and classes, {who}; base allows {}, {} have errors, {} are not unchanged",
        allowed.count(),
        errors.count(),
        cedar.iter().filter(|(base, head)| base != head).count()
    )
}
