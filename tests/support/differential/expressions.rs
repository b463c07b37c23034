//! Random conditions: well-typed by construction for one request environment, with a share of anything else.

use super::literals::{self, BAD, CONSTRUCTORS};
use super::random::Random;
use super::schema::{Applies, Field, Schema, Ty};
use super::values::{self, Value};

/// A way to a value from a variable.
#[derive(Debug, Clone)]
struct Path {
    text: String,
    ty: Ty,
    /// What must hold for it to be there.
    guards: Vec<String>,
}

/// Writes the conditions of one policy.
pub struct Expressions<'a> {
    pub random: &'a mut Random,
    schema: &'a Schema,
    /// The share of expressions, in a thousand, that are of any other type than is wanted.
    wild: usize,
    /// The share of optional attributes, in percent, that are asked for first.
    guarded: usize,
    paths: Vec<Path>,
    principal: usize,
    resource: usize,
    context: Vec<Field>,
    /// What the expression being written needs.
    guards: Vec<String>,
}

impl<'a> Expressions<'a> {
    /// For an action with principals and resources of these types.
    pub fn new(
        random: &'a mut Random,
        schema: &'a Schema,
        (principal, resource, applies): (usize, usize, &Applies),
        wild: usize,
    ) -> Self {
        let guarded = if random.percent(80) { 100 } else { 60 };
        let mut written = Self {
            random,
            schema,
            wild,
            guarded,
            paths: Vec::new(),
            principal,
            resource,
            context: applies.context.clone(),
            guards: Vec::new(),
        };
        written
            .paths
            .push(written.root("principal", Ty::Entity(principal)));
        written
            .paths
            .push(written.root("resource", Ty::Entity(resource)));
        written.members("context", &[], &applies.context);
        // The way to a deep value begins with the way to a shallow one.
        let mut at = 0;
        while at < written.paths.len() && written.paths.len() < 160 {
            let path = written.paths[at].clone();
            let fields = match &path.ty {
                Ty::Entity(at) => written.schema.entities[*at].fields.clone(),
                Ty::Record(fields) => fields.clone(),
                _ => Vec::new(),
            };
            if path.text.len() < 60 {
                written.members(&path.text, &path.guards, &fields);
            }
            at += 1;
        }
        written
    }

    fn root(&self, text: &str, ty: Ty) -> Path {
        Path {
            text: text.to_owned(),
            ty,
            guards: Vec::new(),
        }
    }

    fn members(&mut self, base: &str, guards: &[String], fields: &[Field]) {
        for field in fields {
            let text = format!("{base}{}", literals::step(self.random, &field.name));
            let mut guards = guards.to_vec();
            if !field.required {
                guards.push(format!("{base} has {}", literals::name(&field.name)));
            }
            self.paths.push(Path {
                text,
                ty: field.ty.clone(),
                guards,
            });
        }
    }

    fn one(&mut self, texts: &[&str]) -> String {
        (*self.random.pick(texts)).to_owned()
    }

    /// A condition: boolean, most of the time.
    pub fn condition(&mut self) -> String {
        let depth = self.random.weighted(&[3, 4, 3, 1]);
        self.boolean(depth)
    }

    // ── booleans ──

    fn boolean(&mut self, depth: usize) -> String {
        if self.random.below(1000) < self.wild {
            return self.odd();
        }
        if depth == 0 {
            return self.atom();
        }
        let depth = depth - 1;
        match self.random.weighted(&[6, 6, 2, 2, 1, 1]) {
            0 => format!("({} && {})", self.boolean(depth), self.boolean(depth)),
            1 => format!("({} || {})", self.boolean(depth), self.boolean(depth)),
            2 => format!("(!{})", self.boolean(depth)),
            3 => format!(
                "(if {} then {} else {})",
                self.boolean(depth),
                self.boolean(depth),
                self.boolean(depth)
            ),
            4 => format!("({} == {})", self.boolean(depth), self.boolean(depth)),
            _ => format!(
                "[{}, {}].contains({})",
                self.boolean(depth),
                self.boolean(0),
                self.atom()
            ),
        }
    }

    /// A comparison, with what it needs in front of it.
    fn atom(&mut self) -> String {
        let outer = std::mem::take(&mut self.guards);
        let text = self.bare();
        let mut guards = std::mem::replace(&mut self.guards, outer);
        guards.dedup();
        if self.random.below(100) >= self.guarded {
            guards.clear();
        }
        match guards.is_empty() {
            true => text,
            false => format!("({} && {text})", guards.join(" && ")),
        }
    }

    fn bare(&mut self) -> String {
        match self
            .random
            .weighted(&[1, 3, 8, 5, 5, 5, 5, 4, 4, 4, 3, 3, 3, 2])
        {
            0 => self.one(&["true", "false"]),
            1 => self.path_or(&Ty::Bool, "true"),
            2 => {
                let ty = match self.random.weighted(&[6, 2, 2]) {
                    0 => Ty::Long,
                    1 => Ty::Datetime,
                    _ => Ty::Duration,
                };
                let operator = self.one(&["<", "<=", ">", ">="]);
                format!("({} {operator} {})", self.of(&ty, 2), self.of(&ty, 1))
            }
            3 => {
                let ty = self.some_type();
                let operator = self.one(&["==", "==", "!="]);
                format!("({} {operator} {})", self.of(&ty, 1), self.of(&ty, 1))
            }
            4 => {
                let base = self.one(&literals::STRINGS);
                let pattern = literals::pattern(self.random, &base);
                format!("({} like {pattern})", self.of(&Ty::Text, 1))
            }
            5 => self.membership(),
            6 => self.sets(),
            7 => self.tags(),
            8 => self.presence(),
            9 => {
                let method = self.one(&[
                    "lessThan",
                    "lessThanOrEqual",
                    "greaterThan",
                    "greaterThanOrEqual",
                ]);
                format!(
                    "{}.{method}({})",
                    self.of(&Ty::Decimal, 1),
                    self.of(&Ty::Decimal, 0)
                )
            }
            10 => match self.random.below(5) {
                0 => format!("{}.isIpv4()", self.of(&Ty::Ip, 1)),
                1 => format!("{}.isIpv6()", self.of(&Ty::Ip, 1)),
                2 => format!("{}.isLoopback()", self.of(&Ty::Ip, 1)),
                3 => format!("{}.isMulticast()", self.of(&Ty::Ip, 1)),
                _ => format!("{}.isInRange({})", self.of(&Ty::Ip, 1), self.of(&Ty::Ip, 0)),
            },
            11 => self.action(),
            12 => {
                let ty = self.random.below(self.schema.entities.len());
                let (left, right) = (
                    self.random.pick(&self.schema.entities).name.clone(),
                    self.some_group(ty),
                );
                let value = self.some_entity();
                match self.random.percent(50) {
                    true => format!("({value} is {left})"),
                    false => format!("({value} is {left} in {right})"),
                }
            }
            _ => {
                let fields = vec![
                    Field {
                        name: "x".to_owned(),
                        ty: Ty::Bool,
                        required: true,
                    },
                    Field {
                        name: "y".to_owned(),
                        ty: Ty::Long,
                        required: true,
                    },
                ];
                let record = self.of(&Ty::Record(fields), 1);
                match self.random.below(6) {
                    // The context as a value.
                    3 => {
                        let context = Ty::Record(self.context.clone());
                        format!("(context == {})", self.of(&context, 1))
                    }
                    4 => {
                        let number = self.of(&Ty::Long, 0);
                        format!("[{{x: context, y: 1}}].contains({{x: context, y: {number}}})")
                    }
                    5 => format!("({{x: {record}}} == {{x: {record}}})"),
                    0 => format!("{record}.x"),
                    1 => format!("({record}.y < {})", self.of(&Ty::Long, 0)),
                    _ => format!("({record} has y)"),
                }
            }
        }
    }

    /// The type of some path, or any simple one.
    fn some_type(&mut self) -> Ty {
        if self.random.percent(80) {
            return self.random.pick(&self.paths).ty.clone();
        }
        self.schema.ty(self.random, 1)
    }

    fn some_entity(&mut self) -> String {
        let types: Vec<Ty> = self
            .paths
            .iter()
            .filter(|path| matches!(path.ty, Ty::Entity(_)))
            .map(|path| path.ty.clone())
            .collect();
        let ty = self.random.pick(&types).clone();
        self.of(&ty, 1)
    }

    /// A uid of a type that this one may be a member of, or of any.
    fn some_group(&mut self, ty: usize) -> String {
        let above = &self.schema.entities[ty].above;
        let at = match above.is_empty() || self.random.percent(20) {
            true => self.random.below(self.schema.entities.len()),
            false => *self.random.pick(above),
        };
        let (ty, id) = self.schema.some_id(self.random, at);
        literals::uid(&ty, &id)
    }

    fn membership(&mut self) -> String {
        let variable = self.random.percent(60);
        let (left, ty) = match (variable, self.random.percent(50)) {
            (true, true) => ("principal".to_owned(), self.principal),
            (true, false) => ("resource".to_owned(), self.resource),
            (false, _) => {
                let entity = self.random.below(self.schema.entities.len());
                (self.of(&Ty::Entity(entity), 1), entity)
            }
        };
        let right = match self.random.weighted(&[6, 3, 2, 1]) {
            0 => self.some_group(ty),
            1 => {
                let count = self.random.below(4);
                let all: Vec<String> = (0..count).map(|_| self.some_group(ty)).collect();
                format!("[{}]", all.join(", "))
            }
            2 => {
                let above = self.schema.entities[ty].above.clone();
                let ty = if above.is_empty() {
                    ty
                } else {
                    *self.random.pick(&above)
                };
                match self.random.percent(50) {
                    true => self.of(&Ty::Entity(ty), 1),
                    false => self.of(&Ty::Set(Box::new(Ty::Entity(ty))), 1),
                }
            }
            _ => self.one(&["principal", "resource", "action", "[principal, resource]"]),
        };
        format!("({left} in {right})")
    }

    fn sets(&mut self) -> String {
        let sets: Vec<Ty> = self
            .paths
            .iter()
            .filter_map(|path| match &path.ty {
                Ty::Set(element) => Some(element.as_ref().clone()),
                _ => None,
            })
            .collect();
        let element = match sets.is_empty() || self.random.percent(30) {
            true => self.some_type(),
            false => self.random.pick(&sets).clone(),
        };
        let set = Ty::Set(Box::new(element.clone()));
        match self.random.below(4) {
            0 => format!("{}.contains({})", self.of(&set, 1), self.of(&element, 1)),
            1 => format!("{}.containsAll({})", self.of(&set, 1), self.of(&set, 1)),
            2 => format!("{}.containsAny({})", self.of(&set, 1), self.of(&set, 1)),
            _ => format!("{}.isEmpty()", self.of(&set, 1)),
        }
    }

    fn tags(&mut self) -> String {
        let (entity, ty) = match self.random.percent(50) {
            true => ("principal".to_owned(), self.principal),
            false => ("resource".to_owned(), self.resource),
        };
        let key = match self.random.percent(60) {
            true => self.one(&["\"a\"", "\"b\"", "\"k\"", "\"\""]),
            false => self.of(&Ty::Text, 0),
        };
        let Some(tags) = self.schema.entities[ty].tags.clone() else {
            let other = self.some_entity();
            return format!("{other}.hasTag({key})");
        };
        match self.random.weighted(&[2, 5, 1]) {
            0 => format!("{entity}.hasTag({key})"),
            1 => format!(
                "({entity}.hasTag({key}) && {entity}.getTag({key}) == {})",
                self.of(&tags, 1)
            ),
            _ => format!("({entity}.getTag({key}) == {})", self.of(&tags, 0)),
        }
    }

    /// Whether something is there, one step deep or several.
    fn presence(&mut self) -> String {
        let path = self.random.pick(&self.paths).text.clone();
        let plain = path.split('.').all(literals::is_plain);
        let mut steps: Vec<&str> = path.split('.').collect();
        if plain && steps.len() > 1 && self.random.percent(70) {
            let from = self.random.within(1, steps.len() - 1).min(2);
            if self.random.percent(15) {
                steps.push("nothing");
            }
            return format!(
                "({} has {})",
                steps[..from].join("."),
                steps[from..].join(".")
            );
        }
        let base = match self.random.percent(50) {
            true => self.one(&["context", "principal", "resource"]),
            false => path,
        };
        let name = self.one(&[
            "n",
            "flag",
            "text",
            "level",
            "rec",
            "\"two words\"",
            "\"if\"",
            "a",
            "zzz",
        ]);
        format!("({base} has {name})")
    }

    fn action(&mut self) -> String {
        let some = |written: &mut Self| {
            let action = written.random.pick(&written.schema.actions);
            literals::uid(&action.ty, &action.id)
        };
        match self.random.below(3) {
            0 => format!("(action == {})", some(self)),
            1 => format!("(action in {})", some(self)),
            _ => format!("(action in [{}, {}])", some(self), some(self)),
        }
    }

    // ── values ──

    /// An expression of this type.
    fn of(&mut self, ty: &Ty, depth: usize) -> String {
        if self.random.below(1000) < self.wild {
            return self.odd();
        }
        if depth > 0 && self.random.percent(5) {
            let test = self.boolean(0);
            return format!(
                "(if {test} then {} else {})",
                self.of(ty, depth - 1),
                self.of(ty, depth - 1)
            );
        }
        if depth > 0 && self.random.percent(25) {
            let depth = depth - 1;
            match ty {
                Ty::Long => return self.long(depth),
                Ty::Datetime => {
                    return match self.random.percent(50) {
                        true => format!(
                            "{}.offset({})",
                            self.of(ty, depth),
                            self.of(&Ty::Duration, depth)
                        ),
                        false => format!("{}.toDate()", self.of(ty, depth)),
                    };
                }
                Ty::Duration => {
                    return match self.random.percent(50) {
                        true => {
                            format!(
                                "{}.durationSince({})",
                                self.of(&Ty::Datetime, depth),
                                self.of(&Ty::Datetime, depth)
                            )
                        }
                        false => format!("{}.toTime()", self.of(&Ty::Datetime, depth)),
                    };
                }
                Ty::Set(element) => {
                    let count = self.random.within(1, 3);
                    let items: Vec<String> = (0..count).map(|_| self.of(element, depth)).collect();
                    return format!("[{}]", items.join(", "));
                }
                Ty::Record(fields) => {
                    let members: Vec<String> = fields
                        .iter()
                        .map(|field| {
                            format!(
                                "{}: {}",
                                literals::name(&field.name),
                                self.of(&field.ty, depth)
                            )
                        })
                        .collect();
                    return format!("{{{}}}", members.join(", "));
                }
                Ty::Bool => return self.boolean(depth),
                Ty::Decimal | Ty::Ip | Ty::Text | Ty::Entity(_) => {
                    let text = self.of(ty, depth);
                    return format!("{{\"k\": {text}}}[\"k\"]");
                }
            }
        }
        let literal = values::value(self.random, self.schema, ty).cedar(self.random);
        // Cedar does not type an empty set by itself: let it be rare.
        match self.random.percent(65) {
            true => self.path_or(ty, &literal),
            false => literal,
        }
    }

    fn long(&mut self, depth: usize) -> String {
        match self.random.weighted(&[3, 3, 3, 2, 6]) {
            0 => format!(
                "({} + {})",
                self.of(&Ty::Long, depth),
                self.of(&Ty::Long, depth)
            ),
            1 => format!(
                "({} - {})",
                self.of(&Ty::Long, depth),
                self.of(&Ty::Long, depth)
            ),
            2 => format!(
                "({} * {})",
                self.of(&Ty::Long, depth),
                self.of(&Ty::Long, depth)
            ),
            3 => format!("(-({}))", self.of(&Ty::Long, depth)),
            _ => {
                let method = self.one(&[
                    "toMilliseconds",
                    "toSeconds",
                    "toMinutes",
                    "toHours",
                    "toDays",
                ]);
                format!("{}.{method}()", self.of(&Ty::Duration, depth))
            }
        }
    }

    /// A path of this type, or else this text.
    fn path_or(&mut self, ty: &Ty, text: &str) -> String {
        let fitting: Vec<usize> = (0..self.paths.len())
            .filter(|at| self.paths[*at].ty == *ty)
            .collect();
        if fitting.is_empty() {
            return text.to_owned();
        }
        let Path { text, guards, .. } = self.paths[*self.random.pick(&fitting)].clone();
        let guards = self.shorter(guards);
        self.guards.extend(guards);
        text
    }

    /// Two questions after each other, as one: `context has a && context.a has b` is `context has a.b`.
    fn shorter(&mut self, mut guards: Vec<String>) -> Vec<String> {
        if let [.., first, second] = guards.as_slice()
            && let (Some((base, name)), Some((next, last))) =
                (first.split_once(" has "), second.split_once(" has "))
            && next == format!("{base}.{name}")
            && literals::is_plain(last)
            && self.random.percent(70)
        {
            let joined = format!("{base} has {name}.{last}");
            guards.truncate(guards.len() - 2);
            guards.push(joined);
        }
        guards
    }

    // ── anything ──

    /// Something of any type, or what always raises an error.
    fn odd(&mut self) -> String {
        match self.random.weighted(&[6, 6, 2, 6, 2, 2, 2]) {
            0 => {
                let path = self.random.pick(&self.paths);
                path.text.clone()
            }
            1 => {
                let ty = self.schema.ty(self.random, 1);
                values::value(self.random, self.schema, &ty).cedar(self.random)
            }
            2 => {
                let (function, _) = *self.random.pick(&CONSTRUCTORS);
                let text = self.one(&BAD);
                format!("{function}({})", literals::written(self.random, &text))
            }
            3 => {
                let (function, arguments) = *self.random.pick(&CONSTRUCTORS);
                let fitting: Vec<usize> = (0..self.paths.len())
                    .filter(|at| self.paths[*at].ty == Ty::Text)
                    .collect();
                match fitting.is_empty() || self.random.percent(50) {
                    true => {
                        let argument = self.one(arguments);
                        format!(
                            "{function}((if {} then \"x\" else {}))",
                            self.atom(),
                            literals::quoted(&argument)
                        )
                    }
                    false => format!(
                        "{function}({})",
                        self.paths[*self.random.pick(&fitting)].text
                    ),
                }
            }
            4 => self.one(&[
                "context.zzz",
                "principal.zzz",
                "principal[\"\"]",
                "User::\"gone\".n",
                "(1 + true)",
                "(true && 1)",
                "(1 || true)",
                "(false && 1)",
                "(true || \"x\")",
                "(!1)",
                "(-\"x\")",
                "(\"a\" < \"b\")",
                "[1, \"a\", true]",
                "[[1], []]",
                "(principal in [principal, 1])",
                "(principal in \"x\")",
                "(1 in principal)",
                "{}",
                "[]",
                "(if 1 then true else false)",
                "(\"x\" has a)",
                "(1 is User)",
                "(true < false)",
                "(1 < \"1\")",
                "[].contains([])",
                "[1].containsAny(1)",
                "(\"a\").contains(\"a\")",
                "principal.getTag(1)",
                "(9223372036854775807 + 1 > 0)",
                "(-9223372036854775808 - 1 < 0)",
                "(-(-9223372036854775808) < 0)",
                "(4611686018427387904 * 2 > 0)",
                "principal.hasTag(principal)",
                "context.getTag(\"a\")",
                "(context == {})",
                "(ip(\"1.2.3.4\") < ip(\"1.2.3.5\"))",
                "(decimal(\"1.0\") < decimal(\"2.0\"))",
                "ip(\"::1\").lessThan(decimal(\"1.0\"))",
                "(datetime(\"2024-10-15\") < duration(\"1d\"))",
                "(decimal(\"1.0\") == decimal(\"1.00\"))",
                "(ip(\"1.2.3.4\") == ip(\"1.2.3.4/32\"))",
                "(datetime(\"2024-10-15\") == datetime(\"2024-10-15T00:00:00Z\"))",
                "(duration(\"60m\") == duration(\"1h\"))",
                "(principal has manager.manager.level)",
                "(context has rec.inner.a)",
                "(1 like \"*\")",
                "datetime(\"9999-12-31\").offset(duration(\"9223372036854775807ms\"))",
            ]),
            5 => {
                let method = self.one(&[
                    "isIpv4()",
                    "toDate()",
                    "toTime()",
                    "toDays()",
                    "isEmpty()",
                    "contains(1)",
                    "lessThan(1)",
                    "offset(duration(\"1d\"))",
                    "isInRange(ip(\"::/0\"))",
                    "containsAll([1])",
                    "hasTag(\"a\")",
                    "n",
                    "a.b",
                ]);
                format!("{}.{method}", self.random.pick(&self.paths).text)
            }
            _ => match values::value(self.random, self.schema, &Ty::Text) {
                Value::Text(text) => format!(
                    "({} like {})",
                    self.random.pick(&self.paths).text,
                    literals::pattern(self.random, &text)
                ),
                _ => "true".to_owned(),
            },
        }
    }
}
