//! One side of a comparison: a policy version that decides recorded actions.

use super::kind::Engine;
use super::pairing::Pairing;
use super::request::{By, Mapped, Meant, Patches};
use super::settle::Settled;
use super::typed::{fits, plain};
use super::verdict::{Standing, Verdict};
use crate::cedar::{
    self, BuiltRequest, CompiledPolicy, Context, EntityReads, EntityStore, Evaluated, Evaluation,
    PreparedRequest,
};
use crate::model::{
    Digest, Effect, EntityRef, FieldPath, NotReplayable, Outcome, RecordedAction, RecordedRequest,
    Request, Status,
};
use crate::repository::{Mapping, PolicyVersion};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// A policy version ready to decide.
#[derive(Clone)]
pub struct Side<'a> {
    version: &'a PolicyVersion,
    /// The name of each policy of the set, as both sides use it.
    names: Vec<Arc<str>>,
    engine: Engine,
    /// What the policies read beside the context, once that was asked.
    reads: OnceLock<Arc<EntityReads>>,
    /// What earlier calls of sessions changed.
    patches: Arc<Patches>,
    /// Entities that are looked up because policies name them, where those of others count, too.
    named: Option<Arc<BTreeSet<EntityRef>>>,
}

/// What became of one policy whose scope holds, for `explain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyStatus {
    /// The policy, by the name that both sides use.
    pub policy: Arc<str>,
    /// Its effect.
    pub effect: Effect,
    /// What became of it.
    pub status: Status,
    /// Cedar's message, where it raised an error.
    pub error: Option<String>,
    /// The first part of its condition that does not hold.
    pub blocking: Option<String>,
    /// The unknown fields that it reads.
    pub unknown: BTreeSet<FieldPath>,
    /// The file it stands in, and the byte offset there.
    pub place: (Arc<str>, usize),
}

/// The request of an action on one side.
pub(super) struct Asked<'r> {
    pub(super) mapped: Mapped,
    /// What was recorded beside it.
    pub(super) recorded: Option<&'r RecordedRequest>,
    /// The context, where Cedar's own parser read it.
    pub(super) context: Option<Context>,
}

impl<'a> Side<'a> {
    /// A side that stands alone, or the head of a comparison.
    pub fn head(version: &'a PolicyVersion) -> Self {
        let names = version
            .policies
            .policies()
            .iter()
            .map(|policy| policy.id.clone())
            .collect();
        Self {
            version,
            names,
            engine: Engine::default(),
            reads: OnceLock::new(),
            patches: Arc::default(),
            named: None,
        }
    }

    /// The base of a comparison: its policies bear the names that head knows them by.
    pub fn base(version: &'a PolicyVersion, pairing: &Pairing) -> Self {
        let names = version
            .policies
            .policies()
            .iter()
            .map(|policy| pairing.base_name(&policy.id))
            .collect();
        Self {
            version,
            names,
            engine: Engine::default(),
            reads: OnceLock::new(),
            patches: Arc::default(),
            named: None,
        }
    }

    /// The same side, decided by this engine.
    pub fn with_engine(self, engine: Engine) -> Self {
        Self { engine, ..self }
    }

    /// The same side with another version, which has the same policies.
    pub fn of<'b>(&self, version: &'b PolicyVersion) -> Side<'b> {
        Side {
            version,
            names: self.names.clone(),
            engine: self.engine,
            reads: OnceLock::new(),
            patches: Arc::default(),
            named: None,
        }
    }

    /// The same side, which also looks up what the policies of another one name.
    pub fn naming(mut self, other: &Side<'_>) -> Self {
        let named = self.named().union(other.named()).cloned().collect();
        self.named = Some(Arc::new(named));
        self
    }

    /// The entities that are looked up because policies name them, to read something of them.
    pub fn named(&self) -> &BTreeSet<EntityRef> {
        match &self.named {
            Some(named) => named,
            None => &self.reads().named,
        }
    }

    /// What its policies read of a request beside the context.
    pub fn reads(&self) -> &EntityReads {
        self.reads
            .get_or_init(|| Arc::new(self.version.policies.entity_reads()))
    }

    /// The digests of what its mapping and its schema say.
    pub fn digests(&self) -> (Option<&Digest>, Option<&Digest>) {
        (
            self.version.mapping.as_ref().map(|mapping| &mapping.digest),
            self.version.schema.as_ref().map(|schema| schema.digest()),
        )
    }

    /// The engine that decides.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Every policy with the name that both sides use for it.
    pub fn named_policies(&self) -> impl Iterator<Item = (&Arc<str>, &'a CompiledPolicy)> {
        self.names.iter().zip(self.version.policies.policies())
    }

    /// The version.
    pub fn version(&self) -> &'a PolicyVersion {
        self.version
    }

    /// Decides one recorded action.
    pub fn decide(&self, action: &RecordedAction) -> Verdict {
        let verdict = match self.request(action) {
            Err(reason) => Verdict::not_replayable(reason),
            Ok(asked) => match self.store(&asked) {
                Ok((store, fault)) => {
                    let verdict = match &asked.context {
                        Some(context) => {
                            let built = BuiltRequest::with_context(&asked.mapped.request, context);
                            self.decide_built(asked.mapped, built, &store)
                        }
                        None => self.decide_request(asked.mapped, &store),
                    };
                    let fault = fault.filter(|_| !action.has_dropped_attributes());
                    Verdict {
                        nonconforming: verdict.nonconforming.or(fault),
                        ..verdict
                    }
                }
                Err(_) => Verdict::not_replayable(NotReplayable::InvalidRequest),
            },
        };
        self.with_tool(verdict, action)
    }

    /// A verdict that names the tool, where it is not the one that was recorded and there is no request.
    pub(super) fn with_tool(&self, mut verdict: Verdict, action: &RecordedAction) -> Verdict {
        if matches!(verdict.outcome, Outcome::NotReplayable(_)) {
            verdict.tool = self.meant(action);
        }
        verdict
    }

    /// The tool that a router's call means.
    pub fn meant(&self, action: &RecordedAction) -> Option<String> {
        if let Some(corpus) = &action.corpus {
            return self.asked(corpus)?.tool.clone();
        }
        let (mapping, call) = (self.version.mapping.as_ref()?, action.call.as_ref()?);
        let meant = Meant::of(action, call, mapping)?;
        meant.router.map(|_| meant.tool.into_owned())
    }

    /// The request of an action on this side, with the entities that its mapping looks up for it, and for what policies
    /// name themselves.
    pub(super) fn request<'r>(
        &self,
        action: &'r RecordedAction,
    ) -> Result<Asked<'r>, NotReplayable> {
        let mut asked = self.asked_for(action)?;
        // A corpus holds all that was looked up.
        if let (Some(by), None) = (self.by(), &action.corpus)
            && by.mapping.looks_up()
        {
            let known = &mut asked.mapped.entities;
            if action.call.is_none() && known.is_empty() {
                let found = by.look_up(action, &asked.mapped.request);
                *known = found.map_err(|lost| lost.reason)?.json();
            }
            let named = self.named();
            if !named.is_empty() {
                let found = by.look_up_named(action, named, known)?;
                known.extend(found);
            }
        }
        Ok(asked)
    }

    /// By what calls are mapped.
    fn by(&self) -> Option<By<'_>> {
        Some(By {
            mapping: self.version.mapping.as_ref()?,
            schema: self.version.schema.as_ref()?,
            store: Some(&self.version.store),
            patches: Some(&self.patches),
        })
    }

    /// The recorded request where mapping and schema are those that made it, or where the action holds no call to map; else
    /// the call mapped anew.
    fn asked_for<'r>(&self, action: &'r RecordedAction) -> Result<Asked<'r>, NotReplayable> {
        let recorded = action.request.as_ref();
        let as_recorded = |recorded: &'r RecordedRequest| {
            let (request, context) = self
                .read(recorded)
                .map_err(|_| NotReplayable::InvalidRequest)?;
            Ok(Asked {
                mapped: Mapped {
                    request,
                    left_out: BTreeSet::new(),
                    entities: recorded.looked_up.clone(),
                },
                recorded: Some(recorded),
                context,
            })
        };
        let uses = self.version.mapping.as_ref().map(Mapping::uses);
        if let Some(corpus) = &action.corpus {
            uses.into_iter().for_each(|uses| uses.kept.set());
            return as_recorded(self.projected(corpus)?);
        }
        match (recorded, &action.call, &self.version.mapping) {
            (Some(recorded), None, _) | (Some(recorded), Some(_), None) => as_recorded(recorded),
            (Some(recorded), Some(_), Some(_)) if self.made_here(recorded) => {
                uses.into_iter().for_each(|uses| uses.brought.set());
                as_recorded(recorded)
            }
            (_, Some(call), Some(_)) => {
                let by = self.by().ok_or(NotReplayable::NoMapping)?;
                by.map(action, call).map(|mapped| Asked {
                    mapped,
                    recorded,
                    context: None,
                })
            }
            (None, Some(_), None) => Err(NotReplayable::NoMapping),
            (None, None, _) => Err(NotReplayable::NoCall),
        }
    }

    /// The request of an action on this side, for a record that has no entities of its own.
    pub(super) fn mapped(&self, action: &RecordedAction) -> Result<Mapped, NotReplayable> {
        self.request(action).map(|asked| asked.mapped)
    }

    /// Whether both sides have the same schema, mapping and entities.
    pub fn decides_by_the_same(&self, other: &Side<'_>) -> bool {
        let looks_up = self.looks_up() && self.version.mapping != other.version.mapping;
        self.maps_like(other) && !looks_up && self.version.store.same(&other.version.store)
    }

    /// Whether both sides make the same request of every action.
    pub(super) fn maps_like(&self, other: &Side<'_>) -> bool {
        self.digests() == other.digests()
    }

    /// A recorded request, read as the schema says; the context by Cedar's parser where ours does not surely know it, and
    /// always where Cedar decides, so that nothing of ours stands between the recording and Cedar.
    fn read(&self, recorded: &RecordedRequest) -> Result<(Request, Option<Context>), String> {
        let written = &recorded.cedar;
        let schema = self.version.schema.as_ref();
        let info = schema.and_then(|schema| schema.action(&written.action));
        let ty = info.and_then(|info| info.context.as_ref());
        let (context, by_cedar) = match (plain(&written.context, ty), self.engine) {
            (Some(ours), Engine::Compiled | Engine::Interpreted) => (ours, None),
            (ours, _) => {
                let read = Context::read(&written.context, &written.action, schema)?;
                // What is shown does not depend on the engine.
                (ours.map_or_else(|| read.lowered(), Ok)?, Some(read))
            }
        };
        let request = Request {
            principal: written.principal.clone(),
            action: written.action.clone(),
            resource: written.resource.clone(),
            context,
            unknown: written.unknown.clone(),
        };
        Ok((request, by_cedar))
    }

    /// The request of an action, where it is taken as it was recorded and Cedar has values for it.
    pub fn recorded_request(&self, action: &RecordedAction) -> Option<Request> {
        let recorded = match &action.corpus {
            Some(corpus) => self.projected(corpus).ok()?,
            None => action.request.as_ref()?,
        };
        let (request, _) = self.read(recorded).ok()?;
        Some(request)
    }

    fn made_here(&self, recorded: &RecordedRequest) -> bool {
        let schema = self.version.schema.as_ref().map(|schema| schema.digest());
        let mapping = self.version.mapping.as_ref().map(|mapping| &mapping.digest);
        recorded.mapping.is_some()
            && recorded.mapping.as_ref() == mapping
            && recorded.schema.as_ref() == schema
    }

    /// The request of an action, and why it does not conform to the schema; it is not decided.
    pub fn judge(
        &self,
        action: &RecordedAction,
    ) -> Result<(Mapped, Option<String>), NotReplayable> {
        let asked = self.request(action)?;
        let request = &asked.mapped.request;
        let invalid = |_| NotReplayable::InvalidRequest;
        let built = match &asked.context {
            Some(context) => BuiltRequest::with_context(request, context),
            None => BuiltRequest::build(request),
        };
        let built = built.map_err(invalid)?;
        let (_, fault) = self.store(&asked).map_err(invalid)?;
        let nonconforming = self.nonconforming(request, || Some(&built));
        let fault = fault.filter(|_| !action.has_dropped_attributes());
        Ok((asked.mapped, nonconforming.or(fault)))
    }

    /// Decides one request with these entities.
    pub fn decide_request(&self, mapped: Mapped, store: &EntityStore) -> Verdict {
        let built = BuiltRequest::build(&mapped.request);
        self.decide_built(mapped, built, store)
    }

    fn decide_built(
        &self,
        mapped: Mapped,
        built: Result<BuiltRequest, String>,
        store: &EntityStore,
    ) -> Verdict {
        let Ok(built) = built else {
            return Verdict::not_replayable(NotReplayable::InvalidRequest);
        };
        let standing = self.standing(&built, store);
        let nonconforming = self.nonconforming(&mapped.request, || Some(&built));
        Verdict::settled(mapped, standing, nonconforming)
    }

    /// How the policies stand to a request.
    pub(super) fn standing(&self, built: &BuiltRequest, store: &EntityStore) -> Standing {
        let prepared = PreparedRequest {
            request: built,
            entities: store,
        };
        let evaluated = match self.engine {
            Engine::Reference if built.has_no_unknown() && store.is_known() => {
                cedar::authorized(&self.version.policies, prepared)
            }
            Engine::Compiled | Engine::Interpreted | Engine::Reference => {
                Evaluation::new(&self.version.policies).evaluate(prepared)
            }
        };
        let mut standing = Standing::default();
        for found in &evaluated {
            standing.reads(found.status, &found.unknown, found.lacks);
            standing.policies.extend(self.settled(found));
        }
        standing
    }

    /// Why a request does not conform to the schema, where it does not. It is only built where Cedar must judge.
    pub(super) fn nonconforming<'b>(
        &self,
        request: &Request,
        built: impl FnOnce() -> Option<&'b BuiltRequest>,
    ) -> Option<String> {
        let schema = self.version.schema.as_ref()?;
        if self.engine != Engine::Reference && fits(request, schema) {
            return None;
        }
        built()?.conforms(schema).err()
    }

    fn settled(&self, found: &Evaluated) -> Option<Settled> {
        Some(Settled {
            policy: self.names.get(found.policy)?.clone(),
            effect: self.version.policies.policies().get(found.policy)?.effect,
            status: found.status,
        })
    }

    /// The status of every policy whose scope holds, with what blocked it. The error says why there is no request.
    pub fn explain(
        &self,
        action: &RecordedAction,
    ) -> Result<(Verdict, Vec<PolicyStatus>), NotReplayable> {
        let asked = self.request(action)?;
        let (store, _) = self
            .store(&asked)
            .map_err(|_| NotReplayable::InvalidRequest)?;
        self.explain_request(asked.mapped, &store)
    }

    /// The same for a request.
    pub fn explain_request(
        &self,
        mapped: Mapped,
        store: &EntityStore,
    ) -> Result<(Verdict, Vec<PolicyStatus>), NotReplayable> {
        let built =
            BuiltRequest::build(&mapped.request).map_err(|_| NotReplayable::InvalidRequest)?;
        let prepared = PreparedRequest {
            request: &built,
            entities: store,
        };
        let evaluation = Evaluation::new(&self.version.policies);
        let statuses = evaluation
            .evaluate(prepared)
            .into_iter()
            .filter_map(|found| {
                let policy = self.version.policies.policies().get(found.policy)?;
                let blocking = match found.status {
                    Status::Satisfied => None,
                    Status::NotSatisfied
                    | Status::Error
                    | Status::NotSatisfiedOrError
                    | Status::Unknown => evaluation.blocking(found.policy, prepared),
                };
                Some(PolicyStatus {
                    policy: self.names.get(found.policy)?.clone(),
                    effect: policy.effect,
                    status: found.status,
                    error: found.error,
                    blocking,
                    unknown: found.unknown,
                    place: (policy.file.clone(), policy.span.start),
                })
            })
            .collect();
        Ok((self.decide_request(mapped, store), statuses))
    }
}
