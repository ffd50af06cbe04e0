//! A fault names the address and leaves every register alone.

use engine::{Access, Exit};

use crate::machine::{CODE, DATA, Machine, PAGE, READ_ONLY, alignment_fault, page_fault};

const UNMAPPED: u64 = 0x4_0000;
const TAG: u64 = 0x5a << 56;

#[test]
fn failed_loads_change_nothing() {
    let mut m = Machine::new();
    m.regs.x[1] = UNMAPPED;
    m.regs.x[2] = 16;
    let at = |addr| page_fault(addr, Access::Read);
    m.run_to(at(UNMAPPED), /* ldr x0, [x1], #8 */ 0xf840_8420);
    m.run_to(at(UNMAPPED - 8), /* ldr x0, [x1, #-8]! */ 0xf85f_8c20);
    m.run_to(at(UNMAPPED + 32), /* ldrsh w0, [x1, x2, lsl #1] */ 0x78e2_7820);
    m.run_to(at(UNMAPPED), /* ldp x0, x3, [x1], #16 */ 0xa8c1_0c20);
    m.run_to(at(UNMAPPED + 16), /* ldpsw x0, x3, [x1, #16]! */ 0x69c2_0c20);
    m.run_to(at(UNMAPPED + 32), /* ldp q0, q1, [x1, #32]! */ 0xadc1_0420);
    m.run_to(at(UNMAPPED), /* ldaxp x0, x3, [x1] */ 0xc87f_8c20);
}

#[test]
fn failed_stores_change_nothing() {
    let mut m = Machine::new();
    m.regs.x[1] = READ_ONLY;
    let at = |addr| page_fault(addr, Access::Write);
    m.run_to(at(READ_ONLY), /* str x0, [x1], #8 */ 0xf800_8420);
    m.run_to(at(READ_ONLY + 8), /* strb w0, [x1, #8]! */ 0x3800_8c20);
    m.run_to(at(READ_ONLY - 16), /* stp x0, x3, [x1, #-16]! */ 0xa9bf_0c20);
    m.run_to(at(READ_ONLY), /* stp q0, q1, [x1], #32 */ 0xac81_0420);
    m.run_to(at(READ_ONLY), /* stlr x0, [x1] */ 0xc89f_fc20);
}

/// The fault is at the first byte on the page that is not there.
#[test]
fn access_across_the_end_of_a_page() {
    let mut m = Machine::new();
    let end = DATA + PAGE;
    m.regs.x[1] = end - 12;
    m.regs.x[2] = u64::MAX;
    m.set_u64(end - 8, 0x1234);
    let at = |access| page_fault(end, access);
    m.run_to(at(Access::Read), /* ldp x2, x3, [x1], #16 */ 0xa8c1_0c22);
    m.run_to(at(Access::Read), /* ldur x2, [x1, #7] */ 0xf840_7022);
    m.run_to(at(Access::Read), /* ldr q0, [x1] */ 0x3dc0_0020);
    m.run_to(at(Access::Read), /* ldp q0, q1, [x1, #-16] */ 0xad7f_8420);
    m.run_to(at(Access::Write), /* stp x2, x2, [x1] */ 0xa900_0822);
    m.run_to(at(Access::Write), /* stp d0, d1, [x1] */ 0x6d00_0420);
    m.run_to(at(Access::Write), /* stur x2, [x1, #7] */ 0xf800_7022);
    assert_eq!(m.u64(end - 8), 0x1234);
}

/// With more registers than a translation keeps where they always are, so that some are elsewhere.
#[test]
fn a_loop_that_faults_has_every_register_of_its_last_round() {
    let mut m = Machine::new();
    for n in 0..31 {
        m.regs.x[n] = 0x0123_4567_89ab_cdef_u64.rotate_left(2 * n as u32);
    }
    m.regs.sp = DATA + 16;
    m.regs.x[5] = DATA;
    let mut x = m.regs.x;
    m.load(&[
        0xf800_84a4, // str x4, [x5], #8
        0x8b04_00c6, // add x6, x6, x4
        0xca06_00e7, // eor x7, x7, x6
        0x8b07_0108, // add x8, x8, x7
        0xca08_0129, // eor x9, x9, x8
        0x8b09_014a, // add x10, x10, x9
        0xca0a_016b, // eor x11, x11, x10
        0x8b0b_018c, // add x12, x12, x11
        0x17ff_fff8, // b to the first
    ]);
    assert_eq!(m.start(), page_fault(DATA + PAGE, Access::Write));
    for _ in 0..PAGE / 8 {
        x[5] += 8;
        for n in 6..=12 {
            let with = x[if n == 6 { 4 } else { n - 1 }];
            x[n] = if n % 2 == 0 { x[n].wrapping_add(with) } else { x[n] ^ with };
        }
    }
    assert_eq!((m.regs.x, m.regs.sp, m.regs.pc), (x, DATA + 16, CODE));
}

#[test]
fn tag_is_ignored_and_reported() {
    let mut m = Machine::new();
    m.regs.x[1] = DATA | TAG;
    m.regs.x[2] = 7;
    m.run(&[
        0xf800_8c22, // str x2, [x1, #8]!
        0xf940_0023, // ldr x3, [x1]
    ]);
    assert_eq!((m.regs.x[1], m.regs.x[3]), ((DATA + 8) | TAG, 7));
    m.regs.x[1] = UNMAPPED | TAG;
    m.run_to(page_fault(UNMAPPED | TAG, Access::Read), /* ldr x3, [x1] */ 0xf940_0023);
    // Bit 55 is not part of the tag.
    m.regs.x[1] = DATA | 1 << 55;
    m.run_to(page_fault(DATA | 1 << 55, Access::Write), /* str x3, [x1] */ 0xf900_0023);
}

#[test]
fn stack_pointer_must_be_aligned_for_access_only() {
    let mut m = Machine::new();
    m.regs.sp = DATA + 8;
    let exit = alignment_fault(DATA + 8, Access::Read);
    m.run_to(exit, /* ldr x0, [sp] */ 0xf940_03e0);
    m.run_to(exit, /* str x0, [sp, #8]! */ 0xf800_8fe0);
    m.run_to(exit, /* ldp x0, x1, [sp], #16 */ 0xa8c1_07e0);
    m.run_to(exit, /* ldr x0, [sp, x1] */ 0xf861_6be0);
    m.run_to(exit, /* ldxr x0, [sp] */ 0xc85f_7fe0);
    m.run_to(exit, /* swp x0, x1, [sp] */ 0xf820_83e1);
    m.run(&[
        0xf980_03e0, // prfm pldl1keep, [sp]
        0xf8a1_6be0, // prfm pldl1keep, [sp, x1]
        0x9100_23ff, // add sp, sp, #8
        0xf940_07e0, // ldr x0, [sp, #8]
    ]);
}

#[test]
fn branch_to_what_is_no_code_faults_there() {
    let mut m = Machine::new();
    m.regs.x[1] = UNMAPPED;
    m.load(&[
        0xd63f_0020, // blr x1
    ]);
    assert_eq!(m.start(), page_fault(UNMAPPED, Access::Execute));
    assert_eq!((m.regs.pc, m.regs.x[30]), (UNMAPPED, CODE + 4));
    m.regs.x[1] = DATA;
    m.set_u64(DATA, 0xd400_0001); // svc #0
    m.load(&[
        0xd61f_0020, // br x1
    ]);
    assert_eq!(m.start(), page_fault(DATA, Access::Execute));
    assert_eq!(m.regs.pc, DATA);
    m.regs.x[1] = CODE + 2;
    assert_eq!(m.start(), alignment_fault(CODE + 2, Access::Execute));
    assert_eq!(m.regs.pc, CODE + 2);
}

#[test]
fn program_counter_has_no_tag() {
    let mut m = Machine::new();
    m.load(&[
        0x1000_0061, // adr x1, . + 12
        0xb248_1821, // orr x1, x1, #0x7f00000000000000
        0xd63f_0020, // blr x1
        0x1000_0002, // adr x2, .
    ]);
    m.regs.pc = CODE | TAG;
    assert_eq!(m.resume(), Exit::Syscall);
    assert_eq!(m.regs.pc, CODE + 20);
    assert_eq!((m.regs.x[2], m.regs.x[30]), (CODE + 12, CODE + 12));
}

#[test]
fn zeroing_a_cache_line() {
    let mut m = Machine::new();
    for offset in (0..256).step_by(8) {
        m.set_u64(DATA + offset, u64::MAX);
    }
    m.regs.x[0] = DATA + 64 + 17;
    m.run(&[
        0xd50b_7420, // dc zva, x0
    ]);
    for offset in (0..256).step_by(8) {
        let zeroed = (64..128).contains(&offset);
        assert_eq!(m.u64(DATA + offset), if zeroed { 0 } else { u64::MAX });
    }
    m.regs.x[0] = (READ_ONLY + 100) | TAG;
    m.run_to(page_fault((READ_ONLY + 100) | TAG, Access::Write), /* dc zva, x0 */ 0xd50b_7420);
}

#[test]
fn cache_maintenance_needs_a_readable_page() {
    let mut m = Machine::new();
    let code = &[
        0xd50b_7a20, // dc cvac, x0
        0xd50b_7b20, // dc cvau, x0
        0xd50b_7c20, // dc cvap, x0
        0xd50b_7e20, // dc civac, x0
        0xd50b_7520, // ic ivau, x0
    ];
    m.regs.x[0] = READ_ONLY + 3;
    m.run(code);
    m.regs.x[0] = UNMAPPED + 3;
    for &word in code {
        m.run_to(page_fault(UNMAPPED + 3, Access::Read), word);
    }
}

#[test]
fn code_may_change_itself() {
    let mut m = Machine::new();
    // Replaces its `mov x3, #1` by `mov x3, #2`, after having run it.
    m.regs.x[0] = CODE + 8;
    m.regs.x[2] = /* mov x3, #2 */ 0xd280_0043;
    m.run(&[
        0xd280_0005, // mov x5, #0
        0xd280_0006, // mov x6, #0
        0xd280_0023, // again: mov x3, #1
        0x8b03_00a5, // add x5, x5, x3
        0xb900_0002, // str w2, [x0]
        0xd50b_7b20, // dc cvau, x0
        0xd503_3b9f, // dsb ish
        0xd50b_7520, // ic ivau, x0
        0xd503_3b9f, // dsb ish
        0xd503_3fdf, // isb
        0x9100_04c6, // add x6, x6, #1
        0xf100_08df, // cmp x6, #2
        0x54ff_fec1, // b.ne again
    ]);
    assert_eq!(m.regs.x[5], 3);
}
