//! Code that changes while there are translations of it, and threads that have to be got out of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use engine::Engine;
use engine::Exit;
use engine::aarch64::Registers;
use host::Attention;
use jit::{Features, Jit};

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

#[test]
fn an_endless_loop_is_left_when_the_attention_word_is_set() {
    for code in [
        &[0x1400_0000_u32][..],      // b .
        &[0x9100_0400, 0x17ff_ffff], // add x0, x0, #1; b .-4
        &[0x1000_0000, 0xd61f_0000], // adr x0, .; br x0
        &[0x9400_0000],              // bl .
        &[0x1000_001e, 0xd65f_03c0], // adr x30, .; ret
    ] {
        let m = Machine::new();
        m.load(code);
        let attention = Arc::new(Attention::default());
        let engine = Jit::eager(m.space.clone(), Features::NONE).unwrap();
        let raised = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                raised.store(true, Ordering::SeqCst);
                attention.raise(Attention::KICK);
            });
            let mut regs = Registers::new();
            regs.pc = CODE;
            let exit = engine.vcpu(attention.clone()).unwrap().run(&mut regs);
            assert_eq!(exit, Exit::Kicked, "{code:x?}");
            assert!(raised.load(Ordering::SeqCst));
        });
    }
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
