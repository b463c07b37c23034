//! The replay against the naive script (measure 2), against merely parsing (3), on two cores (5), and the worst cases.

use crate::data::{Contexts, Data, Form, Hierarchy, Impact, Spec};
use crate::equal;
use crate::measure::{Goal, Report, Spent, better, interleaved, rate, spend};
use crate::product::{Loaded, Mode, chunks, first};
use crate::script::{Script, merely_parse, said};
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
    /// Of so many actions, one is replayed.
    part: usize,
    /// Whether the compiled engine leaves every action to the interpreter.
    left: bool,
}

fn cases() -> Vec<Case> {
    let case = |name, spec, goal| Case {
        name,
        spec,
        goal,
        full: None,
        floor: None,
        part: if goal.is_some() { 1 } else { 5 },
        left: false,
    };
    let left = |name, spec, part| Case {
        part,
        left: true,
        ..case(name, spec, None)
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
        left(
            "worst_odd_contexts",
            Spec {
                contexts: Contexts::Odd,
                impact: Impact::Everything,
                ..thousand()
            },
            100,
        ),
        left(
            "worst_tool_calls",
            Spec {
                form: Form::Call,
                ..thousand()
            },
            100,
        ),
        left(
            "worst_own_entities",
            Spec {
                form: Form::WithEntity,
                records: 1_000,
                ..thousand()
            },
            20_000,
        ),
        case(
            "worst_recorded_decisions",
            Spec {
                recorded: true,
                ..thousand()
            },
            None,
        ),
        case(
            "worst_schema_comment",
            Spec {
                comment: true,
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
        .chain((case.name == "worst_odd_contexts").then_some("odd_contexts_against_interpreter"))
        .collect();
        if report.wants(&names) {
            one(report, &case, actions);
        }
    }
}

fn one(report: &mut Report, case: &Case, actions: usize) {
    let actions = actions.div_ceil(case.part);
    // What is held to a goal here is looked at more often: a machine that is shared is quiet only now and then.
    let rounds = match (report.quick, case.goal) {
        (true, _) => 2,
        (false, Some(_)) => 7,
        (false, None) => 3,
    };
    let data = Data::new(case.spec.clone());
    let (text, touched) = data.recording(actions);
    let few = first(&text, prefix(case.spec.policies, report.quick));
    let decided = few.lines().count();
    // A script has nothing that maps calls: it is given the requests.
    let requests = (case.spec.form == Form::Call).then(|| {
        let spec = Spec {
            form: Form::Request,
            ..case.spec.clone()
        };
        Data::new(spec).recording(decided).0
    });
    let requests = requests.as_deref().unwrap_or(few);
    let script = Script::new(&data);
    let loaded = Loaded::new(&data);

    let theirs: Vec<_> = requests
        .lines()
        .map(|line| {
            let (base, head) = script.decide(line);
            (said(&base), said(&head))
        })
        .collect();
    let equal = equal::hold(case.name, &loaded, few, case.left, &theirs);
    drop(theirs);
    let scripted = || {
        requests
            .lines()
            .for_each(|line| drop(black_box(script.decide(line))))
    };

    let mut counted = (0, 0);
    let (naive, fast) = loaded.prepared(Mode::Changed, |replay| {
        interleaved(rounds, scripted, || {
            let changes = black_box(replay.product_replay(&text));
            counted = (changes.unaffected, changes.interpreted);
        })
    });
    let share = |count: u64| 100.0 * count as f64 / actions as f64;
    let affected = format!(
        "affected: {:.2} % of the actions by the generator's own count; not evaluated {:.2} %, left to the interpreter {:.2} %",
        100.0 * data.affected(&touched[..touched.len().min(100_000)]),
        share(counted.0),
        share(counted.1),
    );
    let ratio =
        |naive: Spent, ours: Spent| naive.wall / decided as f64 / (ours.wall / actions as f64);
    let script_rate = |naive| rate("script, one thread, on a prefix", decided, naive);
    let figures = [
        script_rate(naive),
        rate("replay, one thread", actions, fast),
        affected.clone(),
        equal,
        data.spec.name(),
    ];
    let goal = case
        .goal
        .map_or(Goal::Shown("x"), |goal| Goal::AtLeast(goal, "x"));
    report.line(case.name, ratio(naive, fast), goal, &figures);

    if case.name == "worst_odd_contexts" {
        let mut best = [None, None];
        for _ in 0..rounds {
            for (mode, best) in [Mode::Interpreted, Mode::Changed]
                .into_iter()
                .zip(&mut best)
            {
                let spent = loaded.prepared(mode, |replay| {
                    spend(|| black_box(replay.product_replay(&text))).0
                });
                *best = Some(better(*best, spent));
            }
        }
        if let [Some(interpreted), Some(compiled)] = best {
            let figures = [
                rate("the interpreter alone", actions, interpreted),
                rate("the compiled engine, handing over", actions, compiled),
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
        let (naive, full) = loaded.prepared(Mode::Full, |replay| {
            interleaved(rounds, scripted, || {
                drop(black_box(replay.product_replay(&text)))
            })
        });
        let figures = [
            script_rate(naive),
            rate("everything evaluated, one thread", actions, full),
        ];
        report.line(name, ratio(naive, full), Goal::AtLeast(goal, "x"), &figures);
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
