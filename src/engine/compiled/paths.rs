//! The paths into the context that policies read, as a tree; a request has one place for each of its nodes.

use super::names::AttributeId;

/// A node of the tree, by its number.
pub type PathId = u32;

#[derive(Debug)]
struct PathNode {
    parent: Option<PathId>,
    attribute: AttributeId,
    whole: bool,
    children: Vec<(AttributeId, PathId)>,
}

/// All paths that some policy reads.
#[derive(Debug, Default)]
pub struct Paths {
    nodes: Vec<PathNode>,
    roots: Vec<(AttributeId, PathId)>,
    all: bool,
}

impl Paths {
    /// The node of a member of the context (`parent` is nothing) or of another node; it is made where it is not there.
    pub fn child(&mut self, parent: Option<PathId>, attribute: AttributeId) -> PathId {
        if let Some(known) = self.find(parent, attribute) {
            return known;
        }
        let id = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(PathNode {
            parent,
            attribute,
            whole: false,
            children: Vec::new(),
        });
        match parent {
            None => self.roots.push((attribute, id)),
            Some(parent) => {
                if let Some(parent) = self.nodes.get_mut(parent as usize) {
                    parent.children.push((attribute, id));
                }
            }
        }
        id
    }

    /// The node of a member, where some policy reads it.
    pub fn find(&self, parent: Option<PathId>, attribute: AttributeId) -> Option<PathId> {
        let children = match parent {
            None => &self.roots,
            Some(parent) => &self.nodes.get(parent as usize)?.children,
        };
        let found = children.iter().find(|(name, _)| *name == attribute)?;
        Some(found.1)
    }

    /// Notes that the value of a node itself is read, not only members of it.
    pub fn read_whole(&mut self, node: PathId) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.whole = true;
        }
    }

    /// Whether the value of a node itself is read.
    pub fn is_whole(&self, node: PathId) -> bool {
        self.nodes.get(node as usize).is_some_and(|node| node.whole)
    }

    /// Notes that the context itself is read as a value.
    pub fn read_all(&mut self) {
        self.all = true;
    }

    /// Whether the context itself is read as a value.
    pub fn is_all(&self) -> bool {
        self.all
    }

    /// The parent of a node, and its name in there.
    pub fn step(&self, node: PathId) -> Option<(Option<PathId>, AttributeId)> {
        let node = self.nodes.get(node as usize)?;
        Some((node.parent, node.attribute))
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }
}
