//! Floating point: which lanes go where, and what QEMU does differently.

use engine::Exit;

use crate::machine::Machine;

const IOC: u32 = 1 << 0;
const IXC: u32 = 1 << 4;
const IDC: u32 = 1 << 7;
const QC: u32 = 1 << 27;
const FZ: u32 = 1 << 24;
const SIGNALLING: u32 = 0x7f80_0001;

fn singles(lanes: [f32; 4]) -> u128 {
    lanes.iter().rev().fold(0, |v, lane| v << 32 | u128::from(lane.to_bits()))
}

fn doubles(lanes: [f64; 2]) -> u128 {
    lanes.iter().rev().fold(0, |v, lane| v << 64 | u128::from(lane.to_bits()))
}

/// `V0` after an instruction that starts with these `V0`, `V1` and `V2`.
fn v0(word: u32, before: [u128; 3]) -> u128 {
    let mut m = Machine::new();
    m.regs.v[..3].copy_from_slice(&before);
    m.run(&[word]);
    m.regs.v[0]
}

/// As [`v0`] with doubles in, and one out.
fn d0(word: u32, before: [f64; 3]) -> f64 {
    f64::from_bits(v0(word, before.map(|d| doubles([d, d]))) as u64)
}

#[test]
fn short_results_clear_the_rest_of_the_register() {
    let one_two = [u128::MAX, singles([1.0, 2.0, 3.0, 4.0]), singles([5.0, 6.0, 7.0, 8.0])];
    assert_eq!(v0(/* fadd s0, s1, s2 */ 0x1e22_2820, one_two), 6f32.to_bits().into());
    let pair = singles([6.0, 8.0, 0.0, 0.0]);
    assert_eq!(v0(/* fadd v0.2s, v1.2s, v2.2s */ 0x0e22_d420, one_two), pair);
    assert_eq!(v0(/* fadd h0, h1, h2 */ 0x1ee2_2820, [u128::MAX, 0x3c00, 0x3c00]), 0x4000);
    let narrowed = singles([1.5, -2.5, 0.0, 0.0]);
    let wide = [u128::MAX, doubles([1.5, -2.5]), 0];
    assert_eq!(v0(/* fcvtn v0.2s, v1.2d */ 0x0e61_6820, wide), narrowed);
    let upper = narrowed << 64 | u128::from(u64::MAX);
    assert_eq!(v0(/* fcvtn2 v0.4s, v1.2d */ 0x4e61_6820, wide), upper);
    assert_eq!(v0(/* fcvtl2 v0.2d, v1.4s */ 0x4e61_7820, one_two), doubles([3.0, 4.0]));
}

#[test]
fn moves_between_general_and_upper_half() {
    let mut m = Machine::new();
    m.regs.v[0] = u128::MAX;
    m.regs.v[1] = 0x1111_2222_3333_4444 << 64 | 5;
    m.regs.x[1] = 0x5555_6666_7777_8888;
    m.run(&[
        0x9eaf_0020, // fmov v0.d[1], x1
        0x9eae_0020, // fmov x0, v1.d[1]
    ]);
    assert_eq!(m.regs.v[0], 0x5555_6666_7777_8888 << 64 | u128::from(u64::MAX));
    assert_eq!(m.regs.x[0], 0x1111_2222_3333_4444);
    m.run(&[0x1ee7_0022]); // fmov h2, w1
    assert_eq!(m.regs.v[2], 0x8888);
    m.run(&[0x1ee6_0000]); // fmov w0, h0
    assert_eq!(m.regs.x[0], 0xffff);
}

#[test]
fn exceptions_accumulate_beside_what_is_set() {
    let mut m = Machine::new();
    m.regs.fpsr = QC | IDC;
    m.regs.v[1] = singles([1.0, 1.0, 1.0, 1.0]);
    m.regs.v[2] = singles([f32::from_bits(SIGNALLING), 1e-30, 0.0, 0.0]);
    m.run(&[0x0e22_d420]); // fadd v0.2s, v1.2s, v2.2s
    assert_eq!(m.regs.fpsr, QC | IDC | IOC | IXC);
    m.regs.fpsr = 0;
    m.regs.v[1] = SIGNALLING.into();
    m.run(&[
        0x1e20_c020, // fabs s0, s1
        0x1e62_0c20, // fcsel d0, d1, d2, eq
        0x1e26_0020, // fmov w0, s1
    ]);
    assert_eq!(m.regs.fpsr, 0);
}

#[test]
fn comparisons_set_the_flags_and_failed_conditions_do_not_compare() {
    let mut m = Machine::new();
    m.regs.v[1] = 1f32.to_bits().into();
    m.regs.v[2] = f32::NAN.to_bits().into();
    m.run(&[0x1e22_2020]); // fcmp s1, s2
    assert_eq!((m.regs.nzcv, m.regs.fpsr), (0x3000_0000, 0));
    m.run(&[0x1e22_0435]); // fccmpe s1, s2, #5, eq
    assert_eq!((m.regs.nzcv, m.regs.fpsr), (0x5000_0000, 0));
    m.run(&[0x1e22_0435]); // fccmpe s1, s2, #5, eq
    assert_eq!((m.regs.nzcv, m.regs.fpsr), (0x3000_0000, IOC));
    m.run(&[0x1e20_2028]); // fcmp s1, #0.0
    assert_eq!(m.regs.nzcv, 0x2000_0000);
    m.regs.v[2] = SIGNALLING.into();
    m.regs.fpsr = 0;
    m.run(&[0x1e22_1425]); // fccmp s1, s2, #5, ne
    assert_eq!((m.regs.nzcv, m.regs.fpsr), (0x3000_0000, IOC));
}

#[test]
fn fused_forms_differ_in_two_signs() {
    // d0 = ±(10 ± 2 * 3), with the sum in the register that Ra names.
    for (word, expected) in [
        (0x1f42_0020, 16.0),  // fmadd d0, d1, d2, d0
        (0x1f42_8020, 4.0),   // fmsub d0, d1, d2, d0
        (0x1f62_0020, -16.0), // fnmadd d0, d1, d2, d0
        (0x1f62_8020, -4.0),  // fnmsub d0, d1, d2, d0
        (0x1e62_8820, -6.0),  // fnmul d0, d1, d2
        (0x7ee2_d420, 1.0),   // fabd d0, d1, d2
    ] {
        assert_eq!(d0(word, [10.0, 2.0, 3.0]), expected, "{word:#010x}");
    }
}

#[test]
fn elements_are_chosen_by_all_index_bits() {
    let halves = |f: fn(u32) -> u128| (0..8).fold(0, |v, n| v | f(n) << (16 * n));
    let ones = halves(|_| 0x3c00);
    // V2 has 2.0 in lane 7 only, V0 is zero.
    let last = 0x4000 << 112;
    assert_eq!(
        v0(/* fmla v0.8h, v1.8h, v2.h[7] */ 0x4f32_1820, [0, ones, last]),
        halves(|_| 0x4000)
    );
    let v = singles([1.0, 2.0, 3.0, 4.0]);
    let product = singles([-4.0, -8.0, -12.0, -16.0]);
    assert_eq!(v0(/* fmls v0.4s, v1.4s, v2.s[3] */ 0x4fa2_5820, [0, v, v]), product);
    let v = doubles([2.0, 3.0]);
    assert_eq!(v0(/* fmul v0.2d, v1.2d, v2.d[1] */ 0x4fc2_9820, [0, v, v]), doubles([6.0, 9.0]));
    assert_eq!(v0(/* fmulx d0, d1, v2.d[1] */ 0x7fc2_9820, [0, v, v]), doubles([6.0, 0.0]));
}

#[test]
fn long_products_take_halves_from_either_end() {
    // Halves 1, 2, 3, … in both factors.
    let n = 0x4800_4700_4600_4500_4400_4200_4000_3c00;
    let start = singles([0.5, 0.5, 0.5, 0.5]);
    let low = singles([1.5, 4.5, 0.0, 0.0]);
    assert_eq!(v0(/* fmlal v0.2s, v1.2h, v2.2h */ 0x0e22_ec20, [start, n, n]), low);
    let high = singles([9.5, 16.5, 0.0, 0.0]);
    assert_eq!(v0(/* fmlal2 v0.2s, v1.2h, v2.2h */ 0x2e22_cc20, [start, n, n]), high);
    let by_last = singles([-39.5, -47.5, -55.5, -63.5]);
    assert_eq!(v0(/* fmlsl2 v0.4s, v1.4h, v2.h[7] */ 0x6fb2_c820, [start, n, n]), by_last);
}

#[test]
fn complex_numbers_rotate() {
    // (1 + 2i), (3 + 5i), (7 + 11i)
    let [d, a, b] = [doubles([1.0, 2.0]), doubles([3.0, 5.0]), doubles([7.0, 11.0])];
    for (word, expected) in [
        (0x6ec2_c420, [22.0, 35.0]),   // fcmla v0.2d, v1.2d, v2.2d, #0
        (0x6ec2_cc20, [-54.0, 37.0]),  // fcmla v0.2d, v1.2d, v2.2d, #90
        (0x6ec2_d420, [-20.0, -31.0]), // fcmla v0.2d, v1.2d, v2.2d, #180
        (0x6ec2_dc20, [56.0, -33.0]),  // fcmla v0.2d, v1.2d, v2.2d, #270
        (0x6ec2_e420, [-8.0, 12.0]),   // fcadd v0.2d, v1.2d, v2.2d, #90
        (0x6ec2_f420, [14.0, -2.0]),   // fcadd v0.2d, v1.2d, v2.2d, #270
    ] {
        assert_eq!(v0(word, [d, a, b]), doubles(expected), "{word:#010x}");
    }
    let a = singles([3.0, 5.0, 0.0, 1.0]);
    let b = singles([0.0, 0.0, 7.0, 11.0]);
    let by_second = singles([-55.0, 35.0, -11.0, 7.0]);
    assert_eq!(v0(/* fcmla v0.4s, v1.4s, v2.s[1], #90 */ 0x6f82_3820, [0, a, b]), by_second);
}

#[test]
fn pairs_and_reductions_keep_their_order() {
    let (a, b) = (singles([1.0, 2.0, 3.0, 4.0]), singles([5.0, 6.0, 7.0, 8.0]));
    let sums = singles([3.0, 7.0, 11.0, 15.0]);
    assert_eq!(v0(/* faddp v0.4s, v1.4s, v2.4s */ 0x6e22_d420, [0, a, b]), sums);
    let v = doubles([1.0, 2.0]);
    assert_eq!(v0(/* faddp d0, v1.2d */ 0x7e70_d820, [0, v, 0]), doubles([3.0, 0.0]));
    let largest = |v| v0(/* fmaxnmv s0, v1.4s */ 0x6e30_c820, [0, singles(v), 0]);
    assert_eq!(largest([1.0, f32::NAN, 3.0, -4.0]), 3f32.to_bits().into());
    // Lanes 2 and 3 are reduced before they meet lanes 0 and 1, in which a quiet NaN came first.
    let (q0, q3) = (f32::from_bits(0x7fc0_0001), f32::from_bits(0x7fc0_0002));
    assert_eq!(largest([q0, q0, q3, q3]), 0x7fc0_0001);
}

#[test]
fn comparisons_leave_masks() {
    let v = singles([-1.0, -0.0, f32::NAN, f32::NEG_INFINITY]);
    let below_zero = 0xffff_ffff_0000_0000_0000_0000_ffff_ffff;
    assert_eq!(v0(/* fcmlt v0.4s, v1.4s, #0.0 */ 0x4ea0_e820, [0, v, 0]), below_zero);
    let [a, b] = [doubles([-3.0, 1.0]), doubles([2.0, -1.0])];
    assert_eq!(v0(/* facgt v0.2d, v1.2d, v2.2d */ 0x6ee2_ec20, [0, a, b]), u64::MAX.into());
}

#[test]
fn fixed_point_counts_fraction_bits_down() {
    let mut m = Machine::new();
    m.regs.v[1] = singles([-1.53125, 0.0, 0.0, 0.0]);
    m.run(&[0x1e18_f020]); // fcvtzs w0, s1, #4
    assert_eq!((m.regs.x[0], m.regs.fpsr), (0xffff_ffe8, IXC));
    m.regs.x[1] = 1 << 63;
    m.run(&[0x9e42_0020]); // scvtf d0, x1, #64
    assert_eq!(m.regs.v[0], doubles([-0.5, 0.0]));
    let v = 0x4000_0000_8000_0000_0000_0000_c000_0000;
    let expected = singles([-0.5, 0.0, -1.0, 0.5]);
    assert_eq!(v0(/* scvtf v0.4s, v1.4s, #31 */ 0x4f21_e420, [0, v, 0]), expected);
    assert_eq!(v0(/* ucvtf h0, h1, #16 */ 0x7f10_e420, [0, 0x8000, 0]), 0x3800);
}

/// QEMU 7.2 writes 32 bits, sign-extended: all of Vd above the element is zero (C7.2, FCVTZS
/// (vector, fixed-point)).
#[test]
fn a_half_converted_to_fixed_point_leaves_16_bits() {
    // -1.0 with 4 fraction bits.
    assert_eq!(v0(/* fcvtzs h0, h1, #4 */ 0x5f1c_fc20, [u128::MAX, 0xbc00, 0]), 0xfff0);
}

/// QEMU 7.2 sets Z for a positive denormal that was flushed to zero (`FPToFixedJS`).
#[test]
fn flushed_denormals_are_no_exact_ecmascript_integers() {
    let mut m = Machine::new();
    let mut convert = |fpcr, value: u64| {
        m.regs.fpcr = fpcr;
        m.regs.fpsr = 0;
        m.regs.v[1] = value.into();
        m.run(&[0x1e7e_0020]); // fjcvtzs w0, d1
        (m.regs.x[0], m.regs.nzcv >> 28, m.regs.fpsr)
    };
    assert_eq!(convert(0, 3f64.to_bits()), (3, 4, 0));
    assert_eq!(convert(0, 3.5f64.to_bits()), (3, 0, IXC));
    assert_eq!(convert(0, (-0f64).to_bits()), (0, 0, 0));
    assert_eq!(convert(0, 1), (0, 0, IXC));
    assert_eq!(convert(FZ, 1), (0, 0, IDC));
}

#[test]
fn constants() {
    let none = [u128::MAX; 3];
    assert_eq!(v0(/* fmov s0, #-1.5 */ 0x1e3f_1000, none), (-1.5f32).to_bits().into());
    assert_eq!(v0(/* fmov v0.2s, #1.0 */ 0x0f03_f600, none), singles([1.0, 1.0, 0.0, 0.0]));
    let halves = 0x3c00_3c00_3c00_3c00_3c00_3c00_3c00_3c00;
    assert_eq!(v0(/* fmov v0.8h, #1.0 */ 0x4f03_fe00, none), halves);
    assert_eq!(v0(/* fmov v0.2d, #2.0 */ 0x6f00_f400, none), doubles([2.0, 2.0]));
}

/// Reserved values of fields, and the extensions that an Apple M1 does not have.
#[test]
fn encodings_that_are_undefined() {
    let words: &[u32] = &[
        0x1ea2_2820, // fadd with ptype 10
        0x1f82_0c20, // fmadd with ptype 10
        0x1e22_4020, // fcvt from single to single
        0x1ee8_4020, // frint32z of a half
        0x1e63_4020, // bfcvt h0, s1
        0x1e18_7020, // fcvtzs w0, s1 with more than 32 fraction bits
        0x9e26_0020, // fmov x0, s1
        0x1e66_0020, // fmov w0, d1
        0x0e62_d420, // fadd v0.1d
        0x0ee0_f820, // fabs v0.1d
        0x2e30_c820, // fmaxnmv of two singles
        0x6e70_c820, // fmaxnmv of doubles
        0x0fc2_9020, // fmul by element of one double
        0x4fe2_9020, // fmul by element of doubles with L set
        0x2e02_c420, // fcmla of bytes
        0x2ec2_c420, // fcmla of one double
        0x2f82_1020, // fcmla by element of two singles
        0x6fa2_1020, // fcmla by element of singles with L set
        0x2f42_1820, // fcmla by element 2 of four halves
        0x6fc2_1020, // fcmla by element of doubles
        0x4f0f_e420, // scvtf of bytes with fraction bits
        0x0f60_e420, // scvtf of one double with fraction bits
        0x2f03_f600, // fmov of one double
        0x6f03_fe00, // fmov with op and o2 set, which QEMU 7.2 takes for the double
        0x2e21_6820, // fcvtxn to halves
        0x0ee1_c820, // urecpe of doubles
        0x2e42_fc20, // bfdot v0.2s, v1.4h, v2.4h
    ];
    for &word in words {
        Machine::new().run_to(Exit::Undefined(word), word);
    }
}

/// Exceptions of the instructions before, and none from before it was written.
#[test]
fn the_status_register_is_read_and_written_between_operations() {
    let mut m = Machine::new();
    m.regs.fpsr = QC;
    m.regs.v[1] = doubles([1.0, 0.0]);
    m.regs.v[2] = doubles([3.0, 0.0]);
    m.regs.x[9] = u64::MAX;
    m.run(&[
        0x1e62_1820, // fdiv d0, d1, d2
        0xd53b_4420, // mrs x0, fpsr
        0xd51b_443f, // msr fpsr, xzr
        0xd53b_4421, // mrs x1, fpsr
        0x2f00_e403, // movi d3, #0
        0x1e63_1824, // fdiv d4, d1, d3
        0xd53b_4422, // mrs x2, fpsr
        0xd51b_4429, // msr fpsr, x9
        0x1e62_2820, // fadd d0, d1, d2
        0xd53b_4423, // mrs x3, fpsr
    ]);
    const DZC: u64 = 1 << 1;
    assert_eq!(m.regs.x[..4], [(QC | IXC).into(), 0, DZC, 0x0800_009f]);
    assert_eq!(m.regs.fpsr, 0x0800_009f);
}

/// Each entry of the tables that define them (`RecipEstimate`, `RecipSqrtEstimate`).
#[test]
fn estimates_are_those_of_the_manual() {
    let number = |biased: u32, fraction: u32| biased << 23 | (fraction & 0xff) << 15;
    let mut m = Machine::new();
    for first in (0..256).step_by(4) {
        for exponent in [127, 128] {
            let fractions: [u32; 4] = std::array::from_fn(|lane| first + lane as u32);
            let lanes = fractions.map(|fraction| f32::from_bits(number(exponent, fraction)));
            m.regs.v[1] = singles(lanes);
            m.run(&[
                0x4ea1_d820, // frecpe v0.4s, v1.4s
                0x6ea1_d822, // frsqrte v2.4s, v1.4s
            ]);
            let reciprocals = fractions.map(|fraction| {
                let estimate = ((1_u32 << 19) / (2 * (256 + fraction) + 1)).div_ceil(2);
                f32::from_bits(number(253 - exponent, estimate))
            });
            assert_eq!(m.regs.v[0], singles(reciprocals), "{lanes:?}");
            let roots = fractions.map(|fraction| {
                // In units of 2^-9, from a quarter to one: twice the middle of what shares an entry.
                let a = match exponent {
                    127 => 2 * (128 + fraction / 2) + 1,
                    _ => 2 * (256 + (fraction | 1)),
                };
                let largest = (0..1 << 11).take_while(|b| a * b * b < 1 << 28).last().unwrap();
                f32::from_bits(number(126, largest.div_ceil(2)))
            });
            assert_eq!(m.regs.v[2], singles(roots), "{lanes:?}");
        }
    }
}
