use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        fn block_0(x) { Dense(4)(x) }
        fn block_1(x) { block_0(block_0(x)) }
        fn block_2(x) { block_1(block_1(x)) }
        fn block_3(x) { block_2(block_2(x)) }
        fn block_4(x) { block_3(block_3(x)) }
        fn block_5(x) { block_4(block_4(x)) }
        fn block_6(x) { block_5(block_5(x)) }
        fn block_7(x) { block_6(block_6(x)) }
        fn block_8(x) { block_7(block_7(x)) }
        fn block_9(x) { block_8(block_8(x)) }
        fn block_10(x) { block_9(block_9(x)) }
        fn block_11(x) { block_10(block_10(x)) }
        fn block_12(x) { block_11(block_11(x)) }
        fn block_13(x) { block_12(block_12(x)) }
        fn block_14(x) { block_13(block_13(x)) }
        fn block_15(x) { block_14(block_14(x)) }
        fn block_16(x) { block_15(block_15(x)) }
        fn block_17(x) { block_16(block_16(x)) }
        fn block_18(x) { block_17(block_17(x)) }
        fn block_19(x) { block_18(block_18(x)) }
        fn block_20(x) { block_19(block_19(x)) }
        fn block_21(x) { block_20(block_20(x)) }
        fn block_22(x) { block_21(block_21(x)) }
        fn block_23(x) { block_22(block_22(x)) }
        fn block_24(x) { block_23(block_23(x)) }
        fn block_25(x) { block_24(block_24(x)) }
        fn block_26(x) { block_25(block_25(x)) }
        fn block_27(x) { block_26(block_26(x)) }
        fn block_28(x) { block_27(block_27(x)) }
        fn block_29(x) { block_28(block_28(x)) }
        fn block_30(x) { block_29(block_29(x)) }
        fn block_31(x) { block_30(block_30(x)) }
        fn block_32(x) { block_31(block_31(x)) }
        fn block_33(x) { block_32(block_32(x)) }
        fn block_34(x) { block_33(block_33(x)) }
        fn block_35(x) { block_34(block_34(x)) }
        fn block_36(x) { block_35(block_35(x)) }
        fn block_37(x) { block_36(block_36(x)) }
        fn block_38(x) { block_37(block_37(x)) }
        fn block_39(x) { block_38(block_38(x)) }
        block_39(x)
    }
}

fn main() {}
