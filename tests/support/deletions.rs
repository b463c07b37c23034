//! Arguments deleted at random from recorded calls, what is decided without them, and what other values in their place
//! would have made of it.

use agentauthz::engine::Side;
use agentauthz::model::{Decision, Json, Outcome, RecordedAction, ToolCall};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers as good as random, always the same.
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }
}

/// What was counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub records: u64,
    /// Calls of which something was deleted.
    pub deleted: u64,
    pub allow: u64,
    pub deny: u64,
    /// Decided although a policy reads what was deleted or is unknown.
    pub rescued: u64,
    pub undecidable: u64,
    /// Undecidable ones of which two fillings that conform to the schema are decided differently.
    pub proven: u64,
    pub no_request: u64,
}

/// Every value that was seen of an argument, by tool and argument.
type Pool = BTreeMap<String, BTreeMap<String, Vec<Json>>>;

fn pool(actions: &[RecordedAction]) -> Pool {
    let mut pool = Pool::new();
    for call in actions.iter().filter_map(|action| action.call.as_ref()) {
        let Some(Json::Object(args)) = &call.args else {
            continue;
        };
        let of_tool = pool.entry(call.tool.clone()).or_default();
        for (name, value) in args {
            let seen = of_tool.entry(name.clone()).or_default();
            if !seen.contains(value) {
                seen.push(value.clone());
            }
        }
    }
    pool
}

/// What stands at the borders of types.
fn borders() -> Vec<Json> {
    let text = |text: &str| Json::String(text.to_owned());
    vec![
        Json::Null,
        Json::Int(0),
        Json::Int(-1),
        Json::Int(i64::MAX),
        Json::Float(1000.0),
        Json::Float(1000.0001),
        Json::Bool(true),
        text(""),
        text("http://elsewhere.example/"),
    ]
}

/// The action without some arguments, and their names; three in ten of those that have any.
fn delete(
    action: &RecordedAction,
    pool: &Pool,
    dice: &mut Dice,
) -> Option<(RecordedAction, Vec<String>)> {
    let call = action.call.as_ref()?;
    let Some(Json::Object(args)) = &call.args else {
        return None;
    };
    if args.is_empty() || dice.below(10) >= 3 {
        return None;
    }
    let without = |args| {
        let call = ToolCall {
            tool: call.tool.clone(),
            args,
            result: None,
        };
        RecordedAction {
            call: Some(call),
            ..action.clone()
        }
    };
    // A recording that holds no arguments at all does not say which there were.
    if dice.below(8) == 0 {
        let names = pool.get(&call.tool)?.keys().cloned().collect();
        return Some((without(None), names));
    }
    let names: Vec<&String> = args.keys().collect();
    let one = names[dice.below(names.len())];
    let mark = Json::Object(BTreeMap::from([(
        "$unknown".to_owned(),
        Json::String("deleted".to_owned()),
    )]));
    let mut left = args.clone();
    let mut gone = Vec::new();
    for name in names {
        if name == one || dice.below(2) == 0 {
            left.insert(name.clone(), mark.clone());
            gone.push(name.clone());
        }
    }
    Some((without(Some(Json::Object(left))), gone))
}

/// Whether two ways to fill arguments in are decided differently. Only what has the schema's type, or is absent where it
/// may be, is decided: anything else would be unknown again.
fn depends(
    side: &Side<'_>,
    action: &RecordedAction,
    fields: &[String],
    pool: &Pool,
    dice: &mut Dice,
) -> bool {
    let Some(call) = &action.call else {
        return false;
    };
    let args = match &call.args {
        Some(Json::Object(args)) => args.clone(),
        _ => BTreeMap::new(),
    };
    let seen = pool.get(&call.tool);
    let candidates: Vec<(&String, Vec<Json>)> = fields
        .iter()
        .map(|field| {
            let mut values = seen
                .and_then(|seen| seen.get(field))
                .cloned()
                .unwrap_or_default();
            values.extend(borders());
            (field, values)
        })
        .collect();
    let mut decisions = BTreeSet::new();
    let mut differ = |args: BTreeMap<String, Json>| {
        let call = ToolCall {
            tool: call.tool.clone(),
            args: Some(Json::Object(args)),
            result: None,
        };
        let filled = RecordedAction {
            call: Some(call),
            ..action.clone()
        };
        decisions.extend(side.decide(&filled).outcome.decision());
        decisions.len() > 1
    };
    if differ(args.clone()) {
        return true;
    }
    for (field, values) in &candidates {
        for value in values {
            let mut args = args.clone();
            args.insert((*field).clone(), value.clone());
            if differ(args) {
                return true;
            }
        }
    }
    for _ in 0..20_000 {
        let mut args = args.clone();
        for (field, values) in &candidates {
            args.insert((*field).clone(), values[dice.below(values.len())].clone());
        }
        if differ(args) {
            return true;
        }
    }
    false
}

/// Deletes arguments from 30 % of the calls that have any, and holds every decision to the one of the full record. Gives what is left of
/// the actions, what was counted, and the undecidable ones of which no two fillings were decided differently.
pub fn tried(
    side: &Side<'_>,
    actions: &[RecordedAction],
    seed: u64,
) -> (Vec<RecordedAction>, Counted, Vec<String>) {
    let (pool, mut dice) = (pool(actions), Dice(seed));
    let mut counted = Counted::default();
    let (mut left, mut unproven) = (Vec::new(), Vec::new());
    for action in actions {
        counted.records += 1;
        let deleted = delete(action, &pool, &mut dice);
        counted.deleted += u64::from(deleted.is_some());
        let (without, mut fields) = deleted.unwrap_or_else(|| (action.clone(), Vec::new()));
        let (full, verdict) = (side.decide(action), side.decide(&without));
        match &verdict.outcome {
            Outcome::Decided(answer) => {
                assert_eq!(
                    verdict.outcome.decision(),
                    full.outcome.decision(),
                    "{}",
                    action.id
                );
                let is = full.outcome.answer().unwrap();
                assert!(
                    answer.determining.is_subset(&is.determining),
                    "{}",
                    action.id
                );
                assert!(answer.errors.is_subset(&is.errors), "{}", action.id);
                counted.allow += u64::from(answer.decision == Some(Decision::Allow));
                counted.deny += u64::from(answer.decision == Some(Decision::Deny));
                counted.rescued += u64::from(verdict.lacks);
            }
            Outcome::Undecidable(_, wanting) => {
                assert!(verdict.lacks && !wanting.is_empty());
                counted.undecidable += 1;
                // What was recorded without its type is unknown, too.
                fields.extend(wanting.iter().filter_map(|path| path.0.last().cloned()));
                fields.sort();
                fields.dedup();
                match depends(side, action, &fields, &pool, &mut dice) {
                    true => counted.proven += 1,
                    false => unproven.push(format!("{} {:?} {fields:?}", action.id, action.call)),
                }
            }
            Outcome::NotReplayable(reason) => {
                assert_eq!(full.outcome, Outcome::NotReplayable(*reason));
                counted.no_request += 1;
            }
        }
        left.push(without);
    }
    (left, counted, unproven)
}
