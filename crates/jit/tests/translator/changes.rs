//! Code that changes while there are translations of it, and threads that have to be got out of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use abi::mm::{Prot, map};
use engine::Engine;
use engine::Exit;
use engine::aarch64::Registers;
use host::Attention;
use jit::{Features, Interpreter, Jit};
use mem::AddressSpace;

use crate::machine::{CODE, DATA, Machine, PAGE};

/// More than a loaded machine needs, less than a person's patience.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn code_that_a_program_has_rewritten_is_executed_anew() {
    let mut m = Machine::new();
    m.regs.x[1] = CODE + 6 * 4;
    m.regs.x[2] = 0x5280_0540; // mov w0, #42
    m.run(&[
        0x9400_0006, // bl function
        0xb900_0022, // str w2, [x1]
        0xd50b_7521, // ic ivau, x1
        0xd503_3fdf, // isb
        0x9400_0002, // bl function
        0x1400_0003, // b end
        0x5280_0020, // function: mov w0, #1
        0xd65f_03c0, // ret
        0xd503_201f, // end: nop
    ]);
    assert_eq!(m.regs.x[0], 42);
}

#[test]
fn a_link_to_code_that_has_gone_leads_to_what_is_there_now() {
    let mut m = Machine::new();
    let first = [0x9400_0002, 0xd400_0001, 0x5280_0020, 0xd65f_03c0]; // bl +2; svc; mov w0, #1; ret
    m.load(&first);
    for round in 0..4_u64 {
        m.space.slab().store(CODE + 8, 0x5280_0000 | (round as u32) << 5).unwrap();
        m.invalidate(CODE + 8..CODE + 12);
        assert_eq!(m.start(), Exit::Syscall);
        assert_eq!(m.regs.x[0], round);
    }
}

#[test]
fn calls_may_be_nested_deeper_than_the_stack_of_predictions() {
    let mut m = Machine::new();
    // A function that calls itself x0 times and then returns as often, counting in x1. The frames are
    // on a stack of 16 bytes each, of which the page holds 256: so the link register is computed.
    m.regs.x[0] = 100_000;
    m.run(&[
        0x9400_0002, // bl function
        0x1400_0009, // b end
        0xf100_041f, // function: cmp x0, #1
        0x5400_0080, // b.eq bottom
        0xd100_0400, // sub x0, x0, #1
        0x97ff_fffd, // bl function
        0xd280_0000, // (returned) mov x0, #0
        0x1400_0001, // b bottom
        0x9100_0421, // bottom: add x1, x1, #1
        0x1400_0001, // b end
        0xd503_201f, // end: nop
    ]);
    assert_eq!(m.regs.x[1], 1);
}

/// Runs guest code that never ends at [`CODE`], and sets the attention word meanwhile, by which it must leave.
pub fn kick(engine: &dyn Engine, name: &str) {
    let mut regs = Registers::new();
    (regs.pc, regs.x[1], regs.x[2]) = (CODE, DATA, 1);
    kick_from(engine, name, regs);
}

/// The same from any state.
pub fn kick_from(engine: &dyn Engine, name: &str, mut regs: Registers) {
    let attention = Arc::new(Attention::default());
    let (left, has_left) = mpsc::channel::<()>();
    let raised = AtomicBool::new(false);
    let (kicker, is_raised) = (attention.clone(), &raised);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            is_raised.store(true, Ordering::SeqCst);
            kicker.raise(Attention::KICK);
            if has_left.recv_timeout(PATIENCE).is_err() {
                // The thread would have to be waited for, and never ends.
                eprintln!("{name}: guest code goes on though the attention word is set");
                std::process::abort();
            }
        });
        let exit = engine.vcpu(attention.clone()).unwrap().run(&mut regs);
        left.send(()).unwrap();
        assert_eq!(exit, Exit::Kicked, "{name}");
        assert!(raised.load(Ordering::SeqCst), "{name}: nothing else ends it");
    });
}

/// Loops of all the ways in which control can go back, and what is in them. They use X1 as an address, and X2 is 1.
pub const LOOPS: [(&str, &[u32]); 15] = [
    ("b .", &[0x1400_0000]),
    ("add x0, x0, #1; b .-4", &[0x9100_0400, 0x17ff_ffff]),
    // mul x0, x0, x2; eor x0, x0, x2; ror x0, x0, #3; b .-12
    ("arithmetic", &[0x9b02_7c00, 0xca02_0000, 0x93c0_0c00, 0x17ff_fffd]),
    ("cbnz x2, .", &[0xb500_0002]),
    ("tbnz x2, #0, .", &[0x3700_0002]),
    ("cmp x0, x0; b.eq .-4", &[0xeb00_001f, 0x54ff_ffe0]),
    ("adr x0, .; br x0", &[0x1000_0000, 0xd61f_0000]),
    ("adr x0, .; blr x0", &[0x1000_0000, 0xd63f_0000]),
    ("bl .", &[0x9400_0000]),
    ("adr x30, .; ret", &[0x1000_001e, 0xd65f_03c0]),
    // again: bl f; b again; f: ret
    ("call and return", &[0x9400_0002, 0x17ff_ffff, 0xd65f_03c0]),
    // again: ldxr x3, [x1]; add x3, x3, #1; stxr w4, x3, [x1]; b again
    ("exclusives", &[0xc85f_7c23, 0x9100_0463, 0xc804_7c23, 0x17ff_fffd]),
    // again: ldr x3, [x1]; cbz x3, again: waits for somebody else.
    ("a spin lock", &[0xf940_0023, 0xb4ff_ffe3]),
    // again: mrs x3, cntvct_el0; b again
    ("a clock", &[0xd53b_e043, 0x17ff_ffff]),
    // again: frecpx s3, s3; b again: the interpreter executes what is in it.
    ("interpreted", &[0x5ea1_f863, 0x17ff_ffff]),
];

#[test]
fn an_endless_loop_is_left_when_the_attention_word_is_set() {
    for (name, code) in LOOPS {
        let m = Machine::new();
        m.load(code);
        kick(&Jit::eager(m.space.clone(), Features::NONE).unwrap(), name);
        kick(&Interpreter::new(m.space.clone()), name);
    }
}

/// The number of pieces of code that no region can have two of.
const PIECES: u64 = 16 << 10;

/// The bytes of one.
const PIECE: u64 = 64;

/// A chain of [`PIECES`] that each add 1 to X0 and jump to the next one by a register; the last one calls the kernel.
fn chain(space: &AddressSpace, at: u64) {
    let mut piece = [0xca00_0063_u32; 16]; // eor x3, x3, x0
    piece[0] = 0x9100_0400; // add x0, x0, #1
    piece[14] = 0x9101_0021; // add x1, x1, #64
    piece[15] = 0xd61f_0020; // br x1
    let bytes: Vec<u8> = piece.iter().flat_map(|word| word.to_le_bytes()).collect();
    let (prot, flags) = (Prot::all(), map::PRIVATE | map::FIXED | map::ANONYMOUS);
    space.mmap(at, PIECES * PIECE + PAGE, prot, flags, None).unwrap();
    for n in 0..PIECES {
        space.slab().write_bytes(at + PIECE * n, &bytes).unwrap();
    }
    space.slab().store(at + PIECE * PIECES, 0xd400_0001_u32).unwrap(); // svc #0
}

#[test]
fn threads_go_on_when_the_memory_for_code_is_full() {
    const AT: u64 = 0x100_0000;
    const ROUNDS: u64 = 3;
    let m = Machine::new();
    chain(&m.space, AT);
    let engine = Jit::eager_within(m.space.clone(), Features::NONE, 1 << 20).unwrap().count();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let attention = Arc::new(Attention::default());
                let mut vcpu = engine.vcpu(attention.clone()).unwrap();
                let mut regs = Registers::new();
                for round in 1..=ROUNDS {
                    (regs.pc, regs.x[1]) = (AT, AT);
                    while vcpu.run(&mut regs) == Exit::Kicked {
                        attention.clear(u32::MAX);
                    }
                    assert_eq!((regs.x[0], regs.pc), (round * PIECES, AT + PIECE * PIECES + 4));
                }
            });
        }
    });
    let report = engine.report().unwrap();
    let regions: u64 = report.split(' ').next().unwrap().parse().unwrap();
    assert!(regions > 2 * PIECES, "nothing had to be thrown away: {report}");
}

#[test]
fn an_invalidation_returns_when_no_thread_is_in_the_code_any_more() {
    let m = Machine::new();
    // again: ldr x1, [x0]; str x2, [x0]; b again
    m.load(&[0xf940_0001, 0xf900_0002, 0x17ff_fffe]);
    let engine = Jit::eager(m.space.clone(), Features::NONE).unwrap();
    let attention = Arc::new(Attention::default());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut regs = Registers::new();
            regs.pc = CODE;
            regs.x[0] = DATA;
            regs.x[2] = 7;
            let mut vcpu = engine.vcpu(attention.clone()).unwrap();
            while !done.load(Ordering::SeqCst) {
                match vcpu.run(&mut regs) {
                    Exit::Kicked => attention.clear(u32::MAX),
                    Exit::Syscall => regs.pc = CODE,
                    exit => panic!("{exit:?}"),
                }
            }
        });
        let start = Instant::now();
        while m.u64(DATA) != 7 {
            assert!(start.elapsed() < PATIENCE, "the loop runs");
        }
        // From now on the loop stores nothing.
        m.space.slab().store(CODE + 4, 0xd400_0001_u32).unwrap(); // svc #0
        engine.invalidate(CODE..CODE + PAGE);
        m.set_u64(DATA, 1);
        std::thread::sleep(Duration::from_millis(50));
        let stored = m.u64(DATA);
        done.store(true, Ordering::SeqCst);
        attention.raise(Attention::KICK);
        assert_eq!(stored, 1, "the old code is no longer executed");
    });
}
