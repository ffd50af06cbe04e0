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
pub(crate) mod vfork;

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use engine::Engine;
use host::process::Channel;
use host::sync::{Mutex, Rank, RwLock, RwLockReadGuard, RwLockWriteGuard};
use loader::StackLayout;
use mem::AddressSpace;

use crate::Diagnostics;
use crate::fs::{FdTable, Ownership, Root};
use crate::signal::Actions;
use crate::timer::Timers;
use assumed::Assumed;
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
    pub(crate) memory_limits: Mutex<limits::MemoryLimits>,
    /// In a child of `vfork(2)`: the way to its parent, which waits at the other end.
    pub(crate) lender: Mutex<Option<Channel>>,
    /// `timer_create(2)`.
    pub(crate) timers: Timers,
    /// The identity that the guest has in place of the host's.
    pub(crate) assumed: OnceLock<Assumed>,
    /// Messages for the person who runs elfuse.
    pub diagnostics: Diagnostics,
}

/// What `execve(2)` leaves behind for `/proc/self` and the like.
#[derive(Clone, Debug, Default)]
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
}

impl Process {
    /// A process without a program, with the signal dispositions that this host process was started
    /// with.
    pub fn new(config: Config) -> Arc<Self> {
        let Config { space, engine, diagnostics, fds, root } = config;
        let memory_limits = limits::MemoryLimits::inherited();
        space.set_limits(memory_limits.in_force());
        // Weak, because engines hold the address space.
        let watcher = Arc::downgrade(&engine);
        space.watch_code(move |range| {
            if let Some(engine) = watcher.upgrade() {
                engine.invalidate(range);
            }
        });
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
        })
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
    /// copy the pages of all the others.
    pub(crate) fn still<T>(&self, fork: impl FnOnce() -> T) -> T {
        self.threads.still(|is_alone| if is_alone { fork() } else { self.locked(fork) })
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

    /// The open files, to be changed.
    pub(crate) fn fds_mut(&self) -> RwLockWriteGuard<'_, FdTable> {
        self.fds.write()
    }
}
