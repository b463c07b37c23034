//! Where a policy can be mutated: the places of its parts in its text, as Cedar's parser reads it.

use super::shape::{
    and_is_guard, end_of, expr_is_guard, is_composed, is_guard, order, primary_of, span, top_chain,
};
use crate::model::{EntityRef, Span};
use cedar_policy_core::parser::{Node, cst, text_to_cst};

/// The places of one policy. All spans are of its own text.
#[derive(Debug, Default)]
pub(super) struct Sites<'t> {
    pub(super) text: &'t str,
    /// The word `permit` or `forbid`.
    pub(super) effect: Option<Span>,
    /// What the scope demands of principal, action and resource.
    pub(super) scope: Vec<Part>,
    pub(super) clauses: Vec<Clause>,
    /// Every chain of `&&` or of `||`.
    pub(super) chains: Vec<Chain>,
    /// What is true or false and holds no `&&`, `||` or `if` that could be mutated instead.
    pub(super) atoms: Vec<Atom>,
    /// The tokens `<`, `<=`, `>`, `>=`.
    pub(super) comparisons: Vec<Span>,
    pub(super) numbers: Vec<(Span, u64)>,
    /// The texts of `decimal("…")`, with their quotes.
    pub(super) decimals: Vec<Span>,
    /// The names of called methods.
    pub(super) methods: Vec<Span>,
    /// The patterns of `like`, with their quotes.
    pub(super) patterns: Vec<Span>,
    pub(super) entities: Vec<(Span, EntityRef)>,
    pub(super) lists: Vec<List>,
    /// `… is T in E` in a condition.
    pub(super) kinds: Vec<Kind>,
}

/// What the scope demands of one variable.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) span: Span,
    pub(super) variable: Span,
    /// The type behind `is`.
    pub(super) is: Option<Span>,
    pub(super) test: Option<Test>,
}

#[derive(Debug)]
pub(super) struct Test {
    /// Whether it is `==`; else `in`.
    pub(super) equal: bool,
    pub(super) span: Span,
    /// The entity, where it is one and neither a slot nor a list.
    pub(super) entity: Option<EntityRef>,
    pub(super) list: bool,
}

#[derive(Debug)]
pub(super) struct Clause {
    pub(super) span: Span,
    pub(super) keyword: Span,
    pub(super) unless: bool,
    /// Whether its body is one conjunct: neither `when` with a chain of `&&` nor `unless` with one of `||`.
    pub(super) single: bool,
    pub(super) guard: bool,
}

#[derive(Debug)]
pub(super) struct Chain {
    pub(super) and: bool,
    pub(super) operands: Vec<Operand>,
    /// The operators, between the operands.
    pub(super) tokens: Vec<Span>,
}

#[derive(Debug)]
pub(super) struct Operand {
    pub(super) span: Span,
    /// Whether it asks if an attribute or a tag is there.
    pub(super) guard: bool,
}

#[derive(Debug)]
pub(super) struct Atom {
    pub(super) span: Span,
    /// What stands behind its `!`, where there is exactly one.
    pub(super) bare: Option<Span>,
    /// Whether it is the whole body of a clause.
    pub(super) clause: bool,
}

#[derive(Debug)]
pub(super) struct List {
    pub(super) items: Vec<Span>,
}

#[derive(Debug)]
pub(super) struct Kind {
    pub(super) target: Span,
    pub(super) ty: Span,
    pub(super) entity: Span,
}

/// What is asked of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    /// It is the body of a clause.
    Clause,
    /// Its truth.
    Truth,
    /// Its value.
    Value,
}

impl<'t> Sites<'t> {
    /// The places of a text that is one policy; nothing where it is none.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let parsed = text_to_cst::parse_policy(text).ok()?;
        let cst::Policy::Policy(policy) = parsed.as_inner()?;
        let mut sites = Self {
            text,
            effect: span(&policy.effect),
            ..Self::default()
        };
        for variable in &policy.variables {
            sites.variable(variable);
        }
        for clause in &policy.conds {
            sites.clause(clause);
        }
        Some(sites)
    }

    /// The text of a place.
    pub(super) fn at(&self, span: Span) -> &'t str {
        self.text.get(span.start..span.end()).unwrap_or_default()
    }

    fn variable(&mut self, node: &Node<Option<cst::VariableDef>>) {
        let (Some(definition), Some(place)) = (node.as_inner(), span(node)) else {
            return;
        };
        let Some(variable) = span(&definition.variable) else {
            return;
        };
        let test = definition.ineq.as_ref().and_then(|(operator, expr)| {
            let place = span(expr)?;
            self.expr(expr, As::Value);
            let (entity, list) = match primary_of(expr) {
                Some(cst::Primary::EList(_)) => (None, true),
                _ => (super::super::parse_entity_ref(self.at(place)).ok(), false),
            };
            Some(Test {
                equal: *operator == cst::RelOp::Eq,
                span: place,
                entity,
                list,
            })
        });
        self.scope.push(Part {
            span: Span::new(place.start, end_of(definition, place) - place.start),
            variable,
            is: definition.entity_type.as_ref().and_then(span),
            test,
        });
    }

    fn clause(&mut self, node: &Node<Option<cst::Cond>>) {
        let (Some(clause), Some(place)) = (node.as_inner(), span(node)) else {
            return;
        };
        let (Some(keyword), Some(body)) = (span(&clause.cond), clause.expr.as_ref()) else {
            return;
        };
        let unless = matches!(clause.cond.as_inner(), Some(cst::Ident::Unless));
        let chain = top_chain(body);
        self.clauses.push(Clause {
            span: place,
            keyword,
            unless,
            single: chain != Some(!unless),
            guard: !unless && expr_is_guard(body),
        });
        self.expr(body, As::Clause);
    }

    fn expr(&mut self, node: &Node<Option<cst::Expr>>, wanted: As) {
        let Some(cst::Expr::Expr(expr)) = node.as_inner() else {
            return;
        };
        match expr.expr.as_ref() {
            cst::ExprData::Or(or) => self.or(or, wanted),
            cst::ExprData::If(test, then, otherwise) => {
                let inside = match wanted {
                    As::Clause => As::Truth,
                    wanted => wanted,
                };
                self.expr(test, As::Truth);
                self.expr(then, inside);
                self.expr(otherwise, inside);
            }
        }
    }

    fn or(&mut self, node: &Node<Option<cst::Or>>, wanted: As) {
        let Some(or) = node.as_inner() else {
            return;
        };
        if or.extended.is_empty() {
            return self.and(&or.initial, wanted);
        }
        let all = || std::iter::once(&or.initial).chain(&or.extended);
        self.chain(
            false,
            "||",
            all().map(|and| (span(and), and_is_guard(and))).collect(),
        );
        for and in all() {
            self.and(and, As::Truth);
        }
    }

    fn and(&mut self, node: &Node<Option<cst::And>>, wanted: As) {
        let Some(and) = node.as_inner() else {
            return;
        };
        if and.extended.is_empty() {
            return self.relation(&and.initial, wanted);
        }
        let all = || std::iter::once(&and.initial).chain(&and.extended);
        self.chain(
            true,
            "&&",
            all().map(|part| (span(part), is_guard(part))).collect(),
        );
        for part in all() {
            self.relation(part, As::Truth);
        }
    }

    fn chain(&mut self, and: bool, token: &str, operands: Vec<(Option<Span>, bool)>) {
        let operands: Option<Vec<Operand>> = operands
            .into_iter()
            .map(|(span, guard)| Some(Operand { span: span?, guard }))
            .collect();
        let Some(operands) = operands else {
            return;
        };
        let between = operands.iter().zip(operands.iter().skip(1));
        let tokens = between
            .filter_map(|(left, right)| self.token(token, left.span.end(), right.span.start))
            .collect();
        self.chains.push(Chain {
            and,
            operands,
            tokens,
        });
    }

    /// Where a token stands between two operands: nothing but spaces and comments is there beside it.
    fn token(&self, token: &str, from: usize, to: usize) -> Option<Span> {
        let mut at = from;
        let mut rest = self.text.get(from..to)?;
        loop {
            let trimmed = rest.trim_start();
            at += rest.len() - trimmed.len();
            if trimmed.starts_with(token) {
                return Some(Span::new(at, token.len()));
            }
            let comment = trimmed.strip_prefix("//")?;
            let length = comment.find('\n')? + 2;
            at += length;
            rest = trimmed.get(length..)?;
        }
    }

    fn relation(&mut self, node: &Node<Option<cst::Relation>>, wanted: As) {
        let Some(relation) = node.as_inner() else {
            return;
        };
        match relation {
            cst::Relation::Common { initial, extended } => {
                if extended.is_empty() {
                    return self.sum(initial, wanted);
                }
                let mut left = initial;
                for (operator, right) in extended {
                    if let (Some(token), Some(before), Some(behind)) =
                        (order(*operator), span(left), span(right))
                        && let Some(token) = self.token(token, before.end(), behind.start)
                    {
                        self.comparisons.push(token);
                    }
                    left = right;
                }
                self.sum(initial, As::Value);
                for (_, right) in extended {
                    self.sum(right, As::Value);
                }
            }
            cst::Relation::Has { target, .. } => self.sum(target, As::Value),
            cst::Relation::Like { target, pattern } => {
                self.sum(target, As::Value);
                self.patterns.extend(span(pattern));
            }
            cst::Relation::IsIn {
                target,
                entity_type,
                in_entity,
            } => {
                self.sum(target, As::Value);
                if let Some(entity) = in_entity {
                    self.sum(entity, As::Value);
                    let places = span(target).zip(span(entity_type)).zip(span(entity));
                    self.kinds.extend(places.map(|((target, ty), entity)| Kind {
                        target,
                        ty,
                        entity,
                    }));
                }
            }
        }
        if wanted != As::Value {
            self.atom(span(node), None, wanted);
        }
    }

    fn atom(&mut self, place: Option<Span>, bare: Option<Span>, wanted: As) {
        self.atoms.extend(place.map(|span| Atom {
            span,
            bare,
            clause: wanted == As::Clause,
        }));
    }

    fn sum(&mut self, node: &Node<Option<cst::Add>>, wanted: As) {
        let Some(sum) = node.as_inner() else {
            return;
        };
        let alone = sum.extended.is_empty();
        let all = std::iter::once(&sum.initial).chain(sum.extended.iter().map(|(_, next)| next));
        for product in all.filter_map(Node::as_inner) {
            let alone = alone && product.extended.is_empty();
            let wanted = if alone { wanted } else { As::Value };
            self.unary(&product.initial, wanted);
            for (_, next) in &product.extended {
                self.unary(next, As::Value);
            }
        }
    }

    fn unary(&mut self, node: &Node<Option<cst::Unary>>, wanted: As) {
        let Some(unary) = node.as_inner() else {
            return;
        };
        let Some(member) = unary.item.as_inner() else {
            return;
        };
        let group = match (member.item.as_inner(), member.access.is_empty()) {
            (Some(cst::Primary::Expr(inner)), true) => Some(inner),
            _ => None,
        };
        let bangs = match unary.op {
            Some(cst::NegOp::Bang(bangs)) => Some(bangs),
            _ => None,
        };
        match (group, bangs) {
            (Some(inner), None) if unary.op.is_none() => return self.expr(inner, wanted),
            // `!(a)` is one atom, and not two.
            (Some(inner), Some(_)) if is_composed(inner) => self.expr(inner, As::Truth),
            (Some(inner), _) => self.expr(inner, As::Value),
            (None, _) => self.member(member),
        }
        if wanted != As::Value && (bangs.is_some() || unary.op.is_none()) {
            let bare = (bangs == Some(1)).then(|| span(&unary.item)).flatten();
            self.atom(span(node), bare, wanted);
        }
    }

    fn member(&mut self, member: &cst::Member) {
        let calls = |at: usize| match member.access.get(at).and_then(Node::as_inner) {
            Some(cst::MemAccess::Call(arguments)) => Some(arguments),
            _ => None,
        };
        match member.item.as_inner() {
            Some(cst::Primary::Literal(literal)) => {
                if let (Some(cst::Literal::Num(number)), Some(place)) =
                    (literal.as_inner(), span(literal))
                {
                    self.numbers.push((place, *number));
                }
            }
            Some(cst::Primary::Ref(entity)) => {
                if let Some(place) = span(entity)
                    && let Ok(uid) = super::super::parse_entity_ref(self.at(place))
                {
                    self.entities.push((place, uid));
                }
            }
            Some(cst::Primary::Name(name)) => {
                let decimal = span(name).is_some_and(|name| self.at(name) == "decimal");
                if let Some([argument]) = calls(0).filter(|_| decimal).map(Vec::as_slice) {
                    self.decimals.extend(span(argument));
                }
            }
            Some(cst::Primary::Expr(inner)) => self.expr(inner, As::Value),
            Some(cst::Primary::EList(items)) => {
                let places = items.iter().map(span).collect::<Option<Vec<Span>>>();
                self.lists.extend(places.map(|items| List { items }));
                for item in items {
                    self.expr(item, As::Value);
                }
            }
            Some(cst::Primary::RInits(members)) => {
                for member in members.iter().filter_map(Node::as_inner) {
                    self.expr(&member.1, As::Value);
                }
            }
            Some(cst::Primary::Slot(_)) | None => {}
        }
        for (at, access) in member.access.iter().enumerate() {
            match access.as_inner() {
                Some(cst::MemAccess::Field(name)) if calls(at + 1).is_some() => {
                    self.methods.extend(span(name));
                }
                Some(cst::MemAccess::Call(arguments)) => {
                    for argument in arguments {
                        self.expr(argument, As::Value);
                    }
                }
                Some(cst::MemAccess::Index(index)) => self.expr(index, As::Value),
                Some(cst::MemAccess::Field(_)) | None => {}
            }
        }
    }
}
