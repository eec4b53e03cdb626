//! An inner model is a model: it predicts, trains, is saved, taken out and put back.

use keras::prelude::*;

sequential! {
    #[derive(Clone)]
    struct Decoder { Input(2), Dense(4, activation = "tanh"), BatchNormalization(), Dropout(0.5), Dense(3, name = "pixels") }
}
sequential! { struct Autoencoder { Input(3), Dense(2, name = "encode"), Decoder(name = "decoder"), BatchNormalization() } }
sequential! { struct Outer { Input(3), BatchNormalization(), Autoencoder(name = "autoencoder"), Dense(1) } }
sequential! { struct Frames { Input(2, 2), TimeDistributed(Decoder()) } }

fn z() -> Tensor<Shape1<2>> {
    Tensor::from([[1.0, 2.0], [-1.0, 0.5], [0.25, -2.0]])
}

fn x() -> Tensor<Shape1<3>> {
    Tensor::from([[1.0, 2.0, 0.0], [0.0, -1.0, 1.0], [0.5, 0.5, -2.0]])
}

fn train(decoder: &mut Decoder) -> keras::Result<f64> {
    let mut compiled = decoder.compile(Adam::new(0.05), MeanSquaredError::default(), ());
    let history = compiled.fit(z(), x()).epochs(5).verbose(0).run()?;
    Ok(history["loss"][4])
}

#[test]
fn an_inner_model_predicts_as_the_same_model_alone() {
    let mut net = Autoencoder::with_seed(1);
    net.weights_mut().iter_mut().zip(1u8..).for_each(|(weight, at)| *weight += f32::from(at) / 50.0);
    let alone = net.decoder().to_model();
    assert_eq!(net.decoder().predict(z()).unwrap(), alone.predict(z()).unwrap());
    assert_eq!(net.decoder().predict_one(&[1.0, 2.0]), alone.predict_one(&[1.0, 2.0]));
    assert_eq!(net.decoder().weights(), alone.weights());
    assert_eq!(net.decoder().pixels().kernel(), alone.pixels().kernel());
    assert_eq!(net.decoder().summary().to_string(), alone.summary().to_string());
    let averages = net.decoder().batch_normalization().moving_variance().to_vec();
    assert_eq!(averages, alone.batch_normalization().moving_variance().to_vec());
    let name = "batch_normalization/moving_variance";
    assert_eq!(net.decoder().weight(name).unwrap().0, averages);
}

#[test]
fn training_in_place_is_training_of_the_copy_put_back() {
    let mut taken_out = Autoencoder::with_seed(1);
    let mut in_place = Autoencoder::with_seed(1);
    let before = in_place.weights().to_vec();

    let mut decoder = taken_out.decoder().to_model();
    let loss = train(&mut decoder).unwrap();
    assert_ne!(taken_out.decoder().weights(), decoder.weights());
    taken_out.decoder_mut().copy_from(&decoder);
    assert_eq!(train(&mut in_place.decoder_mut()).unwrap(), loss);

    assert_eq!(taken_out.weights(), in_place.weights());
    let changed = in_place.weights().iter().zip(&before).filter(|(after, before)| after != before).count();
    assert_eq!(changed, Decoder::PARAMETERS, "weights and averages of the inner model, and nothing else");
}

/// The random numbers of training go on, as those of one model do: a step in a loop of one's own drops other values each time.
#[test]
fn dropout_differs_from_one_loan_to_the_next() {
    let mut net = Autoencoder::with_seed(1);
    let mut outputs = || {
        let mut decoder = net.decoder_mut();
        decoder.backpropagate(&z(), |outputs| Ok(outputs.clone())).unwrap().0
    };
    assert_ne!(outputs(), outputs());
}

#[test]
fn changes_of_weights_and_flags_are_written_back() {
    let mut net = Autoencoder::with_seed(1);
    let mut decoder = net.decoder_mut();
    decoder.pixels_mut().bias().fill(3.0);
    decoder.weight("pixels/bias").unwrap().0[0] = 4.0; // sees the change before it
    assert_eq!(decoder.pixels().bias().to_vec(), [4.0, 3.0, 3.0]);
    decoder.batch_normalization_mut().moving_mean().fill(0.5);
    decoder.pixels_mut().freeze();
    drop(decoder);
    assert_eq!(net.decoder().pixels().bias().to_vec(), [4.0, 3.0, 3.0]);
    assert_eq!(net.decoder().batch_normalization().moving_mean().to_vec(), [0.5; 4]);
    assert!(net.decoder().pixels().is_frozen() && !net.decoder().dense().is_frozen() && !net.decoder().is_frozen());
    net.decoder_mut().freeze();
    assert!(net.decoder().is_frozen() && net.decoder().dense().is_frozen());
    assert!(net.decoder().to_model().dense().is_frozen());
}

#[test]
fn a_model_in_an_inner_model_is_reached_through_it() {
    let mut outer = Outer::with_seed(1);
    let before = outer.weights().to_vec();
    outer.autoencoder_mut().decoder_mut().pixels_mut().bias().fill(7.0);
    assert_eq!(outer.autoencoder().decoder().pixels().bias().to_vec(), [7.0; 3]);
    train(&mut outer.autoencoder_mut().decoder_mut()).unwrap();
    let changed = outer.weights().iter().zip(&before).filter(|(after, before)| after != before).count();
    assert_eq!(changed, Decoder::PARAMETERS);
}

#[test]
fn weights_are_set_as_a_whole_or_not_at_all() {
    let (source, mut net) = (Autoencoder::with_seed(1), Autoencoder::with_seed(2));
    net.decoder_mut().set_weights(&source.decoder().weights()).unwrap();
    assert_eq!(net.decoder().weights(), source.decoder().weights());
    let error = net.decoder_mut().set_weights(&[0.0; 3]).unwrap_err().to_string();
    assert!(error.starts_with("`weights` is a list of 3 numbers for a layer with"), "{error}");
    assert_eq!(net.decoder().weights(), source.decoder().weights());
    assert_ne!(net.encode().weights(), source.encode().weights());
}

#[test]
fn a_model_as_an_argument_is_a_model_too() {
    let (mut frames, mut decoder) = (Frames::with_seed(1), Decoder::with_seed(2));
    train(&mut decoder).unwrap();
    frames.time_distributed_mut().layer().copy_from(&decoder);
    assert_eq!(frames.time_distributed().layer().predict(z()).unwrap(), decoder.predict(z()).unwrap());
    assert_eq!(frames.time_distributed().layer().to_model().weights(), decoder.weights());
}
