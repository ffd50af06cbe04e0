//! One guest thread: its registers, its signal state, and the loop that runs it.

use std::sync::Arc;

use abi::signal::Signal;
use engine::aarch64::Registers;
use engine::{Exit, Vcpu};
use host::Attention;
use mem::AddressSpace;

use crate::process::Process;
use crate::signal::ThreadSignals;
use crate::{signal, syscall};

/// One guest thread.
pub struct Task {
    /// What it shares with the other threads of its process.
    pub process: Arc<Process>,
    /// The guest's registers; exact whenever the kernel runs.
    pub regs: Registers,
    /// Mask, alternate stack and what waits for delivery.
    pub signals: ThreadSignals,
    pub(crate) attention: Arc<Attention>,
    /// An interrupted call that a signal handler's flags may yet restart.
    pub(crate) interrupted: Option<syscall::Interrupted>,
    /// The current call waited under a timeout of its own, so that `SA_RESTART` does not restart
    /// it.
    pub(crate) has_timeout: bool,
    /// `set_robust_list(2)`.
    pub(crate) robust_list: u64,
    /// Set when the thread is to end; the run loop leaves at the next boundary.
    pub(crate) death: Option<Death>,
    vcpu: Box<dyn Vcpu>,
}

/// How a guest process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// `exit_group(2)` with this status, of which the parent sees the low eight bits.
    Exited(i32),
    /// Killed by a signal.
    Killed(Signal),
}

impl Task {
    /// The first thread of `process`, on the calling host thread.
    pub fn first(process: Arc<Process>) -> Self {
        let attention = Arc::new(Attention::new());
        host::signal::bind_thread(attention.clone());
        let vcpu = process.engine.vcpu(attention.clone());
        Self {
            process,
            regs: Registers::new(),
            signals: ThreadSignals::inherited(),
            attention,
            interrupted: None,
            has_timeout: false,
            robust_list: 0,
            death: None,
            vcpu,
        }
    }

    /// The guest's memory.
    pub fn space(&self) -> &AddressSpace {
        &self.process.space
    }

    /// Runs the guest to its end. After `fork`, this returns once in each process.
    pub fn run(&mut self) -> Death {
        loop {
            match self.vcpu.run(&mut self.regs) {
                Exit::Syscall => syscall::dispatch(self),
                Exit::Kicked => {}
                Exit::Fault(fault) => signal::fault::memory(self, fault),
                Exit::Breakpoint(comment) => signal::fault::breakpoint(self, comment),
                Exit::Undefined(word) => signal::fault::undefined(self, word),
            }
            if self.attention.is_raised() {
                signal::deliver::deliver_recorded(self);
            }
            if let Some(death) = self.death {
                syscall::strace::end(self, death);
                return death;
            }
        }
    }

    /// Ends the thread at the next boundary.
    pub(crate) fn die(&mut self, death: Death) {
        self.death.get_or_insert(death);
    }
}
