//! The configurations of layers, compared with Keras' `get_config`.

use std::{collections::BTreeSet, fs, path::Path};

use keras::{
    activations,
    config::Config,
    constraints::Constraint,
    initializers::{Distribution, Fan},
    layers::*,
    prelude::*,
    regularizers::Mode,
};
use serde_json::Value;

/// The layers here that the recorded calls make in Keras.
fn cases() -> Vec<(&'static str, Config)> {
    let border = ((1, 2), (3, 4));
    vec![
        (r#"Activation("log_sigmoid")"#, Activation::layer(activations::Activation::LogSigmoid).config()),
        ("ActivityRegularization(l1=0.1, l2=0.2)", ActivityRegularization::layer().l1(0.1).l2(0.2).config()),
        ("Add()", Add::layer().config()),
        ("AlphaDropout(0.25)", AlphaDropout::layer(0.25).config()),
        ("Average()", Average::layer().config()),
        ("AveragePooling2D(3)", AveragePooling2D::layer((3, 3)).config()),
        (
            r#"AveragePooling2D((2, 3), strides=1, padding="same")"#,
            AveragePooling2D::layer((2, 3)).strides((1, 1)).padding(Padding::Same).config(),
        ),
        ("BatchNormalization()", BatchNormalization::layer().config()),
        (
            r#"BatchNormalization(momentum=0.5, epsilon=0.01, center=False, scale=False, gamma_regularizer="l1", beta_constraint="non_neg")"#,
            BatchNormalization::layer()
                .momentum(0.5)
                .epsilon(0.01)
                .center(false)
                .scale(false)
                .gamma_regularizer(Regularizer::L1_DEFAULT)
                .beta_constraint(Constraint::NON_NEG)
                .config(),
        ),
        ("Concatenate()", Concatenate::layer().config()),
        ("Concatenate(axis=1)", Concatenate::layer().axis(1).config()),
        ("Conv2D(4, 3)", Conv2D::layer(4, (3, 3)).config()),
        (
            r#"Conv2D(6, (3, 5), strides=2, padding="same", groups=2, activation="relu", use_bias=False)"#,
            Conv2D::layer(6, (3, 5))
                .strides((2, 2))
                .padding(Padding::Same)
                .groups(2)
                .activation(activations::Activation::Relu)
                .use_bias(false)
                .config(),
        ),
        (
            r#"Conv2D(4, 3, dilation_rate=(2, 1), kernel_initializer="he_normal", bias_initializer="ones", activity_regularizer="l2")"#,
            Conv2D::layer(4, (3, 3))
                .dilation_rate((2, 1))
                .kernel_initializer(Initializer::HE_NORMAL)
                .bias_initializer(Initializer::ONES)
                .activity_regularizer(Regularizer::L2_DEFAULT)
                .config(),
        ),
        ("Cropping2D(((1, 2), (3, 4)))", Cropping2D::layer().cropping(border).config()),
        ("Dense(3)", Dense::layer(3).config()),
        (
            r#"Dense(3, "softmax", False, kernel_initializer=initializers.RandomNormal(0.5, 0.25))"#,
            Dense::layer(3)
                .activation(activations::Activation::Softmax)
                .use_bias(false)
                .kernel_initializer(Initializer::RandomNormal { mean: 0.5, stddev: 0.25 })
                .config(),
        ),
        (
            r#"Dense(3, kernel_regularizer=regularizers.L1L2(0.5, 0.25), bias_regularizer="l1", kernel_constraint=constraints.MaxNorm(2, axis=[0, 1]))"#,
            Dense::layer(3)
                .kernel_regularizer(Regularizer::l1_l2(0.5, 0.25))
                .bias_regularizer(Regularizer::L1_DEFAULT)
                .kernel_constraint(Constraint::max_norm(2.0, &[0, 1]))
                .config(),
        ),
        (
            r#"Dense(3, kernel_initializer=initializers.VarianceScaling(2.0, "fan_out", "uniform"), bias_initializer=initializers.Constant(0.5))"#,
            Dense::layer(3)
                .kernel_initializer(Initializer::variance_scaling(2.0, Fan::Out, Distribution::Uniform))
                .bias_initializer(Initializer::constant(0.5))
                .config(),
        ),
        (
            r#"Dense(3, kernel_regularizer=regularizers.OrthogonalRegularizer(0.5, "columns"), bias_constraint=constraints.MinMaxNorm(0.5, 2.0, 0.25))"#,
            Dense::layer(3)
                .kernel_regularizer(Regularizer::orthogonal_regularizer(0.5, Mode::Columns))
                .bias_constraint(Constraint::min_max_norm(0.5, 2.0, 0.25, &[0]))
                .config(),
        ),
        ("Dot(1)", Dot::layer((1, 1)).config()),
        ("Dot((2, 1), normalize=True)", Dot::layer((2, 1)).normalize(true).config()),
        ("Dropout(0.25)", Dropout::layer(0.25).config()),
        ("ELU(0.5)", ELU::layer().alpha(0.5).config()),
        ("Embedding(10, 4)", Embedding::layer(10, 4).config()),
        ("Embedding(10, 4, mask_zero=True)", Embedding::layer(10, 4).mask_zero(true).config()),
        (
            r#"Embedding(10, 4, "orthogonal", embeddings_regularizer="l2", embeddings_constraint="unit_norm")"#,
            Embedding::layer(10, 4)
                .embeddings_initializer(Initializer::ORTHOGONAL)
                .embeddings_regularizer(Regularizer::L2_DEFAULT)
                .embeddings_constraint(Constraint::UNIT_NORM)
                .config(),
        ),
        ("Flatten()", Flatten::layer().config()),
        ("GaussianDropout(0.25)", GaussianDropout::layer(0.25).config()),
        ("GaussianNoise(0.5)", GaussianNoise::layer(0.5).config()),
        ("GlobalAveragePooling1D()", GlobalAveragePooling1D::layer().config()),
        ("GlobalAveragePooling2D()", GlobalAveragePooling2D::layer().config()),
        ("GlobalMaxPooling2D(keepdims=True)", GlobalMaxPooling2D::layer().keepdims(true).config()),
        ("Identity()", Identity::layer().config()),
        ("LayerNormalization()", LayerNormalization::layer().config()),
        (
            r#"LayerNormalization(axis=(1, 2), epsilon=0.01, scale=False, beta_regularizer="l2", gamma_constraint="non_neg")"#,
            LayerNormalization::layer()
                .axis(&[1, 2])
                .epsilon(0.01)
                .scale(false)
                .beta_regularizer(Regularizer::L2_DEFAULT)
                .gamma_constraint(Constraint::NON_NEG)
                .config(),
        ),
        ("LeakyReLU()", LeakyReLU::layer().config()),
        ("LeakyReLU(0.5)", LeakyReLU::layer().negative_slope(0.5).config()),
        ("Masking()", Masking::layer().config()),
        ("Masking(0.5)", Masking::layer().mask_value(0.5).config()),
        ("MaxPooling2D()", MaxPooling2D::layer().config()),
        (
            r#"MaxPooling2D((2, 3), strides=1, padding="same")"#,
            MaxPooling2D::layer().pool_size((2, 3)).strides((1, 1)).padding(Padding::Same).config(),
        ),
        ("Maximum()", Maximum::layer().config()),
        ("Minimum()", Minimum::layer().config()),
        ("Multiply()", Multiply::layer().config()),
        ("Normalization()", Normalization::layer().config()),
        ("Normalization(axis=None)", Normalization::layer().axis(&[]).config()),
        (
            "Normalization(axis=(1, 2), mean=0.5, variance=2.0, invert=True)",
            Normalization::layer().axis(&[1, 2]).mean(&[0.5]).variance(&[2.0]).invert(true).config(),
        ),
        (
            "Normalization(mean=[0.5, 1.5], variance=[1.0, 2.0])",
            Normalization::layer().mean(&[0.5, 1.5]).variance(&[1.0, 2.0]).config(),
        ),
        ("PReLU()", PReLU::layer().config()),
        (
            r#"PReLU("ones", "l2", "non_neg", shared_axes=[1, 2])"#,
            PReLU::layer()
                .alpha_initializer(Initializer::ONES)
                .alpha_regularizer(Regularizer::L2_DEFAULT)
                .alpha_constraint(Constraint::NON_NEG)
                .shared_axes(&[1, 2])
                .config(),
        ),
        ("Permute((2, 1))", Permute::layer(&[2, 1]).config()),
        ("ReLU()", ReLU::layer().config()),
        ("ReLU(6.0, 0.25, 0.5)", ReLU::layer().max_value(6.0).negative_slope(0.25).threshold(0.5).config()),
        ("RepeatVector(3)", RepeatVector::layer(3).config()),
        ("Rescaling(0.5)", Rescaling::layer(&[0.5]).config()),
        ("Rescaling([0.5, 1.5], [1.0, 2.0])", Rescaling::layer(&[0.5, 1.5]).offset(&[1.0, 2.0]).config()),
        ("Reshape((2, -1))", Reshape::layer(&[2, -1]).config()),
        ("Softmax()", Softmax::layer().config()),
        ("Softmax(axis=1)", Softmax::layer().axis(1).config()),
        ("SpatialDropout1D(0.25)", SpatialDropout1D::layer(0.25).config()),
        ("SpatialDropout2D(0.25)", SpatialDropout2D::layer(0.25).config()),
        ("Subtract()", Subtract::layer().config()),
        ("TimeDistributed(layers.Dense(3))", TimeDistributed::layer(Dense::layer(3)).config()),
        (
            r#"TimeDistributed(layers.TimeDistributed(layers.Conv2D(4, 3, padding="same")))"#,
            TimeDistributed::layer(TimeDistributed::layer(Conv2D::layer(4, (3, 3)).padding(Padding::Same))).config(),
        ),
        ("UpSampling2D()", UpSampling2D::layer().config()),
        (
            r#"UpSampling2D((2, 3), interpolation="bilinear")"#,
            UpSampling2D::layer().size((2, 3)).interpolation(Interpolation::Bilinear).config(),
        ),
        ("ZeroPadding2D()", ZeroPadding2D::layer().config()),
        ("ZeroPadding2D(((1, 2), (3, 4)))", ZeroPadding2D::layer().padding(border).config()),
    ]
}

/// Whether two values say the same: what one of them leaves out has its default, which is null or false.
fn same(ours: &Value, keras: &Value) -> bool {
    match (ours, keras) {
        (Value::Object(ours), Value::Object(keras)) => {
            let names: BTreeSet<&String> = ours.keys().chain(keras.keys()).collect();
            let is_default = |value: Option<&Value>| matches!(value, None | Some(Value::Null | Value::Bool(false)));
            names.into_iter().all(|name| match (ours.get(name), keras.get(name)) {
                (Some(ours), Some(keras)) => same(ours, keras),
                (ours, keras) => is_default(ours) && is_default(keras),
            })
        }
        (Value::Array(ours), Value::Array(keras)) => {
            ours.len() == keras.len() && ours.iter().zip(keras).all(|(ours, keras)| same(ours, keras))
        }
        // Keras keeps some as the nearest f32: 0.009999999776482582 for 0.01.
        (Value::Number(ours), Value::Number(keras)) => {
            ours.as_f64().map(|number| number as f32) == keras.as_f64().map(|number| number as f32)
        }
        (ours, keras) => ours == keras,
    }
}

#[test]
fn configurations_are_those_of_keras() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/configs.json");
    let recorded: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let recorded = recorded.as_object().unwrap();
    let cases = cases();
    for (call, config) in &cases {
        let ours: Value = serde_json::from_str(&config.to_string()).unwrap();
        let keras = recorded.get(*call).unwrap_or_else(|| panic!("{call} is not recorded"));
        assert!(same(&ours["config"], keras), "{call}: {}\nKeras: {keras}", ours["config"]);
        assert_eq!(Some(config.class_name()), call.split('(').next());
    }
    let compared: BTreeSet<&str> = cases.iter().map(|(call, _)| *call).collect();
    let missing: Vec<&String> =
        recorded.keys().filter(|call| *call != "keras" && !compared.contains(call.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?} are recorded, and not compared");
    for schema in schemas() {
        let has_case = cases.iter().any(|(_, config)| config.class_name() == schema.class_name);
        assert!(has_case, "no configuration of {} is compared", schema.class_name);
    }
}

#[test]
fn a_configuration_has_all_arguments_in_their_order() {
    for (call, config) in cases() {
        let schema = schemas().find(|schema| schema.class_name == config.class_name()).unwrap();
        let names: Vec<&str> = config.iter().map(|(name, _)| name).collect();
        assert_eq!(names, schema.arguments.iter().map(|argument| argument.name).collect::<Vec<_>>(), "{call}");
    }
}
