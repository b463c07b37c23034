//! AZ502: a negation of a negation.

use super::shared_edits::{fitted, replace, short, written};
use super::shared_terms::{Binding, Keys, Known, binding, gives_bool, placed};
use crate::cedar::{BinaryOperator, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ502",
    slug: "double-negation",
    title: "two negations say what none would say",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("double-negation.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let mut keys = Keys::default();
    for place in placed(&policy.syntax) {
        let around = place.parent.map(|parent| &parent.kind);
        if matches!(around, Some(TermKind::Not(_))) {
            continue;
        }
        let (mut inner, mut negations) = (place.term, 0);
        while let TermKind::Not(next) = &inner.kind {
            (inner, negations) = (next, negations + 1);
        }
        if negations == 0 {
            continue;
        }
        let (text, binds) = match &inner.kind {
            TermKind::Binary(BinaryOperator::NotEq, sides) => {
                let operator = if negations % 2 == 0 { "!=" } else { "==" };
                let [left, right] = sides
                    .each_ref()
                    .map(|side| fitted(policy, side, Binding::Sum));
                (format!("{left} {operator} {right}"), Binding::Relation)
            }
            _ if negations == 1 => continue,
            _ if negations % 2 == 1 => (
                format!("!{}", fitted(policy, inner, Binding::Member)),
                Binding::Unary,
            ),
            _ => (written(policy, inner), binding(policy, inner)),
        };
        // What is no boolean is an error under a `!`; it must be one without it, too.
        let known = match negations % 2 == 1 || place.truth {
            true => Some(Known::ByForm),
            false => gives_bool(policy, inner),
        };
        let said = short(policy.text(place.term.span));
        let message = match policy.has_places() {
            true => format!("`{said}` says `{}` with two negations", short(&text)),
            false => "a negation negates another one".to_owned(),
        };
        let finding = found
            .policy(policy, place.term.span, message)
            .help("say it without them: who reviews a rule should not have to count negations");
        keys.tell_apart(finding);
        if let Some(known) = known
            && let Some(edit) = replace(policy, &place, text.clone(), binds)
        {
            finding.fix(format!("write `{}`", short(&text)), [edit]);
            // The negations make an error of what a request that does not conform may bring.
            if known == Known::BySchema {
                finding.rests_on_schema(FixKind::Repair);
            }
        }
    }
}
