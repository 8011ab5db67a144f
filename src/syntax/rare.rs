//! Lists in nodes that are rare.

use std::ops::{Deref, DerefMut};

/// A list in a node that is rare, or in one that is mostly empty: one pointer, so that the frequent nodes stay small.
#[derive(Debug)]
pub struct Rare<T>(Option<Box<Box<[T]>>>);

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Deref for Rare<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], |items| items)
    }
}

impl<T> DerefMut for Rare<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().map_or(&mut [], |items| items)
    }
}

impl<T> From<Box<[T]>> for Rare<T> {
    fn from(items: Box<[T]>) -> Self {
        Self((!items.is_empty()).then(|| Box::new(items)))
    }
}

impl<T> From<Vec<T>> for Rare<T> {
    fn from(items: Vec<T>) -> Self {
        Self::from(items.into_boxed_slice())
    }
}

impl<T> FromIterator<T> for Rare<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::from(items.into_iter().collect::<Box<[T]>>())
    }
}

impl<'a, T> IntoIterator for &'a Rare<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_nodes_are_small() {
        use crate::syntax::{Arg, Expr, ExprId, Param, Pattern, Stmt};
        let sizes = [size_of::<Option<ExprId>>(), size_of::<Expr>(), size_of::<Arg>(), size_of::<Stmt>()];
        assert_eq!(sizes, [4, 32, 12, 48], "a project of a million lines has ten million expressions");
        assert!(size_of::<Pattern>() <= 32 && size_of::<Param>() <= 32);
    }

    #[test]
    fn a_list_holds_what_it_was_made_of() {
        let mut list: Rare<u8> = [1, 2, 3].into_iter().collect();
        list[1] = 5;
        assert_eq!((&list).into_iter().copied().collect::<Vec<_>>(), [1, 5, 3]);
        assert_eq!(&*Rare::<u8>::from(Vec::new()), &[] as &[u8]);
        assert!(Rare::<u8>::default().0.is_none(), "an empty one takes no memory");
    }
}
