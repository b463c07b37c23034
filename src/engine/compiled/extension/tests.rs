//! Extension values, held to Cedar's own constructors and methods.

use super::*;
use crate::cedar::Schema;
use proptest::prelude::*;

/// A text that is often, but not always, one that some constructor takes.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,20}\\.[0-9]{1,5}",
        "-?[0-9]{0,3}\\.?[0-9]{0,5}",
        "-?92233720368547[56]?[0-9]?\\.580[0-9]",
        "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}(/[0-9]{1,3})?",
        "([0-9a-f]{0,4}:){1,7}[0-9a-f]{0,4}(/[0-9]{1,3})?",
        "::(ffff:)?1?[0-9]{0,2}\\.0\\.0\\.1",
        "[0-9]{4}-[0-3][0-9]-[0-3][0-9]",
        "(20[0-9]{2}|0000|9999)-(0[1-9]|1[0-3])-([0-2][0-9]|3[0-2])(T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{3})?(Z|[+-][0-2][0-9][0-6][0-9]))?",
        "-?([0-9]{1,3}d)?([0-9]{1,3}h)?([0-9]{1,3}m)?([0-9]{1,3}s)?([0-9]{1,3}ms)?",
        "-?([0-9]{12,20}d|[0-9]{14,20}h|[0-9]{16,20}s|922337203685477580[78]ms)",
        "-?[0-9]+(d|h|m|s|ms){1,3}[0-9]*",
        "\\PC{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_same_texts_are_accepted(text in texts()) {
        for function in ["decimal", "ip", "datetime", "duration"] {
            prop_assert_eq!(
                construct(function, &text).is_some(),
                Schema::accepts(function, &text),
                "{} of {:?}", function, text
            );
        }
    }
}

#[test]
fn decimals_are_ten_thousandths() {
    assert_eq!(decimal("12.5"), Some(125_000));
    assert_eq!(decimal("-0.0001"), Some(-1));
    assert_eq!(decimal("922337203685477.5807"), Some(i64::MAX));
    assert_eq!(decimal("-922337203685477.5808"), Some(i64::MIN));
    assert_eq!(decimal("922337203685477.5808"), None);
}

#[test]
fn times_are_milliseconds_since_1970() {
    assert_eq!(datetime("1970-01-01"), Some(0));
    assert_eq!(datetime("1969-12-31T23:59:59.999Z"), Some(-1));
    assert_eq!(
        datetime("2024-10-15T11:35:00.000+0200"),
        Some(1_728_984_900_000)
    );
    assert_eq!(datetime("2023-02-29"), None);
    assert_eq!(
        duration("-1d2h3m4s5ms"),
        Some(-(DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND + 5))
    );
    assert_eq!(duration("1s1h"), None);
}

#[test]
fn ranges_hold_what_they_hold() {
    let within = |inner, outer| is_in_range(ip(inner).unwrap(), ip(outer).unwrap());
    assert!(within("10.1.2.3", "10.0.0.0/8"));
    assert!(within("10.1.0.0/16", "10.0.0.0/8"));
    assert!(!within("10.0.0.0/8", "10.1.0.0/16"));
    assert!(within("1.2.3.4", "0.0.0.0/0"));
    assert!(within("fe80::1", "fe80::/10"));
    assert!(within("::1", "::/0"));
    assert!(!within("::1", "0.0.0.0/0"));
}
