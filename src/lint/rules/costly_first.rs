//! AZ703: a cheap test that waits for costly ones.

use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::{Span, Type, Value, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ703",
    slug: "costly-first",
    title: "a cheap test behind a chain of patterns",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy, Evidence::Schema],
    // A pattern on what is no text, which a request that does not conform can bring, is an error, unless a test before it is
    // false.
    fix: Some(FixKind::Suggested),
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("costly-first.md"),
};

/// So many patterns are worth to be put off.
const MANY: usize = 4;

/// A test of at most so many parts is cheap.
const CHEAP: usize = 12;

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    if !policy.typing().is_some_and(|typing| typing.is_clean()) {
        return;
    }
    for clause in policy.syntax.clauses.iter().filter(|clause| !clause.unless) {
        let TermKind::And(parts) = &clause.body.kind else {
            continue;
        };
        let count = |term: &Term| {
            let likes = term.walk();
            likes
                .filter(|term| matches!(term.kind, TermKind::Like(..)))
                .count()
        };
        if count(&clause.body) < MANY {
            continue;
        }
        let mut patterns = 0;
        for part in parts {
            let own = count(part);
            // What stands before must not raise an error either: it would no longer be raised.
            if !is_steady(policy, part, false) {
                break;
            }
            patterns += own;
            let cheap = own == 0 && part.walk().count() <= CHEAP && is_steady(policy, part, true);
            if patterns >= MANY && cheap && !is_for_scope(policy, part) {
                report(policy, clause.body.span, part, patterns, found);
                break;
            }
        }
    }
}

fn report(policy: &Policy<'_>, chain: Span, part: &Term, patterns: usize, found: &mut Found<'_>) {
    let finding = found
        .policy(
            policy,
            part.span,
            format!("this is asked after {patterns} patterns, and costs less than one of them"),
        )
        .help("ask it first: where it fails, no pattern is compared");
    let text = &policy.file.text;
    if let Some(rest) = behind(text, part.span).filter(|_| policy.has_places()) {
        let first = Span::new(chain.start, 0);
        let moved = format!("{} && ", policy.text(part.span));
        finding.fix("ask it first", [(first, moved), (rest, String::new())]);
    }
}

/// A test with the `&&` before it; nothing where brackets or comments stand around it.
fn behind(text: &str, span: Span) -> Option<Span> {
    let after = text.get(span.end()..)?.trim_start();
    let before = text.get(..span.start)?.trim_end().strip_suffix("&&")?;
    let line = before.trim_end().rsplit('\n').next().unwrap_or_default();
    let start = before.trim_end().len();
    let plain = after.starts_with("&&") || after.starts_with('}');
    (plain && !line.contains("//")).then(|| Span::new(start, span.end() - start))
}

/// Whether a test belongs into the scope, which another lint says.
fn is_for_scope(policy: &Policy<'_>, part: &Term) -> bool {
    let of_scope = |term: &Term| match &term.kind {
        TermKind::Variable(
            variable @ (Variable::Principal | Variable::Action | Variable::Resource),
        ) => {
            let found = policy.syntax.scope_of(*variable);
            found.is_none_or(|found| found.test.is_none())
        }
        _ => false,
    };
    match &part.kind {
        TermKind::Binary(BinaryOperator::Eq | BinaryOperator::In, sides) => {
            let [left, right] = sides.as_ref();
            (of_scope(left) && right.is_constant()) || (of_scope(right) && left.is_constant())
        }
        TermKind::Is(of, ..) => of_scope(of),
        _ => false,
    }
}

/// Whether an expression raises no error for any request that the schema allows. One that stands alone must not read what
/// may be missing; within the policy, the type checker has seen that it is asked for before.
fn is_steady(policy: &Policy<'_>, term: &Term, alone: bool) -> bool {
    let own = match &term.kind {
        TermKind::Literal(
            Value::Bool(_)
            | Value::Long(_)
            | Value::String(_)
            | Value::Entity(_)
            | Value::Extension(..)
            | Value::Call(..)
            | Value::Set(_)
            | Value::Record(_),
        )
        | TermKind::Variable(_)
        | TermKind::If(_)
        | TermKind::And(_)
        | TermKind::Or(_)
        | TermKind::Not(_)
        | TermKind::IsEmpty(_)
        | TermKind::Like(..)
        | TermKind::Is(..)
        | TermKind::Set(_)
        | TermKind::Record(_) => true,
        // An overflow is an error, and so is a tag or an attribute of an entity that nobody handed over.
        TermKind::Binary(operator, _) => match operator {
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Less
            | BinaryOperator::LessEq
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEq
            | BinaryOperator::In
            | BinaryOperator::Contains
            | BinaryOperator::ContainsAll
            | BinaryOperator::ContainsAny
            | BinaryOperator::HasTag => true,
            BinaryOperator::Add
            | BinaryOperator::Sub
            | BinaryOperator::Mul
            | BinaryOperator::GetTag => false,
        },
        TermKind::Get(..) => return is_in_context(policy, term, alone),
        TermKind::Has(of, _) => return is_steady(policy, of, true),
        TermKind::Call(name, arguments) => match name.as_ref() {
            "ip" | "decimal" | "datetime" | "duration" => arguments
                .iter()
                .all(|argument| argument.as_text().is_some()),
            "isIpv4" | "isIpv6" | "isLoopback" | "isMulticast" | "isInRange" | "lessThan"
            | "lessThanOrEqual" | "greaterThan" | "greaterThanOrEqual" => true,
            _ => false,
        },
        TermKind::Slot | TermKind::Neg(_) | TermKind::Deep => false,
    };
    own && term
        .parts()
        .into_iter()
        .all(|part| is_steady(policy, part, alone))
}

/// Whether a path leads through records of the context alone; through what is always there, where it stands alone.
fn is_in_context(policy: &Policy<'_>, term: &Term, alone: bool) -> bool {
    let Some((Variable::Context, path)) = term.path() else {
        return false;
    };
    let actions = policy.samples();
    let leads = |action| {
        let schema = policy.context.schema()?;
        let mut record = schema.action(action)?.context.as_ref()?;
        let (last, through) = path.split_last()?;
        for name in through {
            let attribute = record.attributes.get(*name)?;
            if alone && !attribute.required {
                return None;
            }
            let Type::Record(inner) = &attribute.ty else {
                return None;
            };
            record = inner;
        }
        let attribute = record.attributes.get(*last)?;
        (!alone || attribute.required).then_some(())
    };
    !actions.is_empty() && actions.iter().all(|action| leads(action).is_some())
}
