//! Scope widened and narrowed.

use super::{Draft, Operator};
use crate::cedar::mutants::sites::{Part, Sites, Test};
use crate::cedar::mutants::world::{Around, World};

pub(super) fn drafts(sites: &Sites<'_>, around: &Around<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for part in &sites.scope {
        let (wider, narrower) = others(sites, around, part);
        let draft = |operator: Operator, demand: Option<String>| {
            let variable = sites.at(part.variable);
            let with = match demand {
                Some(demand) => format!("{variable} {demand}"),
                None => variable.to_owned(),
            };
            Draft::new(operator, part.span, with)
        };
        let wider = wider.into_iter();
        drafts.extend(wider.map(|demand| draft(Operator::ScopeWidened, demand)));
        let narrower = narrower.into_iter();
        drafts.extend(narrower.map(|demand| draft(Operator::ScopeNarrowed, Some(demand))));
    }
    drafts
}

/// What else a scope could demand of a variable: more widely, where nothing is no demand at all, and more narrowly.
fn others(
    sites: &Sites<'_>,
    around: &Around<'_>,
    part: &Part,
) -> (Vec<Option<String>>, Vec<String>) {
    let is = part.is.map(|is| sites.at(is));
    let Some(test) = &part.test else {
        let wider = is.map(|_| None);
        return (wider.into_iter().collect(), Vec::new());
    };
    let name = sites.at(test.span);
    let (mut wider, mut narrower) = (Vec::new(), Vec::new());
    match (is, test.equal) {
        (Some(ty), _) => {
            wider.push(Some(format!("is {ty}")));
            wider.push(Some(format!("in {name}")));
            narrower.push(format!("== {name}"));
        }
        (None, true) => {
            if around
                .filled(test, sites.at(part.variable))
                .iter()
                .any(|uid| around.world.may_hold(uid))
            {
                wider.push(Some(format!("in {name}")));
            }
            wider.extend(above(around.world, test));
            wider.push(None);
        }
        (None, false) => {
            if !test.list {
                narrower.push(format!("== {name}"));
            }
            wider.push(None);
        }
    }
    (wider, narrower)
}

/// Between one entity and any: those of its type; for an action, its groups.
fn above(world: &World<'_>, test: &Test) -> Vec<Option<String>> {
    let Some(uid) = &test.entity else {
        return Vec::new();
    };
    if World::is_action(uid) {
        let groups = world.groups(uid).into_iter();
        return groups.map(|group| Some(format!("in {group}"))).collect();
    }
    vec![Some(format!("is {}", uid.ty))]
}
