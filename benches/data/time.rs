//! Days and moments from the first of June 2026 on, as text.

const FIRST: usize = 20_605; // days from 1970-01-01 to 2026-06-01

/// `YYYY-MM-DD` of a day, counted from 0.
pub fn day(day: usize) -> String {
    // Howard Hinnant's civil_from_days, for days after 1970.
    let z = day + FIRST + 719_468;
    let era = z / 146_097;
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = doy - (153 * mp + 2) / 5 + 1;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    let y = yoe + era * 400 + usize::from(m <= 2);
    format!("{y:04}-{m:02}-{d:02}")
}

/// `YYYY-MM-DDThh:mm:ssZ` of a second, counted from 0.
pub fn moment(second: usize) -> String {
    let (hour, minute, rest) = (second / 3_600 % 24, second / 60 % 60, second % 60);
    format!("{}T{hour:02}:{minute:02}:{rest:02}Z", day(second / 86_400))
}
