//! Things in the order they came, found by id and by name.

use std::collections::btree_map::Values;
use std::collections::{BTreeMap, HashMap};

/// What has an id of its own.
pub(crate) trait Kept {
    fn id(&self) -> &str;

    /// What no two of them share, whatever its case; `None` where they may.
    fn name(&self) -> Option<&str>;
}

pub(crate) struct Shelf<T> {
    /// By the number of their coming, so that taking one away moves no other.
    things: BTreeMap<u64, T>,
    by_id: HashMap<String, u64>,
    by_name: HashMap<String, u64>,
    /// How many ever came.
    came: u64,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { things: BTreeMap::new(), by_id: HashMap::new(), by_name: HashMap::new(), came: 0 }
    }
}

impl<T: Kept> Shelf<T> {
    pub(crate) fn add(&mut self, thing: T) {
        let place = self.came;
        self.came += 1;
        self.by_id.insert(thing.id().to_owned(), place);
        self.put(place, thing);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.things.get(self.by_id.get(id)?)
    }

    /// For what is not its name: that changes with [`Self::replace`] alone.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.things.get_mut(self.by_id.get(id)?)
    }

    /// The one of that name, whatever its case.
    pub(crate) fn named(&self, name: &str) -> Option<&T> {
        self.things.get(self.by_name.get(&name.to_lowercase())?)
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// Puts a thing where the one with its id was; nothing happens where none was.
    pub(crate) fn replace(&mut self, thing: T) {
        let Some(place) = self.by_id.get(thing.id()).copied() else { return };
        self.forget_name(place);
        self.put(place, thing);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let place = self.by_id.remove(id)?;
        self.forget_name(place);
        self.things.remove(&place)
    }

    pub(crate) fn all(&self) -> Values<'_, u64, T> {
        self.things.values()
    }

    fn put(&mut self, place: u64, thing: T) {
        if let Some(name) = thing.name() {
            self.by_name.insert(name.to_lowercase(), place);
        }
        self.things.insert(place, thing);
    }

    fn forget_name(&mut self, place: u64) {
        let Some(name) = self.things.get(&place).and_then(T::name).map(str::to_lowercase) else { return };
        if self.by_name.get(&name) == Some(&place) {
            self.by_name.remove(&name);
        }
    }
}

macro_rules! kept {
    ($($kind:ty: $name:ident),+) => {
        $(impl Kept for $kind {
            fn id(&self) -> &str {
                &self.id
            }

            fn name(&self) -> Option<&str> {
                Some(&self.$name)
            }
        })+
    };
}

kept!(super::User: email, super::Team: name, super::Schedule: name, super::Policy: name, super::Service: name);

impl Kept for super::Incident {
    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> Option<&str> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Jar(String, String);

    impl Kept for Jar {
        fn id(&self) -> &str {
            &self.0
        }

        fn name(&self) -> Option<&str> {
            Some(&self.1)
        }
    }

    fn jar(id: u32, name: &str) -> Jar {
        Jar(id.to_string(), name.to_owned())
    }

    #[test]
    fn the_order_stays_when_something_in_the_middle_is_taken_away() {
        let mut shelf = Shelf::default();
        (0..5).for_each(|id| shelf.add(jar(id, &format!("jar {id}"))));
        assert!(shelf.remove("2").is_some());
        assert!(shelf.remove("2").is_none());
        shelf.add(jar(5, "jar 5"));
        let ids: Vec<&str> = shelf.all().map(Kept::id).collect();
        assert_eq!(ids, ["0", "1", "3", "4", "5"]);
        assert!(shelf.get("2").is_none() && shelf.named("jar 2").is_none());
        assert_eq!(shelf.named("JAR 4").map(Kept::id), Some("4"));
    }

    #[test]
    fn a_name_is_free_again_when_its_owner_is_renamed_or_taken_away() {
        let mut shelf = Shelf::default();
        shelf.add(jar(1, "Jam"));
        shelf.replace(jar(1, "Honey"));
        assert!(shelf.named("jam").is_none());
        assert_eq!(shelf.named("honey").map(Kept::id), Some("1"));
        shelf.replace(jar(1, "HONEY"));
        assert_eq!(shelf.named("honey").and_then(Kept::name), Some("HONEY"));
        shelf.replace(jar(2, "Nobody's"));
        assert_eq!(shelf.all().len(), 1);
        shelf.remove("1");
        assert!(shelf.named("honey").is_none());
    }
}
