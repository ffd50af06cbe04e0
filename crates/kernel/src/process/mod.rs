//! Processes: what their threads share, and the calls that make, replace and end them.

pub mod account;
pub(crate) mod assumed;
pub mod capability;
pub mod clone;
pub(crate) mod companion;
pub mod compare;
pub(crate) mod credentials;
pub mod exec;
pub mod exit;
pub mod fork;
pub mod identity;
pub(crate) mod info;
pub mod limits;
pub mod prctl;
pub mod sched;
pub(crate) mod threads;
pub mod unshare;
pub(crate) mod vfork;

use std::collections::BTreeSet;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use abi::Errno;
use engine::Engine;
use host::handoff::{Inherited, Luggage};
use host::process::Channel;
use host::sync::{Mutex, Rank};
use loader::StackLayout;
use mem::{AddressSpace, CodeChange};
use serde::{Deserialize, Serialize};

use crate::debug::Debug;
use crate::fs::{Ownership, Root};
use crate::handoff::Handover;
use crate::handoff::lead::Led;
use crate::signal::Actions;
use crate::timer::Timers;
use crate::{Diagnostics, Task};
use assumed::Assumed;
use limits::MemoryLimits;
use threads::Threads;

/// One guest process: all that its threads share.
///
/// No state of a guest lives outside of this value and its [`Task`]s. Locks are taken in the order of [`Rank`];
/// none is held while guest code runs or while a call sleeps. Each of them is in [`Task::still`].
pub struct Process {
    /// Guest memory.
    pub space: Arc<AddressSpace>,
    /// What executes the guest.
    pub engine: Arc<dyn Engine>,
    /// Who runs in it.
    pub(crate) threads: Threads,
    /// Whether its threads may have current directories of their own.
    is_divided: AtomicBool,
    /// For a debugger, or a tracer.
    pub(crate) debug: OnceLock<Arc<Debug>>,
    /// If it is a companion: the process in whose memory it runs.
    pub(crate) origin: Option<Arc<Self>>,
    /// The number of its companions.
    pub(crate) companions: AtomicU32,
    /// What each signal does.
    pub actions: Mutex<Actions>,
    /// The program that runs.
    pub program: Mutex<Program>,
    /// Limits that the address space enforces.
    pub(crate) memory_limits: Mutex<MemoryLimits>,
    /// In a child of `vfork(2)`: the way to its parent, which waits at the other end.
    pub(crate) lender: Mutex<Option<Channel>>,
    /// In a child that was handed over: the way to its parent, until it executes a program.
    pub(crate) lead: Mutex<Option<Arc<Channel>>>,
    /// The ways to such children.
    pub(crate) led: Mutex<Led>,
    /// `timer_create(2)`.
    pub(crate) timers: Timers,
    /// The identity that the guest has in place of the host's.
    pub(crate) assumed: OnceLock<Arc<Assumed>>,
    /// Messages for the person who runs elfuse.
    pub diagnostics: Arc<Diagnostics>,
    /// What starts this program anew, if a child of `fork(2)` is to be such a process.
    pub(crate) respawn: Option<Vec<CString>>,
}

/// What `execve(2)` leaves behind for `/proc/self` and the like.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Program {
    /// `/proc/self/exe`: the absolute path of the image.
    pub exe: CString,
    /// Where the image and the initial stack are.
    pub layout: StackLayout,
    /// `personality(2)`.
    pub personality: u32,
    /// Where handlers without a restorer return to.
    pub vdso_sigreturn: u64,
}

/// How a first process starts.
pub struct Config {
    /// Guest memory, empty.
    pub space: Arc<AddressSpace>,
    /// What executes the guest.
    pub engine: Arc<dyn Engine>,
    /// Messages for the person who runs elfuse.
    pub diagnostics: Diagnostics,
    /// The open files of the first program, by number.
    pub fds: Vec<(i32, OwnedFd)>,
    /// Where its absolute paths begin.
    pub root: Root,
    /// The name and the options with which this program would run guests as it does now, if children of `fork(2)`
    /// are to be processes that it starts, rather than the host's forks (see [`crate::handoff`]).
    pub respawn: Option<Vec<CString>>,
    /// If it may be debugged.
    pub debug: Option<Debug>,
}

/// What of a [`Process`] goes to another host process, besides its memory.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    actions: <Actions as Handover>::Record,
    program: Program,
    memory_limits: <MemoryLimits as Handover>::Record,
    assumed: Option<<Assumed as Handover>::Record>,
    diagnostics: <Diagnostics as Handover>::Record,
    respawn: Vec<CString>,
}

/// Has the engine told of code that is no more.
fn watch_code(space: &AddressSpace, engine: &Arc<dyn Engine>) {
    // Weak, because engines hold the address space.
    let watcher = Arc::downgrade(engine);
    space.watch_code(move |range, change| {
        if let Some(engine) = watcher.upgrade() {
            match change {
                CodeChange::Gone => engine.invalidate(range),
                CodeChange::Written => engine.written(range),
            }
        }
    });
}

impl Process {
    /// A process without a program, with the signal dispositions that this host process was started
    /// with.
    pub(crate) fn new(
        space: Arc<AddressSpace>,
        engine: Arc<dyn Engine>,
        diagnostics: Diagnostics,
        respawn: Option<Vec<CString>>,
        debug: Option<Debug>,
    ) -> Arc<Self> {
        let memory_limits = MemoryLimits::inherited();
        space.set_limits(memory_limits.in_force());
        watch_code(&space, &engine);
        Arc::new(Self {
            space,
            engine,
            threads: Threads::default(),
            is_divided: AtomicBool::new(false),
            debug: debug.map_or_else(OnceLock::new, |debug| OnceLock::from(Arc::new(debug))),
            origin: None,
            companions: AtomicU32::new(0),
            actions: Mutex::new(Rank::Actions, Actions::inherited()),
            program: Mutex::new(Rank::Program, Program::default()),
            memory_limits: Mutex::new(Rank::Limits, memory_limits),
            lender: Mutex::new(Rank::Lender, None),
            lead: Mutex::new(Rank::Lead, None),
            led: Mutex::new(Rank::Led, Led::new()),
            timers: Timers::default(),
            assumed: OnceLock::new(),
            diagnostics: Arc::new(diagnostics),
            respawn,
        })
    }

    /// What a child of `fork(2)` inherits.
    pub(crate) fn record(&self, luggage: &mut Luggage) -> Result<Record, Errno> {
        let Self {
            space: _,
            engine: _,
            threads: _,
            is_divided: _,
            debug: _,
            origin: _,
            companions: _,
            actions,
            program,
            memory_limits,
            lender: _,
            lead: _,
            led: _,
            timers: _,
            assumed,
            diagnostics,
            respawn,
        } = self;
        Ok(Record {
            actions: actions.lock().record(luggage)?,
            program: program.lock().clone(),
            memory_limits: memory_limits.lock().record(luggage)?,
            assumed: assumed.get().map(|assumed| assumed.record(luggage)).transpose()?,
            diagnostics: diagnostics.record(luggage)?,
            respawn: respawn.clone().unwrap_or_default(),
        })
    }

    /// The process that `record` tells of, without threads. `make` makes its engine.
    pub(crate) fn resume(
        record: Record,
        inherited: &mut Inherited,
        space: AddressSpace,
        make: impl FnOnce(&Arc<AddressSpace>, &Diagnostics) -> Result<Arc<dyn Engine>, Errno>,
    ) -> Result<Arc<Self>, Errno> {
        let Record { actions, program, memory_limits, assumed, diagnostics, respawn } = record;
        let space = Arc::new(space);
        let diagnostics = Diagnostics::resume(diagnostics, inherited)?;
        let engine = make(&space, &diagnostics)?;
        watch_code(&space, &engine);
        let assumed = match assumed {
            Some(assumed) => OnceLock::from(Arc::new(Assumed::resume(assumed, inherited)?)),
            None => OnceLock::new(),
        };
        let memory_limits = MemoryLimits::resume(memory_limits, inherited)?;
        Ok(Arc::new(Self {
            space,
            engine,
            threads: Threads::default(),
            is_divided: AtomicBool::new(false),
            debug: OnceLock::new(),
            origin: None,
            companions: AtomicU32::new(0),
            actions: Mutex::new(Rank::Actions, Actions::resume(actions, inherited)?),
            program: Mutex::new(Rank::Program, program),
            memory_limits: Mutex::new(Rank::Limits, memory_limits),
            lender: Mutex::new(Rank::Lender, None),
            lead: Mutex::new(Rank::Lead, None),
            led: Mutex::new(Rank::Led, Led::new()),
            timers: Timers::default(),
            assumed,
            diagnostics: Arc::new(diagnostics),
            respawn: Some(respawn),
        }))
    }

    /// A thread gets a current directory of its own.
    pub(crate) fn divide(&self) {
        self.is_divided.store(true, Ordering::Relaxed);
    }

    /// Whether a thread ever got one.
    pub(crate) fn is_divided(&self) -> bool {
        self.is_divided.load(Ordering::Relaxed)
    }
}

impl Task {
    /// Calls `fork` while this thread holds every lock, so that no other one is in the middle of a
    /// change: the child, in which the others do not exist, finds all of it whole and unlocked.
    /// Cheaper than to bring each thread to rest, and as good, because what a thread does without a
    /// lock is its own. The allocator's locks are libc's affair, in its `fork`.
    ///
    /// A thread that is alone holds none but that of the threads, so that parent and child do not each
    /// copy the pages of all the others. `fork` is told whether it is. Where there may be a debugger, none is.
    pub(crate) fn still<T>(&self, fork: impl FnOnce(bool) -> T) -> T {
        let process = &self.process;
        process.threads.still(|is_alone| match process.debug.get() {
            Some(debug) => debug.still(|| self.locked(|| fork(false))),
            None if is_alone && !process.has_companions() => fork(true),
            None => self.locked(|| fork(false)),
        })
    }

    /// Calls `fork` while this thread holds every lock but that of the threads. Of what other threads may have of
    /// their own, tables of files and roots, there is nothing in the child.
    fn locked<T>(&self, fork: impl FnOnce() -> T) -> T {
        let process = &self.process;
        let fds = self.fds_mut();
        let _root = self.fs.hold();
        let _actions = process.actions.lock();
        let _program = process.program.lock();
        let _limits = process.memory_limits.lock();
        let _lender = process.lender.lock();
        let _lead = process.lead.lock();
        let _led = process.led.lock();
        let _owners = process.ownership().map(Ownership::hold);
        let (mut fork, mut result) = (Some(fork), None);
        fds.still(|| {
            process.timers.still(|| {
                process.diagnostics.still(|| {
                    process.space.still(|| {
                        process.engine.still(&mut || {
                            process.space.unread(|| result = fork.take().map(|fork| fork()));
                        });
                    });
                });
            });
        });
        result.expect("an engine calls it once")
    }

    /// The host's descriptors that a child of this thread has for more than a call, by number: the guest's and the runtime's.
    /// Whatever keeps another one open must be here.
    pub(crate) fn descriptors(&self) -> BTreeSet<i32> {
        let process = &self.process;
        let mut numbers: BTreeSet<i32> = process.engine.descriptors().into_iter().collect();
        numbers.extend(self.fds().descriptors().map(|fd| fd.as_raw_fd()));
        numbers.extend(self.root().descriptor().map(|fd| fd.as_raw_fd()));
        numbers.extend(process.lead.lock().iter().map(|link| link.as_fd().as_raw_fd()));
        numbers.extend(process.led.lock().values().map(|link| link.as_fd().as_raw_fd()));
        numbers.extend(process.lender.lock().iter().map(|link| link.as_fd().as_raw_fd()));
        numbers.extend(process.ownership().map(Ownership::descriptors).unwrap_or_default());
        numbers.extend(process.diagnostics.descriptors().map(|fd| fd.as_raw_fd()));
        numbers
    }
}
