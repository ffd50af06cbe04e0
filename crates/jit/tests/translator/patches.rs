//! Programs that generate code: what they patch, or make not executable for a moment, takes away no more than what
//! has changed.

use std::sync::{Arc, Mutex};

use abi::mm::{Prot, map};
use engine::{Engine, Exit, Fault, FaultKind};
use jit::{Features, Jit};
use mem::CodeChange;

use crate::machine::{CODE, Machine, PAGE};

const RET: u32 = 0xd65f_03c0;
const SVC: u32 = 0xd400_0001;

/// A machine whose engine counts, and that engine.
fn counting() -> (Machine, Arc<dyn Engine>) {
    let kept: Mutex<Option<Arc<dyn Engine>>> = Mutex::new(None);
    let m = Machine::with(|space| {
        let engine = Jit::eager(space.clone(), Features::NONE).unwrap().count();
        let engine: Arc<dyn Engine> = Arc::new(engine);
        let watcher = Arc::downgrade(&engine);
        assert!(space.watch_code(move |range, change| {
            let Some(engine) = watcher.upgrade() else { return };
            match change {
                CodeChange::Gone => engine.invalidate(range),
                CodeChange::Written => engine.written(range),
            }
        }));
        *kept.lock().unwrap() = Some(engine.clone());
        engine
    });
    (m, kept.into_inner().unwrap().unwrap())
}

/// How many regions have been translated, and how many given back.
fn regions(engine: &dyn Engine) -> (u64, u64) {
    let report = engine.report().unwrap();
    let number = |line: &str| line.split(' ').next().unwrap().parse::<u64>().unwrap();
    let find = |what: &str| number(report.lines().find(|line| line.contains(what)).unwrap());
    (find("bytes of host code"), find("given back"))
}

fn protect(m: &Machine, prot: Prot) {
    m.space.mprotect(CODE, PAGE, prot, false).unwrap();
}

#[test]
fn code_that_may_be_written_for_a_moment_is_not_translated_again() {
    let (mut m, engine) = counting();
    let (write, execute) = (Prot::READ | Prot::WRITE, Prot::READ | Prot::EXEC);
    // bl f; svc; f: mov w0, #1; ret
    m.load(&[0x9400_0002, SVC, 0x5280_0020, RET]);
    protect(&m, execute);
    assert_eq!((m.start(), m.regs.x[0]), (Exit::Syscall, 1));
    let (before, _) = regions(&*engine);
    protect(&m, write);
    let exit = m.start();
    assert!(
        matches!(exit, Exit::Fault(Fault { addr: CODE, kind: FaultKind::Page, .. })),
        "{exit:?}"
    );
    protect(&m, execute);
    assert_eq!((m.start(), m.regs.x[0]), (Exit::Syscall, 1));
    assert_eq!(regions(&*engine), (before, before), "all of it is as it was");
    protect(&m, write);
    m.space.slab().store(CODE + 8, 0x5280_0040_u32).unwrap(); // mov w0, #2
    protect(&m, execute);
    assert_eq!((m.start(), m.regs.x[0]), (Exit::Syscall, 2));
    assert_eq!(regions(&*engine).0, before + 1, "the function has changed");
    assert!(m.space.munmap(CODE, PAGE).is_ok());
    let flags = map::PRIVATE | map::ANONYMOUS | map::FIXED;
    m.space.mmap(CODE, PAGE, Prot::all(), flags, None).unwrap();
    assert!(!matches!(m.start(), Exit::Syscall), "there is nothing any more");
}

#[test]
fn a_patch_leaves_the_translations_of_its_neighbours() {
    let (mut m, engine) = counting();
    // bl f; bl g; str w2, [x1]; ic ivau, x1; isb; bl f; bl g; svc; f: mov w0, #1; ret; g: mov w3, #1; ret
    let code = [
        0x9400_0008,
        0x9400_0009,
        0xb900_0022,
        0xd50b_7521,
        0xd503_3fdf,
        0x9400_0003,
        0x9400_0004,
        SVC,
        0x5280_0020,
        RET,
        0x5280_0023,
        RET,
    ];
    m.load(&code);
    let patch = |m: &mut Machine, word: u32| {
        (m.regs.x[1], m.regs.x[2]) = (CODE + 8 * 4, word.into());
        assert_eq!(m.start(), Exit::Syscall);
        (m.regs.x[0], m.regs.x[3])
    };
    assert_eq!(patch(&mut m, code[8]), (1, 1));
    let (before, _) = regions(&*engine);
    assert_eq!(patch(&mut m, code[8]), (1, 1));
    assert_eq!(regions(&*engine), (before, 0), "nothing has changed");
    assert_eq!(patch(&mut m, 0x5280_0540), (42, 1));
    assert_eq!(regions(&*engine), (before + 1, 0), "one function has");
    assert_eq!(patch(&mut m, 0x5280_0560), (43, 1));
    assert_eq!(regions(&*engine), (before + 2, 0));
}

#[test]
fn a_return_to_code_that_has_gone_leaves_those_around_it_in_step() {
    let (mut m, engine) = counting();
    // The innermost of three functions patches what it returns to.
    m.regs.x[1] = CODE + 10 * 4;
    m.regs.x[2] = 0x9100_a800; // add x0, x0, #42
    m.load(&[
        0x9400_0003, // bl outer
        0x9100_0400, // add x0, x0, #1
        SVC,
        0xaa1e_03f3, // outer: mov x19, x30
        0x9400_0004, // bl middle
        0x9100_0400, // add x0, x0, #1
        0xaa13_03fe, // mov x30, x19
        RET,
        0xaa1e_03f4, // middle: mov x20, x30
        0x9400_0004, // bl inner
        0x9100_0400, // add x0, x0, #1
        0xaa14_03fe, // mov x30, x20
        RET,
        0xb900_0022, // inner: str w2, [x1]
        0xd50b_7521, // ic ivau, x1
        0xd503_3fdf, // isb
        RET,
    ]);
    assert_eq!((m.start(), m.regs.x[0]), (Exit::Syscall, 44));
    // A thread's counts are there when it has ended.
    drop(m);
    let report = engine.report().unwrap();
    let line = report.lines().find(|line| line.ends_with("unexpected return")).unwrap();
    assert_eq!(line.trim().split(' ').next(), Some("1"), "{report}");
}

#[test]
fn a_return_to_any_address_is_none_that_the_empty_stack_predicts() {
    for target in [u64::MAX, 0, u64::MAX - 3] {
        let (mut m, _engine) = counting();
        m.load(&[RET]);
        m.regs.x[30] = target;
        let exit = m.start();
        assert!(matches!(exit, Exit::Fault(_)), "{target:#x}: {exit:?}");
    }
}
