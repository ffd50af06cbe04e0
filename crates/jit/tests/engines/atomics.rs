//! Exclusive, ordered and atomic accesses.

use std::sync::Barrier;
use std::thread;

use engine::{Access, Exit};

use crate::machine::{CODE, DATA, Machine, READ_ONLY, alignment_fault, page_fault};

#[test]
fn store_exclusive_succeeds_once() {
    let mut m = Machine::new();
    m.regs.x[0] = DATA;
    m.set_u64(DATA, 41);
    m.run(&[
        0xc85f_fc01, // ldaxr x1, [x0]
        0x9100_0422, // add x2, x1, #1
        0xc803_fc02, // stlxr w3, x2, [x0]
        0xc804_7c01, // stxr w4, x1, [x0]
    ]);
    assert_eq!((m.regs.x[1], m.regs.x[3], m.regs.x[4]), (41, 0, 1));
    assert_eq!(m.u64(DATA), 42);
}

/// Runs `code` with `x0` = DATA; it does a store-exclusive of 7 with its status to w3.
fn must_not_store(code: &[u32]) {
    let mut m = Machine::new();
    m.regs.x[0] = DATA;
    m.regs.x[2] = 7;
    m.regs.x[3] = 99;
    m.run(code);
    assert_eq!(m.regs.x[3], 1);
    assert!((0..64).all(|offset| m.space.slab().load::<u8>(DATA + offset) != Ok(7)));
}

#[test]
fn store_exclusive_fails_without_a_monitor() {
    must_not_store(&[
        0xc803_7c02, // stxr w3, x2, [x0]
    ]);
    must_not_store(&[
        0xc85f_7c01, // ldxr x1, [x0]
        0xd503_3f5f, // clrex
        0xc803_7c02, // stxr w3, x2, [x0]
    ]);
    must_not_store(&[
        0x085f_7c01, // ldxrb w1, [x0]
        0x0803_7c01, // stxrb w3, w1, [x0]
        0x0803_fc02, // stlxrb w3, w2, [x0]
    ]);
}

#[test]
fn store_exclusive_fails_after_another_write() {
    must_not_store(&[
        0xc85f_7c01, // ldxr x1, [x0]
        0xaa21_03e4, // mvn x4, x1
        0xf900_0004, // str x4, [x0]
        0xc803_7c02, // stxr w3, x2, [x0]
    ]);
    must_not_store(&[
        0x085f_7c01, // ldxrb w1, [x0]
        0x2a21_03e4, // mvn w4, w1
        0x3900_0004, // strb w4, [x0]
        0x0803_7c02, // stxrb w3, w2, [x0]
    ]);
    must_not_store(&[
        0xc87f_1401, // ldxp x1, x5, [x0]
        0xaa25_03e4, // mvn x4, x5
        0xf900_0404, // str x4, [x0, #8]
        0xc823_0802, // stxp w3, x2, x2, [x0]
    ]);
}

#[test]
fn store_exclusive_fails_elsewhere_or_with_another_size() {
    must_not_store(&[
        0xc85f_7c01, // ldxr x1, [x0]
        0x9100_2004, // add x4, x0, #8
        0xc803_7c82, // stxr w3, x2, [x4]
    ]);
    must_not_store(&[
        0xc85f_7c01, // ldxr x1, [x0]
        0x8803_7c02, // stxr w3, w2, [x0]
    ]);
    must_not_store(&[
        0xc85f_7c01, // ldxr x1, [x0]
        0x9100_2004, // add x4, x0, #8
        0xc85f_7c81, // ldxr x1, [x4]
        0xc803_7c02, // stxr w3, x2, [x0]
    ]);
}

#[test]
fn monitor_does_not_survive_the_kernel() {
    let mut m = Machine::new();
    m.regs.x[0] = DATA;
    m.load(&[
        0xc85f_7c01, // ldxr x1, [x0]
        0xd400_0001, // svc #0
        0xc803_7c01, // stxr w3, x1, [x0]
    ]);
    assert_eq!(m.start(), Exit::Syscall);
    assert_eq!(m.resume(), Exit::Syscall);
    assert_eq!(m.regs.x[3], 1);
}

#[test]
fn monitor_ignores_tags() {
    let mut m = Machine::new();
    m.regs.x[0] = DATA | 0x5a << 56;
    m.regs.x[1] = DATA;
    m.regs.x[2] = 7;
    m.run(&[
        0xc85f_7c04, // ldxr x4, [x0]
        0xc803_7c22, // stxr w3, x2, [x1]
    ]);
    assert_eq!((m.regs.x[3], m.u64(DATA)), (0, 7));
}

#[test]
fn exclusive_pairs_move_both_halves() {
    let mut m = Machine::new();
    m.regs.x[0] = DATA;
    m.set_u64(DATA, 0x1111_1111_2222_2222);
    m.set_u64(DATA + 8, 0x3333_3333_4444_4444);
    m.run(&[
        0xc87f_8801, // ldaxp x1, x2, [x0]
        0xc823_8402, // stlxp w3, x2, x1, [x0]
        0x887f_1404, // ldxp w4, w5, [x0]
        0x8826_1005, // stxp w6, w5, w4, [x0]
    ]);
    assert_eq!((m.regs.x[1], m.regs.x[2]), (0x1111_1111_2222_2222, 0x3333_3333_4444_4444));
    assert_eq!((m.regs.x[3], m.regs.x[6]), (0, 0));
    assert_eq!((m.regs.x[4], m.regs.x[5]), (0x4444_4444, 0x3333_3333));
    assert_eq!((m.u64(DATA), m.u64(DATA + 8)), (0x4444_4444_3333_3333, 0x1111_1111_2222_2222));
}

/// FEAT_LSE2: no fault within 16 aligned bytes.
#[test]
fn unaligned_atomics_work_within_sixteen_bytes() {
    let mut m = Machine::new();
    m.regs.x[0] = DATA + 5;
    m.set_u64(DATA + 5, 0x0102_0304_0506_0708);
    m.regs.x[1] = 1;
    m.run(&[
        0xf8e1_0002, // ldaddal x1, x2, [x0]
        0x88df_fc03, // ldar w3, [x0]
        0x9940_7004, // ldapur w4, [x0, #7]
        0xc85f_7c05, // ldxr x5, [x0]
        0xc806_7c01, // stxr w6, x1, [x0]
    ]);
    assert_eq!(m.regs.x[2], 0x0102_0304_0506_0708);
    assert_eq!((m.regs.x[3], m.regs.x[4]), (0x0506_0709, 0x01));
    assert_eq!((m.regs.x[5], m.regs.x[6]), (0x0102_0304_0506_0709, 0));
    assert_eq!(m.u64(DATA + 5), 1);
    m.regs.x[8] = 1;
    m.regs.x[9] = 0;
    m.run(&[
        0x9900_6001, // stlur w1, [x0, #6]
        0xc8e1_fc00, // casal x1, x0, [x0]
        0x0868_fc00, // caspal w8, w9, w0, w1, [x0]
    ]);
    assert_eq!(m.regs.x[1], 1 << 48 | 1);
    assert_eq!((m.regs.x[8], m.regs.x[9]), (1, 1 << 16));
}

#[test]
fn atomics_across_sixteen_bytes_are_alignment_faults() {
    let mut m = Machine::new();
    m.regs.x[0] = DATA + 9;
    m.regs.x[7] = DATA + 8;
    let at = |access| alignment_fault(DATA + 9, access);
    m.run_to(at(Access::Read), /* ldxr x1, [x0] */ 0xc85f_7c01);
    m.run_to(at(Access::Read), /* ldar x1, [x0] */ 0xc8df_fc01);
    m.run_to(at(Access::Read), /* ldapr x1, [x0] */ 0xf8bf_c001);
    m.run_to(at(Access::Read), /* ldxp w1, w2, [x0] */ 0x887f_0801);
    m.run_to(at(Access::Write), /* stxr w2, x1, [x0] */ 0xc802_7c01);
    m.run_to(at(Access::Write), /* stlr x1, [x0] */ 0xc89f_fc01);
    m.run_to(at(Access::Write), /* cas x2, x1, [x0] */ 0xc8a2_7c01);
    m.run_to(at(Access::Write), /* swpal x2, x1, [x0] */ 0xf8e2_8001);
    m.run_to(at(Access::Write), /* casp w2, w3, w4, w5, [x0] */ 0x0822_7c04);
    let at = |access| alignment_fault(DATA + 8, access);
    m.run_to(at(Access::Read), /* ldxp x1, x2, [x7] */ 0xc87f_08e1);
    m.run_to(at(Access::Write), /* stxp w3, x1, x2, [x7] */ 0xc823_08e1);
    m.run_to(at(Access::Write), /* casp x2, x3, x4, x5, [x7] */ 0x4822_7ce4);
    let at = |access| alignment_fault(DATA + 13, access);
    m.run_to(at(Access::Read), /* ldapursw x1, [x0, #4] */ 0x9980_4001);
    m.run_to(at(Access::Write), /* stlur w1, [x0, #4] */ 0x9900_4001);
}

/// Even where nothing would be stored, a read-modify-write needs a page that can be written.
#[test]
fn read_modify_write_faults_as_a_write() {
    let mut m = Machine::new();
    for addr in [READ_ONLY, 0x4_0000] {
        m.regs.x[0] = addr;
        m.regs.x[2] = 1;
        let exit = page_fault(addr, Access::Write);
        m.run_to(exit, /* ldadd x1, x1, [x0] */ 0xf821_0001);
        m.run_to(exit, /* swpb w1, w1, [x0] */ 0x3821_8001);
        m.run_to(exit, /* cas x2, x1, [x0] */ 0xc8a2_7c01);
        m.run_to(exit, /* casp x2, x3, x4, x5, [x0] */ 0x4822_7c04);
    }
    m.regs.x[0] = READ_ONLY;
    m.load(&[
        0xc85f_7c01, // ldxr x1, [x0]
        0xc802_7c01, // stxr w2, x1, [x0]
    ]);
    assert_eq!(m.start(), page_fault(READ_ONLY, Access::Write));
    assert_eq!((m.regs.pc, m.regs.x[2]), (CODE + 4, 1));
}

#[test]
fn compare_and_swap_of_pairs() {
    let mut m = Machine::new();
    m.regs.x[0] = DATA;
    m.regs.x[4] = 5;
    m.regs.x[5] = 6;
    m.set_u64(DATA + 8, 1);
    // The first finds (0, 1) instead of (0, 0); the second, with what the first found, stores.
    m.run(&[
        0x4822_7c04, // casp x2, x3, x4, x5, [x0]
        0xa940_1c06, // ldp x6, x7, [x0]
        0x4862_fc04, // caspal x2, x3, x4, x5, [x0]
    ]);
    assert_eq!((m.regs.x[2], m.regs.x[3], m.regs.x[6], m.regs.x[7]), (0, 1, 0, 1));
    assert_eq!((m.u64(DATA), m.u64(DATA + 8)), (5, 6));
    // The second register of x30's pair is XZR: what was found there goes nowhere, and not to SP.
    m.regs.sp = 0x5000;
    m.run(&[
        0x483e_7c04, // casp x30, xzr, x4, x5, [x0]
    ]);
    assert_eq!((m.regs.x[30], m.regs.sp), (5, 0x5000));
}

#[test]
fn compare_and_swap_of_odd_pairs_is_undefined() {
    let mut m = Machine::new();
    m.run_to(Exit::Undefined(0x4821_7c02), 0x4821_7c02); // casp x1, x2, x2, x3, [x0]
    m.run_to(Exit::Undefined(0x4822_7c03), 0x4822_7c03); // casp x2, x3, x3, x4, [x0]
}

/// Lets four threads run `code` from CODE, each with `x0` = DATA and its rounds in `x9`.
fn in_four_threads(code: &[u32], rounds: u64) -> Machine {
    let m = Machine::new();
    m.load(code);
    let process = m.process();
    // They must overlap, or nothing is tested.
    let together = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut thread = Machine::thread(process.clone());
                thread.regs.x[0] = DATA;
                thread.regs.x[9] = rounds;
                together.wait();
                assert_eq!(thread.start(), Exit::Syscall);
            });
        }
    });
    m
}

#[test]
fn exclusive_increments_are_not_lost() {
    let m = in_four_threads(
        &[
            0xc85f_7c01, // again: ldxr x1, [x0]
            0x9100_0421, // add x1, x1, #1
            0xc802_7c01, // stxr w2, x1, [x0]
            0x35ff_ffa2, // cbnz w2, again
            0xf100_0529, // subs x9, x9, #1
            0x54ff_ff61, // b.ne again
        ],
        200_000,
    );
    assert_eq!(m.u64(DATA), 800_000);
}

#[test]
fn exclusive_increments_of_pairs_are_not_torn() {
    let m = in_four_threads(
        &[
            0xc87f_8801, // again: ldaxp x1, x2, [x0]
            0x9100_0421, // add x1, x1, #1
            0x9100_0442, // add x2, x2, #1
            0xc823_8801, // stlxp w3, x1, x2, [x0]
            0x35ff_ff83, // cbnz w3, again
            0xf100_0529, // subs x9, x9, #1
            0x54ff_ff41, // b.ne again
        ],
        200_000,
    );
    assert_eq!((m.u64(DATA), m.u64(DATA + 8)), (800_000, 800_000));
}

/// A lock made of LDAXR and STLR around a plain counter.
#[test]
fn acquire_and_release_order_what_a_lock_protects() {
    let m = in_four_threads(
        &[
            0x5280_0028, // mov w8, #1
            0x885f_fc01, // again: ldaxr w1, [x0]
            0x35ff_ffe1, // cbnz w1, again
            0x8802_7c08, // stxr w2, w8, [x0]
            0x35ff_ffa2, // cbnz w2, again
            0xf940_2003, // ldr x3, [x0, #64]
            0x9100_0463, // add x3, x3, #1
            0xf900_2003, // str x3, [x0, #64]
            0x889f_fc1f, // stlr wzr, [x0]
            0xf100_0529, // subs x9, x9, #1
            0x54ff_fee1, // b.ne again
        ],
        20_000,
    );
    assert_eq!(m.u64(DATA + 64), 80_000);
}

#[test]
fn atomic_instructions_are_atomic() {
    let m = in_four_threads(
        &[
            0x5280_0021, // mov w1, #1
            0x9100_200a, // add x10, x0, #8
            0xf821_0002, // again: ldadd x1, x2, [x0]
            0x78e1_0142, // ldaddalh w1, w2, [x10]
            0xf100_0529, // subs x9, x9, #1
            0x54ff_ffa1, // b.ne again
        ],
        1_000_000,
    );
    assert_eq!(m.u64(DATA), 4_000_000);
    assert_eq!(m.u64(DATA + 8), 4_000_000 % 0x1_0000);
}
