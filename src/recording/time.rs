//! When an action happened: RFC 3339 with an offset, or not known.

use crate::model::{Json, RecordedAction};

/// Puts a recorded timestamp where it belongs: into `time` where it is an exact moment, else as recorded into
/// `meta.timestamp`, because a zone must not be made up.
pub(super) fn set_time(action: &mut RecordedAction, timestamp: Option<&Json>) {
    match timestamp {
        None | Some(Json::Null) => {}
        Some(Json::String(text)) if is_moment(text) => action.time = Some(text.clone()),
        Some(other) => {
            action.meta.insert("timestamp".to_owned(), other.clone());
        }
    }
}

/// Whether a text is an RFC 3339 date and time with an offset. jiff alone would take more than that.
pub(super) fn is_moment(text: &str) -> bool {
    let shape = text
        .bytes()
        .zip(*b"0000-00-00T00:00:00")
        .all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'T' => byte == b'T' || byte == b't',
            _ => byte == shape,
        });
    let rest = text.get(19..).unwrap_or_default();
    let offset = rest.trim_start_matches(|letter: char| letter == '.' || letter.is_ascii_digit());
    let offset = match offset.as_bytes() {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|d| d.is_ascii_digit()),
        _ => false,
    };
    shape && offset && text.parse::<jiff::Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_moments_are_times() {
        for text in [
            "2025-08-01T16:20:50Z",
            "2025-08-01t16:20:50.283373z",
            "2025-08-01T16:20:50.5-02:30",
        ] {
            assert!(is_moment(text), "{text}");
        }
        for text in [
            "",
            "Z",
            "2025-08-01",
            "2025-08-01T16:20:50.283373",
            "2025-08-01T16:20Z",
            "2025-08-01 16:20:50Z",
            "2025-08-01T16:20:50+02",
            "2025-08-01T16:20:50+02:00[Europe/Berlin]",
            "2025-02-30T16:20:50Z",
            "2025-08-01T16:20:50é",
        ] {
            assert!(!is_moment(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_stays_as_recorded() {
        let mut action = RecordedAction::new("a");
        set_time(&mut action, Some(&Json::String("yesterday".to_owned())));
        assert_eq!(action.time, None);
        assert_eq!(action.meta["timestamp"].as_str(), Some("yesterday"));
        set_time(
            &mut action,
            Some(&Json::String("2025-08-01T16:20:50Z".to_owned())),
        );
        assert_eq!(action.time.as_deref(), Some("2025-08-01T16:20:50Z"));
    }
}
