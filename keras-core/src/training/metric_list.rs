//! The metrics that `compile` takes: a tuple of metrics, or a tuple of such tuples, one per output.

use crate::{
    metrics::Metric,
    shape::Shape,
    tuples::{for_long_tuples, for_tuples},
};

/// Metrics for one output: a tuple of up to 64, `(Accuracy::default(),)`, or `()`; or any number as a `Vec<Box<dyn Metric>>`.
///
/// ```
/// use keras::{metrics, prelude::*, training::Metrics};
///
/// let names = |metrics: Vec<Box<dyn Metric>>| metrics.iter().map(|metric| metric.name().to_owned()).collect::<Vec<_>>();
/// assert_eq!(names((Accuracy::default(), Recall::default()).boxed()), ["accuracy", "recall"]);
/// assert_eq!(names(vec![metrics::get("auc")?, metrics::get("mae")?].boxed()), ["auc", "mae"]);
/// # Ok::<(), keras::config::ConfigError>(())
/// ```
pub trait Metrics {
    /// The metrics, boxed.
    fn boxed(self) -> Vec<Box<dyn Metric>>;
}

/// Pairs of pairs of metrics, which a tuple of them becomes.
#[doc(hidden)]
pub trait MetricPairs {
    /// Appends the metrics.
    fn push(self, into: &mut Vec<Box<dyn Metric>>);
}

impl MetricPairs for () {
    fn push(self, _: &mut Vec<Box<dyn Metric>>) {}
}

impl<Rest: MetricPairs, M: Metric + 'static> MetricPairs for (Rest, M) {
    fn push(self, into: &mut Vec<Box<dyn Metric>>) {
        self.0.push(into);
        into.push(Box::new(self.1));
    }
}

macro_rules! metric_tuples {
    ([$($metric:ident)*] $pairs:tt) => {
        impl<$($metric),*> Metrics for ($($metric,)*)
        where
            $pairs: MetricPairs,
        {
            #[expect(non_snake_case, reason = "they are pairs of types, too")]
            fn boxed(self) -> Vec<Box<dyn Metric>> {
                let (($($metric,)*), mut metrics) = (self, Vec::new());
                MetricPairs::push($pairs, &mut metrics);
                metrics
            }
        }
    };
}

for_long_tuples!(metric_tuples);

impl Metrics for () {
    fn boxed(self) -> Vec<Box<dyn Metric>> {
        Vec::new()
    }
}

impl Metrics for Vec<Box<dyn Metric>> {
    fn boxed(self) -> Self {
        self
    }
}

/// The metrics of a model: a tuple of metrics for one output; for multiple outputs, a tuple or a struct of named outputs of such
/// tuples; or `()` for none.
///
/// ```
/// use keras::{prelude::*, training::MetricList};
///
/// /// The number of metrics of each output.
/// fn counts<Outputs>(metrics: impl MetricList<Outputs>) -> Vec<usize> {
///     metrics.boxed_each().iter().map(Vec::len).collect()
/// }
///
/// assert_eq!(counts::<Shape1<10>>((Accuracy::default(),)), [1]);
/// assert_eq!(counts::<(Shape1<10>, Shape1<1>)>(((Accuracy::default(),), ())), [1, 0]);
/// ```
#[diagnostic::on_unimplemented(
    message = "the metrics `{Self}` do not fit a model whose outputs are `{Outputs}`",
    label = "a tuple of metrics is needed, for each output",
    note = "write a tuple, also for one metric: `(Accuracy::default(),)`; with several outputs, a tuple for each: `((Accuracy::default(),), ())`, or in the struct of named outputs: `NetOutputs {{ class: (Accuracy::default(),), score: () }}`",
    note = "a tuple has at most 64 metrics; a `Vec<Box<dyn Metric>>` has any number"
)]
pub trait MetricList<Outputs> {
    /// The metrics of each output.
    fn boxed_each(self) -> Vec<Vec<Box<dyn Metric>>>;
}

#[diagnostic::do_not_recommend]
impl<M: Metrics, S: Shape> MetricList<S> for M {
    fn boxed_each(self) -> Vec<Vec<Box<dyn Metric>>> {
        vec![self.boxed()]
    }
}

macro_rules! metric_lists {
    ($($at:tt $metrics:ident $shape:ident $unused:ident),+) => {
        #[diagnostic::do_not_recommend]
        impl<$($metrics: Metrics, $shape: Shape),+> MetricList<($($shape,)+)> for ($($metrics,)+) {
            fn boxed_each(self) -> Vec<Vec<Box<dyn Metric>>> {
                vec![$(self.$at.boxed()),+]
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($shape: Shape),+> MetricList<($($shape,)+)> for () {
            fn boxed_each(self) -> Vec<Vec<Box<dyn Metric>>> {
                Vec::new()
            }
        }
    };
}

for_tuples!(metric_lists);
