//! Recorded actions, line by line, byte for byte as they are written by the project itself.

use super::forms::Forms;
use super::rng::{Rng, Zipf};
use super::time::moment;
use super::world::*;
use super::{Contexts, Spec, Touched};
use std::fmt::Write as _;

/// Seconds between two actions of the recording, 90 days for a million.
const STEP: usize = 8;
const HOT: usize = 20_000;

/// What was asked: the same words may be asked again.
#[derive(Debug, Clone)]
struct Asked {
    touched: Touched,
    /// As JSON.
    request: String,
}

/// An endless recording.
pub struct Records<'a> {
    spec: &'a Spec,
    world: &'a World,
    forms: Forms,
    rng: Rng,
    agents: Zipf,
    verbs: Zipf,
    users: Zipf,
    records: Zipf,
    often: Zipf,
    hot: Vec<Asked>,
    number: usize,
}

impl<'a> Records<'a> {
    /// From the start.
    pub fn new(spec: &'a Spec, world: &'a World) -> Self {
        let mut records = Self {
            spec,
            world,
            forms: Forms::new(spec, world),
            rng: Rng::new(spec.seed, "recording"),
            agents: Zipf::steep(AGENTS),
            verbs: Zipf::steep(VERBS.len()),
            users: Zipf::gentle(USERS),
            records: Zipf::steep(world.records / SYSTEMS),
            often: Zipf::steep(HOT),
            hot: Vec::new(),
            number: 0,
        };
        let hot = if spec.contexts == Contexts::Distinct {
            0
        } else {
            HOT
        };
        for _ in 0..hot {
            let asked = records.ask();
            records.hot.push(asked);
        }
        records
    }

    /// Appends the next line, with its line feed, and says what it touches.
    pub fn line(&mut self, out: &mut String) -> Touched {
        let asked = match !self.hot.is_empty() && self.rng.chance(500) {
            true => {
                let place = self.often.sample(&mut self.rng);
                self.hot[place].clone()
            }
            false => self.ask(),
        };
        let Asked { touched, request } = asked;
        let second = self.number * STEP + self.rng.below(STEP);
        let agent = touched.agent;
        let _ = write!(
            out,
            r#"{{"version":1,"id":"a{:08}","session":"s{agent:04}-{}","time":"{}","agent":"agent{agent:04}",{}"#,
            self.number,
            second / 14_400,
            moment(second),
            self.forms.member(&request),
        );
        if self.spec.recorded {
            let decision = if self.rng.chance(500) {
                "allow"
            } else {
                "deny"
            };
            let _ = write!(out, r#","recorded":{{"decision":"{decision}"}}"#);
        }
        out.push_str("}\n");
        self.number += 1;
        touched
    }

    fn ask(&mut self) -> Asked {
        let agent = self.agents.sample(&mut self.rng);
        let system = match self.rng.chance(900) {
            true => *self.rng.pick(&self.world.agents[agent].systems),
            false => self.rng.below(SYSTEMS),
        };
        // What is done often differs from system to system.
        let verb = (self.verbs.sample(&mut self.rng) + 7 * system) % VERBS.len();
        let record =
            (verb < TOOL_VERBS).then(|| self.records.sample(&mut self.rng) * SYSTEMS + system);
        let resource = match record {
            Some(record) => format!(r#"{{"type":"Record","id":"rec{record:06}"}}"#),
            None => {
                let tool = self.rng.below(TOOLS);
                format!(r#"{{"type":"Tool","id":"tool{system:02}.{tool:02}"}}"#)
            }
        };
        let mut request = format!(
            r#"{{"cedar":{{"principal":{{"type":"Agent","id":"agent{agent:04}"}},"action":{{"type":"Action","id":"{}"}},"resource":{resource},"context":"#,
            action(system, verb)
        );
        self.context(agent, verb, &mut request);
        request.push_str("}}");
        Asked {
            touched: Touched {
                agent,
                system,
                verb,
                record,
            },
            request,
        }
    }

    /// Keys stand in the order of their bytes, as a map of Cedar values is written.
    fn context(&mut self, agent: usize, verb: usize, out: &mut String) {
        let rng = &mut self.rng;
        out.push('{');
        if rng.chance(200) {
            let _ = write!(
                out,
                r#""approval":{{"approved":{},"by":{{"__entity":{{"type":"User","id":"user{:03}"}}}}}},"#,
                rng.chance(800),
                self.users.sample(rng)
            );
        }
        let minute = rng.between(5 * 60, 23 * 60);
        let _ = write!(
            out,
            r#""channel":"{}","env":"{}","hour":{},"input":{{"#,
            rng.pick(&CHANNELS),
            rng.pick(&ENVIRONMENTS),
            minute / 60
        );
        let mut input: Vec<String> = Vec::new();
        if verb >= 5 && rng.chance(800) {
            input.push(format!(r#""amount":{}"#, rng.amount()));
        }
        if self.spec.contexts == Contexts::Large {
            input.push(format!(r#""body":"{}""#, body(rng)));
        }
        let distinct = self.spec.contexts == Contexts::Distinct;
        if distinct || rng.chance(200) {
            let ticket = if distinct {
                self.number
            } else {
                rng.below(5_000)
            };
            input.push(format!(
                r#""note":"ticket {ticket} — please handle \"soon\"""#
            ));
        }
        if matches!(VERBS[verb], "send" | "share" | "invite") || rng.chance(100) {
            let (user, domain) = (self.users.sample(rng), rng.pick(&DOMAINS));
            input.push(format!(
                r#""recipient":"u{user}@d{:03}.{domain}""#,
                rng.below(300)
            ));
        }
        let count = rng.below(4);
        let labels = rng.pick_some(&LABELS, count);
        let _ = write!(
            out,
            r#"{}}},"ip":{{"__extn":{{"arg":"10.{}.{}.{}","fn":"ip"}}}},"labels":[{}],"minute":{}"#,
            input.join(","),
            rng.below(256),
            agent % 250,
            rng.between(1, 255),
            list(&labels),
            minute % 60
        );
        if rng.chance(400) {
            let _ = write!(
                out,
                r#","price":{{"__extn":{{"arg":"{}.{:02}","fn":"decimal"}}}}"#,
                rng.below(2_000),
                rng.below(100)
            );
        }
        let risk = rng.below(RISKS) * rng.below(RISKS) / RISKS;
        let _ = write!(
            out,
            r#","session":{{"id":"s{:04}","mfa":{},"risk":{risk}}},"#,
            rng.below(4_000),
            rng.chance(700)
        );
        let started = moment(rng.below(90 * 86_400));
        match self.spec.contexts {
            Contexts::Natural | Contexts::Distinct | Contexts::Large => {
                let _ = write!(
                    out,
                    r#""started":{{"__extn":{{"arg":"{started}","fn":"datetime"}}}}"#
                );
            }
            Contexts::Odd => {
                let _ = write!(
                    out,
                    r#""started":{{"__extn":{{"fn":"offset","args":[{{"__extn":{{"arg":"{started}","fn":"datetime"}}}},{{"__extn":{{"arg":"-{}ms","fn":"duration"}}}}]}}}},"undeclared":["bell \u0007",[{{"nested":[]}}]]"#,
                    rng.below(1_000)
                );
            }
        }
        out.push('}');
    }
}

/// Two kilobytes of text as agents write it, with escapes.
fn body(rng: &mut Rng) -> String {
    const WORDS: [&str; 12] = [
        "please",
        "transfer",
        "the",
        "amount",
        "of",
        "invoice",
        r"\n",
        r"\ttotal:",
        "für",
        r#"\"as agreed\""#,
        "and",
        "confirm",
    ];
    let mut text = String::new();
    while text.len() < 2_000 {
        let word = *rng.pick(&WORDS);
        text.push_str(word);
        text.push(' ');
    }
    text
}
