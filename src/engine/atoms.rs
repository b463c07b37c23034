//! Which parts of a policy hold for a recorded action.

use super::side::Side;
use crate::cedar::{BuiltRequest, Evaluation, PreparedRequest};
use crate::model::{RecordedAction, Request};

impl Side<'_> {
    /// The request of an action on this side, and for each of these policies, by its place in the set, which of its parts hold
    /// (`CompiledPolicy::atoms`). Nothing where there is no request.
    pub fn atoms(
        &self,
        action: &RecordedAction,
        policies: &[usize],
    ) -> Option<(Request, Vec<Vec<bool>>)> {
        let asked = self.request(action).ok()?;
        let (store, _) = self.store(&asked).ok()?;
        let request = asked.mapped.request;
        let built = match &asked.context {
            Some(context) => BuiltRequest::with_context(&request, context),
            None => BuiltRequest::build(&request),
        };
        let built = built.ok()?;
        let prepared = PreparedRequest {
            request: &built,
            entities: &store,
        };
        let evaluation = Evaluation::new(&self.version().policies);
        let found = policies.iter().map(|at| evaluation.atoms(*at, prepared));
        let found = found.collect();
        Some((request, found))
    }

    /// The places of the policies in the set that both sides know by this name.
    pub fn places(&self, is: impl Fn(&std::sync::Arc<str>) -> bool) -> Vec<usize> {
        let policies = self.named_policies().enumerate();
        let those = policies.filter(|(_, (name, _))| is(name));
        those.map(|(at, _)| at).collect()
    }
}
