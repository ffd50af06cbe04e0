//! The reference interpreter.
//!
//! One function per line of the decoder table, written from the Arm manual's pseudocode and
//! independent of the translator, so that the two can be compared. It is made for being right; the
//! one concession to speed is a cache from instruction *words* to their functions, which needs no
//! invalidation because it does not depend on memory.
//!
//! `exec/` has the functions, by the manual's instruction classes; each returns `Err(Exit)` to
//! leave guest code with the program counter still at its instruction.

mod cpu;
mod exec;
mod softfloat;

use std::ops::Range;
use std::sync::Arc;

use engine::aarch64::Registers;
use engine::{Engine, Exit, Vcpu};
use host::Attention;
use mem::AddressSpace;

use crate::a64::Insn;
use cpu::Cpu;

/// The interpreter as an [`Engine`].
#[derive(Debug)]
pub struct Interpreter {
    space: Arc<AddressSpace>,
}

impl Interpreter {
    /// An interpreter for the guest in `space`.
    pub fn new(space: Arc<AddressSpace>) -> Self {
        Self { space }
    }
}

impl Engine for Interpreter {
    fn name(&self) -> &'static str {
        "interp"
    }

    fn vcpu(&self, attention: Arc<Attention>) -> Box<dyn Vcpu> {
        Box::new(Thread { space: self.space.clone(), attention, cache: Cache::new() })
    }

    fn invalidate(&self, _range: Range<u64>) {
        // Every instruction is fetched from memory when it is executed.
    }
}

/// What executes one line of the table. `Ok` moves on to `Cpu::next_pc`.
type Handler = fn(&mut Cpu<'_>, Insn) -> Result<(), Exit>;

struct Thread {
    space: Arc<AddressSpace>,
    attention: Arc<Attention>,
    cache: Cache,
}

/// A direct-mapped cache from instruction word to handler.
struct Cache {
    slots: Box<[(u32, Handler); Cache::SLOTS]>,
}

impl Cache {
    const SLOTS: usize = 4096;

    fn new() -> Self {
        // Slot 0 must not claim to know word 0 under another handler than UDF's.
        Self { slots: Box::new([(0, exec::undefined as Handler); Self::SLOTS]) }
    }

    #[inline]
    fn handler(&mut self, word: u32) -> Handler {
        let slot = &mut self.slots[(word.wrapping_mul(0x9e37_79b1) >> 20) as usize];
        if slot.0 != word {
            *slot = (word, exec::handler(word));
        }
        slot.1
    }
}

impl Vcpu for Thread {
    fn run(&mut self, regs: &mut Registers) -> Exit {
        let mut cpu = Cpu::new(regs, &self.space);
        loop {
            if self.attention.is_raised() {
                return Exit::Kicked;
            }
            let word = match cpu.fetch() {
                Ok(word) => word,
                Err(exit) => return exit,
            };
            if let Err(exit) = self.cache.handler(word)(&mut cpu, Insn(word)) {
                return exit;
            }
            cpu.regs.pc = cpu.next_pc;
        }
    }
}
