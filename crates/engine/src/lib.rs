//! The contract between the kernel personality and whatever executes guest code.
//!
//! An [`Engine`] belongs to one guest process; a [`Vcpu`] to one guest thread. [`Vcpu::run`]
//! executes guest instructions until something happens that only the kernel can decide: an
//! [`Exit`]. Between two runs the register file is plain data that the kernel may read and write
//! as it likes. That is the whole contract, and every engine passes the same conformance tests.

#![forbid(unsafe_code)]

pub mod aarch64;

use std::ops::Range;
use std::sync::Arc;

use abi::Errno;
use host::Attention;

/// Executes guest code for one process.
pub trait Engine: Send + Sync {
    /// The name that `--engine` takes.
    fn name(&self) -> &'static str;

    /// A virtual CPU for one guest thread, which stops with [`Exit::Kicked`] when `attention` is
    /// raised. Errors: `ENOMEM`.
    fn vcpu(&self, attention: Arc<Attention>) -> Result<Box<dyn Vcpu>, Errno>;

    /// Guest code in `range` is no more: it was unmapped, mapped over, moved, had its protection
    /// changed or its contents discarded. Must not return while another virtual CPU could still
    /// run what was there. Called while no other change of the address space can be made, so it must
    /// not make one, nor wait for a thread that is in a system call.
    fn invalidate(&self, range: Range<u64>);

    /// The guest, or its debugger, has written code in `range` and says so. As [`Self::invalidate`], but for what turns out
    /// not to have changed.
    fn written(&self, range: Range<u64>) {
        self.invalidate(range);
    }

    /// This process is the child of a `fork`: the calling thread is its only one, and memory is a copy
    /// of the parent's.
    fn forked(&self) {}

    /// The host's descriptors that it keeps open, by number: the others that a child of a `fork` finds are closed.
    fn descriptors(&self) -> Vec<i32> {
        Vec::new()
    }

    /// The program is about to go, by an exit or an exec: what was learnt about it may be kept for the next
    /// process that runs it. Its memory is still there; other threads may be running.
    fn keep(&self) {}

    /// What the engine has counted, for the person who asked for it.
    fn report(&self) -> Option<String> {
        None
    }

    /// Calls `fork` once, which returns in the parent and in the child, while no other thread is in
    /// the middle of a change to what virtual CPUs share. In the child only the caller is left, and
    /// the engine goes on with it.
    fn still(&self, fork: &mut dyn FnMut()) {
        fork();
    }
}

/// Executes guest code for one thread, which need not be the one that made it.
pub trait Vcpu: Send {
    /// Runs from `regs.pc` until an exit. On return `regs` is exact: every earlier instruction
    /// has taken effect, no later one has.
    fn run(&mut self, regs: &mut aarch64::Registers) -> Exit;

    /// Executes the instruction at `regs.pc`, whatever the attention word says. `None` if it has taken effect;
    /// an exit as from [`run`](Self::run) otherwise. A pair of exclusive accesses may have steps in between.
    fn step(&mut self, regs: &mut aarch64::Registers) -> Option<Exit>;

    /// This is the child of a `fork` now; see [`Engine::forked`], which has been called.
    fn forked(&mut self) {}

    /// The process executes another program.
    fn executed(&mut self) {}
}

/// Why guest code stopped.
///
/// `regs.pc` is the address of the instruction that caused the exit, except after
/// [`Exit::Syscall`], where it is that of the next one, as in `ELR_EL1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// `SVC`. Linux ignores the immediate.
    Syscall,
    /// A data or instruction access failed.
    Fault(Fault),
    /// `BRK #imm`.
    Breakpoint(u16),
    /// No such instruction, or one that user mode may not execute. Holds the word.
    Undefined(u32),
    /// The thread's attention word was set; nothing happened otherwise.
    Kicked,
}

/// A failed access to guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The guest address as the instruction formed it, tag bits included.
    pub addr: u64,
    /// What the instruction tried.
    pub access: Access,
    /// What went wrong.
    pub kind: FaultKind,
}

/// What an instruction tried to do with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A load.
    Read,
    /// A store, or a read-modify-write.
    Write,
    /// An instruction fetch.
    Execute,
}

/// What went wrong with an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Not mapped, or mapped without the permission (SIGSEGV; the kernel's map tells which).
    Page,
    /// Mapped, but the backing object has no data there (SIGBUS, `BUS_ADRERR`).
    Bus,
    /// The address, or SP or PC, is not aligned as the instruction needs (SIGBUS, `BUS_ADRALN`).
    Alignment,
}
