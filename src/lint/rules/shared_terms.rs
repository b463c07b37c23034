//! Expressions with where they stand, so that another one can be written in their place: how tightly it must bind there,
//! and whether only a boolean may stand there.

use crate::cedar::{BinaryOperator, Syntax, Term, TermKind};
use crate::lint::comments::comments;
use crate::lint::context::Policy;
use crate::lint::found::Finding;
use crate::model::{SourceFile, Span, Type, Value, Variable};
use std::collections::BTreeMap;

/// How tightly an expression binds, from `if` to what needs no brackets anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    /// `if a then b else c`
    Open,
    /// `a || b`
    Or,
    /// `a && b`
    And,
    /// `a == b`, `a in b`, `a has b`, `a like "…"`, `a is T`
    Relation,
    /// `a + b`
    Sum,
    /// `a * b`
    Product,
    /// `!a`, `-a`
    Unary,
    /// `a.b`, `a.f(b)`, literals, variables, sets and records
    Member,
}

/// An expression and its place in the expression around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'s> {
    /// The expression.
    pub(super) term: &'s Term,
    /// The expression around it.
    pub(super) parent: Option<&'s Term>,
    /// What binds less tightly needs brackets here.
    pub(super) room: Binding,
    /// Whether everything but a boolean is an error here.
    pub(super) truth: bool,
}

/// Every expression of every clause, parents before their parts.
pub(super) fn placed(syntax: &Syntax) -> Vec<Placed<'_>> {
    let mut found = Vec::new();
    let mut open: Vec<Placed<'_>> = syntax
        .clauses
        .iter()
        .rev()
        .map(|clause| Placed {
            term: &clause.body,
            parent: None,
            room: Binding::Open,
            truth: true,
        })
        .collect();
    while let Some(next) = open.pop() {
        found.push(next);
        let mut parts = parts(next.term, next.truth);
        parts.reverse();
        open.extend(parts);
    }
    found
}

fn parts(term: &Term, truth: bool) -> Vec<Placed<'_>> {
    let of = |part, room, truth| Placed {
        term: part,
        parent: Some(term),
        room,
        truth,
    };
    let (first, others, truths) = match &term.kind {
        TermKind::And(_) => (Binding::Relation, Binding::Relation, true),
        TermKind::Or(_) => (Binding::And, Binding::And, true),
        TermKind::Not(_) => (Binding::Member, Binding::Member, true),
        TermKind::If(parts) => {
            let [test, then, other] = parts.as_ref();
            return vec![
                of(test, Binding::Open, true),
                of(then, Binding::Open, truth),
                of(other, Binding::Open, truth),
            ];
        }
        TermKind::Binary(operator, _) => match binding_of(*operator) {
            Binding::Relation => (Binding::Sum, Binding::Sum, false),
            Binding::Member => (Binding::Member, Binding::Open, false),
            _ => (Binding::Unary, Binding::Unary, false),
        },
        TermKind::Has(..) | TermKind::Like(..) | TermKind::Is(..) => {
            (Binding::Sum, Binding::Sum, false)
        }
        TermKind::Neg(_) | TermKind::IsEmpty(_) | TermKind::Get(..) => {
            (Binding::Member, Binding::Member, false)
        }
        // A method's receiver stands first; a function's argument may be bracketed once more.
        TermKind::Call(..) => (Binding::Member, Binding::Open, false),
        TermKind::Set(_) | TermKind::Record(_) => (Binding::Open, Binding::Open, false),
        TermKind::Literal(_) | TermKind::Variable(_) | TermKind::Slot | TermKind::Deep => {
            return Vec::new();
        }
    };
    let rooms = std::iter::once(first).chain(std::iter::repeat(others));
    let parts = term.parts().into_iter().zip(rooms);
    parts.map(|(part, room)| of(part, room, truths)).collect()
}

fn binding_of(operator: BinaryOperator) -> Binding {
    use BinaryOperator as B;
    match operator {
        B::Eq | B::NotEq | B::Less | B::LessEq | B::Greater | B::GreaterEq | B::In => {
            Binding::Relation
        }
        B::Add | B::Sub => Binding::Sum,
        B::Mul => Binding::Product,
        B::Contains | B::ContainsAll | B::ContainsAny | B::GetTag | B::HasTag => Binding::Member,
    }
}

/// How tightly an expression binds, as it is written.
pub(super) fn binding(policy: &Policy<'_>, term: &Term) -> Binding {
    match &term.kind {
        // Cedar reads `true && false` as what it comes to.
        TermKind::Literal(Value::Bool(flag)) if policy.text(term.span) != flag.to_string() => {
            Binding::Open
        }
        TermKind::If(_) | TermKind::Deep => Binding::Open,
        TermKind::Or(_) => Binding::Or,
        TermKind::And(_) => Binding::And,
        TermKind::Binary(operator, _) => binding_of(*operator),
        TermKind::Has(..) | TermKind::Like(..) | TermKind::Is(..) => Binding::Relation,
        TermKind::Not(_) | TermKind::Neg(_) => Binding::Unary,
        TermKind::Literal(Value::Long(number)) if *number < 0 => Binding::Unary,
        TermKind::Literal(_)
        | TermKind::Variable(_)
        | TermKind::Slot
        | TermKind::IsEmpty(_)
        | TermKind::Call(..)
        | TermKind::Get(..)
        | TermKind::Set(_)
        | TermKind::Record(_) => Binding::Member,
    }
}

/// The text of an expression, without brackets around it.
pub(super) fn written(policy: &Policy<'_>, term: &Term) -> String {
    match &term.kind {
        // The place of a negative number is that of its digits.
        TermKind::Literal(Value::Long(number)) if *number < 0 => number.to_string(),
        _ => policy.text(term.span).to_owned(),
    }
}

/// The text of an expression where only what binds so tightly can stand.
pub(super) fn fitted(policy: &Policy<'_>, term: &Term, room: Binding) -> String {
    fit(written(policy, term), binding(policy, term), room)
}

fn fit(text: String, binding: Binding, room: Binding) -> String {
    match binding < room {
        true => format!("({text})"),
        false => text,
    }
}

/// The edit that puts a text, which binds so tightly, in the place of an expression. Nothing in Cedar's JSON form, and
/// where a comment would be lost.
pub(super) fn replace(
    policy: &Policy<'_>,
    place: &Placed<'_>,
    text: String,
    binds: Binding,
) -> Option<(Span, String)> {
    let span = place.term.span;
    let (span, text) = match brackets(policy.file, span) {
        Some(around) if binds == Binding::Member => (around, text),
        Some(_) => (span, text),
        None => (span, fit(text, binds, place.room)),
    };
    edit(policy, span, text)
}

/// The edit that puts a text in the place of another one, with spaces where words would run together. Nothing in Cedar's
/// JSON form, and where a comment would be lost.
pub(super) fn edit(policy: &Policy<'_>, span: Span, text: String) -> Option<(Span, String)> {
    let old = policy.text(span);
    if !policy.has_places() || span.len == 0 || count_comments(old) != count_comments(&text) {
        return None;
    }
    let whole = &policy.file.text;
    let before = whole
        .get(..span.start)
        .and_then(|text| text.chars().next_back());
    let after = whole.get(span.end()..).and_then(|text| text.chars().next());
    let meets = |one: Option<char>, other: Option<char>| {
        one.is_some_and(is_of_word) && other.is_some_and(is_of_word)
    };
    let lead = if meets(before, text.chars().next()) {
        " "
    } else {
        ""
    };
    let trail = if meets(text.chars().next_back(), after) {
        " "
    } else {
        ""
    };
    Some((span, format!("{lead}{text}{trail}")))
}

/// How many comments stand in a piece of policy text.
pub(super) fn count_comments(text: &str) -> usize {
    match text.contains("//") {
        true => comments(&SourceFile::new("piece.cedar", text)).len(),
        false => 0,
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The place of an expression with the brackets that stand around it alone; nothing where there are none, or where they
/// are those of a call.
pub(super) fn brackets(file: &SourceFile, span: Span) -> Option<Span> {
    let before = file.text.get(..span.start)?.trim_end();
    let rest = file.text.get(span.end()..)?;
    let outside = before.strip_suffix('(')?;
    let after = rest.trim_start();
    let behind = after.strip_prefix(')')?;
    let gap = rest.len() - after.len();
    let glued = outside.chars().next_back().is_some_and(is_of_word)
        || behind.chars().next().is_some_and(is_of_word);
    let word = outside.trim_end();
    let word = word.get(
        word.rfind(|letter| !is_of_word(letter))
            .map_or(0, |at| at + 1)..,
    );
    let called =
        word.is_some_and(|word| !word.is_empty() && !matches!(word, "if" | "then" | "else" | "in"));
    let start = outside.len();
    (!glued && !called).then(|| Span::new(start, span.end() + gap + 1 - start))
}

/// The place of an operand of `&&` or `||` with all brackets around it alone.
pub(super) fn operand(file: &SourceFile, term: &Term, chain: &Term) -> Span {
    let mut span = term.span;
    while let Some(around) = brackets(file, span)
        && around.start >= chain.span.start
        && around.end() <= chain.span.end()
    {
        span = around;
    }
    span
}

/// Whether as many brackets open as close in a piece of policy text, and none closes that was not open.
pub(super) fn is_balanced(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for letter in text.chars() {
        match (quoted, letter) {
            (true, '\\') if !escaped => escaped = true,
            (true, '"') if !escaped => quoted = false,
            (true, _) => escaped = false,
            (false, '"') => quoted = true,
            (false, '(' | '[' | '{') => depth += 1,
            (false, ')' | ']' | '}') => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            (false, _) => {}
        }
    }
    depth == 0 && !quoted
}

/// Whether an expression is a boolean or an error, by its form or, where the policy has no type error, by the schema.
pub(super) fn gives_bool(policy: &Policy<'_>, term: &Term) -> bool {
    let by_form = match &term.kind {
        TermKind::And(_)
        | TermKind::Or(_)
        | TermKind::Not(_)
        | TermKind::Has(..)
        | TermKind::Like(..)
        | TermKind::Is(..)
        | TermKind::IsEmpty(_)
        | TermKind::Literal(Value::Bool(_)) => true,
        TermKind::Binary(operator, _) => !matches!(
            operator,
            BinaryOperator::Add
                | BinaryOperator::Sub
                | BinaryOperator::Mul
                | BinaryOperator::GetTag
        ),
        _ => false,
    };
    by_form || types(policy, term).is_some_and(|types| types == [Type::Bool])
}

/// Whether an expression is an entity, by its form or, where the policy has no type error, by the schema.
pub(super) fn gives_entity(policy: &Policy<'_>, term: &Term) -> bool {
    let by_form = match &term.kind {
        TermKind::Literal(Value::Entity(_)) | TermKind::Slot => true,
        TermKind::Variable(variable) => *variable != Variable::Context,
        _ => false,
    };
    let all =
        |types: &[Type]| !types.is_empty() && types.iter().all(|ty| matches!(ty, Type::Entity(_)));
    by_form || types(policy, term).is_some_and(all)
}

/// The types of an expression by the schema, where the policy has no type error.
pub(super) fn types<'p>(policy: &'p Policy<'_>, term: &Term) -> Option<&'p [Type]> {
    let typing = policy.typing().filter(|typing| typing.is_clean())?;
    Some(
        typing
            .at(term.span)
            .filter(|_| term.span.len > 0)?
            .types
            .as_slice(),
    )
}

/// A text on one line, shortened where it is long, for messages.
pub(super) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(70) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Tells findings of one policy that mark the same text apart.
#[derive(Default)]
pub(super) struct Keys(BTreeMap<String, usize>);

impl Keys {
    /// Gives a finding a key that none before it has.
    pub(super) fn tell_apart(&mut self, finding: &mut Finding) {
        let count = self.0.entry(finding.key.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.key = format!("{}#{count}", finding.key);
        }
    }
}
