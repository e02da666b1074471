//! Things in the order they came, found by id.

use std::collections::HashMap;

/// What has an id of its own.
pub(crate) trait Kept {
    fn id(&self) -> &str;
}

pub(crate) struct Shelf<T> {
    things: Vec<T>,
    places: HashMap<String, usize>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { things: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Kept> Shelf<T> {
    pub(crate) fn add(&mut self, thing: T) {
        self.places.insert(thing.id().to_owned(), self.things.len());
        self.things.push(thing);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.things.get(*self.places.get(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.things.get_mut(*self.places.get(id)?)
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }

    pub(crate) fn all(&self) -> &[T] {
        &self.things
    }
}

macro_rules! kept {
    ($($kind:ty),+) => {
        $(impl Kept for $kind {
            fn id(&self) -> &str {
                &self.id
            }
        })+
    };
}

kept!(super::User, super::Team, super::Schedule, super::Policy, super::Service, super::Incident);
