use keras::prelude::*;

fn main() {
    let mut auc = AUC::default();
    auc.update_arrays(&[0.0, 1.0], &[0.3, 0.9]).unwrap();
}
