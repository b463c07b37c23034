//! Data to measure with: complete policy repositories in two versions, and recordings of what their agents did.
//!
//! Everything follows from a [`Spec`]: the same specification gives the same bytes on every machine, forever; a change
//! here raises [`VERSION`]. 1,000 agents in 40 roles use 1,000 actions of 50 systems on records and tools; 70 % of the
//! policies are permits. Everything conforms to the schema, but for [`Contexts::Odd`].
#![allow(dead_code, reason = "each program that includes this uses a part")]

mod conditions;
mod forms;
pub mod logs;
mod policies;
mod records;
mod rng;
mod time;
mod world;

pub use policies::{Link, Policies, Policy};
pub use records::Records;
pub use world::World;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// Raised whenever the same specification gives other bytes.
pub const VERSION: u32 = 1;

/// What to generate.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Seed of everything.
    pub seed: u64,
    /// Policies of base, links included.
    pub policies: usize,
    /// Records; with everything else, 20,000 of them come to 24,000 entities.
    pub records: usize,
    /// How thresholds are drawn.
    pub thresholds: Thresholds,
    /// What changes.
    pub impact: Impact,
    /// What contexts look like.
    pub contexts: Contexts,
    /// How deep roles lie in roles.
    pub hierarchy: Hierarchy,
    /// Policies that hold for every principal, action and resource.
    pub unscoped: usize,
    /// Whether actions say what was decided.
    pub recorded: bool,
    /// What actions hold.
    pub form: Form,
    /// Whether head has a comment in its schema that base does not have.
    pub comment: bool,
}

/// What recorded actions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The request, as an enforcement point records it.
    Request,
    /// The tool call alone: a mapping makes the same request of it.
    Call,
    /// The request, and the entity of its resource as it was then.
    WithEntity,
}

/// How the thresholds in conditions are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thresholds {
    /// No threshold stands twice.
    Distinct,
    /// A few round ones.
    Shared,
}

/// Which policies change from base to head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impact {
    /// Some that, taken together, hold for at most a twenty-fifth of the actions.
    Little,
    /// Any that have a scope, and one for all agents of a role.
    Natural,
    /// Those, and one that holds for everything.
    Everything,
}

/// What contexts look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contexts {
    /// Half of the requests are drawn from 20,000 that recur.
    Natural,
    /// No context occurs twice.
    Distinct,
    /// 2 kB each.
    Large,
    /// Values that need Cedar to be understood: a computed datetime, a control character, an attribute of the wrong
    /// shape that the schema does not know.
    Odd,
}

/// How deep roles lie in roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hierarchy {
    /// 40 roles, two deep.
    Flat,
    /// 100 roles, 100 deep.
    Deep,
}

/// What an action touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touched {
    /// The agent.
    pub agent: usize,
    /// The system.
    pub system: usize,
    /// The verb.
    pub verb: usize,
    /// The record, where it is not a tool.
    pub record: Option<usize>,
}

impl Spec {
    /// So many policies, and the rest as the goals say: distinct thresholds, natural changes.
    pub fn new(policies: usize) -> Self {
        Self {
            seed: 42,
            policies,
            records: 20_000,
            thresholds: Thresholds::Distinct,
            impact: Impact::Natural,
            contexts: Contexts::Natural,
            hierarchy: Hierarchy::Flat,
            unscoped: (policies / 200).max(1),
            recorded: false,
            form: Form::Request,
            comment: false,
        }
    }

    /// Names it, with version and seed, for files.
    pub fn name(&self) -> String {
        format!(
            "v{VERSION}-seed{}-{}-{}-{:?}-{:?}-{:?}-{:?}-{}unscoped{}{}{}",
            self.seed,
            self.policies,
            self.records,
            self.thresholds,
            self.impact,
            self.contexts,
            self.hierarchy,
            self.unscoped,
            if self.recorded { "-recorded" } else { "" },
            match self.form {
                Form::Request => "",
                Form::Call => "-call",
                Form::WithEntity => "-withentity",
            },
            if self.comment { "-comment" } else { "" },
        )
        .to_lowercase()
    }
}

/// Everything of a specification but the recording.
#[derive(Debug)]
pub struct Data {
    /// The specification.
    pub spec: Spec,
    /// Entities.
    pub world: World,
    /// The policies of both versions.
    pub policies: Policies,
}

/// One of the two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The older one.
    Base,
    /// The newer one.
    Head,
}

/// How many actions are looked at to bound what a change affects.
const SAMPLE: usize = 5_000;

impl Data {
    /// Generates it.
    pub fn new(spec: Spec) -> Self {
        let world = World::new(&spec);
        let mut records = Records::new(&spec, &world);
        let mut line = String::new();
        let sample: Vec<Touched> = (0..SAMPLE)
            .map(|_| {
                line.clear();
                records.line(&mut line)
            })
            .collect();
        drop(records);
        let policies = Policies::new(&spec, &world, &sample);
        Self {
            spec,
            world,
            policies,
        }
    }

    fn side(&self, version: Version) -> &[Policy] {
        match version {
            Version::Base => &self.policies.base,
            Version::Head => &self.policies.head,
        }
    }

    /// The files of a repository.
    pub fn files(&self, version: Version) -> BTreeMap<String, String> {
        let mut files = self.policies.files(self.side(version));
        files.extend(world::schema_files());
        files.extend(self.world.entity_files());
        files.insert("agents.yaml".to_owned(), self.world.agents_yaml());
        if self.spec.form == Form::Call {
            files.insert("mapping.yaml".to_owned(), forms::mapping());
        }
        if self.spec.comment && version == Version::Head {
            let schema = files.entry("schema/types.cedarschema".to_owned());
            schema
                .or_default()
                .insert_str(0, "// Who and what there is.\n");
        }
        let manifest = format!("version: 1\nname: {}\n", self.spec.name());
        files.insert("agentauthz.yaml".to_owned(), manifest);
        files
    }

    /// Policies and templates as one text, for tools that read one file.
    pub fn policies_text(&self, version: Version) -> String {
        let files = self.policies.files(self.side(version));
        let texts = files.iter().filter(|(path, _)| path.ends_with(".cedar"));
        texts
            .map(|(_, text)| text.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The template links.
    pub fn links(&self, version: Version) -> Vec<Link> {
        self.policies.links(self.side(version))
    }

    /// The schema as one text.
    pub fn schema_text(&self) -> String {
        world::schema_files()
            .into_iter()
            .map(|(_, text)| text)
            .collect()
    }

    /// The share of these actions for which the scope of a changed policy holds.
    pub fn affected(&self, touched: &[Touched]) -> f64 {
        let changed = self.policies.changed();
        let affected = touched.iter().filter(|touched| {
            changed
                .iter()
                .any(|policy| policy.covers(&self.world, touched))
        });
        affected.count() as f64 / touched.len().max(1) as f64
    }

    /// The first actions of the recording, and what they touch.
    pub fn recording(&self, actions: usize) -> (String, Vec<Touched>) {
        let mut records = Records::new(&self.spec, &self.world);
        let mut text = String::with_capacity(actions * 700);
        let touched = (0..actions).map(|_| records.line(&mut text)).collect();
        (text, touched)
    }

    /// Writes the first actions of the recording.
    pub fn write_recording(&self, actions: usize, out: &mut impl Write) -> io::Result<()> {
        let mut records = Records::new(&self.spec, &self.world);
        let mut lines = String::new();
        for number in 1..=actions {
            records.line(&mut lines);
            if number % 1_000 == 0 || number == actions {
                out.write_all(lines.as_bytes())?;
                lines.clear();
            }
        }
        out.flush()
    }

    /// Writes `base/` and `head/`.
    pub fn write_repositories(&self, directory: &Path) -> io::Result<()> {
        for (name, version) in [("base", Version::Base), ("head", Version::Head)] {
            for (path, text) in self.files(version) {
                let path = directory.join(name).join(path);
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                std::fs::write(path, text)?;
            }
        }
        Ok(())
    }
}
