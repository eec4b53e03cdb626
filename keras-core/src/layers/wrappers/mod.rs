//! Layers that have a layer as an argument.

mod time_distributed;

use super::core::Dense;

family! {
    time_distributed::TimeDistributed<Dense>,
}
