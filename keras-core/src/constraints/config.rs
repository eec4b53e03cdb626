//! Configurations of constraints, as in Keras' `get_config`.

use super::{Constraint, Rule};
use crate::config::{Config, ConfigValue};

impl Constraint {
    /// The class and the arguments, as in Keras' `get_config`; `None` for [`Constraint::NONE`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let config = Constraint::max_norm(3.0, &[0, 1]).config().unwrap();
    /// assert_eq!(config.class_name(), "MaxNorm");
    /// assert_eq!(config.get("axis").map(ToString::to_string).as_deref(), Some("[0, 1]"));
    /// assert_eq!(Constraint::NONE.config(), None);
    /// ```
    pub fn config(&self) -> Option<Config> {
        let keras = |class| Config::new("keras.constraints", class);
        Some(match self.rule {
            Rule::None => return None,
            Rule::NonNeg => keras("NonNeg"),
            Rule::MaxNorm { max_value } => keras("MaxNorm").with("max_value", max_value).with("axis", self.axis()),
            Rule::MinMaxNorm { min_value, max_value, rate } => keras("MinMaxNorm")
                .with("min_value", min_value)
                .with("max_value", max_value)
                .with("rate", rate)
                .with("axis", self.axis()),
            Rule::UnitNorm => keras("UnitNorm").with("axis", self.axis()),
            Rule::Own(projection) => projection.config(),
        })
    }

    /// A number for one axis, a list for more.
    fn axis(&self) -> ConfigValue {
        match self.axis.given().as_slice() {
            [axis] => (*axis).into(),
            axes => axes.to_vec().into(),
        }
    }
}
