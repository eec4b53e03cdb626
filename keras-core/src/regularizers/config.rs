//! Configurations of regularizers, as in Keras' `get_config`.

use super::{Mode, Regularizer};
use crate::config::{Config, ConfigValue};

impl Regularizer {
    /// The class and the arguments, as in Keras' `get_config`; `None` for [`Regularizer::None`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let config = Regularizer::l1_l2(0.25, 0.5).config().unwrap();
    /// assert_eq!(config.class_name(), "L1L2");
    /// assert_eq!(config.get("l2").map(ToString::to_string).as_deref(), Some("0.5"));
    /// assert_eq!(Regularizer::None.config(), None);
    /// ```
    pub fn config(self) -> Option<Config> {
        let keras = |class| Config::new("keras.regularizers", class);
        Some(match self {
            Self::None => return None,
            Self::L1(l1) => keras("L1").with("l1", l1),
            Self::L2(l2) => keras("L2").with("l2", l2),
            Self::L1L2 { l1, l2 } => keras("L1L2").with("l1", l1).with("l2", l2),
            Self::OrthogonalRegularizer { factor, mode } => {
                keras("OrthogonalRegularizer").with("factor", factor).with("mode", mode)
            }
            Self::Own(penalty) => penalty.config(),
        })
    }
}

impl From<Mode> for ConfigValue {
    fn from(mode: Mode) -> Self {
        Self::from(match mode {
            Mode::Rows => "rows",
            Mode::Columns => "columns",
        })
    }
}
