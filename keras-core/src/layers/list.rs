//! Lists of tensors, as passed to the passes of a layer.

use core::ops::{Deref, DerefMut};

/// The tensors that a pass reads, inputs or weights: a slice, or an array of the number declared by `build`:
///
/// ```
/// use keras::layers::List;
///
/// let (left, right) = ([1.0, 2.0], [3.0]);
/// let inputs: [&[f32]; 2] = [&left, &right];
/// let inputs = List::new(&inputs);
/// let [a, b] = inputs.array();
/// assert_eq!((a, b), (&left[..], &right[..]));
/// assert_eq!(inputs.len(), 2);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct List<'a, T>(&'a [T]);

impl<'a, T: Copy + Default> List<'a, T> {
    /// A list of these elements.
    ///
    /// ```
    /// use keras::layers::List;
    ///
    /// assert!(List::<f32>::new(&[]).is_empty());
    /// ```
    pub const fn new(elements: &'a [T]) -> Self {
        Self(elements)
    }

    /// All `N` elements.
    ///
    /// A different number is a bug of the caller: debug builds assert it, release builds return empty elements, so that
    /// embedded inference has no panic path.
    ///
    /// ```
    /// use keras::layers::List;
    ///
    /// let [units] = List::new(&[10]).array();
    /// assert_eq!(units, 10);
    /// ```
    #[inline]
    pub fn array<const N: usize>(self) -> [T; N] {
        debug_assert_eq!(self.0.len(), N, "the number of tensors that the layer takes");
        match self.0.first_chunk() {
            Some(elements) => *elements,
            None => [T::default(); N],
        }
    }

    /// The first `N` elements; missing ones, such as an optional bias, are empty.
    ///
    /// ```
    /// use keras::layers::List;
    ///
    /// let kernel = [1.0, 2.0];
    /// let weights: [&[f32]; 1] = [&kernel];
    /// let [kernel, bias] = List::new(&weights).padded();
    /// assert_eq!((kernel.len(), bias.len()), (2, 0));
    /// ```
    #[inline]
    pub fn padded<const N: usize>(self) -> [T; N] {
        debug_assert!(self.0.len() <= N, "at most the number of tensors that the layer takes");
        let mut elements = self.0.iter().copied();
        core::array::from_fn(|_| elements.next().unwrap_or_default())
    }
}

impl<'a, T> IntoIterator for List<'a, T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T> Deref for List<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0
    }
}

/// The tensors that a pass writes: outputs, or the gradients of weights.
///
/// ```
/// use keras::layers::ListMut;
///
/// let (mut sum, mut mean) = ([0.0], [0.0]);
/// let mut outputs: [&mut [f32]; 2] = [&mut sum, &mut mean];
/// let [first, second] = ListMut::new(&mut outputs).array();
/// (first[0], second[0]) = (6.0, 2.0);
/// assert_eq!((sum, mean), ([6.0], [2.0]));
/// ```
#[derive(Debug)]
pub struct ListMut<'a, T>(&'a mut [T]);

impl<'a, T> ListMut<'a, T> {
    /// A list of these elements.
    ///
    /// ```
    /// use keras::layers::ListMut;
    ///
    /// assert!(ListMut::<f32>::new(&mut []).is_empty());
    /// ```
    pub const fn new(elements: &'a mut [T]) -> Self {
        Self(elements)
    }
}

impl<'a> ListMut<'a, &'a mut [f32]> {
    /// All `N` tensors; see [`List::array`].
    ///
    /// ```
    /// use keras::layers::ListMut;
    ///
    /// let mut values = [1.0];
    /// let mut outputs: [&mut [f32]; 1] = [&mut values];
    /// let [output] = ListMut::new(&mut outputs).array();
    /// output.fill(2.0);
    /// assert_eq!(values, [2.0]);
    /// ```
    #[inline]
    pub fn array<const N: usize>(self) -> [&'a mut [f32]; N] {
        debug_assert_eq!(self.0.len(), N, "the number of tensors that the layer makes");
        self.padded()
    }

    /// The first `N` tensors; missing ones, such as the gradient of an optional bias, are empty.
    ///
    /// ```
    /// use keras::layers::ListMut;
    ///
    /// let [kernel, bias] = ListMut::new(&mut []).padded();
    /// assert!(kernel.is_empty() && bias.is_empty());
    /// ```
    #[inline]
    pub fn padded<const N: usize>(self) -> [&'a mut [f32]; N] {
        debug_assert!(self.0.len() <= N, "at most the number of tensors that the layer makes");
        let mut tensors = self.0.iter_mut();
        core::array::from_fn(|_| tensors.next().map_or(&mut [][..], |tensor| &mut **tensor))
    }
}

impl<'a> ListMut<'a, Option<&'a mut [f32]>> {
    /// All `N` tensors, each `None` if it is not needed; see [`List::array`].
    ///
    /// ```
    /// use keras::layers::ListMut;
    ///
    /// let mut gradient = [0.0];
    /// let mut wanted = [None, Some(&mut gradient[..])];
    /// let [left, right] = ListMut::new(&mut wanted).array();
    /// assert!(left.is_none() && right.is_some());
    /// ```
    #[inline]
    pub fn array<const N: usize>(self) -> [Option<&'a mut [f32]>; N] {
        debug_assert_eq!(self.0.len(), N, "the number of tensors that the layer takes");
        let mut tensors = self.0.iter_mut();
        core::array::from_fn(|_| tensors.next().and_then(Option::as_deref_mut))
    }
}

impl<'a, T> IntoIterator for ListMut<'a, T> {
    type Item = &'a mut T;
    type IntoIter = core::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl<T> Deref for ListMut<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0
    }
}

impl<T> DerefMut for ListMut<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0
    }
}
