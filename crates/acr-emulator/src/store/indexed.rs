//! Items that are found by name, and walked in the order of names or of time from any place.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    ops::Bound::{self, Excluded, Included, Unbounded},
    sync::Arc,
};

use jiff::Timestamp;

/// So many removed items are remembered. A client that deletes page after page needs one page.
const REMEMBERED: usize = 10_000;

/// What has a place in the order of time.
pub(crate) trait Dated {
    fn updated(&self) -> Timestamp;
}

impl Dated for Timestamp {
    fn updated(&self) -> Timestamp {
        *self
    }
}

/// A place in the order of time: ties go by name.
type Moment = (Timestamp, Arc<str>);

/// Items by name.
#[derive(Clone, Debug)]
pub(crate) struct Indexed<T> {
    items: BTreeMap<Arc<str>, T>,
    times: BTreeSet<Moment>,
    departed: Departed,
}

impl<T> Default for Indexed<T> {
    fn default() -> Self {
        Self {
            items: BTreeMap::new(),
            times: BTreeSet::new(),
            departed: Departed::default(),
        }
    }
}

impl<T> Indexed<T> {
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.items.get(name)
    }

    /// All of them, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.items.iter().map(|(name, item)| (&**name, item))
    }

    /// The names of all of them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.items.keys().map(|name| &**name)
    }

    /// Those after a name, by name.
    pub(crate) fn by_name(&self, after: Option<&str>) -> impl Iterator<Item = (&str, &T)> {
        let start = after.map_or(Unbounded, Excluded);
        let items = self.items.range::<str, _>((start, Unbounded));
        items.map(|(name, item)| (&**name, item))
    }
}

impl<T: Dated> Indexed<T> {
    /// Puts an item in the place of the one of the same name, which it gives back.
    pub(crate) fn insert(&mut self, name: Arc<str>, item: T) -> Option<T> {
        self.departed.forget(&name);
        let at = item.updated();
        let before = self.items.insert(Arc::clone(&name), item);
        if let Some(before) = &before {
            self.times.remove(&(before.updated(), Arc::clone(&name)));
        }
        self.times.insert((at, name));
        before
    }

    /// Changes an item that is there.
    pub(super) fn change<R>(&mut self, name: &str, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let (key, _) = self.items.get_key_value(name)?;
        let key = Arc::clone(key);
        let item = self.items.get_mut(name)?;
        let before = item.updated();
        let outcome = change(item);
        let after = item.updated();
        if before != after {
            self.times.remove(&(before, Arc::clone(&key)));
            self.times.insert((after, key));
        }
        Some(outcome)
    }

    /// Removes an item; its place in the order of time is remembered for a while.
    pub(super) fn remove(&mut self, name: &str) -> Option<T> {
        let (name, item) = self.items.remove_entry(name)?;
        let moment = (item.updated(), name);
        self.times.remove(&moment);
        self.departed.add(moment);
        Some(item)
    }

    /// Those after an item in the order of time, oldest first. The item may be gone.
    pub(crate) fn oldest_first(&self, after: Option<&str>) -> impl Iterator<Item = (&str, &T)> {
        let start = self.moment(after).map_or(Unbounded, Excluded);
        let moments = self.times.range((start, Unbounded));
        moments.filter_map(|moment| self.at(moment))
    }

    /// Those after an item in the order of time, newest first; ties still go by name.
    pub(crate) fn newest_first(&self, after: Option<&str>) -> impl Iterator<Item = (&str, &T)> {
        let after = self.moment(after);
        let first = match &after {
            Some((time, _)) => Some(*time),
            None => self.times.last().map(|(time, _)| *time),
        };
        let empty: Arc<str> = "".into();
        let older = {
            let empty = Arc::clone(&empty);
            move |time: &Timestamp| {
                let mut earlier = self.times.range(..(*time, Arc::clone(&empty)));
                earlier.next_back().map(|(time, _)| *time)
            }
        };
        let times = std::iter::successors(first, older);
        let moments = times.flat_map(move |time| {
            let start: Bound<Moment> = match &after {
                Some(after) if after.0 == time => Excluded(after.clone()),
                _ => Included((time, Arc::clone(&empty))),
            };
            let same = self.times.range((start, Unbounded));
            same.take_while(move |(at, _)| *at == time)
        });
        moments.filter_map(|moment| self.at(moment))
    }

    fn at<'a>(&'a self, (_, name): &'a Moment) -> Option<(&'a str, &'a T)> {
        let item = self.items.get(name)?;
        Some((name, item))
    }

    /// The place of an item, also of one that is gone; none for what was never there.
    fn moment(&self, name: Option<&str>) -> Option<Moment> {
        let name = name?;
        let time = self.items.get(name).map(Dated::updated);
        let time = time.or_else(|| self.departed(name))?;
        Some((time, name.into()))
    }

    /// When an item that is gone was last updated.
    pub(super) fn departed(&self, name: &str) -> Option<Timestamp> {
        self.departed.times.get(name).copied()
    }
}

/// When items that are gone were last updated: a list in the order of time goes on after one that
/// was deleted meanwhile. A restart forgets it.
#[derive(Clone, Debug, Default)]
struct Departed {
    times: HashMap<Arc<str>, Timestamp>,
    order: VecDeque<Moment>,
}

impl Departed {
    fn add(&mut self, (time, name): Moment) {
        self.times.insert(Arc::clone(&name), time);
        self.order.push_back((time, name));
        if self.order.len() > REMEMBERED
            && let Some((time, name)) = self.order.pop_front()
            && self.times.get(&name) == Some(&time)
        {
            self.times.remove(&name);
        }
    }

    fn forget(&mut self, name: &str) {
        self.times.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn filled(items: &[(&str, i64)]) -> Indexed<Timestamp> {
        let mut indexed = Indexed::default();
        for (name, second) in items {
            indexed.insert((*name).into(), at(*second));
        }
        indexed
    }

    fn names<'a>(items: impl Iterator<Item = (&'a str, &'a Timestamp)>) -> String {
        items.map(|(name, _)| name).collect()
    }

    #[test]
    fn a_walk_goes_on_after_what_is_gone() {
        let mut items = filled(&[("a", 5), ("b", 1), ("c", 3), ("d", 3)]);
        items.remove("c");
        assert_eq!(names(items.oldest_first(Some("c"))), "da");
        assert_eq!(names(items.newest_first(Some("c"))), "db");
        items.insert("c".into(), at(9));
        assert_eq!(names(items.newest_first(Some("c"))), "adb", "it came back");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut items = Indexed::default();
        for number in 0..3 * REMEMBERED {
            let name: Arc<str> = format!("{number}").into();
            items.insert(Arc::clone(&name), at(1));
            items.remove(&name);
        }
        assert_eq!(items.departed.times.len(), REMEMBERED);
        assert_eq!(items.departed.order.len(), REMEMBERED);
    }

    proptest! {
        #[test]
        fn walks_are_those_of_a_sorted_list(
            changes in prop::collection::vec(("[a-e]", 0_i64..4, any::<bool>()), 0..30),
            after in proptest::option::of("[a-e]"),
        ) {
            let mut items = Indexed::default();
            let mut plain = BTreeMap::new();
            for (name, second, keep) in changes {
                if keep {
                    items.insert(name.as_str().into(), at(second));
                    plain.insert(name, second);
                } else {
                    items.remove(&name);
                    plain.remove(&name);
                }
            }
            let after = after.filter(|name| plain.contains_key(name));
            for newest in [false, true] {
                let sign = if newest { -1 } else { 1 };
                let mut sorted: Vec<_> = plain.iter().map(|(name, at)| (sign * at, name)).collect();
                sorted.sort();
                let from = after.as_ref().map(|name| (sign * plain[name], name));
                let rest = sorted.into_iter().filter(|item| from.is_none_or(|from| *item > from));
                let expected: String = rest.map(|(_, name)| name.as_str()).collect();
                let after = after.as_deref();
                let walked = if newest {
                    names(items.newest_first(after))
                } else {
                    names(items.oldest_first(after))
                };
                prop_assert_eq!(walked, expected);
            }
        }
    }
}
