//! One guest thread: its registers, its signal state, and the loop that runs it.

use std::cell::RefCell;
use std::ffi::CString;
use std::sync::Arc;

use abi::Errno;
use abi::signal::Signal;
use engine::aarch64::{EngineWords, Registers};
use engine::{Exit, Vcpu};
use host::Attention;
use host::handoff::{Inherited, Luggage};
use host::sync::{Rank, RwLock};
use host::thread::Handle;
use mem::AddressSpace;
use serde::{Deserialize, Serialize};

use crate::fs::{FdTable, Files, FsContext};
use crate::handoff::Handover;
use crate::process::credentials::Credentials;
use crate::process::exec::Successor;
use crate::process::threads::Thread;
use crate::process::{Config, Process, exit, limits};
use crate::signal::ThreadSignals;
use crate::syscall::arg::DirFd;
use crate::{signal, syscall};

/// One guest thread.
pub struct Task {
    /// What it shares with the other threads of its process.
    pub process: Arc<Process>,
    /// The guest's registers; exact whenever the kernel runs.
    pub regs: Registers,
    /// Mask, alternate stack and what waits for delivery.
    pub signals: ThreadSignals,
    /// Its open files, which other threads share as a rule.
    pub(crate) files: Files,
    /// Where its paths begin, which other threads share as a rule.
    pub(crate) fs: Arc<FsContext>,
    /// Who it is, if that is not what the host's thread is.
    pub(crate) credentials: Option<Credentials>,
    /// The paths that the present call has looked up, where that may have to be done again.
    pub(crate) looked_up: RefCell<Vec<(DirFd, CString)>>,
    pub(crate) attention: Arc<Attention>,
    /// How others know this thread.
    pub(crate) thread: Arc<Thread>,
    /// An interrupted call that a signal handler's flags may yet restart.
    pub(crate) interrupted: Option<syscall::Interrupted>,
    /// What the present call says of its restart, if that is not what its line in the table says.
    pub(crate) restart: Option<syscall::Restart>,
    /// `set_tid_address(2)`: the word that is cleared when the thread ends.
    pub(crate) clear_child_tid: u64,
    /// The program that the process's first thread is to go on with, once this one has ended.
    pub(crate) successor: Option<Box<Successor>>,
    /// Set when the thread is to end; the run loop leaves at the next boundary.
    pub(crate) death: Option<Death>,
    vcpu: Box<dyn Vcpu>,
}

/// What a thread starts with that others have, too.
pub(crate) struct Shared {
    pub process: Arc<Process>,
    pub files: Files,
    pub fs: Arc<FsContext>,
}

/// What of a [`Task`] goes to another host process when it forks.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    regs: <Registers as Handover>::Record,
    signals: <ThreadSignals as Handover>::Record,
    credentials: Option<Credentials>,
    files: <FdTable as Handover>::Record,
    fs: <FsContext as Handover>::Record,
}

/// [`Registers`] on their way to another host process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RegistersRecord {
    v: [u128; 32],
    x: [u64; 31],
    /// `sp`, `pc`, `tpidr_el0`.
    special: [u64; 3],
    /// `nzcv`, `pstate`, `fpcr`, `fpsr`.
    state: [u32; 4],
}

impl Handover for Registers {
    type Record = RegistersRecord;

    fn record(&self, _: &mut Luggage) -> Result<RegistersRecord, Errno> {
        let Self { v, x, sp, pc, tpidr_el0, nzcv, pstate, fpcr, fpsr, engine: _ } = self;
        let (special, state) = ([*sp, *pc, *tpidr_el0], [*nzcv, *pstate, *fpcr, *fpsr]);
        Ok(RegistersRecord { v: *v, x: *x, special, state })
    }

    fn resume(record: RegistersRecord, _: &mut Inherited) -> Result<Self, Errno> {
        let RegistersRecord { v, x, special, state } = record;
        let ([sp, pc, tpidr_el0], [nzcv, pstate, fpcr, fpsr]) = (special, state);
        let engine = EngineWords::default();
        Ok(Self { v, x, sp, pc, tpidr_el0, nzcv, pstate, fpcr, fpsr, engine })
    }
}

/// How a guest thread ended, and what ended with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The process, by `exit_group(2)` with this status, of which the parent sees the low eight bits.
    Exited(i32),
    /// The process, killed by a signal.
    Killed(Signal),
    /// The thread alone, by `exit(2)` with this status or because another thread is to survive it.
    Thread(i32),
}

impl Task {
    /// The first thread of a new process, on the calling host thread.
    /// Errors: `ENOMEM`.
    pub fn first(config: Config) -> Result<Self, Errno> {
        let Config { space, engine, diagnostics, fds, root, respawn, debug } = config;
        let files = FdTable::new(fds, limits::raise_descriptors());
        let process = Process::new(space, engine, diagnostics, respawn, debug);
        Self::alone(process, files, FsContext::new(root))
    }

    /// The only thread of `process`, on the calling host thread.
    fn alone(process: Arc<Process>, files: FdTable, fs: FsContext) -> Result<Self, Errno> {
        let attention = Arc::new(Attention::new());
        let vcpu = process.engine.vcpu(attention.clone())?;
        let thread = Thread::new(Handle::current(), attention);
        process.threads.state().add(thread.clone());
        let files = Arc::new(RwLock::new(Rank::Descriptors, files));
        let shared = Shared { process, files, fs: Arc::new(fs) };
        Ok(Self::new(shared, thread, vcpu, ThreadSignals::inherited()))
    }

    /// A thread on the calling host thread, which is `thread`; `vcpu` looks at the same attention word.
    pub(crate) fn new(
        shared: Shared,
        thread: Arc<Thread>,
        vcpu: Box<dyn Vcpu>,
        signals: ThreadSignals,
    ) -> Self {
        let Shared { process, files, fs } = shared;
        let attention = thread.attention.clone();
        host::signal::bind_thread(attention.clone());
        Self {
            process,
            regs: Registers::new(),
            signals,
            files,
            fs,
            credentials: None,
            looked_up: RefCell::default(),
            attention,
            thread,
            interrupted: None,
            restart: None,
            clear_child_tid: 0,
            successor: None,
            death: None,
            vcpu,
        }
    }

    /// What the only thread of a child of `fork(2)` inherits.
    pub(crate) fn record(&self, luggage: &mut Luggage) -> Result<Record, Errno> {
        let Self {
            process: _,
            regs,
            signals,
            files,
            fs,
            credentials,
            looked_up: _,
            attention: _,
            thread: _,
            interrupted: _,
            restart: _,
            clear_child_tid: _,
            successor: _,
            death: _,
            vcpu: _,
        } = self;
        Ok(Record {
            regs: regs.record(luggage)?,
            signals: signals.record(luggage)?,
            credentials: credentials.clone(),
            files: files.read().record(luggage)?,
            fs: fs.record(luggage)?,
        })
    }

    /// The first thread of `process`, on the calling host thread, as `record` tells. Signals stay blocked.
    pub(crate) fn resume(
        record: Record,
        inherited: &mut Inherited,
        process: Arc<Process>,
    ) -> Result<Self, Errno> {
        let Record { regs, signals, credentials, files, fs } = record;
        let files = FdTable::resume(files, inherited)?;
        let fs = FsContext::resume(fs, inherited)?;
        Ok(Self {
            regs: Registers::resume(regs, inherited)?,
            signals: ThreadSignals::resume(signals, inherited)?,
            credentials,
            ..Self::alone(process, files, fs)?
        })
    }

    /// The thread's number (gettid(2)).
    pub(crate) fn tid(&self) -> i32 {
        self.thread.handle.tid()
    }

    /// Whether it is the process's first thread, whose number is the process's.
    pub(crate) fn is_leader(&self) -> bool {
        self.tid() == host::process::getpid()
    }

    /// The guest's memory.
    pub fn space(&self) -> &AddressSpace {
        &self.process.space
    }

    /// Runs the guest's first program to the end of the process. In a child of the guest's `fork`,
    /// this is where the child ends, too.
    pub fn run_process(self) -> ! {
        exit::lead(self)
    }

    /// Runs guest code to the thread's end. After `fork`, this returns once in each process.
    pub(crate) fn run(&mut self) -> Death {
        loop {
            match self.run_guest() {
                Exit::Syscall => syscall::dispatch(self),
                Exit::Kicked => {}
                Exit::Fault(fault) => signal::fault::memory(self, fault),
                Exit::Breakpoint(comment) => signal::fault::breakpoint(self, comment),
                Exit::Undefined(word) => signal::fault::undefined(self, word),
            }
            if self.death.is_none() && self.attention.is_raised() {
                signal::deliver::deliver_recorded(self);
                // Behind the look at the word, which a thread that wants us to end has raised.
                if self.process.threads.must_end(self.tid()) {
                    self.die(Death::Thread(0));
                }
            }
            if let Some(death) = self.death.take() {
                syscall::strace::end(self, death);
                return death;
            }
        }
    }

    /// Runs guest code to its next exit.
    fn run_guest(&mut self) -> Exit {
        match self.process.debug.get() {
            Some(debug) if debug.is_active() => {
                let debug = debug.clone();
                self.run_debugged(&debug)
            }
            _ => self.run_engine(|vcpu, regs| vcpu.run(regs)),
        }
    }

    /// Calls `run`, which runs guest code.
    pub(crate) fn run_engine<T>(
        &mut self,
        run: impl FnOnce(&mut dyn Vcpu, &mut Registers) -> T,
    ) -> T {
        let Self { process, thread, vcpu, regs, .. } = self;
        match process.respawn {
            // Only then another thread may have to wait for this one.
            Some(_) => process.threads.in_guest(thread, || run(&mut **vcpu, regs)),
            None => run(&mut **vcpu, regs),
        }
    }

    /// The thread is in the child of a `fork` now.
    pub(crate) fn forked(&mut self) {
        self.process.engine.forked();
        self.vcpu.forked();
    }

    /// The thread goes on with another program.
    pub(crate) fn executed(&mut self) {
        self.vcpu.executed();
    }

    /// Ends the thread at the next boundary.
    pub(crate) fn die(&mut self, death: Death) {
        self.death.get_or_insert(death);
    }
}
