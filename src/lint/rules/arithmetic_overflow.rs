//! AZ104: arithmetic on numbers that nothing bounds.

use super::shared_demands::{demanded, scope_terms};
use super::shared_logic::Known;
use super::shared_normal::constant;
use super::shared_within::before;
use crate::cedar::{BinaryOperator, Demand, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::{Policy, Trust};
use crate::lint::found::Found;
use crate::model::{Span, Value};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ104",
    slug: "arithmetic-overflow",
    title: "arithmetic on a number without bounds can leave the range of 64 bits and raise an error",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("arithmetic-overflow.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for clause in &policy.syntax.clauses {
        visit(policy, &clause.body, None, found);
    }
}

/// The outermost arithmetic alone: what it is made of overflows with it.
fn visit(policy: &Policy<'_>, term: &Term, parent: Option<&Term>, found: &mut Found<'_>) {
    if !is_arithmetic(term) {
        for part in term.parts() {
            visit(policy, part, Some(term), found);
        }
        return;
    }
    let of_scope = scope_terms(&policy.syntax);
    let mut holds = demanded(&of_scope);
    holds.extend(before(&policy.syntax, term));
    if Ranges::of(holds).range(term).is_some() {
        inside(policy, term, found);
        return;
    }
    let by_agent = policy.trust(term) == Some(Trust::Agent);
    let sure = by_agent || term.is_constant();
    let level = match (policy.is_forbid(), sure) {
        (true, true) => LintLevel::Error,
        (true, false) | (false, true) => LintLevel::Warning,
        (false, false) => LintLevel::Info,
    };
    let effect = super::shared_validator::skipped(policy);
    let number = match (term.is_constant(), by_agent) {
        (true, _) => "this leaves the range of 64 bits",
        (false, true) => "with a number of the agent's choice this leaves the range of 64 bits",
        (false, false) => "with a great enough number this leaves the range of 64 bits",
    };
    let finding = found
        .policy(policy, term.span, format!("{number}: {effect}"))
        .level(level)
        .help("bound what is counted with before it is: `x >= 0 && x <= 1000000 && …`; or compare without arithmetic");
    if let Some((span, text)) = parent.and_then(|parent| compared(policy, parent)) {
        finding.fix(format!("write `{text}`"), [(span, text)]);
    }
}

/// The arithmetic in what numbers that fit are chosen by, and in what they are read of.
fn inside(policy: &Policy<'_>, term: &Term, found: &mut Found<'_>) {
    match &term.kind {
        TermKind::If(parts) => {
            let [test, then, other] = parts.as_ref();
            visit(policy, test, Some(term), found);
            inside(policy, then, found);
            inside(policy, other, found);
        }
        _ if is_arithmetic(term) => {
            for part in term.parts() {
                inside(policy, part, found);
            }
        }
        _ => {
            for part in term.parts() {
                visit(policy, part, Some(term), found);
            }
        }
    }
}

fn is_arithmetic(term: &Term) -> bool {
    match &term.kind {
        TermKind::Neg(inner) => constant(inner).is_none(),
        TermKind::Binary(operator, _) => matches!(
            operator,
            BinaryOperator::Add | BinaryOperator::Sub | BinaryOperator::Mul
        ),
        _ => false,
    }
}

/// What numbers may be where some conditions hold.
struct Ranges<'s> {
    holds: Vec<Demand<'s>>,
    known: Known,
}

impl<'s> Ranges<'s> {
    fn of(holds: Vec<Demand<'s>>) -> Self {
        Self {
            known: Known::of(&holds),
            holds,
        }
    }

    /// The same where a test holds, or does not.
    fn also(&self, test: &'s Term, denied: bool) -> Self {
        let mut holds = self.holds.clone();
        holds.push(Demand { term: test, denied });
        Self::of(holds)
    }

    /// The least and the greatest value of an expression; nothing where it may overflow.
    fn range(&self, term: &'s Term) -> Option<(i128, i128)> {
        if let Some(value) = constant(term) {
            return match value {
                Value::Long(number) => Some((i128::from(number), i128::from(number))),
                _ => None,
            };
        }
        let (low, high) = match &term.kind {
            TermKind::Neg(inner) => {
                let (low, high) = self.range(inner)?;
                (-high, -low)
            }
            TermKind::Binary(operator, sides) if is_arithmetic(term) => {
                let [left, right] = sides.as_ref();
                let ((a, b), (c, d)) = (self.range(left)?, self.range(right)?);
                match operator {
                    BinaryOperator::Add => (a + c, b + d),
                    BinaryOperator::Sub => (a - d, b - c),
                    _ => {
                        // Products of two numbers of 64 bits fit into 128.
                        let all = [a * c, a * d, b * c, b * d];
                        (all.into_iter().min()?, all.into_iter().max()?)
                    }
                }
            }
            TermKind::If(parts) => {
                let [test, then, other] = parts.as_ref();
                let (a, b) = self.also(test, false).range(then)?;
                let (c, d) = self.also(test, true).range(other)?;
                let (low, high) = self.known.range(term);
                (low.max(a.min(c)), high.min(b.max(d)))
            }
            _ => return Some(self.known.range(term)),
        };
        let fits = low >= i128::from(i64::MIN) && high <= i128::from(i64::MAX);
        fits.then_some((low, high))
    }
}

/// A comparison that says the same without arithmetic, where its other side is a literal.
fn compared(policy: &Policy<'_>, comparison: &Term) -> Option<(Span, String)> {
    let TermKind::Binary(operator, sides) = &comparison.kind else {
        return None;
    };
    let sign = match operator {
        BinaryOperator::Eq => "==",
        BinaryOperator::NotEq => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessEq => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterEq => ">=",
        _ => return None,
    };
    let [left, right] = sides.as_ref();
    let (counted, limit, turned) = match (long(left), long(right)) {
        (None, Some(limit)) => (left, limit, false),
        (Some(limit), None) => (right, limit, true),
        _ => return None,
    };
    let TermKind::Binary(arithmetic, operands) = &counted.kind else {
        return None;
    };
    let [one, other] = operands.as_ref();
    let text = |term: &Term| {
        let simple = term.path().is_some() || long(term).is_some();
        simple
            .then(|| policy.text(term.span).to_owned())
            .filter(|text| !text.is_empty())
    };
    let (one, other) = match (arithmetic, long(one), long(other)) {
        (BinaryOperator::Add, None, Some(by)) => (text(one)?, limit.checked_sub(by)?.to_string()),
        (BinaryOperator::Add, Some(by), None) => (text(other)?, limit.checked_sub(by)?.to_string()),
        (BinaryOperator::Sub, None, Some(by)) => (text(one)?, limit.checked_add(by)?.to_string()),
        (BinaryOperator::Sub, None, None) if limit == 0 => (text(one)?, text(other)?),
        (BinaryOperator::Mul, None, Some(by)) => (text(one)?, share(*operator, turned, limit, by)?),
        (BinaryOperator::Mul, Some(by), None) => {
            (text(other)?, share(*operator, turned, limit, by)?)
        }
        _ => return None,
    };
    let text = match turned {
        false => format!("{one} {sign} {other}"),
        true => format!("{other} {sign} {one}"),
    };
    Some((comparison.span, text))
}

/// The limit of `x` where `x * by` has one.
fn share(operator: BinaryOperator, turned: bool, limit: i64, by: i64) -> Option<String> {
    if by <= 0 {
        return None;
    }
    let down = limit.div_euclid(by);
    let up = match limit.rem_euclid(by) {
        0 => down,
        _ => down.checked_add(1)?,
    };
    let found = match (operator, turned) {
        (BinaryOperator::Less, false) | (BinaryOperator::Greater, true) => up,
        (BinaryOperator::LessEq, false) | (BinaryOperator::GreaterEq, true) => down,
        (BinaryOperator::Greater, false) | (BinaryOperator::Less, true) => down,
        (BinaryOperator::GreaterEq, false) | (BinaryOperator::LessEq, true) => up,
        _ => return None,
    };
    Some(found.to_string())
}

fn long(term: &Term) -> Option<i64> {
    match constant(term)? {
        Value::Long(number) => Some(number),
        _ => None,
    }
}
