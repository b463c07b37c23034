//! The context of a request, read by its shape straight into the places that policies read.
//!
//! Invariant: what is read conforms to the shape, and every value is the one that Cedar makes of the same JSON with the
//! schema. Everything else makes it give up.

use super::scan::{Quoted, Scanner};
use super::uids::{Strangers, one_of};
use crate::engine::compiled::{
    AttributeId, EntityId, MemberShape, Names, RecordShape, TypeId, TypeShape, Val, datetime,
    decimal, duration, ip, set,
};
use bumpalo::Bump;

/// Reads contexts.
pub struct ContextReader<'c, 'b, 'n> {
    pub values: ValueReader<'c, 'b, 'n>,
    /// The places to fill; nothing where the context is only checked.
    pub places: Option<&'c mut [Option<Val<'b>>]>,
}

/// Reads values that have no places of their own inside.
pub struct ValueReader<'c, 'b, 'n> {
    pub names: &'n Names,
    pub strangers: &'c mut Strangers,
    pub room: &'b Bump,
}

/// A record that is read as a whole.
type Members<'b> = bumpalo::collections::Vec<'b, (AttributeId, Val<'b>)>;

/// Which members of a record were seen.
trait Seen {
    /// Notes one, and says whether it is the first time.
    fn see(&mut self, at: usize) -> bool;
    /// Whether all were seen that must be there.
    fn is_complete(&self, shape: &RecordShape) -> bool;
}

/// A bit for each of at most 64.
impl Seen for u64 {
    #[inline(always)]
    fn see(&mut self, at: usize) -> bool {
        let bit = 1 << at;
        let fresh = *self & bit == 0;
        *self |= bit;
        fresh
    }

    #[inline(always)]
    fn is_complete(&self, shape: &RecordShape) -> bool {
        *self & shape.required == shape.required
    }
}

/// For any number of them.
impl Seen for Vec<bool> {
    fn see(&mut self, at: usize) -> bool {
        self.get_mut(at)
            .is_some_and(|seen| !std::mem::replace(seen, true))
    }

    fn is_complete(&self, shape: &RecordShape) -> bool {
        let mut members = shape.members.iter().zip(self);
        members.all(|(member, seen)| *seen || !member.required)
    }
}

/// Where a value goes that is wanted; where there is none, it is only checked.
// Values are written where they go, and not passed on: a copy would be read before it is fully written, which costs more
// than to read most values.
type Into<'i, 'b> = Option<&'i mut Option<Val<'b>>>;

#[inline(always)]
fn put<'b>(into: Into<'_, 'b>, value: Val<'b>) {
    if let Some(into) = into {
        *into = Some(value);
    }
}

/// The value of a record, of which all members were built or only those that have places.
#[inline(always)]
pub fn record<'b>(members: Option<&'b [(AttributeId, Val<'b>)]>) -> Val<'b> {
    members.map_or(Val::Fields, Val::Record)
}

impl<'b> ContextReader<'_, 'b, '_> {
    /// Reads a record by its shape. With `whole` it gives the record itself.
    pub fn record<'l: 'b>(
        &mut self,
        scanner: &mut Scanner<'l>,
        shape: &RecordShape,
        whole: bool,
    ) -> Option<Option<&'b [(AttributeId, Val<'b>)]>> {
        match shape.members.len() {
            ..=64 => self.record_seeing(scanner, shape, whole, 0_u64),
            _ => self.large(scanner, shape, whole),
        }
    }

    #[cold]
    fn large<'l: 'b>(
        &mut self,
        scanner: &mut Scanner<'l>,
        shape: &RecordShape,
        whole: bool,
    ) -> Option<Option<&'b [(AttributeId, Val<'b>)]>> {
        let seen = vec![false; shape.members.len()];
        self.record_seeing(scanner, shape, whole, seen)
    }

    #[inline(always)]
    fn record_seeing<'l: 'b>(
        &mut self,
        scanner: &mut Scanner<'l>,
        shape: &RecordShape,
        whole: bool,
        mut seen: impl Seen,
    ) -> Option<Option<&'b [(AttributeId, Val<'b>)]>> {
        let mut hint = 0;
        let mut built: Option<Members<'b>> = whole.then(|| Members::new_in(self.values.room));
        scanner.must(b'{')?;
        let mut more = !scanner.take(b'}');
        while more {
            let at = next_member(scanner, shape, hint)?;
            hint = at + 1;
            if !seen.see(at) {
                return None;
            }
            let member = shape.members.get(at)?;
            match &mut built {
                None => self.member(scanner, member)?,
                Some(built) => built.push((member.attribute, self.whole(scanner, member)?)),
            }
            more = scanner.goes_on(b'}')?;
        }
        if !seen.is_complete(shape) {
            return None;
        }
        Some(match built {
            Some(built) => Some(built.into_bump_slice()),
            None => None,
        })
    }

    /// The place of a member whose value policies read.
    fn place(&mut self, member: &MemberShape) -> Into<'_, 'b> {
        self.places.as_mut()?.get_mut(member.place? as usize)
    }

    /// Reads a member into its place.
    #[inline(always)]
    fn member<'l: 'b>(&mut self, scanner: &mut Scanner<'l>, member: &MemberShape) -> Option<()> {
        if let TypeShape::Record(shape) = &member.ty {
            let whole = member.whole && self.place(member).is_some();
            let members = self.record(scanner, shape, whole)?;
            put(self.place(member), record(members));
            return Some(());
        }
        let place = match (&mut self.places, member.place) {
            (Some(places), Some(place)) => Some(places.get_mut(place as usize)?),
            (Some(_) | None, _) => None,
        };
        self.values.value(scanner, &member.ty, place)
    }

    /// Reads a member of a record that is wanted as a whole; its value goes to its place too.
    fn whole<'l: 'b>(
        &mut self,
        scanner: &mut Scanner<'l>,
        member: &MemberShape,
    ) -> Option<Val<'b>> {
        let mut value = None;
        match &member.ty {
            TypeShape::Record(shape) => value = Some(record(self.record(scanner, shape, true)?)),
            ty => self.values.value(scanner, ty, Some(&mut value))?,
        }
        put(self.place(member), value?);
        value
    }
}

impl<'b> ValueReader<'_, 'b, '_> {
    /// Reads a value.
    fn value<'l: 'b>(
        &mut self,
        scanner: &mut Scanner<'l>,
        ty: &TypeShape,
        into: Into<'_, 'b>,
    ) -> Option<()> {
        match ty {
            TypeShape::Bool => put(into, Val::Bool(scanner.boolean()?)),
            TypeShape::Long => put(into, Val::Long(scanner.integer()?)),
            TypeShape::Text => {
                let text = scanner.string()?;
                if into.is_some() {
                    put(into, Val::Text(text.decode(self.room)?));
                }
            }
            TypeShape::Decimal => {
                let text = constructed(scanner, self.room, "decimal", ",\"fn\":\"decimal\"}}")?;
                put(into, Val::Decimal(decimal(text)?));
            }
            TypeShape::Ip => {
                let text = constructed(scanner, self.room, "ip", ",\"fn\":\"ip\"}}")?;
                put(into, Val::Ip(ip(text)?));
            }
            TypeShape::Datetime => {
                let text = constructed(scanner, self.room, "datetime", ",\"fn\":\"datetime\"}}")?;
                put(into, Val::Datetime(datetime(text)?));
            }
            TypeShape::Duration => {
                let text = constructed(scanner, self.room, "duration", ",\"fn\":\"duration\"}}")?;
                put(into, Val::Duration(duration(text)?));
            }
            TypeShape::Entity(ty, name) => {
                let (found, id) = entity(scanner)?;
                if !found.is(name) {
                    return None;
                }
                if into.is_some() {
                    put(into, Val::Entity(self.entity(*ty, id)?));
                }
            }
            TypeShape::Chosen(ty, name, all) => {
                let (found, id) = entity(scanner)?;
                if !found.is(name) {
                    return None;
                }
                let entity = one_of(self.names, all, *ty, &id.text()?)?;
                put(into, Val::Entity(entity));
            }
            TypeShape::Set(element) => {
                let mut items = Vec::new();
                let wanted = into.is_some();
                scanner.items(|scanner| {
                    let mut item = None;
                    self.value(scanner, element, wanted.then_some(&mut item))?;
                    items.extend(item);
                    Some(())
                })?;
                if let Some(into) = into {
                    *into = Some(set(self.room, items));
                }
            }
            TypeShape::Record(shape) => {
                let Self {
                    names,
                    strangers,
                    room,
                } = self;
                let mut reader = ContextReader {
                    values: ValueReader {
                        names,
                        strangers,
                        room,
                    },
                    places: None,
                };
                let members = reader.record(scanner, shape, into.is_some())?;
                put(into, record(members));
            }
        }
        Some(())
    }

    fn entity(&mut self, ty: TypeId, id: Quoted<'_>) -> Option<EntityId> {
        self.strangers.entity(self.names, ty, &id.text()?)
    }
}

/// Takes the key of a member and says which one it is. Members mostly come in the order of the schema.
#[inline(always)]
fn next_member(scanner: &mut Scanner<'_>, shape: &RecordShape, hint: usize) -> Option<usize> {
    for (at, member) in shape.members.iter().enumerate().skip(hint) {
        if scanner.written(&member.key) {
            return Some(at);
        }
    }
    named_member(scanner, shape)
}

/// The same for a member that comes in no order, or is written otherwise.
#[cold]
#[inline(never)]
fn named_member(scanner: &mut Scanner<'_>, shape: &RecordShape) -> Option<usize> {
    let key = scanner.key()?.text()?;
    let mut members = shape.members.iter();
    members.position(|member| *member.name == *key)
}

/// The text of `{"__extn": {"fn": …, "arg": "…"}}`, or of a string that the schema says is one of these. `rest` is how it goes on
/// behind the argument where we wrote it.
#[inline(always)]
fn constructed<'l: 'b, 'b>(
    scanner: &mut Scanner<'l>,
    room: &'b Bump,
    function: &str,
    rest: &str,
) -> Option<&'b str> {
    let from = *scanner;
    if scanner.literal("{\"__extn\":{\"arg\":") {
        let text = scanner.string()?.decode(room)?;
        if scanner.literal(rest) {
            return Some(text);
        }
        *scanner = from;
    }
    constructed_in_any_order(scanner, room, function)
}

#[cold]
fn constructed_in_any_order<'l: 'b, 'b>(
    scanner: &mut Scanner<'l>,
    room: &'b Bump,
    function: &str,
) -> Option<&'b str> {
    if scanner.next() == b'"' {
        return scanner.string()?.decode(room);
    }
    let mut argument = None;
    let mut named = false;
    scanner.must(b'{')?;
    if !scanner.key()?.is("__extn") {
        return None;
    }
    scanner.members(|scanner, key| {
        let text = scanner.string()?.decode(room)?;
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
fn entity<'l>(scanner: &mut Scanner<'l>) -> Option<(Quoted<'l>, Quoted<'l>)> {
    let from = *scanner;
    scanner.must(b'{')?;
    if !scanner.key()?.is("__entity") {
        *scanner = from;
        return uid(scanner);
    }
    let found = uid(scanner)?;
    scanner.must(b'}')?;
    Some(found)
}

/// The type and the id of `{"type": …, "id": …}`.
#[inline(always)]
pub fn uid<'l>(scanner: &mut Scanner<'l>) -> Option<(Quoted<'l>, Quoted<'l>)> {
    let from = *scanner;
    if scanner.literal("{\"type\":") {
        let ty = scanner.string()?;
        if scanner.literal(",\"id\":") {
            let id = scanner.string()?;
            if scanner.literal("}") {
                return Some((ty, id));
            }
        }
        *scanner = from;
    }
    uid_in_any_order(scanner)
}

#[cold]
fn uid_in_any_order<'l>(scanner: &mut Scanner<'l>) -> Option<(Quoted<'l>, Quoted<'l>)> {
    let mut ty = None;
    let mut id = None;
    scanner.members(|scanner, key| {
        let text = scanner.string()?;
        match key {
            "type" if ty.is_none() => ty = Some(text),
            "id" if id.is_none() => id = Some(text),
            _ => return None,
        }
        Some(())
    })?;
    Some((ty?, id?))
}
