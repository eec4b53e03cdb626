//! What is not supported holds its place, and may be given as Keras' default.

use keras::prelude::*;

sequential! {
    struct ByPlace {
        Input(12, 12, 1),
        Conv2D(4, 3, 1, "same", None, 2, 1, "relu"),
        BatchNormalization(-1, 0.9, 0.01),
        UpSampling2D(2, "channels_last", "bilinear"),
        MaxPooling2D(2, None, "valid", None),
        Dropout(0.5, None, None),
        GlobalAveragePooling2D(None, true),
        Flatten(None),
    }
}
sequential! {
    struct ByName {
        Input(12, 12, 1),
        Conv2D(4, 3, padding = "same", data_format = "channels_last", dilation_rate = 2, activation = "relu"),
        BatchNormalization(axis = -1, momentum = 0.9, epsilon = 0.01),
        UpSampling2D(2, interpolation = "bilinear", data_format = None),
        MaxPooling2D(2, data_format = None),
        Dropout(0.5, seed = None),
        GlobalAveragePooling2D(keepdims = true),
        Flatten(data_format = "channels_last"),
    }
}

fn main() {
    let image = [0.5; 144];
    assert_eq!(ByPlace::with_seed(1).predict_one(&image), ByName::with_seed(1).predict_one(&image));
    assert_eq!(ByPlace::summary().to_string().replace("ByPlace", "ByName"), ByName::summary().to_string());
}
