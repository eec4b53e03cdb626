//! Gradients of the weights.

use std::{
    fmt,
    ops::{MulAssign, Range},
};

use super::by_path;
use crate::{Result, model::Description};

/// The gradients of a model's trainable weights, flat, in the order of the weights.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
///
/// let (x, y) = (Tensor::from([[3.0]]), Tensor::from([[2.0]]));
/// let mut line = Line::new();
/// let (_, mut gradients) = line.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
/// assert_eq!(gradients.values(), [6.0, 2.0]);
/// gradients.values_mut().iter_mut().for_each(|gradient| *gradient = gradient.clamp(-1.0, 1.0));
/// SGD::new(0.5).apply(&mut line, &gradients)?;
/// assert_eq!(line.weights(), [0.5, -0.5]);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Gradients {
    values: Vec<f32>,
    /// The model whose weights they belong to.
    model: Option<&'static Description>,
    /// The layers they are restricted to, a flag for each; `None` for all.
    chosen: Option<Vec<bool>>,
}

impl Gradients {
    /// The gradients as a flat slice, one value per trainable weight.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    ///
    /// let (x, y) = (Tensor::from([[1.0; 4]]), Tensor::from([[0.0; 3]]));
    /// let (_, gradients) = Net::with_seed(1).loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(gradients.values().len(), Net::TRAINABLE_PARAMETERS);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Mutable access to the gradients, for instance to clip or scale them.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// // Two batches' gradients, added up before a step.
    /// let loss = MeanSquaredError::default();
    /// let mut line = Line::new();
    /// let (_, mut sum) = line.loss_and_gradients(&Tensor::from([[1.0]]), &Tensor::from([[0.0]]), &loss)?;
    /// let (_, more) = line.loss_and_gradients(&Tensor::from([[2.0]]), &Tensor::from([[0.0]]), &loss)?;
    /// sum.values_mut().iter_mut().zip(more.values()).for_each(|(sum, more)| *sum += more);
    /// assert_eq!(sum.values(), [2.0 + 8.0, 2.0 + 4.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// The gradients of the weights of one layer. A layer of a nested model is named by its path, `encoder/dense`; the
    /// name of a nested model selects all of its layers.
    ///
    /// # Errors
    /// If there is no such layer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(3, name = "hidden"), Dense(1, name = "score") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0, 2.0]]), Tensor::from([[3.0]]));
    /// let (_, gradients) = Net::with_seed(1).loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!((gradients.of("hidden")?.len(), gradients.of("score")?), (2 * 3 + 3, &gradients.values()[9..]));
    /// assert!(gradients.of("hiden").unwrap_err().to_string().contains("did you mean `hidden`?"));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn of(&self, layer: &str) -> Result<&[f32]> {
        let range = self.range(layer)?;
        Ok(self.values.get(range).unwrap_or_default())
    }

    /// Mutable access to the gradients of one layer.
    ///
    /// # Errors
    /// If there is no such layer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(3, name = "hidden"), Dense(1, name = "score") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0, 2.0]]), Tensor::from([[3.0]]));
    /// let mut net = Net::with_seed(1);
    /// let (_, mut gradients) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// gradients.of_mut("hidden")?.iter_mut().for_each(|gradient| *gradient *= 0.1); // a smaller learning rate for this layer
    /// SGD::new(0.1).apply(&mut net, &gradients)?;
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn of_mut(&mut self, layer: &str) -> Result<&mut [f32]> {
        let range = self.range(layer)?;
        Ok(self.values.get_mut(range).unwrap_or_default())
    }

    /// The gradients of some layers only: applying them leaves the other layers unchanged, including weight decay.
    ///
    /// # Errors
    /// If there is no such layer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(3, name = "hidden"), Dense(1, name = "score") } }
    ///
    /// // Two optimizers, each for a part of the model.
    /// let (x, y) = (Tensor::from([[1.0, 2.0]]), Tensor::from([[3.0]]));
    /// let (mut net, mut slow, mut fast) = (Net::with_seed(1), Adam::new(1e-4), SGD::new(0.1));
    /// let before = net.hidden().trainable().to_vec();
    /// let (_, gradients) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// fast.apply(&mut net, &gradients.only(&["score"])?)?;
    /// assert_eq!(net.hidden().trainable(), before);
    /// slow.apply(&mut net, &gradients.only(&["hidden"])?)?;
    /// assert_ne!(net.hidden().trainable(), before);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn only(&self, layers: &[&str]) -> Result<Self> {
        let Some(model) = self.model else { return Ok(self.clone()) };
        let mut chosen = vec![false; model.all_layers()];
        for layer in layers {
            chosen[by_path::flags(model, layer)?].fill(true);
        }
        if let Some(before) = &self.chosen {
            chosen.iter_mut().zip(before).for_each(|(chosen, before)| *chosen &= before);
        }
        Ok(Self { chosen: Some(chosen), ..self.clone() })
    }

    /// The global Euclidean norm of all gradients.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let (x, y) = (Tensor::from([[0.75]]), Tensor::from([[0.25]]));
    /// let (_, mut gradients) = Line::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!((gradients.values(), gradients.norm()), (&[0.75, 1.0][..], 1.25));
    /// gradients *= 1.0 / gradients.norm();
    /// assert_eq!(gradients.values(), [0.6, 0.8]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn norm(&self) -> f32 {
        self.values.iter().map(|&gradient| f64::from(gradient).powi(2)).sum::<f64>().sqrt() as f32
    }

    pub(super) fn new(values: Vec<f32>, model: &'static Description) -> Self {
        Self { values, model: Some(model), chosen: None }
    }

    /// A flag for each layer, unless they are for all.
    pub(super) fn chosen(&self) -> Option<&[bool]> {
        self.chosen.as_deref()
    }

    fn range(&self, layer: &str) -> Result<Range<usize>> {
        let Some(model) = self.model else { return Ok(0..0) };
        let found = by_path::find(model, layer)?;
        let [start, _] = found.offsets;
        Ok(start..start + found.layer.built.weights.trainable_size())
    }
}

impl MulAssign<f32> for Gradients {
    fn mul_assign(&mut self, factor: f32) {
        self.values.iter_mut().for_each(|gradient| *gradient *= factor);
    }
}

impl PartialEq for Gradients {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && self.chosen == other.chosen
    }
}

impl fmt::Debug for Gradients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gradients").field("values", &self.values).finish_non_exhaustive()
    }
}
