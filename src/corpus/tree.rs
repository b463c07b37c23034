//! The paths into the context that policies read, as a tree, and what of a context stands on them.

use crate::engine::Side;
use crate::model::{FieldPath, RecordType, Request, Type, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A place in the context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    /// Whether a policy reads all of it, or asks whether it is there.
    whole: bool,
    below: BTreeMap<String, Tree>,
}

impl Tree {
    /// The paths that the policies of some sides read.
    pub(super) fn of(sides: &[&Side<'_>]) -> Self {
        let mut tree = Self::default();
        for side in sides {
            for policy in side.version().policies.policies() {
                policy.read_paths().iter().for_each(|path| tree.add(path));
            }
        }
        tree
    }

    fn add(&mut self, path: &FieldPath) {
        let mut node = self;
        for key in &path.0 {
            node = node.below.entry(key.clone()).or_default();
        }
        node.whole = true;
    }

    /// The request with nothing else in its context; what is not kept is unknown, whether it was there or not.
    pub(super) fn project(&self, request: &Request, ty: Option<&RecordType>) -> Request {
        let mut unknown = BTreeSet::new();
        let context = self.record(&request.context, ty, &mut Vec::new(), &mut unknown);
        let lost = request.unknown.iter().map(|path| self.shortened(path));
        unknown.extend(lost);
        Request {
            principal: request.principal.clone(),
            action: request.action.clone(),
            resource: request.resource.clone(),
            context,
            unknown,
        }
    }

    fn record(
        &self,
        members: &BTreeMap<String, Value>,
        ty: Option<&RecordType>,
        path: &mut Vec<String>,
        unknown: &mut BTreeSet<FieldPath>,
    ) -> BTreeMap<String, Value> {
        if self.whole {
            return members.clone();
        }
        let mut kept = BTreeMap::new();
        let typed = ty.iter().flat_map(|ty| ty.attributes.keys());
        let names: BTreeSet<&str> = typed
            .map(|name| name.as_ref())
            .chain(members.keys().map(String::as_str))
            .collect();
        for name in names {
            path.push(name.to_owned());
            match (self.below.get(name), members.get(name)) {
                (None, _) => {
                    unknown.insert(FieldPath(path.clone()));
                }
                (Some(below), Some(Value::Record(inner))) => {
                    let attribute = ty.and_then(|ty| ty.attributes.get(name));
                    let ty = match attribute.map(|attribute| &attribute.ty) {
                        Some(Type::Record(ty)) => Some(ty),
                        Some(_) | None => None,
                    };
                    let inner = below.record(inner, ty, path, unknown);
                    kept.insert(name.to_owned(), Value::Record(inner));
                }
                (Some(_), Some(value)) => {
                    kept.insert(name.to_owned(), value.clone());
                }
                (Some(_), None) => {}
            }
            path.pop();
        }
        kept
    }

    /// An unknown path, up to the first step that no policy takes.
    fn shortened(&self, path: &FieldPath) -> FieldPath {
        let mut node = self;
        for (at, key) in path.0.iter().enumerate() {
            if node.whole {
                break;
            }
            match node.below.get(key) {
                Some(below) => node = below,
                None => return FieldPath(path.0.iter().take(at + 1).cloned().collect()),
            }
        }
        path.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntityRef;

    fn path(text: &str) -> FieldPath {
        FieldPath(text.split('.').map(str::to_owned).collect())
    }

    fn tree(paths: &[&str]) -> Tree {
        let mut tree = Tree::default();
        paths.iter().for_each(|text| tree.add(&path(text)));
        tree
    }

    fn request(context: &str, unknown: &[&str]) -> Request {
        Request {
            principal: EntityRef::new("A", "a"),
            action: EntityRef::new("Action", "a"),
            resource: EntityRef::new("A", "a"),
            context: serde_json::from_str(context).expect("a context"),
            unknown: unknown.iter().map(|text| path(text)).collect(),
        }
    }

    #[test]
    fn what_no_path_leads_to_is_unknown() {
        let long = |required| crate::model::Attribute {
            ty: Type::Long,
            required,
        };
        let ty = RecordType {
            attributes: BTreeMap::from([("a".into(), long(true)), ("typed".into(), long(false))]),
        };
        let full = r#"{"a":{"b":1,"c":2},"d":"x","e":{"__entity":{"type":"A","id":"q"}},"f":{}}"#;
        let found = tree(&["a.b", "e.name", "f.g", "h"])
            .project(&request(full, &["a.x.y", "f.g.z", "h", "i.j"]), Some(&ty));
        assert_eq!(
            found.context,
            request(
                r#"{"a":{"b":1},"e":{"__entity":{"type":"A","id":"q"}},"f":{}}"#,
                &[]
            )
            .context
        );
        let unknown = ["a.c", "a.x", "d", "f.g.z", "h", "i", "typed"];
        assert_eq!(found.unknown, request("{}", &unknown).unknown);
    }

    #[test]
    fn what_is_read_whole_is_kept_whole() {
        let full = request(r#"{"a":{"b":1,"c":{"d":2}}}"#, &["a.c.e", "z"]);
        let mut all = tree(&["a"]);
        assert_eq!(all.project(&full, None).context, full.context);
        assert_eq!(all.project(&full, None).unknown, full.unknown);
        all = Tree::default();
        all.add(&FieldPath(Vec::new()));
        assert_eq!(all.project(&full, None), full);
        let nothing = Tree::default().project(&full, None);
        assert_eq!(nothing.unknown, request("{}", &["a", "z"]).unknown);
        assert!(nothing.context.is_empty());
    }
}
