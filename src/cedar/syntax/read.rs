//! From Cedar's two trees: the concrete one for annotations, scope and clauses, the abstract one for expressions.

use super::{
    AnnotationSyntax, BinaryOperator, Clause, ScopeSyntax, ScopeTarget, Syntax, Term, TermKind,
};
use crate::cedar::lower::{lower_literal, parts};
use crate::cedar::policies::ParsedPolicy;
use crate::cedar::tree::is_one;
use crate::cedar::{parse_entity_ref, reference};
use crate::model::{EntityRef, SourceFile, Span, Variable};
use cedar_policy_core::ast::{
    ActionConstraint, BinaryOp, EntityReference, Expr, ExprBuilder, ExprKind,
    PrincipalOrResourceConstraint, UnaryOp, Var,
};
use cedar_policy_core::parser::{Node, cst, text_to_cst};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How deep an expression is looked at. Chains of `&&` and `||` count once.
const DEPTH: usize = 100;

/// Keeps with policies of a file how they are written, of what Cedar's parser made of the text on the way to them. Places in
/// that text are places in the file.
pub(in crate::cedar) fn keep_written(
    policies: &mut [ParsedPolicy],
    concrete: &Node<Option<cst::Policies>>,
    file: &SourceFile,
) {
    let reader = Reader {
        start: 0,
        text: &file.text,
    };
    let found = concrete.as_inner().map(|cst::Policies(found)| found);
    let found = found.into_iter().flatten();
    let by_place: HashMap<Span, &cst::Policy> = found
        .filter_map(|node| Some((reader.span(node), node.as_inner()?)))
        .collect();
    for policy in policies {
        let concrete = by_place.get(&policy.span);
        policy.written = concrete.map(|concrete| Arc::new(policy.read_written(concrete, &reader)));
    }
}

impl ParsedPolicy {
    /// The policy as it is written in its file.
    pub fn syntax(&self, file: &SourceFile) -> Arc<Syntax> {
        if let Some(written) = &self.written {
            return written.clone();
        }
        let text = file.slice(self.span);
        let parsed = text_to_cst::parse_policy(text).ok();
        let concrete = parsed.as_ref().and_then(Node::as_inner);
        let reader = Reader {
            start: self.span.start,
            text,
        };
        Arc::new(match concrete {
            Some(concrete) => self.read_written(concrete, &reader),
            None => self.meaning(),
        })
    }

    fn read_written(&self, concrete: &cst::Policy, reader: &Reader<'_>) -> Syntax {
        let cst::Policy::Policy(policy) = concrete;
        let scope: Vec<ScopeSyntax> = [Variable::Principal, Variable::Action, Variable::Resource]
            .into_iter()
            .zip(&policy.variables)
            .filter_map(|(variable, node)| reader.scope(variable, node))
            .collect();
        Syntax {
            effect: reader.span(&policy.effect),
            annotations: policy
                .annotations
                .iter()
                .filter_map(|node| reader.annotation(node, &self.annotations))
                .collect(),
            head: reader.head(&policy.effect, &scope),
            scope,
            clauses: policy
                .conds
                .iter()
                .filter_map(|node| reader.clause(node))
                .collect(),
        }
    }

    /// The same without places, from what the policy means: for Cedar's JSON form.
    fn meaning(&self) -> Syntax {
        let none = Span::new(0, 0);
        let person = |variable, constraint: &PrincipalOrResourceConstraint| {
            let (is, reference, equal) = match constraint {
                PrincipalOrResourceConstraint::Any => (None, None, false),
                PrincipalOrResourceConstraint::Is(ty) => (Some(ty), None, false),
                PrincipalOrResourceConstraint::Eq(reference) => (None, Some(reference), true),
                PrincipalOrResourceConstraint::In(reference) => (None, Some(reference), false),
                PrincipalOrResourceConstraint::IsIn(ty, reference) => {
                    (Some(ty), Some(reference), false)
                }
            };
            ScopeSyntax {
                variable,
                span: none,
                is: is.map(|ty| ty.to_string().into()),
                test: reference.map(|to| {
                    let entities = match to {
                        EntityReference::EUID(uid) => vec![(reference_of(uid), none)],
                        EntityReference::Slot(_) => Vec::new(),
                    };
                    ScopeTarget {
                        equal,
                        span: none,
                        slot: entities.is_empty(),
                        entities,
                        list: false,
                    }
                }),
            }
        };
        let action = match self.template.action_constraint() {
            ActionConstraint::Any => None,
            ActionConstraint::Eq(uid) => Some((vec![(reference_of(uid), none)], true)),
            ActionConstraint::In(uids) => {
                let uids = uids.iter().map(|uid| (reference_of(uid), none));
                Some((uids.collect(), false))
            }
        };
        let action = ScopeSyntax {
            variable: Variable::Action,
            span: none,
            is: None,
            test: action.map(|(entities, equal)| ScopeTarget {
                equal,
                span: none,
                entities,
                list: !equal,
                slot: false,
            }),
        };
        let body = self.template.non_scope_constraints();
        let clauses = body.map(|body| Clause {
            span: none,
            keyword: none,
            unless: false,
            body: Reader { start: 0, text: "" }.term(body, 0),
        });
        Syntax {
            annotations: self
                .annotations
                .iter()
                .map(|(key, value)| AnnotationSyntax {
                    key: key.as_str().into(),
                    value: Some(value.as_str().into()),
                    span: none,
                })
                .collect(),
            scope: vec![
                person(
                    Variable::Principal,
                    self.template.principal_constraint().as_inner(),
                ),
                action,
                person(
                    Variable::Resource,
                    self.template.resource_constraint().as_inner(),
                ),
            ],
            clauses: clauses.into_iter().collect(),
            ..Syntax::default()
        }
    }
}

fn reference_of(uid: &cedar_policy_core::ast::EntityUID) -> EntityRef {
    reference(uid)
}

/// An expression in Cedar's syntax; the error says what Cedar's parser said. Spans are of the text.
pub fn parse_term(text: &str) -> Result<Term, String> {
    let fault = crate::model::SourceFile::new("", text);
    if crate::cedar::nesting::too_deep(&fault, "expression", false).is_some() {
        return Err("it nests too deeply".to_owned());
    }
    let parsed = text_to_cst::parse_expr(text).map_err(|error| error.to_string())?;
    let expr = parsed
        .to_expr::<ExprBuilder<()>>()
        .map_err(|error| error.to_string())?;
    Ok(Reader { start: 0, text }.term(&expr, 0))
}

/// What is known of the text that is read: where it begins in its file.
struct Reader<'t> {
    start: usize,
    text: &'t str,
}

impl Reader<'_> {
    fn span<T>(&self, node: &Node<T>) -> Span {
        node.loc.as_ref().map_or(Span::new(0, 0), |loc| {
            Span::new(self.start + loc.start(), loc.end() - loc.start())
        })
    }

    fn place(&self, expr: &Expr) -> Span {
        expr.source_loc().map_or(Span::new(0, 0), |loc| {
            Span::new(self.start + loc.start(), loc.end() - loc.start())
        })
    }

    fn slice(&self, span: Span) -> &str {
        let start = span.start.saturating_sub(self.start);
        self.text.get(start..start + span.len).unwrap_or_default()
    }

    /// Their values are those of the policy that Cedar made: it has unescaped them.
    fn annotation(
        &self,
        node: &Node<Option<cst::Annotation>>,
        annotations: &BTreeMap<String, String>,
    ) -> Option<AnnotationSyntax> {
        let annotation = node.as_inner()?;
        let key = self.slice(self.span(&annotation.key));
        Some(AnnotationSyntax {
            key: key.into(),
            value: annotation
                .value
                .as_ref()
                .and_then(|_| Some(annotations.get(key)?.as_str().into())),
            span: self.span(node),
        })
    }

    /// From the bracket behind the effect to the one behind the last variable.
    fn head(&self, effect: &Node<Option<cst::Ident>>, scope: &[ScopeSyntax]) -> Span {
        let after = self.span(effect).end() - self.start;
        let open = self.text.get(after..).and_then(|rest| rest.find('('));
        let last = scope
            .last()
            .map_or(after, |part| part.span.end() - self.start);
        let close = self.text.get(last..).and_then(|rest| rest.find(')'));
        match (open, close) {
            (Some(open), Some(close)) => {
                let (from, to) = (after + open, last + close + 1);
                Span::new(self.start + from, to.saturating_sub(from))
            }
            _ => Span::new(self.start + after, 0),
        }
    }

    fn scope(
        &self,
        variable: Variable,
        node: &Node<Option<cst::VariableDef>>,
    ) -> Option<ScopeSyntax> {
        let definition = node.as_inner()?;
        let is = definition.entity_type.as_ref();
        let test = definition.ineq.as_ref().map(|(operator, target)| {
            let span = self.span(target);
            let parsed = target.to_expr::<ExprBuilder<()>>().ok();
            let mut entities = Vec::new();
            let mut list = false;
            match parsed.as_ref().map(Expr::expr_kind) {
                Some(ExprKind::Set(items)) => {
                    list = true;
                    for item in items.iter() {
                        if let Some(found) = entity(item) {
                            entities.push((found, self.place(item)));
                        }
                    }
                }
                Some(_) => {
                    entities.extend(parsed.as_ref().and_then(entity).map(|found| (found, span)));
                }
                None => {}
            }
            ScopeTarget {
                equal: matches!(operator, cst::RelOp::Eq),
                span,
                slot: self.slice(span).trim_start().starts_with('?'),
                entities,
                list,
            }
        });
        Some(ScopeSyntax {
            variable,
            span: self.span(node),
            is: is.map(|ty| type_name(self.slice(self.span(ty)))),
            test,
        })
    }

    fn clause(&self, node: &Node<Option<cst::Cond>>) -> Option<Clause> {
        let clause = node.as_inner()?;
        let written = clause.expr.as_ref()?;
        let expr = written.to_expr::<ExprBuilder<()>>().ok()?;
        let keyword = self.span(&clause.cond);
        Some(Clause {
            span: self.span(node),
            keyword,
            unless: self.slice(keyword) == "unless",
            body: self.term(&expr, 0),
        })
    }

    fn term(&self, expr: &Expr, depth: usize) -> Term {
        Term {
            span: self.place(expr),
            kind: if depth > DEPTH {
                TermKind::Deep
            } else {
                self.kind(expr, depth)
            },
        }
    }

    fn kind(&self, expr: &Expr, depth: usize) -> TermKind {
        let one = |expr: &Expr| self.term(expr, depth + 1);
        let boxed = |expr: &Expr| Box::new(one(expr));
        let all = |exprs: &[Expr]| exprs.iter().map(one).collect::<Vec<_>>();
        match expr.expr_kind() {
            ExprKind::Lit(literal) => TermKind::Literal(lower_literal(literal)),
            ExprKind::Var(variable) => TermKind::Variable(match variable {
                Var::Principal => Variable::Principal,
                Var::Action => Variable::Action,
                Var::Resource => Variable::Resource,
                Var::Context => Variable::Context,
            }),
            ExprKind::Slot(_) => TermKind::Slot,
            ExprKind::If {
                test_expr,
                then_expr,
                else_expr,
            } => TermKind::If(Box::new([one(test_expr), one(then_expr), one(else_expr)])),
            ExprKind::And { left, right } if is_one(expr) => {
                match (left.expr_kind(), right.expr_kind()) {
                    (ExprKind::Is { expr, entity_type }, ExprKind::BinaryApp { arg2, .. }) => {
                        TermKind::Is(
                            boxed(expr),
                            entity_type.to_string().into(),
                            Some(boxed(arg2)),
                        )
                    }
                    _ => TermKind::And(vec![one(left), one(right)]),
                }
            }
            ExprKind::And { .. } => TermKind::And(
                super::super::tree::chain(expr)
                    .into_iter()
                    .map(one)
                    .collect(),
            ),
            ExprKind::Or { .. } => TermKind::Or(
                super::super::unknown::operands(expr)
                    .into_iter()
                    .map(one)
                    .collect(),
            ),
            ExprKind::UnaryApp { op, arg } => match (op, arg.expr_kind()) {
                (
                    UnaryOp::Not,
                    ExprKind::BinaryApp {
                        op: compared,
                        arg1,
                        arg2,
                    },
                ) if is_one(expr) && expr.source_loc().is_some() => {
                    let operator = match compared {
                        BinaryOp::Less => BinaryOperator::GreaterEq,
                        BinaryOp::LessEq => BinaryOperator::Greater,
                        _ => BinaryOperator::NotEq,
                    };
                    TermKind::Binary(operator, Box::new([one(arg1), one(arg2)]))
                }
                (UnaryOp::Not, _) => TermKind::Not(boxed(arg)),
                (UnaryOp::Neg, _) => TermKind::Neg(boxed(arg)),
                (UnaryOp::IsEmpty, _) => TermKind::IsEmpty(boxed(arg)),
            },
            ExprKind::BinaryApp { op, arg1, arg2 } => {
                TermKind::Binary(operator(*op), Box::new([one(arg1), one(arg2)]))
            }
            ExprKind::ExtensionFunctionApp { fn_name, args } => {
                TermKind::Call(fn_name.to_string().into(), all(args))
            }
            ExprKind::GetAttr { expr, attr } => TermKind::Get(boxed(expr), attr.as_str().into()),
            ExprKind::HasAttr { expr, attr } => {
                TermKind::Has(boxed(expr), vec![attr.as_str().into()])
            }
            ExprKind::ExtHasAttr { expr, attrs } => TermKind::Has(
                boxed(expr),
                attrs.iter().map(|attr| attr.as_str().into()).collect(),
            ),
            ExprKind::Like { expr, pattern } => {
                TermKind::Like(boxed(expr), parts(pattern.get_elems()))
            }
            ExprKind::Is { expr, entity_type } => {
                TermKind::Is(boxed(expr), entity_type.to_string().into(), None)
            }
            ExprKind::Set(items) => TermKind::Set(all(items)),
            ExprKind::Record(members) => TermKind::Record(
                members
                    .iter()
                    .map(|(key, member)| (key.as_str().into(), one(member)))
                    .collect(),
            ),
            ExprKind::Unknown(_) => TermKind::Deep,
        }
    }
}

fn entity(expr: &Expr) -> Option<EntityRef> {
    match expr.expr_kind() {
        ExprKind::Lit(cedar_policy_core::ast::Literal::EntityUID(uid)) => Some(reference(uid)),
        _ => None,
    }
}

/// A type as Cedar names it, whatever stands between its parts.
fn type_name(written: &str) -> Arc<str> {
    // A reference of the type is what Cedar's parser takes with spaces and comments.
    parse_entity_ref(&format!("{written}::\"\"")).map_or_else(|_| written.into(), |found| found.ty)
}

fn operator(op: BinaryOp) -> BinaryOperator {
    match op {
        BinaryOp::Eq => BinaryOperator::Eq,
        BinaryOp::Less => BinaryOperator::Less,
        BinaryOp::LessEq => BinaryOperator::LessEq,
        BinaryOp::Add => BinaryOperator::Add,
        BinaryOp::Sub => BinaryOperator::Sub,
        BinaryOp::Mul => BinaryOperator::Mul,
        BinaryOp::In => BinaryOperator::In,
        BinaryOp::Contains => BinaryOperator::Contains,
        BinaryOp::ContainsAll => BinaryOperator::ContainsAll,
        BinaryOp::ContainsAny => BinaryOperator::ContainsAny,
        BinaryOp::GetTag => BinaryOperator::GetTag,
        BinaryOp::HasTag => BinaryOperator::HasTag,
    }
}
