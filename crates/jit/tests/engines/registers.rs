//! System registers, and what user mode may not do.

use std::time::{SystemTime, UNIX_EPOCH};

use engine::Exit;

use crate::machine::Machine;

/// What an instruction leaves in x0.
fn read(word: u32) -> u64 {
    let mut m = Machine::new();
    m.run(&[word]);
    m.regs.x[0]
}

/// The values agree with the instructions that there are: see `HWCAP` for the same in Linux's terms.
#[test]
fn identification_registers() {
    assert_eq!(read(/* mrs x0, id_aa64isar0_el1 */ 0xd538_0600), 0x0021_1001_1021_2120);
    assert_eq!(read(/* mrs x0, id_aa64isar1_el1 */ 0xd538_0620), 0x0000_0011_0021_1001);
    assert_eq!(read(/* mrs x0, s3_0_c0_c6_2 */ 0xd538_0640), 0); // ID_AA64ISAR2_EL1
    assert_eq!(read(/* mrs x0, id_aa64pfr0_el1 */ 0xd538_0400), 0x0001_0000_0011_0011);
    assert_eq!(read(/* mrs x0, id_aa64pfr1_el1 */ 0xd538_0420), 0x20);
    assert_eq!(read(/* mrs x0, s3_0_c0_c4_4 */ 0xd538_0480), 0); // ID_AA64ZFR0_EL1
    assert_eq!(read(/* mrs x0, id_aa64mmfr0_el1 */ 0xd538_0700), 0xff00_0000);
    assert_eq!(read(/* mrs x0, id_aa64mmfr1_el1 */ 0xd538_0720), 0);
    assert_eq!(read(/* mrs x0, id_aa64mmfr2_el1 */ 0xd538_0740), 1 << 32);
    assert_eq!(read(/* mrs x0, s3_0_c0_c2_0 */ 0xd538_0200), 0); // ID_ISAR0_EL1
    assert_eq!(read(/* mrs x0, midr_el1 */ 0xd538_0000), 0x414f_d0c1);
    assert_eq!(read(/* mrs x0, mpidr_el1 */ 0xd538_00a0), 1 << 31);
    assert_eq!(read(/* mrs x0, revidr_el1 */ 0xd538_00c0), 0);
    assert_eq!(read(/* mrs x0, ctr_el0 */ 0xd53b_0020), 0x8444_8004);
    assert_eq!(read(/* mrs x0, dczid_el0 */ 0xd53b_00e0), 4);
    assert_eq!(read(/* mrs x0, tpidrro_el0 */ 0xd53b_d060), 0);
    assert_eq!(read(/* mrs x0, cntfrq_el0 */ 0xd53b_e000), 1_000_000_000);
}

#[test]
fn clocks_are_the_hosts() {
    let mut m = Machine::new();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let before = now();
    m.run(&[
        0xd53b_f200, // mrs x0, s3_3_c15_c2_0
        0xd53b_f221, // mrs x1, s3_3_c15_c2_1
        0xd503_3fdf, // isb
        0xd53b_e042, // mrs x2, cntvct_el0
        0xd53b_f223, // mrs x3, s3_3_c15_c2_1
    ]);
    let [realtime, first, second, third, ..] = m.regs.x;
    assert!((before..=now()).contains(&realtime));
    assert!(0 < first && first <= second && second <= third, "{first} {second} {third}");
}

/// Reading one changes its register and nothing else.
#[test]
fn a_clock_leaves_flags_and_registers_alone() {
    let mut m = Machine::new();
    for n in 0..31 {
        m.regs.x[n] = n as u64;
        m.regs.v[n] = n as u128 * (u128::MAX / 32);
    }
    m.run(&[
        0xeb03_0041, // subs x1, x2, x3
        0x4ee4_8485, // add v5.2d, v4.2d, v4.2d
        0xd53b_e040, // mrs x0, cntvct_el0
        0x9100_0694, // add x20, x20, #1
        0x4ee5_84a6, // add v6.2d, v5.2d, v5.2d
        0x9a9f_27e9, // cset x9, lo
    ]);
    assert!(m.regs.x[0] != 0);
    for n in (2..31).filter(|n| ![9, 20].contains(n)) {
        assert_eq!(m.regs.x[n], n as u64);
    }
    assert_eq!((m.regs.x[1], m.regs.x[9], m.regs.x[20]), (u64::MAX, 1, 21));
    let half = |v: u128, n: u32| u128::from(((v >> n) as u64).wrapping_mul(2)) << n;
    let twice = |v| half(v, 0) | half(v, 64);
    assert_eq!(m.regs.v[5], twice(m.regs.v[4]));
    assert_eq!(m.regs.v[6], twice(m.regs.v[5]));
    assert_eq!(m.regs.v[7], 7 * (u128::MAX / 32));
}

#[test]
fn writable_bits() {
    let mut m = Machine::new();
    m.regs.x[0] = u64::MAX;
    m.run(&[
        0xd51b_4200, // msr nzcv, x0
        0xd51b_4400, // msr fpcr, x0
        0xd51b_4420, // msr fpsr, x0
        0xd51b_d040, // msr tpidr_el0, x0
        0xd51b_42a0, // msr dit, x0
        0xd51b_42c0, // msr ssbs, x0
        0xd53b_42a1, // mrs x1, dit
        0xd53b_42c2, // mrs x2, ssbs
        0xd503_405f, // msr dit, #0
        0xd53b_42a3, // mrs x3, dit
        0xd503_403f, // msr ssbs, #0
        0xd53b_42c4, // mrs x4, ssbs
        0xd503_415f, // msr dit, #1
        0xd503_413f, // msr ssbs, #1
    ]);
    assert_eq!((m.regs.nzcv, m.regs.fpcr, m.regs.fpsr), (0xf000_0000, 0x07c8_0000, 0x0800_009f));
    assert_eq!(m.regs.tpidr_el0, u64::MAX);
    assert_eq!(m.regs.x[1..5], [1 << 24, 1 << 12, 0, 0]);
    assert_eq!(m.regs.pstate, 1 << 24 | 1 << 12);
}

#[test]
fn hints_and_barriers_do_nothing() {
    let mut m = Machine::new();
    let mut code: Vec<u32> = (0..128).map(|hint| 0xd503_201f | hint << 5).collect();
    code.extend(&[
        0xd503_3f9f, // dsb sy
        0xd503_39bf, // dmb ishld
        0xd503_3fdf, // isb
        0xd503_30ff, // sb
        0xd503_3f5f, // clrex
    ]);
    m.run(&code);
    m.regs.pc = 0;
    assert_eq!(m.regs, engine::aarch64::Registers::new());
}

#[test]
fn what_user_mode_may_not_do_is_undefined() {
    let words: &[u32] = &[
        0x0000_0000, // udf #0
        0xd440_0020, // hlt #1
        0xd400_0002, // hvc #0
        0xd400_0003, // smc #0
        0xd4a0_0001, // dcps1
        0xd69f_03e0, // eret
        0xd6bf_03e0, // drps
        0xd503_42df, // msr daifset, #2
        0xd500_41bf, // msr spsel, #1
        0xd53b_4220, // mrs x0, daif
        0xd538_4240, // mrs x0, currentel
        0xd538_1000, // mrs x0, sctlr_el1
        0xd53b_e020, // mrs x0, cntpct_el0
        0xd53b_e320, // mrs x0, cntv_ctl_el0
        0xd538_0020, // mrs x0, s3_0_c0_c0_1
        0xd538_0100, // mrs x0, s3_0_c0_c1_0
        0xd53b_f240, // mrs x0, s3_3_c15_c2_2
        0xd51b_f200, // msr s3_3_c15_c2_0, x0
        0xd51b_d060, // msr tpidrro_el0, x0
        0xd51b_0020, // msr ctr_el0, x0
        0xd508_711f, // ic ialluis
        0xd508_7640, // dc isw, x0
        0xd508_871f, // tlbi vmalle1
        0xd508_7840, // at s1e0r, x0
        0xd52b_7520, // sysl x0, #3, c7, c5, #1
        0xd503_409f, // msr tco, #0
        0xd500_409f, // msr pan, #0
        0xd500_407f, // msr uao, #0
    ];
    for &word in words {
        Machine::new().run_to(Exit::Undefined(word), word);
    }
}

/// Pointer authentication other than by hints, and memory tagging.
#[test]
fn extensions_that_are_not_there_are_undefined() {
    let words: &[u32] = &[
        0xdac1_0020, // pacia x0, x1
        0xdac1_33e0, // autiza x0
        0xdac1_43e0, // xpaci x0
        0x9ac2_3020, // pacga x0, x1, x2
        0xd61f_081f, // braaz x0
        0xd65f_0bff, // retaa
        0xf820_0420, // ldraa x0, [x1]
        0x9adf_1020, // irg x0, x1
        0xd960_0020, // ldg x0, [x1]
        0xd920_0820, // stg x0, [x1]
        0x9180_0020, // addg x0, x1, #0, #0
        0x6900_0440, // stgp x0, x1, [x2]
        0x9ac2_0020, // subp x0, x1, x2
        0xd53b_2400, // mrs x0, rndr
        0xd50b_7d20, // dc cvadp, x0
        0xd50b_7460, // dc gva, x0
    ];
    for &word in words {
        Machine::new().run_to(Exit::Undefined(word), word);
    }
}

#[test]
fn breakpoints_carry_their_number() {
    let mut m = Machine::new();
    m.run_to(Exit::Breakpoint(0xf123), /* brk #0xf123 */ 0xd43e_2460);
}
