//! Conditions, compiled: names are numbers, paths into the context are places, what is constant is computed.

use super::extension::{self, Function};
use super::names::{AttributeId, Names, TypeId};
use super::paths::{PathId, Paths};
use super::value::{Val, intern, set};
use crate::model::{Expr, Operator, PatternPart, Variable};
use bumpalo::Bump;

/// A compiled expression.
#[derive(Debug)]
pub enum Node<'g> {
    Const(Val<'g>),
    /// What certainly raises an error.
    Raise,
    Principal,
    Action,
    Resource,
    /// The context as a value.
    Context,
    /// `context.a.b`
    Path(PathId),
    /// `context.a has b.c`: the place of `context.a` (nothing is the context itself), and those of the attributes.
    HasPath(Option<PathId>, Box<[(PathId, AttributeId)]>),
    If(Box<(Node<'g>, Node<'g>, Node<'g>)>),
    And(Box<[Node<'g>]>),
    Or(Box<[Node<'g>]>),
    Not(Box<Node<'g>>),
    Neg(Box<Node<'g>>),
    IsEmpty(Box<Node<'g>>),
    Binary(Operator, Box<(Node<'g>, Node<'g>)>),
    Call(Function, Box<[Node<'g>]>),
    Get(Box<Node<'g>>, AttributeId),
    Has(Box<Node<'g>>, Box<[AttributeId]>),
    Like(Box<Node<'g>>, Pattern<'g>),
    Is(Box<Node<'g>>, TypeId),
    Set(Box<[Node<'g>]>),
    Record(Box<[(AttributeId, Node<'g>)]>),
}

/// A pattern of `like`: texts that must follow each other, with or without anything between.
#[derive(Debug)]
pub struct Pattern<'g> {
    /// Whether something may stand before the first text, and behind the last one.
    open: (bool, bool),
    texts: Box<[&'g str]>,
}

impl<'g> Pattern<'g> {
    fn of(ground: &'g Bump, parts: &[PatternPart]) -> Self {
        let open = |part: Option<&PatternPart>| part == Some(&PatternPart::Wildcard);
        Self {
            open: (open(parts.first()), open(parts.last())),
            texts: parts
                .iter()
                .filter_map(|part| match part {
                    PatternPart::Text(text) => Some(&*ground.alloc_str(text)),
                    PatternPart::Wildcard => None,
                })
                .collect(),
        }
    }

    /// Whether a text matches. Two texts of the pattern always have a wildcard between them, so taking the first
    /// place where each fits leaves the most room for the rest.
    pub fn matches(&self, text: &str) -> bool {
        let Some((last, texts)) = self.texts.split_last() else {
            return self.open.0 || text.is_empty();
        };
        let mut rest = text;
        let mut open = self.open.0;
        for part in texts {
            let found = match open {
                true => rest.split_once(part).map(|(_, behind)| behind),
                false => rest.strip_prefix(part),
            };
            let Some(behind) = found else { return false };
            rest = behind;
            open = true;
        }
        match (open, self.open.1) {
            (true, true) => rest.contains(last),
            (true, false) => rest.ends_with(last),
            (false, true) => rest.starts_with(last),
            (false, false) => rest == *last,
        }
    }
}

/// What compiling needs, and adds to.
pub struct Compiler<'c, 'g> {
    pub ground: &'g Bump,
    pub names: &'c mut Names,
    pub paths: &'c mut Paths,
    /// The attributes of the context that were met so far.
    pub reads: Vec<AttributeId>,
    /// Whether the context was met as a value.
    pub reads_all: bool,
}

impl<'g> Compiler<'_, 'g> {
    /// Compiles a condition; nothing where it holds something that the compiled path does not cover.
    pub fn condition(&mut self, expr: &Expr) -> Option<Node<'g>> {
        Some(match expr {
            Expr::Value(value) => Node::Const(intern(self.ground, self.names, value)?),
            Expr::Variable(Variable::Principal) => Node::Principal,
            Expr::Variable(Variable::Action) => Node::Action,
            Expr::Variable(Variable::Resource) => Node::Resource,
            // The context as a value: compared, or put into a set.
            Expr::Variable(Variable::Context) => {
                self.paths.read_all();
                self.reads_all = true;
                Node::Context
            }
            Expr::If(parts) => {
                let (test, then, or) = parts.as_ref();
                Node::If(Box::new((
                    self.condition(test)?,
                    self.condition(then)?,
                    self.condition(or)?,
                )))
            }
            Expr::And(parts) => Node::And(self.all(parts)?),
            Expr::Or(parts) => Node::Or(self.all(parts)?),
            Expr::Not(inner) => Node::Not(self.boxed(inner)?),
            Expr::Neg(inner) => match self.condition(inner)? {
                Node::Const(Val::Long(number)) => number
                    .checked_neg()
                    .map_or(Node::Raise, |number| Node::Const(Val::Long(number))),
                inner => Node::Neg(Box::new(inner)),
            },
            Expr::IsEmpty(inner) => Node::IsEmpty(self.boxed(inner)?),
            Expr::Binary(operator, operands) => {
                let (left, right) = operands.as_ref();
                Node::Binary(
                    *operator,
                    Box::new((self.condition(left)?, self.condition(right)?)),
                )
            }
            Expr::Call(name, arguments) => {
                let function = Function::named(name, arguments.len())?;
                let arguments = self.all(arguments)?;
                match constants(&arguments) {
                    Some(values) => {
                        extension::call(function, &values).map_or(Node::Raise, Node::Const)
                    }
                    None => Node::Call(function, arguments),
                }
            }
            Expr::Get(inner, attribute) => match self.place(expr) {
                Some(place) => {
                    self.paths.read_whole(place);
                    Node::Path(place)
                }
                None => Node::Get(self.boxed(inner)?, self.names.attribute(attribute)),
            },
            Expr::Has(inner, attributes) => {
                let attributes: Vec<AttributeId> = attributes
                    .iter()
                    .map(|name| self.names.attribute(name))
                    .collect();
                let from = match inner.as_ref() {
                    Expr::Variable(Variable::Context) => Some(None),
                    inner => self.place(inner).map(Some),
                };
                match from {
                    Some(from) => {
                        let mut parent = from;
                        let steps = attributes.into_iter().map(|attribute| {
                            let child = self.child(parent, attribute);
                            parent = Some(child);
                            (child, attribute)
                        });
                        Node::HasPath(from, steps.collect())
                    }
                    None => Node::Has(self.boxed(inner)?, attributes.into()),
                }
            }
            Expr::Like(inner, parts) => {
                Node::Like(self.boxed(inner)?, Pattern::of(self.ground, parts))
            }
            Expr::Is(inner, ty) => Node::Is(self.boxed(inner)?, self.names.ty(ty)),
            Expr::Set(items) => {
                let items = self.all(items)?;
                match constants(&items) {
                    Some(values) => Node::Const(set(self.ground, values)),
                    None => Node::Set(items),
                }
            }
            Expr::Record(members) => {
                let members = members
                    .iter()
                    .map(|(key, member)| Some((self.names.attribute(key), self.condition(member)?)))
                    .collect::<Option<Box<[_]>>>()?;
                let constants: Option<Vec<(AttributeId, Val<'g>)>> = members
                    .iter()
                    .map(|(key, member)| Some((*key, constant(member)?)))
                    .collect();
                match constants {
                    Some(members) => {
                        Node::Const(Val::Record(self.ground.alloc_slice_copy(&members)))
                    }
                    None => Node::Record(members),
                }
            }
        })
    }

    fn boxed(&mut self, expr: &Expr) -> Option<Box<Node<'g>>> {
        self.condition(expr).map(Box::new)
    }

    fn all(&mut self, exprs: &[Expr]) -> Option<Box<[Node<'g>]>> {
        exprs.iter().map(|expr| self.condition(expr)).collect()
    }

    /// The place of `context.a.b`; nothing for any other expression.
    fn place(&mut self, expr: &Expr) -> Option<PathId> {
        let Expr::Get(inner, attribute) = expr else {
            return None;
        };
        let parent = match inner.as_ref() {
            Expr::Variable(Variable::Context) => None,
            inner => Some(self.place(inner)?),
        };
        let attribute = self.names.attribute(attribute);
        Some(self.child(parent, attribute))
    }

    fn child(&mut self, parent: Option<PathId>, attribute: AttributeId) -> PathId {
        if parent.is_none() {
            self.reads.push(attribute);
        }
        self.paths.child(parent, attribute)
    }
}

fn constants<'g>(nodes: &[Node<'g>]) -> Option<Vec<Val<'g>>> {
    nodes.iter().map(constant).collect()
}

fn constant<'g>(node: &Node<'g>) -> Option<Val<'g>> {
    match node {
        Node::Const(value) => Some(*value),
        _ => None,
    }
}
