//! Compiled conditions on a request, as Cedar's `evaluator.rs` evaluates them.
//!
//! Invariant: gives a value exactly where Cedar gives it, and the same one, and raises an error exactly where Cedar does.
//! Which of several errors comes first is not kept, because a policy that raises any error has the same status.

use super::extension::{self, Raised};
use super::names::{AttributeId, EntityId, Names, TypeId};
use super::paths::{PathId, Paths};
use super::program::Node;
use super::value::{Val, contains, member, set, subset};
use super::world::World;
use crate::model::Operator;
use bumpalo::Bump;

/// A request, and the world it is decided in. `'a` is the time for which the request's own values live.
pub struct Case<'a, 'g> {
    pub world: &'a World<'g>,
    pub names: &'a Names,
    pub paths: &'a Paths,
    pub principal: EntityId,
    pub action: EntityId,
    pub resource: EntityId,
    /// The values at the paths that policies read; nothing where the context has none.
    pub places: &'a [Option<Val<'a>>],
    /// The context as a value, where policies read it as one.
    pub context: Val<'a>,
    /// The types of the entities that the names do not know.
    pub strangers: &'a [TypeId],
    /// Room for sets that conditions make.
    pub room: &'a Bump,
}

impl<'a, 'g: 'a> Case<'a, 'g> {
    /// The value of a boolean expression.
    pub fn holds(&self, node: &'a Node<'g>) -> Result<bool, Raised> {
        match node {
            Node::And(parts) => {
                for part in parts {
                    if !self.holds(part)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Node::Or(parts) => {
                for part in parts {
                    if self.holds(part)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Node::Not(inner) => Ok(!self.holds(inner)?),
            Node::HasPath(from, steps) => self.has_path(*from, steps),
            Node::Binary(operator, operands) => {
                let (left, right) = operands.as_ref();
                self.test(*operator, left, right)
            }
            Node::Const(_)
            | Node::Raise
            | Node::Principal
            | Node::Action
            | Node::Resource
            | Node::Context
            | Node::Path(_)
            | Node::If(_)
            | Node::Neg(_)
            | Node::IsEmpty(_)
            | Node::Call(..)
            | Node::Get(..)
            | Node::Has(..)
            | Node::Like(..)
            | Node::Is(..)
            | Node::Set(_)
            | Node::Record(_) => match self.value(node)? {
                Val::Bool(flag) => Ok(flag),
                _ => Err(Raised),
            },
        }
    }

    fn value(&self, node: &'a Node<'g>) -> Result<Val<'a>, Raised> {
        Ok(match node {
            Node::Const(value) => *value,
            Node::Raise => return Err(Raised),
            Node::Principal => Val::Entity(self.principal),
            Node::Action => Val::Entity(self.action),
            Node::Resource => Val::Entity(self.resource),
            Node::Context => self.context,
            Node::Path(place) => self.path(*place)?,
            Node::If(parts) => {
                let (test, then, or) = parts.as_ref();
                match self.holds(test)? {
                    true => self.value(then)?,
                    false => self.value(or)?,
                }
            }
            Node::And(_) | Node::Or(_) | Node::Not(_) | Node::HasPath(..) => {
                Val::Bool(self.holds(node)?)
            }
            Node::Neg(inner) => match self.value(inner)? {
                Val::Long(number) => Val::Long(number.checked_neg().ok_or(Raised)?),
                _ => return Err(Raised),
            },
            Node::IsEmpty(inner) => Val::Bool(elements(self.value(inner)?)?.is_empty()),
            Node::Binary(operator, operands) => {
                let (left, right) = operands.as_ref();
                self.binary(*operator, left, right)?
            }
            Node::Call(function, arguments) => match arguments.as_ref() {
                [one] => extension::call(*function, &[self.value(one)?])?,
                [one, two] => extension::call(*function, &[self.value(one)?, self.value(two)?])?,
                _ => return Err(Raised),
            },
            Node::Get(inner, attribute) => self.attribute(self.value(inner)?, *attribute)?,
            Node::Has(inner, attributes) => Val::Bool(self.has(self.value(inner)?, attributes)?),
            Node::Like(inner, pattern) => match self.value(inner)? {
                Val::Text(text) => Val::Bool(pattern.matches(text)),
                _ => return Err(Raised),
            },
            Node::Is(inner, ty) => match self.value(inner)? {
                Val::Entity(entity) => Val::Bool(self.type_of(entity) == Some(*ty)),
                _ => return Err(Raised),
            },
            Node::Set(items) => {
                let values: Result<Vec<Val<'a>>, Raised> =
                    items.iter().map(|item| self.value(item)).collect();
                set(self.room, values?)
            }
            Node::Record(members) => {
                let mut values =
                    bumpalo::collections::Vec::with_capacity_in(members.len(), self.room);
                for (key, member) in members {
                    values.push((*key, self.value(member)?));
                }
                Val::Record(values.into_bump_slice())
            }
        })
    }

    /// The type of an entity.
    pub fn type_of(&self, entity: EntityId) -> Option<TypeId> {
        match self.names.reference(entity) {
            Some((ty, _)) => Some(ty),
            None => {
                let at = (entity as usize).checked_sub(self.names.entities())?;
                self.strangers.get(at).copied()
            }
        }
    }

    fn place(&self, place: PathId) -> Option<Val<'a>> {
        self.places.get(place as usize).copied().flatten()
    }

    /// The value of `context.a.b`. Where its place is empty, `context.a` may be an entity or a record of one.
    fn path(&self, place: PathId) -> Result<Val<'a>, Raised> {
        if let Some(value) = self.place(place) {
            return Ok(value);
        }
        match self.paths.step(place) {
            Some((Some(parent), attribute)) => self.attribute(self.path(parent)?, attribute),
            Some((None, _)) | None => Err(Raised),
        }
    }

    fn attribute(&self, of: Val<'a>, name: AttributeId) -> Result<Val<'a>, Raised> {
        match of {
            Val::Entity(entity) => self.world.attribute(entity, name).ok_or(Raised),
            Val::Record(members) => member(members, name).ok_or(Raised),
            // A member that policies read has a place of its own, which was empty.
            Val::Fields => Err(Raised),
            Val::Bool(_)
            | Val::Long(_)
            | Val::Text(_)
            | Val::Decimal(_)
            | Val::Datetime(_)
            | Val::Duration(_)
            | Val::Ip(_)
            | Val::Set(_) => Err(Raised),
        }
    }

    fn has_path(
        &self,
        from: Option<PathId>,
        steps: &[(PathId, AttributeId)],
    ) -> Result<bool, Raised> {
        let mut at = match from {
            None => Val::Fields,
            Some(from) => self.path(from)?,
        };
        for (place, attribute) in steps {
            let next = match at {
                Val::Fields => self.place(*place),
                Val::Record(members) => member(members, *attribute),
                Val::Entity(entity) => self.world.attribute(entity, *attribute),
                _ => return Err(Raised),
            };
            match next {
                Some(value) => at = value,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    fn has(&self, of: Val<'a>, attributes: &[AttributeId]) -> Result<bool, Raised> {
        let mut at = of;
        for attribute in attributes {
            let next = match at {
                Val::Record(members) => member(members, *attribute),
                Val::Entity(entity) => self.world.attribute(entity, *attribute),
                _ => return Err(Raised),
            };
            match next {
                Some(value) => at = value,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The value of an operand, where it lies if it need not be made; else it is put into `room`.
    fn operand<'s>(
        &'s self,
        node: &'a Node<'g>,
        room: &'s mut Val<'a>,
    ) -> Result<&'s Val<'a>, Raised> {
        match node {
            Node::Const(value) => return Ok(value),
            Node::Path(place) => {
                if let Some(Some(value)) = self.places.get(*place as usize) {
                    return Ok(value);
                }
            }
            _ => {}
        }
        *room = self.value(node)?;
        Ok(room)
    }

    /// An operator whose value is a boolean; of the others, their value if it is one.
    fn test(
        &self,
        operator: Operator,
        left: &'a Node<'g>,
        right: &'a Node<'g>,
    ) -> Result<bool, Raised> {
        if let Operator::Add | Operator::Sub | Operator::Mul | Operator::GetTag = operator {
            return match self.binary(operator, left, right)? {
                Val::Bool(flag) => Ok(flag),
                _ => Err(Raised),
            };
        }
        let (mut room, mut other) = (Val::Fields, Val::Fields);
        let a = self.operand(left, &mut room)?;
        let b = self.operand(right, &mut other)?;
        Ok(match operator {
            Operator::Eq => a == b,
            Operator::Less => ordered(a, b)? == std::cmp::Ordering::Less,
            Operator::LessEq => ordered(a, b)? != std::cmp::Ordering::Greater,
            Operator::In => self.is_in(*a, *b)?,
            Operator::Contains => contains(elements(*a)?, b),
            Operator::ContainsAll => {
                let (a, b) = (elements(*a)?, elements(*b)?);
                subset(b, a)
            }
            Operator::ContainsAny => {
                let (a, b) = (elements(*a)?, elements(*b)?);
                b.iter().any(|element| contains(a, element))
            }
            Operator::HasTag => match (a, b) {
                (Val::Entity(entity), Val::Text(tag)) => self.world.tag(*entity, tag).is_some(),
                _ => return Err(Raised),
            },
            // See above.
            Operator::Add | Operator::Sub | Operator::Mul | Operator::GetTag => return Err(Raised),
        })
    }

    fn binary(
        &self,
        operator: Operator,
        left: &'a Node<'g>,
        right: &'a Node<'g>,
    ) -> Result<Val<'a>, Raised> {
        let operands = || Ok((self.value(left)?, self.value(right)?));
        let numbers = || {
            let (a, b) = operands()?;
            Ok((long(a)?, long(b)?))
        };
        let number = |found: Option<i64>| found.map(Val::Long).ok_or(Raised);
        match operator {
            Operator::Add => numbers().and_then(|(a, b)| number(a.checked_add(b))),
            Operator::Sub => numbers().and_then(|(a, b)| number(a.checked_sub(b))),
            Operator::Mul => numbers().and_then(|(a, b)| number(a.checked_mul(b))),
            Operator::GetTag => match operands()? {
                (Val::Entity(entity), Val::Text(tag)) => self.world.tag(entity, tag).ok_or(Raised),
                _ => Err(Raised),
            },
            Operator::Eq
            | Operator::Less
            | Operator::LessEq
            | Operator::In
            | Operator::Contains
            | Operator::ContainsAll
            | Operator::ContainsAny
            | Operator::HasTag => self.test(operator, left, right).map(Val::Bool),
        }
    }

    fn is_in(&self, left: Val<'a>, right: Val<'a>) -> Result<bool, Raised> {
        let Val::Entity(entity) = left else {
            return Err(Raised);
        };
        match right {
            Val::Entity(other) => Ok(self.world.is_in(entity, other)),
            Val::Set(items) => {
                let mut found = false;
                for item in items {
                    // One element that is no entity is an error, wherever it stands.
                    let Val::Entity(other) = item else {
                        return Err(Raised);
                    };
                    found |= self.world.is_in(entity, *other);
                }
                Ok(found)
            }
            _ => Err(Raised),
        }
    }
}

fn long(value: Val<'_>) -> Result<i64, Raised> {
    match value {
        Val::Long(number) => Ok(number),
        _ => Err(Raised),
    }
}

fn elements<'a>(value: Val<'a>) -> Result<&'a [Val<'a>], Raised> {
    match value {
        Val::Set(items) => Ok(items),
        _ => Err(Raised),
    }
}

/// `<` and `<=` are for integers, datetimes and durations.
fn ordered(a: &Val<'_>, b: &Val<'_>) -> Result<std::cmp::Ordering, Raised> {
    match (a, b) {
        (Val::Long(a), Val::Long(b))
        | (Val::Datetime(a), Val::Datetime(b))
        | (Val::Duration(a), Val::Duration(b)) => Ok(a.cmp(b)),
        _ => Err(Raised),
    }
}
