//! A guest of two pages, for tests of single instructions through the public engine contract.

use std::sync::Arc;

use abi::mm::{Prot, map};
use engine::aarch64::Registers;
use engine::{Engine, Exit};
use host::Attention;
use jit::Interpreter;
use mem::{AddressSpace, Slab};

/// Where the instructions are.
const CODE: u64 = 0x10000;
/// A page of memory with none before and behind it.
pub const DATA: u64 = 0x20000;
const BRK: u32 = 0xd420_0000;

pub struct Machine {
    pub space: Arc<AddressSpace>,
    pub regs: Registers,
}

impl Machine {
    pub fn new() -> Self {
        let space = Arc::new(AddressSpace::new(Arc::new(Slab::reserve().unwrap())));
        let flags = map::FIXED | map::PRIVATE | map::ANONYMOUS;
        for (addr, prot) in
            [(CODE, Prot::READ | Prot::EXEC | Prot::WRITE), (DATA, Prot::all() - Prot::EXEC)]
        {
            space.mmap(addr, 0x1000, prot, flags, None).unwrap();
        }
        Self { space, regs: Registers::new() }
    }

    /// Runs the words; the exit is `Ok` if it is that of the breakpoint behind them.
    pub fn run(&mut self, words: &[u32]) -> Result<(), Exit> {
        for (addr, word) in (CODE..).step_by(4).zip(words.iter().chain([&BRK])) {
            self.space.slab().store(addr, *word).unwrap();
        }
        self.regs.pc = CODE;
        let engine = Interpreter::new(self.space.clone());
        match engine.vcpu(Arc::new(Attention::default())).run(&mut self.regs) {
            Exit::Breakpoint(0) if self.regs.pc == CODE + 4 * words.len() as u64 => Ok(()),
            exit => Err(exit),
        }
    }
}
