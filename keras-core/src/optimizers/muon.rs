//! Muon: momentum, made orthogonal.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step, Variable,
    adam::Factors,
    declare::{described, optimizer},
};
use crate::kernels::{
    elementwise::sum_of,
    matmul::{Product, matmul},
};

optimizer! {
    /// Muon: of a matrix, the momentum is made orthogonal before each step; other variables are updated by
    /// [`AdamW`](super::AdamW). [Keras' `Muon`](https://keras.io/api/optimizers/muon/);
    /// [Jordan et al. 2024](https://kellerjordan.github.io/posts/muon/).
    ///
    /// `m ← μ·m + g`; `x` is `g + μ·m`, divided by its norm; `ns_steps` times `a = x·xᵀ` and
    /// `x ← muon_a·x + (muon_b·a + muon_c·a²)·x`; then `w ← w - lr·rms_rate·√max(rows, columns)·x`.
    ///
    /// Without a model, [`step_variables`](Optimizer::step_variables) with the variables' [dimensions](super::Variable::dims)
    /// tells matrices from others.
    ///
    /// ```
    /// use keras::{optimizers::Variable, prelude::*, shape::Dims};
    ///
    /// let kernel = Variable { dims: Dims::new(&[2, 2]), ..Variable::new("dense/kernel", 0..4) };
    /// let mut weights = [0.0; 4];
    /// // Both directions are steps of about the same length, though one gradient is ten times the other.
    /// Muon::new(0.1).step_variables(&mut weights, &[-10.0, 0.0, 0.0, -1.0], &[kernel])?;
    /// assert!(weights[0] < 2.0 * weights[3] && weights[3] < 2.0 * weights[0]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct Muon(weight_decay = 0.004) {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// `beta_1` of variables that are not matrices.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut adam) = ([1.0], [1.0]);
        /// Muon::new(0.1).adam_beta_1(0.5).step(&mut weights, &[2.0])?; // a row of numbers is no matrix
        /// AdamW::new(0.1).beta_1(0.5).step(&mut adam, &[2.0])?;
        /// assert_eq!(weights, adam);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        adam_beta_1: f64 = 0.9,
        /// `beta_2` of variables that are not matrices.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut adam) = ([1.0], [1.0]);
        /// Muon::new(0.1).adam_beta_2(0.5).step(&mut weights, &[2.0])?;
        /// AdamW::new(0.1).beta_2(0.5).step(&mut adam, &[2.0])?;
        /// assert_eq!(weights, adam);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        adam_beta_2: f64 = 0.999,
        /// The weight decay of variables that are not matrices.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut adam) = ([1.0], [1.0]);
        /// Muon::new(0.1).adam_weight_decay(None).step(&mut weights, &[2.0])?;
        /// Adam::new(0.1).step(&mut adam, &[2.0])?;
        /// assert_eq!(weights, adam);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        adam_weight_decay: Option<f32> = Some(0.004),
        /// `epsilon` of variables that are not matrices.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut adam) = ([1.0], [1.0]);
        /// Muon::new(0.1).epsilon(1.0).step(&mut weights, &[2.0])?;
        /// AdamW::new(0.1).epsilon(1.0).step(&mut adam, &[2.0])?;
        /// assert_eq!(weights, adam);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon: f32 = 1e-7,
        /// Parts of the names of variables that are updated by AdamW, too. (In Keras, they are regular expressions.)
        ///
        /// ```
        /// use keras::{optimizers::Variable, prelude::*, shape::Dims};
        ///
        /// let kernel = [Variable { dims: Dims::new(&[1, 1]), ..Variable::new("dense/kernel", 0..1) }];
        /// let (mut weights, mut adam) = ([1.0], [1.0]);
        /// Muon::new(0.1).exclude_layers(["dense".to_owned()]).step_variables(&mut weights, &[2.0], &kernel)?;
        /// AdamW::new(0.1).step(&mut adam, &[2.0])?;
        /// assert_eq!(weights, adam);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        exclude_layers: impl Into<Vec<String>> => Vec<String> = Vec::new(),
        /// Whether variables with `embedding` in their names are updated by AdamW, too.
        ///
        /// ```
        /// use keras::{optimizers::Variable, prelude::*, shape::Dims};
        ///
        /// let kernel = [Variable { dims: Dims::new(&[1, 1]), ..Variable::new("embedding/embeddings", 0..1) }];
        /// let (mut weights, mut adam) = ([1.0], [1.0]);
        /// Muon::new(0.1).exclude_embeddings(false).step_variables(&mut weights, &[2.0], &kernel)?;
        /// AdamW::new(0.1).step(&mut adam, &[2.0])?;
        /// assert_ne!(weights, adam);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        exclude_embeddings: bool = true,
        /// The factor of `x`.
        ///
        /// ```
        /// use keras::{optimizers::Variable, prelude::*, shape::Dims};
        ///
        /// let kernel = [Variable { dims: Dims::new(&[1, 1]), ..Variable::new("dense/kernel", 0..1) }];
        /// let mut weights = [0.0];
        /// let muon = Muon::new(0.5).rms_rate(None).ns_steps(1).muon_a(2.0);
        /// { muon }.step_variables(&mut weights, &[-1.0], &kernel)?; // x is -1
        /// assert!((weights[0] - 0.5 * (2.0 - 4.7750 + 2.0315)).abs() < 1e-5);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        muon_a: f32 = 3.4445,
        /// The factor of `a`.
        ///
        /// ```
        /// use keras::{optimizers::Variable, prelude::*, shape::Dims};
        ///
        /// let kernel = [Variable { dims: Dims::new(&[1, 1]), ..Variable::new("dense/kernel", 0..1) }];
        /// let mut weights = [0.0];
        /// let muon = Muon::new(0.5).rms_rate(None).ns_steps(1).muon_b(-2.0);
        /// { muon }.step_variables(&mut weights, &[-1.0], &kernel)?; // x is -1
        /// assert!((weights[0] - 0.5 * (3.4445 - 2.0 + 2.0315)).abs() < 1e-5);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        muon_b: f32 = -4.7750,
        /// The factor of `a²`.
        ///
        /// ```
        /// use keras::{optimizers::Variable, prelude::*, shape::Dims};
        ///
        /// let kernel = [Variable { dims: Dims::new(&[1, 1]), ..Variable::new("dense/kernel", 0..1) }];
        /// let mut weights = [0.0];
        /// let muon = Muon::new(0.5).rms_rate(None).ns_steps(1).muon_c(1.0);
        /// { muon }.step_variables(&mut weights, &[-1.0], &kernel)?; // x is -1
        /// assert!((weights[0] - 0.5 * (3.4445 - 4.7750 + 1.0)).abs() < 1e-5);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        muon_c: f32 = 2.0315,
        /// The factor of the learning rate of variables that are not matrices.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut adam) = ([1.0], [1.0]);
        /// Muon::new(0.5).adam_weight_decay(None).adam_lr_ratio(0.5).step(&mut weights, &[2.0])?;
        /// Adam::new(0.25).step(&mut adam, &[2.0])?;
        /// assert_eq!(weights, adam);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        adam_lr_ratio: f32 = 1.0,
        /// The momentum `μ`.
        ///
        /// ```
        /// use keras::{optimizers::Variable, prelude::*, shape::Dims};
        ///
        /// let kernel = [Variable { dims: Dims::new(&[1, 1]), ..Variable::new("dense/kernel", 0..1) }];
        /// let mut weights = [0.0];
        /// let mut muon = Muon::new(0.5).weight_decay(0.0).rms_rate(None).ns_steps(0).momentum(0.0);
        /// muon.step_variables(&mut weights, &[-8.0], &kernel)?;
        /// muon.step_variables(&mut weights, &[1.0], &kernel)?; // the step before is forgotten
        /// assert!((weights[0] - 0.0).abs() < 1e-5);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        momentum: f32 = 0.95,
        /// The number of iterations that make a matrix orthogonal.
        ///
        /// ```
        /// use keras::{optimizers::Variable, prelude::*, shape::Dims};
        ///
        /// let kernel = [Variable { dims: Dims::new(&[1, 1]), ..Variable::new("dense/kernel", 0..1) }];
        /// let mut weights = [0.0];
        /// Muon::new(0.5).rms_rate(None).ns_steps(0).step_variables(&mut weights, &[-8.0], &kernel)?; // only the norm
        /// assert!((weights[0] - 0.5).abs() < 1e-5);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        ns_steps: usize = 5,
        /// Whether to take the gradient and its momentum, `g + μ·m`, or `m` alone.
        ///
        /// ```
        /// use keras::{optimizers::Variable, prelude::*, shape::Dims};
        ///
        /// let kernel = [Variable { dims: Dims::new(&[1, 1]), ..Variable::new("dense/kernel", 0..1) }];
        /// let mut weights = [0.0];
        /// let mut muon = Muon::new(0.5).weight_decay(0.0).rms_rate(None).ns_steps(0).momentum(0.5).nesterov(false);
        /// muon.step_variables(&mut weights, &[-8.0], &kernel)?;
        /// muon.step_variables(&mut weights, &[3.0], &kernel)?; // the momentum, -8 / 2 + 3, is still negative
        /// assert!((weights[0] - 1.0).abs() < 1e-5);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        nesterov: bool = true,
        /// The scale of steps: with it, learning rates are as those of AdamW. With `None`, `x` is not scaled.
        ///
        /// ```
        /// use keras::{optimizers::Variable, prelude::*, shape::Dims};
        ///
        /// let kernel = [Variable { dims: Dims::new(&[1, 4]), ..Variable::new("dense/kernel", 0..4) }];
        /// let mut weights = [0.0; 4];
        /// Muon::new(0.5).ns_steps(0).rms_rate(Some(0.5)).step_variables(&mut weights, &[-1.0; 4], &kernel)?;
        /// assert!((weights[0] - 0.5 * 0.5 * 2.0 * 0.5).abs() < 1e-5); // x is 0.5 each, √4 is 2
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        rms_rate: Option<f32> = Some(0.2),
    }
}

impl Optimizer for Muon {
    described!("muon");

    fn updates_whole_variables(&self) -> bool {
        true
    }

    /// Two: the momentum, and of variables that are not matrices, the average of the squares.
    fn slots(&self) -> usize {
        2
    }

    fn check(&self) -> Result<(), OptimizerError> {
        self.factors().check(self.name())?;
        OptimizerError::expect_share(self.name(), "momentum", self.momentum.into())?;
        self.common.check(self.name())
    }

    fn is_special(&self, variable: &Variable<'_>) -> bool {
        let name = variable.name.as_bytes();
        let of_embedding = || name.windows(9).any(|part| part.eq_ignore_ascii_case(b"embedding"));
        variable.dims.rank() == 2
            && !(self.exclude_embeddings && of_embedding())
            && !self.exclude_layers.iter().any(|part| variable.name.contains(part.as_str()))
    }

    fn decay(&self, variable: &Variable<'_>, learning_rate: f32) -> f32 {
        let of_matrices = self.common.decay(&variable.name, learning_rate);
        match self.adam_weight_decay {
            _ if self.is_special(variable) => of_matrices,
            Some(decay) if !self.common.is_excluded(&variable.name) => decay * learning_rate,
            _ => 0.0,
        }
    }

    fn update(&self, step: Step, Span { weights, gradients, slots: [momentum, squares, _] }: Span<'_>) {
        if !step.is_special {
            let mut step = step;
            step.learning_rate *= self.adam_lr_ratio;
            return self.factors().update(step, Span { weights, gradients, slots: [momentum, squares, &mut []] });
        }
        let (rows, columns) = (step.dims.length(0), step.dims.last());
        let (count, side) = (rows * columns, rows.min(columns));
        let mut scratch = self.common.scratch.lock();
        scratch.resize(2 * (count + side * side), 0.0);
        let (x, rest) = scratch.split_at_mut(count);
        let (next, rest) = rest.split_at_mut(count);
        let (a, b) = rest.split_at_mut(side * side);
        for (((x, &g), m), _) in x.iter_mut().zip(gradients).zip(momentum).zip(0..count) {
            let g = step.clipped(g);
            *m += g + *m * (self.momentum - 1.0);
            *x = if self.nesterov { g + self.momentum * *m } else { *m };
        }
        let norm = sum_of(x, |x| x * x).sqrt() + 1e-7;
        x.iter_mut().for_each(|x| *x /= norm);
        // The shorter side of the products: of a tall matrix, xᵀ·x instead of x·xᵀ.
        let is_tall = rows > columns;
        let square = Product { m: side, n: side, k: count / side.max(1), ..Product::default() };
        let to_square = Product { transpose_a: is_tall, transpose_b: !is_tall, ..square };
        let with_square = Product { m: rows, n: columns, k: side, ..Product::default() };
        for _ in 0..self.ns_steps {
            matmul(to_square, x, x, a);
            matmul(Product { k: side, ..square }, a, a, b);
            for (b, a) in b.iter_mut().zip(&*a) {
                *b = self.muon_b * a + self.muon_c * *b;
            }
            let (left, right) = if is_tall { (&*x, &*b) } else { (&*b, &*x) };
            matmul(with_square, left, right, next);
            x.iter_mut().zip(&*next).for_each(|(x, next)| *x = self.muon_a * *x + next);
        }
        let scale = self.rms_rate.map_or(1.0, |rate| (rows.max(columns) as f32).sqrt() * rate);
        for (w, x) in weights.iter_mut().zip(&*x) {
            *w = step.decayed(*w) - step.learning_rate * x * scale;
        }
    }
}

impl Muon {
    fn factors(&self) -> Factors {
        Factors { beta_1: self.adam_beta_1, beta_2: self.adam_beta_2, epsilon: self.epsilon, amsgrad: false }
    }
}
