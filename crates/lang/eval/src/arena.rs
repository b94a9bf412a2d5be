//! A list that grows without being moved: what is in it is neither copied nor, while it is, there twice.

use std::ops::{Index, IndexMut};

/// So many items are in each piece: 16 kilobytes of vertices.
const PIECE: usize = 128;

/// Pieces are arrays, so that an item is found with one check of bounds, as in a vector.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    pieces: Vec<Box<[T; PIECE]>>,
    len: usize,
}

impl<T> Arena<T> {
    pub(crate) const fn new() -> Arena<T> {
        Arena { pieces: Vec::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds an item as `blank` makes it. It is made in its place, with the others of its piece.
    pub(crate) fn next(&mut self, blank: impl FnMut() -> T) -> &mut T {
        let at = self.len;
        if at == self.pieces.len() * PIECE {
            // By way of a vector nothing is moved.
            let piece: Vec<T> = std::iter::repeat_with(blank).take(PIECE).collect();
            self.pieces.extend(piece.try_into());
        }
        self.len += 1;
        &mut self[at]
    }
}

impl<T> Index<usize> for Arena<T> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        &self.pieces[at / PIECE][at % PIECE]
    }
}

impl<T> IndexMut<usize> for Arena<T> {
    #[inline]
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut self.pieces[at / PIECE][at % PIECE]
    }
}

#[cfg(test)]
mod tests {
    use super::{Arena, PIECE};

    #[test]
    fn items_are_found_by_their_number_wherever_they_are() {
        let mut arena = Arena::new();
        for number in 0..3 * PIECE + 7 {
            assert_eq!(arena.len(), number);
            *arena.next(|| 0) = number;
        }
        arena[2 * PIECE] += 1;
        assert_eq!((arena[0], arena[PIECE - 1], arena[PIECE]), (0, PIECE - 1, PIECE));
        let all: usize = (0..arena.len()).map(|at| arena[at]).sum();
        assert_eq!(all, (0..3 * PIECE + 7).sum::<usize>() + 1);
    }
}
