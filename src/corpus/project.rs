//! A recorded action → what of it the policies of both versions read.

use super::key::HashKey;
use super::tree::Tree;
use crate::cedar::EntityReads;
use crate::engine::{Side, Verdict};
use crate::model::{
    DroppedPart, EntityRef, Json, Outcome, Projected, ProjectedRequest, RecordedAction,
    RecordedDecision, RecordedRequest, Request, ToolCall,
};
use std::collections::BTreeSet;

/// What is kept beside what policies surely read, from the least to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Nothing.
    Nothing,
    /// Who acts, and to what.
    Names,
    /// That, and all attributes of the entities that came with the request.
    Entities,
}

impl Beside {
    pub(super) const ALL: [Beside; 3] = [Beside::Nothing, Beside::Names, Beside::Entities];
}

/// What both versions read.
pub(super) struct Projector {
    tree: Tree,
    reads: EntityReads,
    key: Option<HashKey>,
}

/// In the place of a name that is not kept.
const DROPPED: &str = "dropped";

impl Projector {
    pub(super) fn new(sides: &[&Side<'_>], key: Option<HashKey>) -> Self {
        let reads = sides.iter().fold(EntityReads::default(), |reads, side| {
            reads.and(side.reads())
        });
        Self {
            tree: Tree::of(sides),
            reads,
            key,
        }
    }

    /// An action with what both sides read of it, and nothing else. It has no id, and stands for itself alone.
    pub(super) fn project(
        &self,
        action: &RecordedAction,
        sides: &[(&Side<'_>, &Verdict)],
        beside: Beside,
    ) -> RecordedAction {
        let mut asked: Vec<ProjectedRequest> = Vec::new();
        for (side, verdict) in sides {
            let (mapping, schema) = side.digests();
            let known = asked
                .iter()
                .any(|asked| (asked.mapping.as_ref(), asked.schema.as_ref()) == (mapping, schema));
            if !known {
                asked.push(self.asked(action, side, verdict, beside));
            }
        }
        // The tools of what has no request are counted.
        let lost = asked.iter().any(|asked| asked.reason.is_some());
        let call = action.call.as_ref().filter(|_| lost);
        let session = action.session.as_deref();
        RecordedAction {
            session: session.and_then(|name| Some(self.key.as_ref()?.hash("session", name))),
            agent: action.agent.clone(),
            call: call.map(|call| ToolCall {
                tool: call.tool.clone(),
                args: None,
                result: None,
            }),
            recorded: action.recorded.as_ref().map(|recorded| RecordedDecision {
                decision: recorded.decision,
                determining: None,
                policy_version: None,
            }),
            corpus: Some(Projected { count: 1, asked }),
            ..RecordedAction::new("")
        }
    }

    fn asked(
        &self,
        action: &RecordedAction,
        side: &Side<'_>,
        verdict: &Verdict,
        beside: Beside,
    ) -> ProjectedRequest {
        let (mapping, schema) = side.digests();
        let mut asked = ProjectedRequest {
            mapping: mapping.cloned(),
            schema: schema.cloned(),
            request: None,
            reason: None,
            tool: None,
            dropped: BTreeSet::new(),
            dropped_attributes: BTreeSet::new(),
            named: BTreeSet::new(),
        };
        match (&verdict.request, &verdict.outcome) {
            (_, Outcome::NotReplayable(reason)) => {
                asked.reason = Some(*reason);
                asked.tool = verdict.tool.clone();
            }
            (Some(request), _) => {
                if side.looks_up() {
                    asked.named = side.named().clone();
                }
                asked.request = Some(self.request(action, side, request, beside, &mut asked));
            }
            // What was decided has a request; without one there is nothing that holds for it.
            (None, _) => {}
        }
        asked
    }

    fn request(
        &self,
        action: &RecordedAction,
        side: &Side<'_>,
        request: &Request,
        beside: Beside,
        asked: &mut ProjectedRequest,
    ) -> RecordedRequest {
        let schema = side.version().schema.as_ref();
        let info = schema.and_then(|schema| schema.action(&request.action));
        let ty = info.and_then(|info| info.context.as_ref());
        let mut kept = self.tree.project(request, ty);
        let mut entities = side.own_entities(action);
        if beside != Beside::Entities {
            for entity in &mut entities {
                asked.dropped_attributes.append(&mut self.strip(entity));
            }
        }
        // An entity that came with the request is found by its name.
        if beside == Beside::Nothing && entities.is_empty() {
            if !self.reads.principal {
                asked.dropped.insert(DroppedPart::Principal);
                kept.principal = self.nameless("principal", &kept.principal);
            }
            if !self.reads.resource {
                asked.dropped.insert(DroppedPart::Resource);
                kept.resource = self.nameless("resource", &kept.resource);
            }
        }
        RecordedRequest {
            cedar: kept.into(),
            entities,
            looked_up: Vec::new(),
            mapping: None,
            schema: None,
        }
    }

    fn nameless(&self, kind: &str, uid: &EntityRef) -> EntityRef {
        let id = match &self.key {
            Some(key) => key.hash(kind, &uid.id),
            None => DROPPED.to_owned(),
        };
        EntityRef::new(uid.ty.clone(), id)
    }

    /// Takes the attributes out that no policy reads by name, whatever entity it reads them of; says which.
    fn strip(&self, entity: &mut Json) -> BTreeSet<String> {
        let mut gone = BTreeSet::new();
        if let Json::Object(members) = entity
            && let Some(Json::Object(attributes)) = members.get_mut("attrs")
        {
            attributes.retain(|name, _| {
                let read = self.reads.attributes.contains(name);
                if !read {
                    gone.insert(name.clone());
                }
                read
            });
        }
        gone
    }
}
