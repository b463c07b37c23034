//! Conditions of policies. With distinct thresholds no threshold stands twice, so that nothing is gained by sharing.

use super::rng::Rng;
use super::time;
use super::world::*;
use std::collections::BTreeSet;

/// Makes conditions.
#[derive(Debug)]
pub struct Conditions {
    distinct: bool,
    used: BTreeSet<String>,
}

impl Conditions {
    /// With thresholds that are all different, or taken from a few round ones.
    pub fn new(distinct: bool) -> Self {
        Self {
            distinct,
            used: BTreeSet::new(),
        }
    }

    /// A threshold that was not there before, or one of the coarse ones.
    fn threshold(
        &mut self,
        rng: &mut Rng,
        kind: &str,
        fine: impl Fn(&mut Rng) -> String,
        coarse: &[&str],
    ) -> String {
        if !self.distinct {
            return (*rng.pick(coarse)).to_owned();
        }
        loop {
            let text = fine(rng);
            if self.used.insert(format!("{kind} {text}")) {
                return text;
            }
        }
    }

    fn amount(&mut self, rng: &mut Rng, low: usize, high: usize) -> String {
        let coarse = ["100", "500", "1000", "5000", "20000", "50000", "100000"];
        self.threshold(
            rng,
            "amount",
            |rng| rng.between(low, high).to_string(),
            &coarse,
        )
    }

    fn price(&mut self, rng: &mut Rng) -> String {
        let fine = |rng: &mut Rng| format!("{}.{:02}", rng.below(2_000), rng.below(100));
        self.threshold(rng, "price", fine, &["10.00", "99.99", "250.0", "1000.00"])
    }

    fn risk(&mut self, rng: &mut Rng, low: usize, high: usize) -> String {
        let coarse = ["100000", "300000", "500000", "800000"];
        self.threshold(
            rng,
            "risk",
            |rng| rng.between(low, high).to_string(),
            &coarse,
        )
    }

    fn grade(&mut self, rng: &mut Rng, kind: &str) -> String {
        let fine = |rng: &mut Rng| rng.below(4_000).to_string();
        self.threshold(rng, kind, fine, &["500", "1000", "2000", "3000"])
    }

    fn moment(&mut self, rng: &mut Rng) -> String {
        let fine = |rng: &mut Rng| time::moment(rng.below(90 * 86_400));
        let coarse = [
            "2026-06-15T00:00:00Z",
            "2026-07-01T00:00:00Z",
            "2026-08-01T00:00:00Z",
        ];
        self.threshold(rng, "moment", fine, &coarse)
    }

    fn pattern(&mut self, rng: &mut Rng) -> String {
        let fine = |rng: &mut Rng| match rng.below(3) {
            0 => format!("u{}*@*{}", rng.below(500), rng.pick(&DOMAINS)),
            1 => format!(
                "*{}@d{:03}.{}",
                rng.below(10),
                rng.below(300),
                rng.pick(&DOMAINS)
            ),
            _ => format!("*@d{:03}.{}", rng.below(300), rng.pick(&DOMAINS)),
        };
        let coarse = ["*@*acme.example", "*@*evil.test", "*@*.example", "u1*"];
        self.threshold(rng, "pattern", fine, &coarse)
    }

    fn range(&mut self, rng: &mut Rng) -> String {
        let fine = |rng: &mut Rng| {
            format!(
                "10.{}.{}.0/{}",
                rng.below(256),
                rng.below(256),
                rng.between(9, 17)
            )
        };
        self.threshold(
            rng,
            "range",
            fine,
            &["10.0.0.0/9", "10.128.0.0/10", "10.0.0.0/8"],
        )
    }

    fn minutes(&mut self, rng: &mut Rng, low: usize, high: usize) -> String {
        let fine = |rng: &mut Rng| {
            let from = rng.between(low, high - 120);
            let to = rng.between(from + 60, high);
            format!(
                "context.hour * 60 + context.minute >= {from} && context.hour * 60 + context.minute < {to}"
            )
        };
        let coarse = [
            "context.hour >= 6 && context.hour < 18",
            "context.hour >= 8 && context.hour < 20",
            "context.hour >= 0 && context.hour < 5",
        ];
        self.threshold(rng, "minutes", fine, &coarse)
    }

    fn labels(&mut self, rng: &mut Rng, of: &str) -> String {
        let labels = rng.pick_some(&LABELS, 2);
        match rng.below(4) {
            0 => format!("{of}.contains(\"{}\")", labels[0]),
            1 => format!("{of}.containsAll([{}])", list(&labels)),
            2 => format!("!{of}.isEmpty()"),
            _ => format!("{of}.containsAny([{}])", list(&labels)),
        }
    }

    /// A condition of a permit: of most kinds it holds more often than not.
    pub fn permit(&mut self, rng: &mut Rng) -> String {
        let input = "context.input has";
        match rng.below(22) {
            0 | 1 => format!(
                "({input} amount && context.input.amount <= {})",
                self.amount(rng, 50, 150_000)
            ),
            2 => format!(
                "({input} recipient && context.input.recipient like \"{}\")",
                self.pattern(rng)
            ),
            3 | 4 => match self.distinct {
                true => format!(
                    "principal.clearance + {} >= resource.sensitivity",
                    self.grade(rng, "margin")
                ),
                false => "principal.clearance >= resource.sensitivity".to_owned(),
            },
            5 => format!(
                "(context has approval && context.approval.approved && context.approval.by in Team::\"team{:03}\")",
                rng.below(DEPARTMENTS)
            ),
            6 => "principal.owner == resource.owner".to_owned(),
            7 => self.labels(rng, "principal.labels"),
            8 | 9 => format!("({})", self.minutes(rng, 240, 1_380)),
            10 => format!("context.ip.isInRange(ip(\"{}\"))", self.range(rng)),
            11 | 12 => format!("context.session.risk < {}", self.risk(rng, 100_000, RISKS)),
            13 => format!("context.env == \"{}\"", rng.pick(&ENVIRONMENTS)),
            14 => format!(
                "[{}].contains(context.channel)",
                list(&rng.pick_some(&CHANNELS, 3))
            ),
            15 => format!(
                "(context has price && context.price.lessThanOrEqual(decimal(\"{}\")))",
                self.price(rng)
            ),
            16 => format!("context.started >= datetime(\"{}\")", self.moment(rng)),
            17 => {
                let fine = |rng: &mut Rng| format!("{}m{}s", rng.below(1_200), rng.below(60));
                let least = self.threshold(rng, "time", fine, &["6h", "8h", "10h"]);
                format!("context.started.toTime() >= duration(\"{least}\")")
            }
            18 => self.labels(rng, "context.labels"),
            19 => format!(
                "(if context.session.mfa then context.session.risk < {} else context.session.risk <= {})",
                self.risk(rng, 500_000, RISKS),
                self.risk(rng, 0, 500_000)
            ),
            20 => format!(
                "(resource.hasTag(\"region\") && resource.getTag(\"region\") != \"{}\")",
                rng.pick(&REGIONS)
            ),
            _ => format!(
                "(if resource has retained then resource.retained < context.started.offset(duration(\"{}h\")) else true)",
                rng.below(2_000)
            ),
        }
    }

    /// A condition of a forbid: it holds less often than not.
    pub fn forbid(&mut self, rng: &mut Rng) -> String {
        let input = "context.input has";
        match rng.below(13) {
            0 | 1 => format!(
                "({input} amount && context.input.amount > {})",
                self.amount(rng, 5_000, 160_000)
            ),
            2 => format!(
                "({input} recipient && context.input.recipient like \"{}\")",
                self.pattern(rng)
            ),
            3 => self.labels(rng, "resource.labels"),
            4 => format!("({})", self.minutes(rng, 0, 400)),
            5 => format!(
                "(context.env == \"{}\" && !context.session.mfa && context.session.risk > {})",
                rng.pick(&ENVIRONMENTS),
                self.risk(rng, 100_000, RISKS)
            ),
            6 | 7 => format!(
                "(context has approval && context.approval.by.level < {})",
                self.grade(rng, "level")
            ),
            8 => format!(
                "(context has price && context.price.greaterThan(decimal(\"{}\")))",
                self.price(rng)
            ),
            9 => format!(
                "context.session.risk - {} > {}",
                rng.below(1_000),
                self.risk(rng, 300_000, RISKS)
            ),
            10 => format!(
                "(resource is Record && resource.hasTag(\"region\") && resource.getTag(\"region\") == \"{}\" && context.ip.isInRange(ip(\"{}\")))",
                rng.pick(&REGIONS),
                self.range(rng)
            ),
            11 => format!("context.started < datetime(\"{}\")", self.moment(rng)),
            _ => format!(
                "({input} amount && -context.input.amount < -{} && context.channel != \"{}\")",
                self.amount(rng, 1_000, 160_000),
                rng.pick(&CHANNELS)
            ),
        }
    }

    /// Conditions of a forbid that holds for everything: they type for records and tools, and hardly ever hold.
    pub fn guard(&mut self, rng: &mut Rng) -> Vec<String> {
        let amount = self.threshold(
            rng,
            "guard",
            |rng| rng.between(140_000, 160_000).to_string(),
            &["150000", "155000"],
        );
        let risk = self.risk(rng, 900_000, RISKS);
        let first = match rng.below(2) {
            0 => format!("(context.input has amount && context.input.amount > {amount})"),
            // An error, where nobody knows the approver.
            _ => format!("(context has approval && context.approval.by.level * 25 > {amount})"),
        };
        vec![first, format!("context.session.risk > {risk}")]
    }
}
