//! Advanced SIMD integer instructions: the corners that are easy to get wrong.
//!
//! Encodings come from the assembler; each stands beside its text.

use engine::{Access, Exit};

use crate::machine::{DATA, Machine, PAGE, alignment_fault, page_fault};

/// Nothing is mapped from here on.
const DATA_END: u64 = DATA + PAGE;

/// `FPSR.QC`.
const QC: u32 = 1 << 27;

/// Runs one instruction with `V0` (the destination), `V1` and `V2` and checks `V0` and whether QC
/// was set.
#[track_caller]
fn check(asm: &str, word: u32, [d, n, m]: [u128; 3], expected: u128, qc: bool) {
    let mut machine = Machine::new();
    machine.regs.v[..3].copy_from_slice(&[d, n, m]);
    machine.run(&[word]);
    let v0 = machine.regs.v[0];
    assert!(v0 == expected, "{asm}: {v0:#034x}, not {expected:#034x}");
    assert_eq!(machine.regs.fpsr, if qc { QC } else { 0 }, "{asm}: FPSR");
}

/// The destination's old value where nothing of it may remain.
const OLD: u128 = 0xdddd_dddd_dddd_dddd_dddd_dddd_dddd_dddd;

#[test]
fn additions_saturate_and_set_qc_only_then() {
    let small = 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10;
    check("sqadd v0.16b, v1.16b, v2.16b", 0x4e22_0c20, [OLD, small, small], small * 2, false);
    let (n, m) =
        (0x7f80_ff01_0000_0000_0000_0000_0000_7f80, 0x01ff_01ff_0000_0000_0000_0000_0000_7f80);
    let sum = 0x7f80_0000_0000_0000_0000_0000_0000_7f80;
    check("sqadd v0.16b, v1.16b, v2.16b", 0x4e22_0c20, [OLD, n, m], sum, true);
    check("sqadd v0.8b, v1.8b, v2.8b", 0x0e22_0c20, [OLD, n, m], 0x7f80, true);
    check("sqadd v0.8b, v1.8b, v2.8b", 0x0e22_0c20, [OLD, n & !0xffff, m], 0x7f80, false);
    let (n, m) = (0x0001_0005_8000_ffff, 0x0002_0005_7fff_0000);
    check("uqsub v0.4h, v1.4h, v2.4h", 0x2e62_2c20, [OLD, n, m], 0x0000_0000_0001_ffff, true);
    let min = 1 << 63;
    check("sqadd d0, d1, d2", 0x5ee2_0c20, [OLD, min, u64::MAX.into()], min, true);
    check("uqadd b0, b1, b2", 0x7e22_0c20, [OLD, 0x1f0, 0x10], 0xff, true);
    check("suqadd v0.16b, v1.16b", 0x4e20_3820, [0x80_7f_80, 0xff_01_01, 0], 0x7f_7f_81, true);
    check("usqadd v0.16b, v1.16b", 0x6e20_3820, [0x00_ff_80, 0xff_01_ff, 0], 0x00_ff_7f, true);
    check(
        "sqneg v0.2d, v1.2d",
        0x6ee0_7820,
        [OLD, min << 64 | 1, 0],
        (min - 1) << 64 | u128::from(u64::MAX),
        true,
    );
    check("sqabs h0, h1", 0x5e60_7820, [OLD, 0xffff_8000, 0], 0x7fff, true);
}

#[test]
fn doubled_products_saturate_once_or_twice() {
    let (n, m) = (0x8000_8000_4000_ffff, 0x8000_7fff_4000_0001);
    check("sqdmulh v0.4h, v1.4h, v2.4h", 0x0e62_b420, [OLD, n, m], 0x7fff_8001_2000_ffff, true);
    check("sqrdmulh v0.4s, v1.4s, v2.4s", 0x6ea2_b420, [OLD, 0x4000_0000, 1], 1, false);
    // The accumulator saves the product from saturation: it is added before the halving.
    check("sqrdmlah v0.4h, v1.4h, v2.4h", 0x2e42_8420, [0xffff, 0x8000, 0x8000], 0x7fff, false);
    check(
        "sqdmull v0.4s, v1.4h, v2.4h",
        0x0e62_d020,
        [OLD, n, m],
        0x7fff_ffff_8001_0000_2000_0000_ffff_fffe,
        true,
    );
    // The product saturates, the sum does not; QC is set, and the sum is of the saturated product.
    let least = 0x8000_0000;
    let (product, d) = (u128::from(u64::MAX >> 1), u128::from(u64::MAX));
    check("sqdmlal v0.2d, v1.2s, v2.2s", 0x0ea2_9020, [d, least, least], product - 1, true);
    let (d, n, m) = (0x8000_0000, 0x4000 << 64, 0x2000 << 64);
    check("sqdmlsl2 v0.4s, v1.8h, v2.8h", 0x4e62_b020, [d, n, m], 0x8000_0000, true);
    check(
        "sqdmull d0, s1, v2.s[3]",
        0x5fa2_b820,
        [OLD, 3, 0xffff_fffe << 96],
        0xffff_ffff_ffff_fff4,
        false,
    );
}

#[test]
fn register_shifts_take_signed_amounts_beyond_the_element() {
    let amounts = 0x80_f8_f7_81_7f_08_07_01;
    let ones = 0xff_ff_ff_ff_01_01_01_01;
    check(
        "sqshl v0.16b, v1.16b, v2.16b",
        0x4e22_4c20,
        [OLD, ones, amounts],
        0xff_ff_ff_ff_7f_7f_7f_02,
        true,
    );
    let amounts = 64 << 64 | 63;
    check(
        "uqshl v0.2d, v1.2d, v2.2d",
        0x6ee2_4c20,
        [OLD, 1 << 64 | 1, amounts],
        u128::from(u64::MAX) << 64 | 1 << 63,
        true,
    );
    check("uqshl v0.2d, v1.2d, v2.2d", 0x6ee2_4c20, [OLD, 1, amounts], 1 << 63, false);
    check("ushl v0.2d, v1.2d, v2.2d", 0x6ee2_4420, [OLD, u128::MAX, 0x7f << 64 | 0xc1], 1, false);
    // -64 rounds to the sign bit's half: up for a value of one half or more, to 0 otherwise.
    let amounts = 0xc0 << 64 | 0xff;
    check("sqrshl v0.2d, v1.2d, v2.2d", 0x4ee2_5c20, [OLD, 1 << 127 | 3, amounts], 2, false);
    check("srshl d0, d1, d2", 0x5ee2_5420, [OLD, u64::MAX.into(), 0x80], 0, false);
}

#[test]
fn immediate_shifts_reach_the_whole_element() {
    check(
        "sqshlu v0.8h, v1.8h, #15",
        0x6f1f_6420,
        [OLD, 0xffff_0002_0001, 0],
        0x0000_ffff_8000,
        true,
    );
    check("srsra d0, d1, #64", 0x5f40_3420, [5, 1 << 63, 0], 5, false);
    check("ushr d0, d1, #64", 0x7f40_0420, [OLD, u128::MAX, 0], 0, false);
    check("sri v0.16b, v1.16b, #8", 0x6f08_4420, [OLD, u128::MAX, 0], OLD, false);
    check("sli v0.2d, v1.2d, #63", 0x6f7f_5420, [0, 3 << 64 | 2, 0], 1 << 127, false);
    check("shll2 v0.8h, v1.16b, #8", 0x6e21_3820, [OLD, 0xff01 << 64, 0], 0xff00_0100, false);
}

#[test]
fn narrowing_saturates_and_keeps_the_half_it_does_not_write() {
    check("sqxtun v0.8b, v1.8h", 0x2e21_2820, [OLD, 0xffff_0100_00ff_8000, 0], 0x00_ff_ff_00, true);
    let (n, low) = (1 << 127 | 0x7fff_ffff, OLD as u64);
    check(
        "sqxtn2 v0.4s, v1.2d",
        0x4ea1_4820,
        [OLD, n, 0],
        0x8000_0000_7fff_ffff << 64 | u128::from(low),
        true,
    );
    check("uqxtn s0, d1", 0x7ea1_4820, [OLD, 1 << 32, 0], 0xffff_ffff, true);
    check(
        "sqrshrun2 v0.16b, v1.8h, #8",
        0x6f08_8c20,
        [0, 0x7f80_ff80_ff7f_0080, 0],
        0x80_00_00_01 << 64,
        true,
    );
    check("uqrshrn b0, h1, #1", 0x7f0f_9c20, [OLD, 0x1_01ff, 0], 0xff, true);
    check(
        "sqshrn v0.2s, v1.2d, #32",
        0x0f20_9420,
        [OLD, 1 << 127 | 0xffff_ffff, 0],
        0x8000_0000 << 32,
        false,
    );
    check(
        "raddhn2 v0.16b, v1.8h, v2.8h",
        0x6e22_4020,
        [7, 0xffff_007f, 0x0081_0001],
        0x0101 << 64 | 7,
        false,
    );
}

#[test]
fn polynomials_bits_and_lanes() {
    check("pmull v0.8h, v1.8b, v2.8b", 0x0e22_e020, [OLD, 0xff03, 0xff03], 0x5555_0005, false);
    let top = 1 << 127 | 1;
    check("pmull2 v0.1q, v1.2d, v2.2d", 0x4ee2_e020, [OLD, top, top], 1 << 126, false);
    check("cnt v0.16b, v1.16b", 0x4e20_5820, [OLD, 0xff80_7f01, 0], 0x0801_0701, false);
    check(
        "cls v0.4s, v1.4s",
        0x4ea0_4820,
        [OLD, 0x8000_0000_0000_0001_ffff_ffff, 0],
        0x1f_0000_0000_0000_001e_0000_001f,
        false,
    );
    check("smaxv b0, v1.16b", 0x4e30_a820, [OLD, u128::MAX ^ 0x7f << 40, 0], 0xff, false);
    check("uaddlv d0, v1.4s", 0x6eb0_3820, [OLD, u128::MAX, 0], 4 * 0xffff_ffff, false);
    check("addp d0, v1.2d", 0x5ef1_b820, [OLD, u128::MAX, 0], u128::from(u64::MAX - 1), false);
    check("cmtst d0, d1, d2", 0x5ee2_8c20, [OLD, 6, 5], u64::MAX.into(), false);
    check("sabal v0.8h, v1.8b, v2.8b", 0x0e22_5020, [1, 0x80, 0x7f], 0x100, false);
    check(
        "ext v0.8b, v1.8b, v2.8b, #7",
        0x2e02_3820,
        [OLD, 0x9911 << 56, 0x3322_2222_2222_2222],
        0x2222_2222_2222_2211,
        false,
    );
    check("ins v0.b[15], v1.b[8]", 0x6e1f_4420, [0, 0xab << 64, 0], 0xab << 120, false);
    check("movi d0, #0xff00ff0000ffff00", 0x2f05_e4c0, [OLD, 0, 0], 0xff00_ff00_00ff_ff00, false);
    check(
        "mvni v0.4s, #0x12, msl #16",
        0x6f00_d640,
        [OLD, 0, 0],
        0xffed_0000_ffed_0000_ffed_0000_ffed_0000,
        false,
    );
    check(
        "bic v0.8h, #0xff, lsl #8",
        0x6f07_b7e0,
        [u128::MAX, 0, 0],
        0x00ff_00ff_00ff_00ff_00ff_00ff_00ff_00ff,
        false,
    );
}

#[test]
fn dot_products_extend_by_their_sign() {
    let n = 0xff_ff_ff_ff;
    check("udot v0.4s, v1.16b, v2.4b[3]", 0x6fa2_e820, [1, n, n << 96], 4 * 255 * 255 + 1, false);
    check("sdot v0.2s, v1.8b, v2.8b", 0x0e82_9420, [OLD << 64, n, 0x80_80_80_80], 512, false);
}

#[test]
fn table_lookup_wraps_to_v0_and_reads_the_table_before_writing_it() {
    let mut machine = Machine::new();
    machine.regs.v[31] = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
    machine.regs.v[0] = machine.regs.v[31] | 0x1010_1010_1010_1010_1010_1010_1010_1010;
    machine.regs.v[2] = 0x20_1f_10_0f_00_ff;
    // tbl v0.16b, {v31.16b, v0.16b}, v2.16b
    machine.run(&[0x4e02_23e0]);
    assert_eq!(machine.regs.v[0], 0x00_1f_10_0f_00_00);
    check(
        "tbx v0.8b, {v1.16b}, v2.8b",
        0x0e02_1020,
        [OLD, 0x42, 0x10_0f_00_0f_0f_0f_0f_0f],
        0xdd_00_42_00_00_00_00_00,
        false,
    );
}

#[test]
fn moves_to_general_registers_extend() {
    let mut machine = Machine::new();
    machine.regs.v[1] = 0x8000_0000 << 96 | 0x80;
    machine.run(&[0x4e1c_2c23]); // smov x3, v1.s[3]
    assert_eq!(machine.regs.x[3], 0xffff_ffff_8000_0000);
    machine.run(&[0x0e01_2c23]); // smov w3, v1.b[0]
    assert_eq!(machine.regs.x[3], 0xffff_ff80);
}

#[test]
fn reserved_encodings_are_undefined() {
    for (asm, word) in [
        ("add v0.1d, v1.1d, v2.1d", 0x0ee2_8420),
        ("shadd v0.2d, v1.2d, v2.2d", 0x4ee2_0420),
        ("add b0, b1, b2", 0x5e22_8420),
        ("sqdmulh v0.16b, v1.16b, v2.16b", 0x4e22_b420),
        ("pmul v0.8h, v1.8h, v2.8h", 0x6e62_9c20),
        ("pmull v0.4s, v1.4h, v2.4h", 0x0e62_e020),
        ("addp v0.1d, v1.1d, v2.1d", 0x0ee2_bc20),
        ("addv s0, v1.2s", 0x0eb1_b820),
        ("xtn of 128-bit elements", 0x0ee1_2820),
        ("rev64 v0.2d, v1.2d", 0x4ee0_0820),
        ("dup v0.1d, v1.d[0]", 0x0e08_0420),
        ("dup with imm5 = 0", 0x4e00_0420),
        ("umov w0, v1.d[0]", 0x0e08_3c20),
        ("umov x0, v1.s[0]", 0x4e04_3c20),
        ("smov w0, v1.s[0]", 0x0e04_2c20),
        ("ext v0.8b, v1.8b, v2.8b, #8", 0x2e02_4020),
        ("zip1 v0.1d, v1.1d, v2.1d", 0x0ec2_3820),
        ("mul v0.16b, v1.16b, v2.b[0]", 0x4f02_8020),
        ("sshr v0.1d, v1.1d, #1", 0x0f7f_0420),
        ("sshr s0, s1, #1", 0x5f3f_0420),
        ("shrn from 128-bit elements", 0x0f40_8420),
        ("sshr with immh = 0", 0x4f00_0c20),
        ("usdot v0.4s, v1.16b, v2.16b (FEAT_I8MM)", 0x4e82_9c20),
        ("sm3ss1 v0.4s, v1.4s, v2.4s, v3.4s", 0xce42_0c20),
        ("sm4e v0.4s, v1.4s", 0xcec0_8420),
        ("ld2 {v0.1d, v1.1d}, [x0]", 0x0c40_8c00),
        ("ld1 of single 16-bit lane with size<0>", 0x0d40_4400),
        ("ld1 of single 64-bit lane with S", 0x0d40_9400),
        ("st1r", 0x0d00_c000),
        ("ld1r with S", 0x0d40_d000),
    ] {
        let mut machine = Machine::new();
        machine.regs.x[0] = DATA;
        println!("{asm}"); // Shown if it fails.
        machine.run_to(Exit::Undefined(word), word);
    }
}

// ---- Loads and stores of structures ----

#[test]
fn structures_interleave_and_wrap_to_v0() {
    let mut machine = Machine::new();
    let bytes: Vec<u8> = (0..24).collect();
    machine.space.slab().write_bytes(DATA, &bytes).unwrap();
    machine.regs.x[2] = DATA;
    machine.regs.v[0] = OLD;
    // ld3 {v30.4h, v31.4h, v0.4h}, [x2], #24
    machine.run(&[0x0cdf_445e]);
    assert_eq!(machine.regs.v[30], 0x1312_0d0c_0706_0100);
    assert_eq!(machine.regs.v[31], 0x1514_0f0e_0908_0302);
    assert_eq!(machine.regs.v[0], 0x1716_1110_0b0a_0504);
    assert_eq!(machine.regs.x[2], DATA + 24);
}

#[test]
fn single_structures_keep_the_other_lanes_and_replicated_ones_do_not() {
    let mut machine = Machine::new();
    machine.space.slab().store(DATA, 0x4444_4444_3333_3333_2222_2222_1111_1111_u128).unwrap();
    machine.regs.v[..4].fill(OLD);
    (machine.regs.x[2], machine.regs.x[3]) = (DATA, 0x100);
    // ld4 {v0.s-v3.s}[3], [x2], #16
    machine.run(&[0x4dff_b040]);
    assert_eq!(machine.regs.v[0], OLD << 32 >> 32 | 0x1111_1111 << 96);
    assert_eq!(machine.regs.v[3], OLD << 32 >> 32 | 0x4444_4444 << 96);
    assert_eq!(machine.regs.x[2], DATA + 16);
    machine.regs.x[2] = DATA;
    // ld2r {v0.2s, v1.2s}, [x2], x3
    machine.run(&[0x0de3_c840]);
    assert_eq!(machine.regs.v[..2], [0x1111_1111_1111_1111, 0x2222_2222_2222_2222]);
    assert_eq!(machine.regs.x[2], DATA + 0x100);
    machine.regs.v[0] = 0xabcd << 112;
    // st2 {v0.h, v1.h}[7], [x2], #4
    machine.run(&[0x4dbf_5840]);
    assert_eq!(machine.space.slab().load(DATA + 0x100), Ok(0xabcd_u64));
    assert_eq!(machine.regs.x[2], DATA + 0x104);
}

#[test]
fn a_fault_leaves_registers_and_base_alone() {
    for (asm, word, start, access) in [
        ("ld1 {v0.16b-v3.16b}, [x2]", 0x4c40_2040, DATA_END - 40, Access::Read),
        ("ld1 {v0.8b-v3.8b}, [x2], #32", 0x0cdf_2040, DATA_END - 24, Access::Read),
        ("ld2 {v0.4s, v1.4s}, [x2], x3", 0x4cc3_8840, DATA_END - 30, Access::Read),
        ("ld4 {v0.s-v3.s}[3], [x2], #16", 0x4dff_b040, DATA_END - 12, Access::Read),
        ("ld2r {v0.2s, v1.2s}, [x2], x3", 0x0de3_c840, DATA_END - 4, Access::Read),
        ("st2 {v0.h, v1.h}[7], [x2], #4", 0x4dbf_5840, DATA_END - 2, Access::Write),
        ("st4 {v0.16b-v3.16b}, [x2]", 0x4c00_0040, DATA_END - 8, Access::Write),
    ] {
        let mut machine = Machine::new();
        machine.regs.v[..4].fill(OLD);
        (machine.regs.x[2], machine.regs.x[3]) = (start, 0x100);
        println!("{asm}"); // Shown if it fails.
        machine.run_to(page_fault(DATA_END, access), word);
    }
}

#[test]
fn the_stack_pointer_must_be_aligned_as_a_base() {
    let mut machine = Machine::new();
    machine.regs.sp = DATA + 8;
    let ld1 = 0x4c40_7fe5; // ld1 {v5.2d}, [sp]
    machine.run_to(alignment_fault(DATA + 8, Access::Read), ld1);
    machine.regs.sp = DATA;
    machine.run(&[ld1]);
}
