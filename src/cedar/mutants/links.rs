//! Mutants of template links: one is left out, or fills a slot with another entity.

use super::world::World;
use super::{Maker, Mutant, Operator, Replaced, fingerprint, linked};
use crate::cedar::Link;
use crate::cedar::policy_set::compile;
use crate::model::{EntityRef, Sources, Span};

/// One of the two slots of a link.
type Slot = fn(&mut Link) -> &mut Option<EntityRef>;

/// The mutants of the links of a template, in the order of the links.
pub(super) fn mutants(maker: &Maker<'_>, world: &World<'_>, sources: &Sources) -> Vec<Mutant> {
    let mut out = Vec::new();
    for instance in &maker.instances {
        let Some(link) = instance.link else {
            continue;
        };
        let text = Text::of(link);
        let line = sources.get(&link.file);
        let line = line.map_or(1, |file| file.line_column(link.span.start).0);
        let mutant = |operator: Operator, span: Span, with: String, by: Option<&Link>| {
            let new = by.map(|link| Text::of(link).whole).unwrap_or_default();
            let by = match by {
                Some(link) => {
                    let linked = linked(maker.policy, &link.id, link)?;
                    let template = Some(maker.id.clone());
                    let id = link.id.clone();
                    Some(compile(&linked, id, maker.policy, template))
                }
                None => None,
            };
            Some(Mutant {
                policy: link.id.clone(),
                operator,
                file: link.file.clone(),
                line,
                original: text.whole.clone().into(),
                span,
                with,
                replaced: vec![Replaced {
                    place: instance.place,
                    by,
                }],
                fingerprint: fingerprint(&link.id, operator, &text.whole, &new),
            })
        };
        let whole = Span::new(0, text.whole.len());
        let dropped = Operator::LinkDropped;
        // To leave out the only link is to leave out the template.
        if maker.instances.len() > 1 {
            out.extend(mutant(dropped, whole, String::new(), None));
        }
        let slots: [(Span, Slot); 2] = [
            (text.principal, |link| &mut link.principal),
            (text.resource, |link| &mut link.resource),
        ];
        for (span, slot) in slots {
            let mut with = link.clone();
            let filled = slot(&mut with);
            let Some(sibling) = filled.as_ref().and_then(|uid| world.sibling(uid)) else {
                continue;
            };
            *filled = Some(sibling.clone());
            out.extend(mutant(
                Operator::SiblingReplaced,
                span,
                sibling.to_string(),
                Some(&with),
            ));
        }
    }
    out
}

/// A link as reports show it, its parts in the order of the file format, entities as Cedar writes them.
struct Text {
    whole: String,
    /// What fills `?principal`.
    principal: Span,
    /// What fills `?resource`.
    resource: Span,
}

impl Text {
    fn of(link: &Link) -> Self {
        let mut whole = format!(
            "id: {}\ntemplate: {}\n",
            link.id.escape_debug(),
            link.template.escape_debug()
        );
        let mut add = |name: &str, slot: &Option<EntityRef>| {
            let Some(uid) = slot else {
                return Span::new(0, 0);
            };
            whole.push_str(name);
            let (start, written) = (whole.len(), uid.to_string());
            whole.push_str(&written);
            whole.push('\n');
            Span::new(start, written.len())
        };
        let principal = add("principal: ", &link.principal);
        let resource = add("resource: ", &link.resource);
        Self {
            whole,
            principal,
            resource,
        }
    }
}
