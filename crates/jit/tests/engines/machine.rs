//! A guest with a page of code and a few pages of data.

use std::sync::Arc;

use abi::mm::{Prot, map};
use engine::aarch64::Registers;
use engine::{Access, Engine, Exit, Fault, FaultKind, Vcpu};
use host::Attention;
use mem::{AddressSpace, Slab};

pub const PAGE: u64 = 4096;
/// Where code is put.
pub const CODE: u64 = 0x1_0000;
/// A page that may be read and written; nothing is mapped behind it.
pub const DATA: u64 = 0x2_0000;
/// A page that may only be read.
pub const READ_ONLY: u64 = 0x3_0000;
/// `SVC #0`, which ends a program.
const SVC: u32 = 0xd400_0001;

/// What the threads of a process share.
#[derive(Clone)]
pub struct Process {
    space: Arc<AddressSpace>,
    engine: Arc<dyn Engine>,
}

/// One guest thread and its process.
pub struct Machine {
    pub space: Arc<AddressSpace>,
    pub regs: Registers,
    engine: Arc<dyn Engine>,
    vcpu: Box<dyn Vcpu>,
}

impl Machine {
    pub fn new() -> Self {
        Self::with(crate::engine)
    }

    /// With an engine of its own.
    pub fn with(engine: impl FnOnce(Arc<AddressSpace>) -> Arc<dyn Engine>) -> Self {
        let space = Arc::new(AddressSpace::new(Arc::new(Slab::reserve().unwrap())));
        map(&space, CODE, Prot::all());
        map(&space, DATA, Prot::READ | Prot::WRITE);
        map(&space, READ_ONLY, Prot::READ);
        let engine = engine(space.clone());
        Self::thread(Process { space, engine })
    }

    /// What other threads can be made of.
    pub fn process(&self) -> Process {
        Process { space: self.space.clone(), engine: self.engine.clone() }
    }

    /// A thread of the process.
    pub fn thread(Process { space, engine }: Process) -> Self {
        let vcpu = engine.vcpu(Arc::new(Attention::default())).unwrap();
        Self { space, regs: Registers::new(), engine, vcpu }
    }

    /// Puts `code` and an `SVC` at [`CODE`].
    pub fn load(&self, code: &[u32]) {
        for (addr, &word) in (CODE..).step_by(4).zip(code.iter().chain(&[SVC])) {
            self.space.slab().store(addr, word).unwrap();
        }
        self.invalidate(CODE..CODE + PAGE);
    }

    /// Tells the engine that code has changed.
    pub fn invalidate(&self, range: std::ops::Range<u64>) {
        self.engine.invalidate(range);
    }

    /// Runs what is at [`CODE`].
    pub fn start(&mut self) -> Exit {
        self.regs.pc = CODE;
        self.resume()
    }

    /// Goes on at PC.
    pub fn resume(&mut self) -> Exit {
        self.vcpu.run(&mut self.regs)
    }

    /// Runs `code` to its end.
    pub fn run(&mut self, code: &[u32]) {
        self.load(code);
        assert_eq!(self.start(), Exit::Syscall);
        assert_eq!(self.regs.pc, CODE + 4 * code.len() as u64 + 4);
    }

    /// Runs the instruction `word`, which must stop with `exit` and change no register.
    pub fn run_to(&mut self, exit: Exit, word: u32) {
        self.load(&[word]);
        self.regs.pc = CODE;
        let expected = self.regs.clone();
        assert_eq!(self.resume(), exit, "{word:#010x}");
        assert_eq!(self.regs, expected, "{word:#010x}");
    }

    pub fn u64(&self, addr: u64) -> u64 {
        self.space.slab().load(addr).unwrap()
    }

    pub fn set_u64(&self, addr: u64, value: u64) {
        self.space.slab().store(addr, value).unwrap();
    }
}

fn map(space: &AddressSpace, addr: u64, prot: Prot) {
    let flags = map::PRIVATE | map::ANONYMOUS | map::FIXED;
    assert_eq!(space.mmap(addr, PAGE, prot, flags, None), Ok(addr));
}

pub fn page_fault(addr: u64, access: Access) -> Exit {
    Exit::Fault(Fault { addr, access, kind: FaultKind::Page })
}

pub fn alignment_fault(addr: u64, access: Access) -> Exit {
    Exit::Fault(Fault { addr, access, kind: FaultKind::Alignment })
}
