//! Processes: what their threads share, and the calls that make, replace and end them.

pub mod account;
pub(crate) mod assumed;
pub mod capability;
pub mod clone;
pub mod compare;
pub(crate) mod credentials;
pub mod exec;
pub mod exit;
pub mod fork;
pub mod identity;
pub(crate) mod info;
pub mod limits;
pub mod sched;
pub(crate) mod threads;
pub mod unshare;
pub(crate) mod vfork;

use std::collections::BTreeSet;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use abi::Errno;
use engine::Engine;
use host::handoff::{Inherited, Luggage};
use host::process::Channel;
use host::sync::{Mutex, Rank, RwLock, RwLockReadGuard, RwLockWriteGuard};
use loader::StackLayout;
use mem::AddressSpace;
use serde::{Deserialize, Serialize};

use crate::Diagnostics;
use crate::fs::{FdTable, Ownership, Root};
use crate::handoff::Handover;
use crate::signal::Actions;
use crate::timer::Timers;
use assumed::Assumed;
use limits::MemoryLimits;
use threads::Threads;

/// One guest process: all that its threads share.
///
/// No state of a guest lives outside of this value and its [`Task`](crate::Task)s. Locks are taken
/// in the order of the fields, then that for changes of memory, the engine's, and that for reading
/// the map; none is held while guest code runs or while a call sleeps. Each of them is in
/// [`still`](Self::still).
pub struct Process {
    /// Guest memory.
    pub space: Arc<AddressSpace>,
    /// What executes the guest.
    pub engine: Arc<dyn Engine>,
    /// Who runs in it.
    pub(crate) threads: Threads,
    /// Open files.
    fds: RwLock<FdTable>,
    /// Where absolute paths begin.
    root: RwLock<Arc<Root>>,
    /// Whether the current directory is in `/proc`.
    cwd_in_proc: AtomicBool,
    /// What each signal does.
    pub actions: Mutex<Actions>,
    /// The program that runs.
    pub program: Mutex<Program>,
    /// Limits that the address space enforces.
    pub(crate) memory_limits: Mutex<MemoryLimits>,
    /// In a child of `vfork(2)`: the way to its parent, which waits at the other end.
    pub(crate) lender: Mutex<Option<Channel>>,
    /// `timer_create(2)`.
    pub(crate) timers: Timers,
    /// The identity that the guest has in place of the host's.
    pub(crate) assumed: OnceLock<Assumed>,
    /// Messages for the person who runs elfuse.
    pub diagnostics: Diagnostics,
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
}

/// What of a [`Process`] goes to another host process, besides its memory.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    fds: <FdTable as Handover>::Record,
    root: <Root as Handover>::Record,
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
    space.watch_code(move |range| {
        if let Some(engine) = watcher.upgrade() {
            engine.invalidate(range);
        }
    });
}

impl Process {
    /// A process without a program, with the signal dispositions that this host process was started
    /// with.
    pub fn new(config: Config) -> Arc<Self> {
        let Config { space, engine, diagnostics, fds, root, respawn } = config;
        let memory_limits = MemoryLimits::inherited();
        space.set_limits(memory_limits.in_force());
        watch_code(&space, &engine);
        Arc::new(Self {
            space,
            engine,
            threads: Threads::default(),
            fds: RwLock::new(Rank::Descriptors, FdTable::new(fds, limits::raise_descriptors())),
            root: RwLock::new(Rank::Root, Arc::new(root)),
            cwd_in_proc: AtomicBool::new(crate::fs::dir::is_cwd_in_proc()),
            actions: Mutex::new(Rank::Actions, Actions::inherited()),
            program: Mutex::new(Rank::Program, Program::default()),
            memory_limits: Mutex::new(Rank::Limits, memory_limits),
            lender: Mutex::new(Rank::Lender, None),
            timers: Timers::default(),
            assumed: OnceLock::new(),
            diagnostics,
            respawn,
        })
    }

    /// What a child of `fork(2)` inherits.
    pub(crate) fn record(&self, luggage: &mut Luggage) -> Result<Record, Errno> {
        let Self {
            space: _,
            engine: _,
            threads: _,
            fds,
            root,
            cwd_in_proc: _,
            actions,
            program,
            memory_limits,
            lender: _,
            timers: _,
            assumed,
            diagnostics,
            respawn,
        } = self;
        Ok(Record {
            fds: fds.read().record(luggage)?,
            root: root.read().record(luggage)?,
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
        let Record { fds, root, actions, program, memory_limits, assumed, diagnostics, respawn } =
            record;
        let space = Arc::new(space);
        let diagnostics = Diagnostics::resume(diagnostics, inherited)?;
        let engine = make(&space, &diagnostics)?;
        watch_code(&space, &engine);
        let assumed = match assumed {
            Some(assumed) => OnceLock::from(Assumed::resume(assumed, inherited)?),
            None => OnceLock::new(),
        };
        let root = Arc::new(Root::resume(root, inherited)?);
        let memory_limits = MemoryLimits::resume(memory_limits, inherited)?;
        Ok(Arc::new(Self {
            space,
            engine,
            threads: Threads::default(),
            fds: RwLock::new(Rank::Descriptors, FdTable::resume(fds, inherited)?),
            root: RwLock::new(Rank::Root, root),
            cwd_in_proc: AtomicBool::new(crate::fs::dir::is_cwd_in_proc()),
            actions: Mutex::new(Rank::Actions, Actions::resume(actions, inherited)?),
            program: Mutex::new(Rank::Program, program),
            memory_limits: Mutex::new(Rank::Limits, memory_limits),
            lender: Mutex::new(Rank::Lender, None),
            timers: Timers::default(),
            assumed,
            diagnostics,
            respawn: Some(respawn),
        }))
    }

    /// The open files.
    pub(crate) fn fds(&self) -> RwLockReadGuard<'_, FdTable> {
        self.fds.read()
    }

    /// Where absolute paths begin.
    pub(crate) fn root(&self) -> Arc<Root> {
        self.root.read().clone()
    }

    /// chroot(2).
    pub(crate) fn set_root(&self, root: Root) {
        *self.root.write() = Arc::new(root);
    }

    /// Whether the current directory is in `/proc`.
    pub(crate) fn is_cwd_in_proc(&self) -> bool {
        self.cwd_in_proc.load(Ordering::Relaxed)
    }

    /// After the current directory was changed.
    pub(crate) fn set_cwd_in_proc(&self, on: bool) {
        self.cwd_in_proc.store(on, Ordering::Relaxed);
    }

    /// Calls `fork` while this thread holds every lock, so that no other one is in the middle of a
    /// change: the child, in which the others do not exist, finds all of it whole and unlocked.
    /// Cheaper than to bring each thread to rest, and as good, because what a thread does without a
    /// lock is its own. The allocator's locks are libc's affair, in its `fork`.
    ///
    /// A thread that is alone holds none but that of the threads, so that parent and child do not each
    /// copy the pages of all the others. `fork` is told whether it is.
    pub(crate) fn still<T>(&self, fork: impl FnOnce(bool) -> T) -> T {
        self.threads.still(
            |is_alone| {
                if is_alone { fork(true) } else { self.locked(|| fork(false)) }
            },
        )
    }

    /// Calls `fork` while this thread holds every lock but that of the threads.
    fn locked<T>(&self, fork: impl FnOnce() -> T) -> T {
        let fds = self.fds_mut();
        let _root = self.root.write();
        let _actions = self.actions.lock();
        let _program = self.program.lock();
        let _limits = self.memory_limits.lock();
        let _lender = self.lender.lock();
        let _owners = self.ownership().map(Ownership::hold);
        let (mut fork, mut result) = (Some(fork), None);
        fds.still(|| {
            self.timers.still(|| {
                self.diagnostics.still(|| {
                    self.space.still(|| {
                        self.engine.still(&mut || {
                            self.space.unread(|| result = fork.take().map(|fork| fork()));
                        });
                    });
                });
            });
        });
        result.expect("an engine calls it once")
    }

    /// The host's descriptors that this process has for more than a call, by number: the guest's and the runtime's.
    /// Whatever keeps another one open must be here.
    pub(crate) fn descriptors(&self) -> BTreeSet<i32> {
        let mut numbers: BTreeSet<i32> = self.engine.descriptors().into_iter().collect();
        numbers.extend(self.fds().descriptors().map(|fd| fd.as_raw_fd()));
        numbers.extend(self.root().descriptor().map(|fd| fd.as_raw_fd()));
        numbers.extend(self.lender.lock().iter().map(|link| link.as_fd().as_raw_fd()));
        numbers.extend(self.ownership().map(Ownership::descriptors).unwrap_or_default());
        numbers.extend(self.diagnostics.descriptors().map(|fd| fd.as_raw_fd()));
        numbers
    }

    /// The open files, to be changed.
    pub(crate) fn fds_mut(&self) -> RwLockWriteGuard<'_, FdTable> {
        self.fds.write()
    }
}
