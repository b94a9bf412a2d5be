//! A list that is mostly empty or has one item, which then stands in the list itself and takes no room elsewhere.

use std::ops::{Deref, DerefMut};

#[derive(Clone, Debug, Default)]
pub(crate) enum Few<T> {
    #[default]
    None,
    One(T),
    Many(Vec<T>),
}

impl<T> Few<T> {
    pub(crate) fn push(&mut self, item: T) {
        match self {
            Few::None => *self = Few::One(item),
            Few::Many(list) => list.push(item),
            // Two are far more frequent than three.
            Few::One(_) => {
                let mut list = Vec::with_capacity(2);
                if let Few::One(first) = std::mem::take(self) {
                    list.push(first);
                }
                list.push(item);
                *self = Few::Many(list);
            }
        }
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Few::None => &[],
            Few::One(only) => std::slice::from_ref(only),
            Few::Many(list) => list,
        }
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Few::None => &mut [],
            Few::One(only) => std::slice::from_mut(only),
            Few::Many(list) => list,
        }
    }
}

impl<T> From<Vec<T>> for Few<T> {
    fn from(mut list: Vec<T>) -> Few<T> {
        match list.len() {
            0 => Few::None,
            1 => list.pop().map_or(Few::None, Few::One),
            _ => Few::Many(list),
        }
    }
}

impl<'a, T> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Few;

    #[test]
    fn items_are_kept_in_their_order_however_many_there_are() {
        let mut few = Few::default();
        let mut list = Vec::new();
        for item in 0..5 {
            assert_eq!(*few, *list);
            assert_eq!(*Few::from(list.clone()), *list);
            few.push(item);
            list.push(item);
            few[0] += 10;
            list[0] += 10;
        }
        assert_eq!(few.iter().sum::<i32>(), 60);
    }
}
