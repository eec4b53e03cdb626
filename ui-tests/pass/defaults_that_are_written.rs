//! What Keras takes and there is one value of here may be given that value.

use keras::prelude::*;

sequential! {
    struct Net {
        Input(8, 8, 1),
        Conv2D(4, 3, data_format = "channels_last", dtype = "float32", autocast = true),
        BatchNormalization(axis = -1, renorm = false, renorm_momentum = 0.99, renorm_clipping = None, synchronized = false),
        MaxPooling2D(2, data_format = None, dtype = None),
        Flatten(activity_regularizer = None),
        Dropout(0.5, noise_shape = None, seed = None),
        Dense(2, lora_rank = None, lora_alpha = None, quantization_config = None),
    }
}
sequential! { struct Ids { Input(3), Embedding(10, 2, mask_zero = false, weights = None) } }

fn main() {
    let _ = Net::new().predict_one(&[0.5; 64]);
    let _ = Ids::new().predict_one(&[1.0; 3]);
}
