//! Sets of any size and of any values are sets: what is an element, and what is equal, does not depend on the order.

use super::*;
use proptest::prelude::*;

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (-2_i64..30).prop_map(Value::Long),
        "[a-c]{0,2}".prop_map(Value::String),
        "[a-c]".prop_map(|id| Value::Entity(crate::model::EntityRef::new("T", id))),
        (0_u8..20).prop_map(|n| Value::Extension("ip".into(), format!("10.0.0.{n}"))),
        (9_u8..12).prop_map(|n| Value::Extension("ip".into(), format!("10.0.0.0/{n}"))),
        Just(Value::Extension("ip".into(), "::1".to_owned())),
        (0_u8..3).prop_map(|n| Value::Extension("decimal".into(), format!("{n}.0"))),
        (0_u8..3).prop_map(|n| Value::Extension("duration".into(), format!("{n}ms"))),
        (1_u8..3).prop_map(|n| Value::Extension("datetime".into(), format!("2024-01-0{n}"))),
    ];
    leaf.prop_recursive(3, 60, 24, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..24).prop_map(Value::Set),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Set),
            prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(Value::Record),
        ]
    })
}

/// The value with its sets in order and each element once: equal where Cedar's values are.
fn plain(value: &Value) -> Value {
    match value {
        Value::Set(items) => {
            let mut items: Vec<Value> = items.iter().map(plain).collect();
            items.sort();
            items.dedup();
            Value::Set(items)
        }
        Value::Record(members) => Value::Record(
            members
                .iter()
                .map(|(key, member)| (key.clone(), plain(member)))
                .collect(),
        ),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_order_is_total_and_agrees_with_equality(a in values(), b in values(), c in values()) {
        let (ground, mut names) = (Bump::new(), Names::default());
        let [x, y, z] = [&a, &b, &c].map(|value| intern(&ground, &mut names, value).unwrap());
        prop_assert_eq!(x == y, plain(&a) == plain(&b));
        prop_assert_eq!(order(&x, &y).is_eq(), x == y);
        prop_assert_eq!(order(&x, &y), order(&y, &x).reverse());
        if order(&x, &y).is_le() && order(&y, &z).is_le() {
            prop_assert!(order(&x, &z).is_le());
        }
    }

    #[test]
    fn elements_are_found(
        items in prop::collection::vec(values(), 0..60),
        more in prop::collection::vec(values(), 0..6),
        turned in any::<bool>(),
        drop in 0_usize..3,
    ) {
        let (ground, mut names) = (Bump::new(), Names::default());
        let mut others: Vec<Value> = items.iter().skip(drop).chain(&more).cloned().collect();
        if turned {
            others.reverse();
            others.extend(items.iter().take(20).cloned());
        }
        let (one, other) = (Value::Set(items), Value::Set(others));
        let [a, b] = [&one, &other].map(|value| intern(&ground, &mut names, value).unwrap());
        let (Val::Set(a), Val::Set(b)) = (a, b) else { unreachable!() };
        let (Value::Set(left), Value::Set(right)) = (plain(&one), plain(&other)) else { unreachable!() };
        prop_assert_eq!(Val::Set(a) == Val::Set(b), left == right);
        prop_assert_eq!(subset(a, b), left.iter().all(|item| right.contains(item)));
        for item in left.iter().chain(&right) {
            let found = intern(&ground, &mut names, item).unwrap();
            prop_assert_eq!(contains(a, &found), left.contains(item));
            prop_assert_eq!(contains(b, &found), right.contains(item));
        }
    }
}
