//! `cargo bench --bench ratios`: one line a measure, `name measured goal ok|short`, and below it the figures behind it.
//!
//! Baseline and product take turns in one process with the same allocator, the best round of each counts, after a sample
//! of the same data was decided alike. Arguments: `quick` for smaller data, `actions=N`, `only=TEXT` for the measures
//! whose names hold it (`only=TEXT$`: end like it), `ten-million` for memory with ten times as many actions. `write=DIRECTORY` writes
//! the data to try by hand and measures nothing, with `policies=N` (1,000) and `actions=N`. `docs/performance.md` says more.

#[path = "../data/mod.rs"]
mod data;
#[path = "../../tests/support/agentdojo.rs"]
mod rules;

mod agentdojo;
mod binary;
mod check;
mod equal;
mod importers;
mod lint;
mod measure;
mod product;
mod replay;
mod script;

/// The allocator of the binary, for the script, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let (mut quick, mut only, mut actions) = (false, None, None);
    let (mut write, mut policies) = (None, 1_000);
    let mut ten_times = std::env::var_os("AGENTAUTHZ_BENCH_TEN_MILLION").is_some();
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some(("only", name)) => only = Some(name.to_owned()),
            Some(("write", directory)) => write = Some(directory.to_owned()),
            Some(("actions", number)) => actions = Some(positive(number)),
            Some(("policies", number)) => policies = positive(number),
            _ if argument == "quick" => quick = true,
            _ if argument == "ten-million" => ten_times = true,
            // What `cargo bench` adds.
            _ if argument == "--bench" => {}
            _ => {
                eprintln!(
                    "`{argument}` is no argument; there are `quick`, `only=TEXT`, `actions=N`, `ten-million`, `write=DIRECTORY` and `policies=N`"
                );
                std::process::exit(2);
            }
        }
    }
    let actions = actions.unwrap_or(if quick { 100_000 } else { 1_000_000 });
    if let Some(directory) = write {
        return binary::write(&directory, policies, actions);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "agentauthz {}, data version {}, {actions} actions, {cores} cores",
        env!("CARGO_PKG_VERSION"),
        data::VERSION
    );
    let mut report = measure::Report::new(only, quick);
    // The floor of memory first: the binary runs beside nothing else.
    binary::end_to_end(&mut report, actions, ten_times);
    binary::cores_and_compression(&mut report, actions);
    check::measure(&mut report);
    lint::measure(&mut report);
    agentdojo::measure(&mut report);
    importers::measure(&mut report);
    replay::run(&mut report, actions);
    report.finish();
}

fn positive(number: &str) -> usize {
    match number.parse() {
        Ok(number) if number > 0 => number,
        Ok(_) | Err(_) => {
            eprintln!("`{number}` is no number above zero");
            std::process::exit(2);
        }
    }
}
