//! The reference interpreter.
//!
//! One function per line of the decoder table, written from the Arm manual's pseudocode and
//! independent of the translator, so that the two can be compared. It is made for being right; the
//! one concession to speed is that it remembers how a word was decoded. It still fetches the word and
//! compares, so that nothing has to be invalidated when code changes.
//!
//! `exec/` has the functions, by the manual's instruction classes; each returns `Err(Exit)` to
//! leave guest code with the program counter still at its instruction.

mod cpu;
mod exec;
mod softfloat;
pub mod trial;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use abi::Errno;
use engine::aarch64::Registers;
use engine::{Engine, Exit, Vcpu};
use host::Attention;
use mem::AddressSpace;

use crate::a64::Insn;
pub(crate) use cpu::Monitor;
use cpu::{Code, Cpu};
// The translator exists on x86-64 only.
#[cfg(target_arch = "x86_64")]
pub(crate) use cpu::untagged;
#[cfg(target_arch = "x86_64")]
pub(crate) use exec::{
    FPCR_WRITABLE, FPSR_WRITABLE, clock, constant_register, is_clock, logical_immediate,
};
use trial::Trial;

/// The interpreter as an [`Engine`].
#[derive(Debug)]
pub struct Interpreter {
    space: Arc<AddressSpace>,
    decoded: Arc<Decoded>,
}

impl Interpreter {
    /// An interpreter for the guest in `space`.
    pub fn new(space: Arc<AddressSpace>) -> Self {
        Self { space, decoded: Arc::new(Decoded::new()) }
    }
}

impl Engine for Interpreter {
    fn name(&self) -> &'static str {
        "interp"
    }

    fn vcpu(&self, attention: Arc<Attention>) -> Result<Box<dyn Vcpu>, Errno> {
        let core = Core::new(self.space.clone(), self.decoded.clone());
        Ok(Box::new(Thread { core, attention, monitor: None }))
    }

    fn invalidate(&self, _range: Range<u64>) {
        // Every instruction is fetched from memory when it is executed.
    }
}

/// What executes one line of the table. `Ok` moves on to `Cpu::next_pc`.
type Handler = fn(&mut Cpu<'_>, Insn) -> Result<(), Exit>;

struct Thread {
    core: Core,
    attention: Arc<Attention>,
    /// Between two steps.
    monitor: Option<Monitor>,
}

impl Vcpu for Thread {
    fn run(&mut self, regs: &mut Registers) -> Exit {
        let exit = self.core.run(regs, &mut None, &self.attention, |_, _| false);
        exit.expect("only an exit ends the loop")
    }

    fn step(&mut self, regs: &mut Registers) -> Option<Exit> {
        self.core.step(regs, &mut self.monitor).err()
    }
}

/// What executes instructions for one thread.
#[derive(Debug)]
pub(crate) struct Core {
    space: Arc<AddressSpace>,
    decoded: Arc<Decoded>,
    code: Code,
}

impl Core {
    /// For a thread of the guest in `space`.
    pub fn new(space: Arc<AddressSpace>, decoded: Arc<Decoded>) -> Self {
        Self { space, decoded, code: Code::default() }
    }

    /// Executes instructions from `regs.pc` until an exit, or until `stop` agrees to stop at the
    /// address to which a branch, its second argument, has just been taken; that gives `None`.
    #[inline]
    pub fn run(
        &mut self,
        regs: &mut Registers,
        monitor: &mut Option<Monitor>,
        attention: &Attention,
        mut stop: impl FnMut(u64, Insn) -> bool,
    ) -> Option<Exit> {
        let mut cpu = Cpu::new(regs, &self.space, &mut self.code, monitor, None);
        loop {
            if attention.is_raised() {
                return Some(Exit::Kicked);
            }
            let word = match cpu.fetch() {
                Ok(word) => word,
                Err(exit) => return Some(exit),
            };
            let handler = self.decoded.handler(cpu.regs.pc, word);
            if let Err(exit) = handler(&mut cpu, Insn(word)) {
                return Some(exit);
            }
            let taken = cpu.next_pc != cpu.regs.pc.wrapping_add(4);
            cpu.regs.pc = cpu.next_pc;
            if taken && stop(cpu.next_pc, Insn(word)) {
                return None;
            }
        }
    }

    /// Executes the instruction at `regs.pc`.
    pub fn step(
        &mut self,
        regs: &mut Registers,
        monitor: &mut Option<Monitor>,
    ) -> Result<Insn, Exit> {
        self.step_on(None, regs, monitor)
    }

    /// The same, with the stores going to `trial`.
    #[cfg(target_arch = "x86_64")]
    pub fn try_step(
        &mut self,
        trial: &Trial,
        regs: &mut Registers,
        monitor: &mut Option<Monitor>,
    ) -> Result<Insn, Exit> {
        self.step_on(Some(trial), regs, monitor)
    }

    #[inline]
    fn step_on(
        &mut self,
        trial: Option<&Trial>,
        regs: &mut Registers,
        monitor: &mut Option<Monitor>,
    ) -> Result<Insn, Exit> {
        let mut cpu = Cpu::new(regs, &self.space, &mut self.code, monitor, trial);
        let word = cpu.fetch()?;
        let handler = self.decoded.handler(cpu.regs.pc, word);
        handler(&mut cpu, Insn(word))?;
        cpu.regs.pc = cpu.next_pc;
        Ok(Insn(word))
    }
}

/// What was decoded last at each address, direct-mapped: the word above the number of its handler.
///
/// Indexed by address, because instructions that follow one another then share cache lines: indexed
/// by a hash of the word, a shell script took a third longer. Zero is right for a slot not used yet: the
/// word 0 is UDF, and handler 0 refuses. So the host's zero pages will do; they are had at once,
/// because a slot is read before it is written, which would be two faults for each page.
///
/// All threads share it: a slot says by itself what it is about.
#[derive(Debug)]
pub(crate) struct Decoded {
    slots: Box<[AtomicU64; Decoded::SLOTS]>,
}

impl Decoded {
    const SLOTS: usize = 1 << 12;

    pub fn new() -> Self {
        let mut slots = vec![0; Self::SLOTS];
        host::mm::populate(&mut slots);
        let slots: Box<[_]> = slots.into_iter().map(AtomicU64::new).collect();
        Self { slots: slots.try_into().expect("as many as that") }
    }

    #[inline]
    fn handler(&self, pc: u64, word: u32) -> Handler {
        let slot = &self.slots[(pc / 4) as usize % Self::SLOTS];
        let mut decoded = slot.load(Ordering::Relaxed);
        if (decoded >> 32) as u32 != word {
            decoded = u64::from(word) << 32 | u64::from(exec::number(word));
            slot.store(decoded, Ordering::Relaxed);
        }
        exec::HANDLERS[decoded as u32 as usize]
    }
}
