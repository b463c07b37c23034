//! Values with every type, as JSON (explicit, implicit, in odd writing), as Cedar's text, and as the product's own.

use super::literals::{self, CONSTRUCTORS, DURATIONS, LONGS, STRINGS};
use super::random::Random;
use super::schema::{Field, Schema, Ty};
use agentauthz::model;
use serde_json::{Value as Json, json};

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Bool(bool),
    Long(i64),
    Text(String),
    /// A constructor and its argument.
    Extension(&'static str, String),
    /// A function that makes a datetime or a duration of others.
    Call(&'static str, Vec<Value>),
    Entity(String, String),
    Set(Vec<Value>),
    Record(Vec<(String, Value)>),
    /// JSON that is no value of Cedar's.
    Odd(&'static str),
}

/// JSON that Cedar has no value for, or none of that type.
pub const ODD: [&str; 14] = [
    "null",
    "1.5",
    "-0",
    "1e3",
    "9223372036854775808",
    "-9223372036854775809",
    "1.0",
    "[null]",
    "{\"a\":null}",
    "{\"__expr\":\"1\"}",
    "{\"__entity\":1}",
    "{\"__entity\":{\"type\":\"no type\",\"id\":\"a\"}}",
    "{\"__extn\":{\"fn\":\"offset\",\"args\":[]}}",
    "{\"__other\":{\"fn\":1}}",
];

/// A value of a type.
pub fn value(random: &mut Random, schema: &Schema, ty: &Ty) -> Value {
    let extension = |random: &mut Random, at: usize| {
        let (function, arguments) = CONSTRUCTORS[at];
        Value::Extension(function, (*random.pick(arguments)).to_owned())
    };
    match ty {
        Ty::Bool => Value::Bool(random.percent(50)),
        Ty::Long if random.percent(75) => Value::Long(LONGS[random.below(8)]),
        Ty::Long => Value::Long(*random.pick(&LONGS)),
        Ty::Text if random.percent(50) => Value::Text(STRINGS[random.below(5)].to_owned()),
        Ty::Text => Value::Text((*random.pick(&STRINGS)).to_owned()),
        Ty::Decimal => extension(random, 0),
        Ty::Ip => extension(random, 1),
        Ty::Datetime if random.percent(5) => {
            let moment = value(random, schema, &Ty::Datetime);
            match random.percent(70) {
                // The longest durations lead out of what a datetime can be.
                true => Value::Call("offset", vec![moment, short(random)]),
                false => Value::Call("toDate", vec![moment]),
            }
        }
        Ty::Datetime => extension(random, 2),
        Ty::Duration if random.percent(5) => {
            let moment = value(random, schema, &Ty::Datetime);
            match random.percent(50) {
                true => {
                    let since = value(random, schema, &Ty::Datetime);
                    Value::Call("durationSince", vec![moment, since])
                }
                false => Value::Call("toTime", vec![moment]),
            }
        }
        Ty::Duration => extension(random, 3),
        Ty::Entity(at) => {
            let (ty, id) = schema.some_id(random, *at);
            Value::Entity(ty, id)
        }
        Ty::Set(element) => {
            let length = match random.weighted(&[40, 60, 60, 20, 7]) {
                4 => random.within(17, 40),
                few => few,
            };
            Value::Set(
                (0..length)
                    .map(|_| value(random, schema, element))
                    .collect(),
            )
        }
        Ty::Record(fields) => Value::Record(record(random, schema, fields)),
    }
}

fn short(random: &mut Random) -> Value {
    Value::Extension("duration", DURATIONS[random.below(14)].to_owned())
}

/// The members of a record of this type.
pub fn record(random: &mut Random, schema: &Schema, fields: &[Field]) -> Vec<(String, Value)> {
    let mut members = Vec::new();
    for field in fields {
        if field.required || random.percent(60) {
            members.push((field.name.clone(), value(random, schema, &field.ty)));
        }
    }
    members
}

impl Value {
    /// The product's own form.
    pub fn model(&self) -> Option<model::Value> {
        Some(match self {
            Value::Bool(value) => model::Value::Bool(*value),
            Value::Long(value) => model::Value::Long(*value),
            Value::Text(value) => model::Value::String(value.clone()),
            Value::Extension(function, argument) => {
                model::Value::Extension((*function).into(), argument.clone())
            }
            Value::Call(function, arguments) => {
                let arguments = arguments.iter().map(Value::model);
                model::Value::Call((*function).into(), arguments.collect::<Option<_>>()?)
            }
            Value::Entity(ty, id) => {
                model::Value::Entity(model::EntityRef::new(ty.as_str(), id.as_str()))
            }
            Value::Set(items) => {
                model::Value::Set(items.iter().map(Value::model).collect::<Option<_>>()?)
            }
            Value::Record(members) => model::Value::Record(
                members
                    .iter()
                    .map(|(name, value)| Some((name.clone(), value.model()?)))
                    .collect::<Option<_>>()?,
            ),
            Value::Odd(_) => return None,
        })
    }

    /// Cedar's text, as an expression.
    pub fn cedar(&self, random: &mut Random) -> String {
        match self {
            Value::Bool(value) => value.to_string(),
            Value::Long(value) if *value < 0 => format!("({value})"),
            Value::Long(value) => value.to_string(),
            Value::Text(value) => literals::written(random, value),
            Value::Extension(function, argument) => {
                format!("{function}({})", literals::written(random, argument))
            }
            Value::Call(function, arguments) => {
                let mut arguments = arguments.iter().map(|argument| argument.cedar(random));
                let first = arguments.next().unwrap_or_default();
                let rest: Vec<String> = arguments.collect();
                format!("{first}.{function}({})", rest.join(", "))
            }
            Value::Entity(ty, id) => literals::uid(ty, id),
            Value::Set(items) => {
                let items: Vec<String> = items.iter().map(|item| item.cedar(random)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Record(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| {
                        format!("{}: {}", literals::name(name), value.cedar(random))
                    })
                    .collect();
                format!("{{{}}}", members.join(", "))
            }
            Value::Odd(_) => "{}".to_owned(),
        }
    }

    /// JSON text in this writing.
    pub fn text(&self, writing: &mut Writing) -> String {
        let pair = |writing: &mut Writing, outer: &str, members: Vec<(&str, String)>| {
            let inner = writing.object(members);
            writing.object(vec![(outer, inner)])
        };
        match self {
            Value::Bool(value) => value.to_string(),
            Value::Long(value) => value.to_string(),
            Value::Text(value) => writing.string(value),
            Value::Extension(function, argument) => {
                let text = writing.string(argument);
                let implicit = writing.is_implicit();
                if implicit && !writing.is_unusual(50) {
                    return text;
                }
                let function = writing.string(function);
                let argument = match writing.is_unusual(25) {
                    true => ("args", writing.array(vec![text])),
                    false => ("arg", text),
                };
                let members = vec![("fn", function), argument];
                match implicit {
                    true => writing.object(members),
                    false => pair(writing, "__extn", members),
                }
            }
            Value::Call(function, arguments) => {
                // Cedar types arguments by the function's signature, wherever the schema types the call itself.
                let (implicit, share) = (writing.is_implicit(), writing.implicit);
                if writing.readable && !implicit {
                    writing.implicit = 0;
                }
                let mut texts: Vec<String> = arguments
                    .iter()
                    .map(|argument| argument.text(writing))
                    .collect();
                let arguments = match texts.len() == 1 && writing.percent(50) {
                    true => ("arg", texts.remove(0)),
                    false => ("args", writing.array(texts)),
                };
                writing.implicit = share;
                let members = vec![("fn", writing.string(function)), arguments];
                match implicit {
                    true => writing.object(members),
                    false => pair(writing, "__extn", members),
                }
            }
            Value::Entity(ty, id) => {
                let mut members = vec![("type", writing.string(ty)), ("id", writing.string(id))];
                // Cedar looks at these two alone.
                if writing.is_unusual(10) {
                    members.push(("more", "1".to_owned()));
                }
                match writing.is_implicit() {
                    true => writing.object(members),
                    false => pair(writing, "__entity", members),
                }
            }
            Value::Set(items) => {
                let items = items.iter().map(|item| item.text(writing)).collect();
                writing.array(items)
            }
            Value::Record(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.text(writing)))
                    .collect();
                writing.object(members)
            }
            Value::Odd(text) => (*text).to_owned(),
        }
    }
}

/// How JSON is written.
pub struct Writing {
    random: Random,
    /// The share of extension values and entities, in percent, that stand without their escape.
    implicit: usize,
    /// Whether all can be read without a schema, too, though it may mean something else then.
    readable: bool,
    /// Whether values stand in forms that few would write.
    unusual: bool,
    /// The share of letters, in percent, that stand as escapes.
    escapes: usize,
    /// Whether keys stand in any order.
    shuffled: bool,
}

impl Writing {
    /// Keys in any order, white space, escapes; and values that only a schema can type.
    pub fn odd(random: &mut Random, implicit: usize) -> Self {
        Self {
            random: Random::new(random.next()),
            implicit,
            readable: false,
            unusual: random.percent(30),
            escapes: if random.percent(35) { 6 } else { 0 },
            shuffled: random.percent(35),
        }
    }

    /// The same, of what another schema may have to read.
    pub fn readable(self) -> Self {
        Self {
            readable: true,
            ..self
        }
    }

    fn percent(&mut self, share: usize) -> bool {
        self.random.percent(share)
    }

    fn is_implicit(&mut self) -> bool {
        self.implicit > 0 && self.percent(self.implicit)
    }

    /// Whether a form is used that has this share, in percent, where there are such forms at all.
    fn is_unusual(&mut self, share: usize) -> bool {
        self.unusual && self.percent(share)
    }

    fn space(&mut self) -> &'static str {
        if self.percent(85) {
            return "";
        }
        self.random.word(&[" ", "  ", "\t", "\r", " \t "])
    }

    pub fn string(&mut self, text: &str) -> String {
        let mut out = String::from("\"");
        for letter in text.chars() {
            let mut units = [0; 2];
            match letter {
                _ if self.percent(self.escapes) => {
                    let upper = self.percent(50);
                    for unit in letter.encode_utf16(&mut units) {
                        out.push_str(&if upper {
                            format!("\\u{unit:04X}")
                        } else {
                            format!("\\u{unit:04x}")
                        });
                    }
                }
                '/' if self.percent(30) => out.push_str("\\/"),
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                _ if u32::from(letter) < 0x20 => {
                    out.push_str(&format!("\\u{:04x}", u32::from(letter)))
                }
                _ => out.push(letter),
            }
        }
        out.push('"');
        out
    }

    pub fn array(&mut self, items: Vec<String>) -> String {
        let mut out = String::from("[");
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(self.space());
            out.push_str(item);
            out.push_str(self.space());
        }
        out.push(']');
        out
    }

    pub fn object(&mut self, mut members: Vec<(&str, String)>) -> String {
        if self.shuffled {
            self.random.shuffle(&mut members);
        }
        let mut out = String::from("{");
        for (at, (key, value)) in members.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(self.space());
            out.push_str(&self.string(key));
            out.push_str(self.space());
            out.push(':');
            out.push_str(self.space());
            out.push_str(value);
            out.push_str(self.space());
        }
        out.push('}');
        out
    }
}

/// Cedar's JSON of a uid, for entity files.
pub fn uid(ty: &str, id: &str) -> Json {
    json!({ "type": ty, "id": id })
}
