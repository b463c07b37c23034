//! The context of a request, read by its shape straight into the places that policies read.
//!
//! Invariant: what is read conforms to the shape, and every value is the one that Cedar makes of the same JSON with the
//! schema. Everything else makes it give up.

use super::scan::{Quoted, Scanner};
use super::uids::Strangers;
use crate::engine::compiled::{
    EntityId, MemberShape, Names, RecordShape, TypeId, TypeShape, Val, datetime, decimal, duration,
    ip,
};
use bumpalo::Bump;

/// Reads contexts.
pub struct ContextReader<'c, 'b, 'n> {
    pub names: &'n Names,
    pub strangers: &'c mut Strangers,
    pub room: &'b Bump,
    /// The places to fill; nothing where the context is only checked.
    pub places: Option<&'c mut [Option<Val<'b>>]>,
}

/// A record that is read as a whole.
type Members<'b> = bumpalo::collections::Vec<'b, (u32, Val<'b>)>;

impl<'b> ContextReader<'_, 'b, '_> {
    /// Reads a record by its shape. With `whole` it gives the record itself.
    pub fn record<'l: 'b>(
        &mut self,
        scanner: &mut Scanner<'l>,
        shape: &RecordShape,
        whole: bool,
    ) -> Option<Val<'b>> {
        let mut seen = 0_u64;
        let mut hint = 0;
        let mut built: Option<Members<'b>> = whole.then(|| Members::new_in(self.room));
        scanner.must(b'{')?;
        let mut done = scanner.take(b'}');
        while !done {
            let at = next_member(scanner, shape, hint)?;
            hint = at + 1;
            let bit = 1_u64 << at;
            if seen & bit != 0 {
                return None;
            }
            seen |= bit;
            let member = shape.members.get(at)?;
            let value = self.member(scanner, member, built.is_some())?;
            if let Some(built) = &mut built {
                built.push((member.attribute, value));
            }
            done = scanner.take(b'}');
            if !done {
                scanner.must(b',')?;
            }
        }
        if seen & shape.required != shape.required {
            return None;
        }
        Some(match built {
            Some(built) => Val::Record(built.into_bump_slice()),
            None => Val::Fields,
        })
    }

    fn member<'l: 'b>(
        &mut self,
        scanner: &mut Scanner<'l>,
        member: &MemberShape,
        wanted: bool,
    ) -> Option<Val<'b>> {
        let kept = self.places.is_some() && member.place.is_some();
        let whole = wanted || (kept && member.whole);
        let value = match &member.ty {
            TypeShape::Record(shape) => self.record(scanner, shape, whole)?,
            ty => self.value(scanner, ty, wanted || kept)?,
        };
        if let (Some(places), Some(place)) = (&mut self.places, member.place) {
            *places.get_mut(place as usize)? = Some(value);
        }
        Some(value)
    }

    /// Reads a value; where it is not wanted, only checks it.
    fn value<'l: 'b>(
        &mut self,
        scanner: &mut Scanner<'l>,
        ty: &TypeShape,
        wanted: bool,
    ) -> Option<Val<'b>> {
        Some(match ty {
            TypeShape::Bool => Val::Bool(scanner.boolean()?),
            TypeShape::Long => Val::Long(scanner.integer()?),
            TypeShape::Text => {
                let text = scanner.string()?;
                match wanted {
                    true => Val::Text(text.decode(self.room)?),
                    false => Val::Fields,
                }
            }
            TypeShape::Decimal => Val::Decimal(decimal(constructed(
                scanner,
                "decimal",
                ",\"fn\":\"decimal\"}}",
            )?)?),
            TypeShape::Ip => Val::Ip(ip(constructed(scanner, "ip", ",\"fn\":\"ip\"}}")?)?),
            TypeShape::Datetime => Val::Datetime(datetime(constructed(
                scanner,
                "datetime",
                ",\"fn\":\"datetime\"}}",
            )?)?),
            TypeShape::Duration => Val::Duration(duration(constructed(
                scanner,
                "duration",
                ",\"fn\":\"duration\"}}",
            )?)?),
            TypeShape::Entity(ty, name) => {
                let (found, id) = entity(scanner)?;
                if found != name.as_ref() {
                    return None;
                }
                match wanted {
                    true => Val::Entity(self.entity(*ty, id)?),
                    false => Val::Fields,
                }
            }
            TypeShape::Set(element) => {
                let mut items = bumpalo::collections::Vec::new_in(self.room);
                scanner.items(|scanner| {
                    let item = match element.as_ref() {
                        // Members of records in sets have no places.
                        TypeShape::Record(shape) => self.record(scanner, shape, true)?,
                        element => self.value(scanner, element, wanted)?,
                    };
                    if wanted {
                        items.push(item);
                    }
                    Some(())
                })?;
                Val::Set(items.into_bump_slice())
            }
            TypeShape::Record(shape) => self.record(scanner, shape, wanted)?,
        })
    }

    fn entity(&mut self, ty: TypeId, id: Quoted<'_>) -> Option<EntityId> {
        let plain = id.plain();
        let decoded;
        let id = match plain {
            Some(id) => id,
            None => {
                let room = Bump::new();
                decoded = id.decode(&room)?.to_owned();
                &decoded
            }
        };
        self.strangers.entity(self.names, ty, id)
    }
}

/// Takes the key of a member and says which one it is. Members mostly come in the order of the schema.
fn next_member(scanner: &mut Scanner<'_>, shape: &RecordShape, hint: usize) -> Option<usize> {
    for (at, member) in shape.members.iter().enumerate().skip(hint) {
        if scanner.literal(&member.key) {
            return Some(at);
        }
    }
    let key = scanner.key()?;
    let mut members = shape.members.iter();
    members.position(|member| member.name.as_ref() == key)
}

/// The text of `{"__extn": {"fn": …, "arg": "…"}}`, or of a string that the schema says is one of these. `rest` is how it goes on
/// behind the argument where we wrote it.
fn constructed<'l>(scanner: &mut Scanner<'l>, function: &str, rest: &str) -> Option<&'l str> {
    let from = *scanner;
    if scanner.literal("{\"__extn\":{\"arg\":") {
        let text = scanner.string()?.plain()?;
        if scanner.literal(rest) {
            return Some(text);
        }
        *scanner = from;
    }
    if scanner.next() == b'"' {
        return scanner.string()?.plain();
    }
    let mut argument = None;
    let mut named = false;
    scanner.must(b'{')?;
    if scanner.key()? != "__extn" {
        return None;
    }
    scanner.members(|scanner, key| {
        let text = scanner.string()?.plain()?;
        match key {
            "fn" if !named && text == function => named = true,
            "arg" if argument.is_none() => argument = Some(text),
            _ => return None,
        }
        Some(())
    })?;
    scanner.must(b'}')?;
    argument.filter(|_| named)
}

/// The type and the id of `{"__entity": {"type": …, "id": …}}`, or of `{"type": …, "id": …}` where the schema says that
/// it is an entity.
fn entity<'l>(scanner: &mut Scanner<'l>) -> Option<(&'l str, Quoted<'l>)> {
    let from = *scanner;
    scanner.must(b'{')?;
    if scanner.key()? != "__entity" {
        *scanner = from;
        return uid(scanner);
    }
    let found = uid(scanner)?;
    scanner.must(b'}')?;
    Some(found)
}

/// The type and the id of `{"type": …, "id": …}`.
pub fn uid<'l>(scanner: &mut Scanner<'l>) -> Option<(&'l str, Quoted<'l>)> {
    let from = *scanner;
    if scanner.literal("{\"type\":") {
        let ty = scanner.string()?.plain()?;
        if scanner.literal(",\"id\":") {
            let id = scanner.string()?;
            if scanner.literal("}") {
                return Some((ty, id));
            }
        }
        *scanner = from;
    }
    let mut ty = None;
    let mut id = None;
    scanner.members(|scanner, key| {
        let text = scanner.string()?;
        match key {
            "type" if ty.is_none() => ty = Some(text.plain()?),
            "id" if id.is_none() => id = Some(text),
            _ => return None,
        }
        Some(())
    })?;
    Some((ty?, id?))
}
