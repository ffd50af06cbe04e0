//! What generated code finds through `rbp`: the guest's registers and the engine's own words
//! behind them.
//!
//! `rbp` points to X16, so that all general registers and SP are within reach of a one-byte
//! displacement.

use std::mem::offset_of;

use engine::aarch64::Registers;

use crate::x64::{Mem, Reg};

/// The byte of [`Registers`] at which `rbp` points.
pub const BIAS: usize = offset_of!(Registers, x) + 16 * 8;

/// The engine's own words, by index in `Registers::engine`.
pub mod word {
    /// The condition flags in their saved form.
    pub const FLAGS: usize = 0;
    /// The address of the thread's attention word.
    pub const ATTENTION: usize = 1;
    /// The address of the thread's table of jump targets.
    pub const TARGETS: usize = 2;
    /// `rsp` of the host's code, while generated code runs.
    pub const HOST_STACK: usize = 3;
    /// `rsp` of generated code, while the host's code runs.
    pub const GUEST_STACK: usize = 4;
    /// MXCSR of generated code in the low half, of the host's code in the upper half.
    pub const MXCSR: usize = 5;
    /// The address of the thread, for calls from generated code.
    pub const THREAD: usize = 6;
    /// The address of the thread's record of a fault.
    pub const RECORD: usize = 12;
    /// Where generated code goes on after a call of the interpreter.
    pub const RESUME: usize = 11;
    /// Where translations go on after a call of the interpreter by code that they share.
    pub const RETURN: usize = 13;
    /// The address of what stubs call to have one instruction interpreted.
    pub const INTERPRETER: usize = 14;
    /// The address of what stubs call to read a clock.
    pub const CLOCK: usize = 15;
    /// The exclusive monitor: the address, without its tag; all ones if it is clear.
    pub const MONITOR_ADDR: usize = 7;
    /// The value that was loaded.
    pub const MONITOR_VALUE: usize = 8;
    /// The upper half of the value, if a pair was loaded.
    pub const MONITOR_HIGH: usize = 9;
    /// The number of bytes that were loaded.
    pub const MONITOR_BYTES: usize = 10;
}

const fn at(offset: usize) -> Mem {
    Mem::at(Reg::RBP, offset as i32 - BIAS as i32)
}

/// The general register `n`, or SP for 31.
pub const fn x(n: usize) -> Mem {
    at(offset_of!(Registers, x) + 8 * n)
}

/// The vector register `n`.
pub const fn v(n: usize) -> Mem {
    at(offset_of!(Registers, v) + 16 * n)
}

/// The program counter.
pub const fn pc() -> Mem {
    at(offset_of!(Registers, pc))
}

/// FPSR, apart from the exceptions that are still in MXCSR.
pub const fn fpsr() -> Mem {
    at(offset_of!(Registers, fpsr))
}

/// The thread pointer.
pub const fn tpidr_el0() -> Mem {
    at(offset_of!(Registers, tpidr_el0))
}

/// An engine word.
pub const fn word(index: usize) -> Mem {
    at(offset_of!(Registers, engine) + 8 * index)
}

const _: () = assert!(offset_of!(Registers, sp) == offset_of!(Registers, x) + 31 * 8);

/// The lower or upper half of an engine word.
pub const fn half_word(index: usize, upper: bool) -> Mem {
    word(index).plus(if upper { 4 } else { 0 })
}

/// What is at `disp` bytes from `rbp`, for people.
pub fn name(disp: i32) -> Option<String> {
    const WORDS: [(usize, &str); 16] = [
        (word::FLAGS, "nzcv"),
        (word::ATTENTION, "attention"),
        (word::TARGETS, "targets"),
        (word::HOST_STACK, "host_stack"),
        (word::GUEST_STACK, "guest_stack"),
        (word::MXCSR, "mxcsr"),
        (word::THREAD, "thread"),
        (word::RECORD, "record"),
        (word::RESUME, "resume"),
        (word::RETURN, "return"),
        (word::INTERPRETER, "interpreter"),
        (word::MONITOR_ADDR, "monitor_addr"),
        (word::MONITOR_VALUE, "monitor_value"),
        (word::MONITOR_HIGH, "monitor_high"),
        (word::MONITOR_BYTES, "monitor_bytes"),
        (word::CLOCK, "clock"),
    ];
    let offset = usize::try_from(disp + BIAS as i32).ok()?;
    // Whole registers by the part that is meant.
    let part = |name: String, start: usize, size: usize| {
        let inside = (offset.checked_sub(start)?) % size;
        Some(if inside == 0 { name } else { format!("{name}.{inside}") })
    };
    let general = offset_of!(Registers, x);
    let vector = offset_of!(Registers, v);
    let engine = offset_of!(Registers, engine);
    if (general..general + 32 * 8).contains(&offset) {
        let n = (offset - general) / 8;
        return part(if n == 31 { "sp".into() } else { format!("x{n}") }, general, 8);
    }
    if (vector..vector + 32 * 16).contains(&offset) {
        return part(format!("v{}", (offset - vector) / 16), vector, 16);
    }
    if offset >= engine {
        let index = (offset - engine) / 8;
        let (_, name) = WORDS.iter().find(|known| known.0 == index)?;
        return part((*name).into(), engine, 8);
    }
    let single = [
        (offset_of!(Registers, pc), "pc"),
        (offset_of!(Registers, fpsr), "fpsr"),
        (offset_of!(Registers, tpidr_el0), "tpidr_el0"),
    ];
    single.iter().find(|known| known.0 == offset).map(|known| known.1.into())
}
