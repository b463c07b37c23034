//! The replay against the naive script (measure 2), against merely parsing (3), on two cores (5), and the worst cases.

use crate::data::{Contexts, Data, Hierarchy, Impact, Spec};
use crate::measure::{Goal, Report, better, interleaved, rate, spend};
use crate::product::{Loaded, Mode, chunks, first};
use crate::script::{Script, classes, merely_parse, said};
use std::hint::black_box;

/// A measure of the replay phase.
struct Case {
    name: &'static str,
    spec: Spec,
    /// Against the script; worst cases promise nothing.
    goal: Option<f64>,
    /// Against the script with nothing skipped.
    full: Option<(&'static str, f64)>,
    /// Against merely parsing.
    floor: Option<(&'static str, f64)>,
}

fn cases() -> Vec<Case> {
    let case = |name, spec, goal| Case {
        name,
        spec,
        goal,
        full: None,
        floor: None,
    };
    let thousand = || Spec::new(1_000);
    vec![
        case("replay_10", Spec::new(10), Some(50.0)),
        case("replay_100", Spec::new(100), Some(250.0)),
        Case {
            full: Some(("full_1000", 500.0)),
            floor: Some(("parse_1000", 3.0)),
            ..case("replay_1000", thousand(), Some(1_000.0))
        },
        Case {
            floor: Some(("parse_1000_little_affected", 1.5)),
            ..case(
                "replay_1000_little_affected",
                Spec {
                    impact: Impact::Little,
                    ..thousand()
                },
                Some(1_000.0),
            )
        },
        Case {
            floor: Some(("parse_1000_all_affected", 3.0)),
            ..case(
                "replay_1000_all_affected",
                Spec {
                    impact: Impact::Everything,
                    ..thousand()
                },
                Some(1_000.0),
            )
        },
        Case {
            full: Some(("full_10000", 3_000.0)),
            floor: Some(("parse_10000", 4.0)),
            ..case("replay_10000", Spec::new(10_000), Some(10_000.0))
        },
        case(
            "shown_100_all_affected",
            Spec {
                impact: Impact::Everything,
                ..Spec::new(100)
            },
            None,
        ),
        case(
            "shown_10000_all_affected",
            Spec {
                impact: Impact::Everything,
                ..Spec::new(10_000)
            },
            None,
        ),
        case(
            "worst_distinct_contexts",
            Spec {
                contexts: Contexts::Distinct,
                ..thousand()
            },
            None,
        ),
        case(
            "worst_large_contexts",
            Spec {
                contexts: Contexts::Large,
                ..thousand()
            },
            None,
        ),
        case(
            "worst_odd_contexts",
            Spec {
                contexts: Contexts::Odd,
                impact: Impact::Everything,
                ..thousand()
            },
            None,
        ),
        case(
            "worst_deep_hierarchy",
            Spec {
                hierarchy: Hierarchy::Deep,
                ..thousand()
            },
            None,
        ),
        case(
            "worst_100000_entities",
            Spec {
                records: 96_000,
                ..thousand()
            },
            None,
        ),
        case(
            "worst_200_unscoped",
            Spec {
                unscoped: 200,
                impact: Impact::Everything,
                ..thousand()
            },
            None,
        ),
    ]
}

/// How many actions the script decides: enough to be measured, few enough to be waited for.
fn prefix(policies: usize, quick: bool) -> usize {
    let actions = match policies {
        0..=10 => 20_000,
        11..=100 => 4_000,
        101..=1_000 => 400,
        _ => 60,
    };
    if quick { actions / 2 } else { actions }
}

/// Runs all cases.
pub fn run(report: &mut Report, actions: usize) {
    for case in cases() {
        let names: Vec<&str> = [
            Some(case.name),
            case.full.map(|full| full.0),
            case.floor.map(|floor| floor.0),
        ]
        .into_iter()
        .flatten()
        .chain((case.name == "replay_1000").then_some("two_cores_replay"))
        .collect();
        if report.wants(&names) {
            one(report, &case, actions);
        }
    }
}

fn one(report: &mut Report, case: &Case, actions: usize) {
    let worst = case.goal.is_none();
    let actions = if worst { actions / 5 } else { actions };
    let rounds = if report.quick { 2 } else { 3 };
    let data = Data::new(case.spec.clone());
    let (text, touched) = data.recording(actions);
    let few = first(&text, prefix(case.spec.policies, report.quick));
    let decided = few.lines().count();
    let script = Script::new(&data);
    let loaded = Loaded::new(&data);

    let theirs: Vec<_> = few
        .lines()
        .map(|line| {
            let (base, head) = script.decide(line);
            (said(&base), said(&head))
        })
        .collect();
    let ours = loaded.say(few);
    assert_eq!(ours.len(), theirs.len());
    for (number, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        assert_eq!(
            ours,
            theirs,
            "{}: line {} is decided otherwise than by Cedar",
            case.name,
            number + 1
        );
    }
    let expected = classes(&theirs);
    for mode in [Mode::Changed, Mode::Full, Mode::Interpreted] {
        let counted = loaded.prepared(mode, |replay| replay.product_replay(few));
        let counted = counted
            .classes
            .iter()
            .map(|(class, tally)| (*class, tally.actions))
            .collect();
        assert_eq!(
            expected, counted,
            "{}: {mode:?}: other classes than Cedar's answers have",
            case.name
        );
    }
    let errors = theirs
        .iter()
        .filter(|(base, head)| !base.errors.is_empty() || !head.errors.is_empty());
    let allowed = theirs.iter().filter(|(base, _)| base.allow);
    let equal = format!(
        "equal to Cedar: {decided} actions on both sides, decision, determining policies, errors and classes; base allows {}, {} have errors, {} are not unchanged",
        allowed.count(),
        errors.count(),
        theirs.iter().filter(|(base, head)| base != head).count()
    );
    drop((ours, theirs));

    let mut counted = (0, 0);
    let (naive, fast) = loaded.prepared(Mode::Changed, |replay| {
        interleaved(
            rounds,
            || {
                few.lines()
                    .for_each(|line| drop(black_box(script.decide(line))))
            },
            || {
                let changes = black_box(replay.product_replay(&text));
                counted = (changes.unaffected, changes.interpreted);
            },
        )
    });
    let share = |count: u64| 100.0 * count as f64 / actions as f64;
    let affected = format!(
        "affected: {:.2} % of the actions by the generator's own count; not evaluated {:.2} %, left to the interpreter {:.2} %",
        100.0 * data.affected(&touched[..touched.len().min(100_000)]),
        share(counted.0),
        share(counted.1),
    );
    let ratio =
        |spent: crate::measure::Spent| naive.wall / decided as f64 / (spent.wall / actions as f64);
    let script_rate = rate("script, one thread, on a prefix", decided, naive);
    let figures = [
        script_rate.clone(),
        rate("replay, one thread", actions, fast),
        affected.clone(),
        equal,
        data.spec.name(),
    ];
    let goal = case
        .goal
        .map_or(Goal::Shown("x"), |goal| Goal::AtLeast(goal, "x"));
    report.line(case.name, ratio(fast), goal, &figures);

    if case.name == "worst_odd_contexts" {
        let part = first(&text, actions / 10);
        let lines = part.lines().count();
        let mut best = [None, None];
        for _ in 0..rounds {
            for (mode, best) in [Mode::Interpreted, Mode::Changed]
                .into_iter()
                .zip(&mut best)
            {
                let spent = loaded.prepared(mode, |replay| {
                    spend(|| black_box(replay.product_replay(part))).0
                });
                *best = Some(better(*best, spent));
            }
        }
        if let [Some(interpreted), Some(compiled)] = best {
            let figures = [
                rate("the interpreter alone", lines, interpreted),
                rate("the compiled engine, handing over", lines, compiled),
            ];
            let name = "odd_contexts_against_interpreter";
            report.line(
                name,
                interpreted.wall / compiled.wall,
                Goal::AtLeast(0.9, "x"),
                &figures,
            );
        }
    }
    if let Some((name, goal)) = case.full {
        let mut best = None;
        loaded.prepared(Mode::Full, |replay| {
            for _ in 0..rounds {
                best = Some(better(
                    best,
                    spend(|| black_box(replay.product_replay(&text))).0,
                ));
            }
        });
        if let Some(full) = best {
            let figures = [
                script_rate,
                rate("everything evaluated, one thread", actions, full),
            ];
            report.line(name, ratio(full), Goal::AtLeast(goal, "x"), &figures);
        }
    }
    let pieces = chunks(&text);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if let Some((name, goal)) = case.floor {
        let all = pool(cores);
        loaded.prepared(Mode::Changed, |replay| {
            let (floor, ours) = interleaved(
                rounds,
                || {
                    use rayon::prelude::*;
                    black_box(all.install(|| {
                        pieces
                            .par_iter()
                            .map(|piece| merely_parse(piece))
                            .sum::<usize>()
                    }));
                },
                || drop(black_box(replay.on(&all, &pieces))),
            );
            let (floor_one, ours_one) = interleaved(
                1,
                || _ = black_box(merely_parse(&text)),
                || drop(black_box(replay.product_replay(&text))),
            );
            let figures = [
                rate(&format!("parsing alone, {cores} cores"), actions, floor),
                rate(&format!("replay, {cores} cores"), actions, ours),
                rate("parsing alone, one thread", actions, floor_one),
                rate("replay, one thread", actions, ours_one),
                affected.clone(),
            ];
            report.line(
                name,
                ours.wall / floor.wall,
                Goal::AtMost(goal, "x"),
                &figures,
            );
        });
    }
    if case.name == "replay_1000" {
        if cores < 2 {
            return report.skipped("two_cores_replay", "there is one core");
        }
        let (one, two) = (pool(1), pool(2));
        loaded.prepared(Mode::Changed, |replay| {
            let (alone, both) = interleaved(
                rounds,
                || drop(replay.on(&one, &pieces)),
                || drop(replay.on(&two, &pieces)),
            );
            let figures = [
                rate("one thread", actions, alone),
                rate("two threads", actions, both),
            ];
            report.line(
                "two_cores_replay",
                alone.wall / both.wall,
                Goal::AtLeast(1.7, "x"),
                &figures,
            );
        });
    }
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads start")
}
