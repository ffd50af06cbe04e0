//! Debugging: how a process obeys a debugger that sits in it.
//!
//! The debugger is a thread of the host, in the guest's own host process, which runs no guest code (crate `gdb`). It
//! *halts* the process: no thread runs guest code until it is *resumed*. A thread halts at an instruction boundary, in
//! [`Task::run`]'s loop, where its registers are exact; it *parks* there, and its registers lie here meanwhile for the debugger
//! to read and write. A thread that sleeps in a system call is woken, and its call is made again afterwards, as after any signal
//! without handler. The few that cannot be woken (the parent in a vfork) count as halted: they run no guest code either.
//!
//! A breakpoint is a `BRK` in guest memory, so that engines need to know of nothing but [`Vcpu::step`], and code runs at
//! full speed between two of them. A watchpoint has every thread step, and its bytes compared after each one.
//!
//! Signals whose default action ends the process are caught while a debugger is there ([`Actions::observe`]), because the host's kernel
//! would take that action without asking.
//!
//! By the same means a thread stands still for a tracer in the guest ([`ptrace`]).
//!
//! Rejected: `ptrace` of the host, which knows neither guest registers nor where an instruction of the guest's begins, and
//! does not exist on macOS; and a debugger in another process, which would need all of this by messages.
//!
//! [`Task::run`]: crate::Task
//! [`Vcpu::step`]: engine::Vcpu::step
//! [`Actions::observe`]: crate::signal::Actions::observe

mod control;
pub mod ptrace;
mod tracee;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use abi::signal::Signal;
use engine::aarch64::Registers;
use host::sync::{Condvar, Mutex, Rank};

use crate::Task;

pub use control::Control;

/// Why a process has halted, or is about to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The debugger asked for it.
    Interrupted,
    /// A thread has reached a breakpoint of the debugger's, and not executed what was there.
    Breakpoint,
    /// A thread has made its step.
    Step,
    /// The bytes that are watched at this address have changed.
    Watch(u64),
    /// A thread is to be delivered a signal.
    Signal(Signal),
    /// A program is about to begin (`execve(2)`).
    Exec,
    /// The process ends with this status, of which its parent sees the low eight bits.
    Exited(i32),
    /// The process ends by a signal.
    Killed(Signal),
}

/// A [`Stop`], and the thread that it happened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The thread's number.
    pub tid: i32,
    /// What happened.
    pub stop: Stop,
}

/// How a thread goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Go {
    /// Until something happens.
    #[default]
    Continue,
    /// By one instruction, and then on while that leads to one of these addresses: none of them for a single step.
    Step(Range<u64>),
    /// Not at all.
    Stay,
}

/// What debuggers and threads know of each other. Part of a process that may be debugged.
pub struct Debug {
    state: Mutex<State>,
    changed: Condvar,
    /// No child of a fork has a debugger.
    is_active: AtomicBool,
    /// Tells the debugger to look at [`Control::settle`]; called by any thread.
    teller: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

struct State {
    /// A debugger is there.
    is_attached: bool,
    /// No thread may run guest code.
    is_halted: bool,
    /// Why, unless the debugger knows.
    report: Option<Report>,
    /// An `execve` has succeeded, and its first instruction is yet to come.
    is_new: bool,
    tracees: BTreeMap<i32, Tracee>,
    /// What stood where a `BRK` is now.
    breakpoints: BTreeMap<u64, [u8; 4]>,
    watches: Vec<Watch>,
}

/// What a debugger knows of a thread.
struct Tracee {
    place: Place,
    /// As they are, unless it runs guest code.
    regs: Registers,
    /// The debugger has written to `regs`.
    is_changed: bool,
    go: Go,
    /// It has executed something since it was to step.
    has_moved: bool,
    /// The signal that it stopped for. When it goes on, the one that it is to be delivered.
    signal: Option<Signal>,
    /// Work that only the thread itself can do.
    job: Option<Job>,
    /// A process that has attached to it by ptrace(2).
    tracer: Option<ptrace::Tracer>,
}

type Job = Box<dyn FnOnce(&mut Task) + Send>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Running guest code.
    Guest,
    /// In a system call, or about to look whether it may run.
    Call,
    /// Halted.
    Parked,
}

/// Bytes that are watched.
struct Watch {
    addr: u64,
    /// What they were when somebody last looked.
    bytes: Vec<u8>,
}

/// `BRK #0`.
const BREAKPOINT: [u8; 4] = 0xd420_0000_u32.to_le_bytes();

impl Debug {
    /// For a process that has not begun. With `wait`, it does not before a debugger lets it.
    pub fn new(wait: bool) -> Self {
        let state = State {
            is_attached: false,
            is_halted: wait,
            report: None,
            is_new: false,
            tracees: BTreeMap::new(),
            breakpoints: BTreeMap::new(),
            watches: Vec::new(),
        };
        Self {
            state: Mutex::new(Rank::Debug, state),
            changed: Condvar::default(),
            is_active: AtomicBool::new(true),
            teller: OnceLock::new(),
        }
    }

    /// Whether this is the process that the debugger is in.
    pub(crate) fn is_active(&self) -> bool {
        self.is_active.load(Ordering::Relaxed)
    }

    /// Calls `fork` while no other thread is in the middle of a change.
    pub(crate) fn still<T>(&self, fork: impl FnOnce() -> T) -> T {
        let _state = self.state.lock();
        fork()
    }

    fn tell(&self) {
        if let Some(tell) = self.teller.get() {
            tell();
        }
    }
}

impl State {
    /// Halts the process, for the debugger to hear why.
    fn halt(&mut self, tid: i32, stop: Stop) {
        self.is_halted = true;
        self.report = Some(Report { tid, stop });
    }
}
