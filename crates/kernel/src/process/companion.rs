//! Companions: processes that run in the memory of the one that made them, at the same time (`CLONE_VM` without
//! `CLONE_THREAD` and `CLONE_VFORK`).
//!
//! LeakSanitizer looks at the threads of a program from one, and each program with AddressSanitizer runs that when it ends. On
//! the host it is such a process, too: so its number, its signals, who waits for it and what it may share by
//! `CLONE_FILES` and `CLONE_FS` are the host's affair. The runtime's memory is then one for both, and in that a companion's
//! [`Task`] is like another thread's, with a [`Process`] of its own. A thread of the host that runs no guest code lends it
//! what libc keeps of a thread.
//!
//! What would take memory away from the other one, or copy it while that one is in the middle of a change, is refused
//! with `EAGAIN`: a companion makes no threads and processes and executes no program, and a process with
//! companions executes none either.
//!
//! Rejected: a thread in a companion's place. It would need a number, dispositions and a status for `wait` that the
//! host knows nothing of.

use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, mpsc};

use abi::Errno;
use abi::process::{CloneArgs, clone};
use abi::signal::SigSet;
use engine::Vcpu;
use engine::aarch64::Registers;
use host::Attention;
use host::sync::{Mutex, Rank};
use host::thread::Handle;
use mem::UserPtr;

use super::credentials::Credentials;
use super::threads::{Thread, Threads};
use super::{clone as threads, exit, fork};
use crate::handoff::lead::Led;
use crate::signal::ThreadSignals;
use crate::syscall::SysResult;
use crate::task::Shared;
use crate::timer::Timers;
use crate::{Process, Task, arch};

/// What it may be made with.
pub(super) const KNOWN: u64 = clone::VM | clone::CLEAR_SIGHAND | SHARED;

/// What it may share with its creator, besides memory, as the host's processes do.
const SHARED: u64 = clone::FS | clone::FILES;

/// Whether `flags` ask for a companion. It has to share files: the host's numbers that are in our memory would mean others
/// to a process with a table of its own.
pub(super) fn is_one(flags: u64) -> bool {
    let kind = clone::VM | clone::VFORK | clone::THREAD | clone::FILES;
    flags & kind == clone::VM | clone::FILES
}

impl Process {
    /// A process in the same memory, without threads.
    fn companion(self: &Arc<Self>) -> Self {
        let assumed = self.assumed.get().cloned();
        Self {
            space: self.space.clone(),
            engine: self.engine.clone(),
            threads: Threads::default(),
            is_divided: self.is_divided().into(),
            debug: OnceLock::new(),
            origin: Some(self.clone()),
            companions: AtomicU32::new(0),
            // The host copies what they have set there.
            actions: Mutex::new(Rank::Actions, self.actions.lock().clone()),
            program: Mutex::new(Rank::Program, self.program.lock().clone()),
            memory_limits: Mutex::new(Rank::Limits, *self.memory_limits.lock()),
            lender: Mutex::new(Rank::Lender, None),
            lead: Mutex::new(Rank::Lead, None),
            led: Mutex::new(Rank::Led, Led::new()),
            timers: Timers::default(),
            assumed: assumed.map_or_else(OnceLock::new, OnceLock::from),
            diagnostics: self.diagnostics.clone(),
            respawn: self.respawn.clone(),
        }
    }

    /// Whether other processes run in this one's memory.
    pub(crate) fn has_companions(&self) -> bool {
        self.companions.load(Ordering::SeqCst) != 0
    }

    /// Whether this process may be given other memory: `EAGAIN`, which execve(2) knows, if it shares its own.
    pub(crate) fn owns_memory(&self) -> Result<(), Errno> {
        if self.origin.is_none() && !self.has_companions() {
            return Ok(());
        }
        self.diagnostics.note("execve while processes share memory (CLONE_VM): not supported");
        Err(Errno::EAGAIN)
    }
}

/// What a companion starts with.
struct Seed {
    shared: Shared,
    attention: Arc<Attention>,
    vcpu: Box<dyn Vcpu>,
    regs: Registers,
    mask: SigSet,
    credentials: Option<Credentials>,
    args: CloneArgs,
    /// Where its number stays.
    pid: Arc<AtomicI32>,
    /// Where its number goes, when it has begun.
    say: mpsc::Sender<Result<i32, Errno>>,
}

/// A new companion.
pub(super) fn start(t: &mut Task, args: &CloneArgs) -> SysResult {
    let attention = Arc::new(Attention::new());
    let vcpu = t.process.engine.vcpu(attention.clone()).map_err(|_| Errno::EAGAIN)?;
    let shared =
        Shared { process: Arc::new(t.process.companion()), ..threads::share(t, args.flags) };
    let (say, hear) = mpsc::channel();
    let seed = Seed {
        shared,
        attention,
        vcpu,
        regs: t.regs.clone(),
        mask: t.signals.mask,
        credentials: t.credentials.clone(),
        args: *args,
        pid: Arc::default(),
        say: say.clone(),
    };
    t.space().note_shared();
    t.process.diagnostics.trace_family();
    let process = t.process.clone();
    let (go, may_go) = mpsc::channel::<()>();
    host::signal::hold();
    let spawned = host::thread::spawn(Box::new(move || {
        // Its creator is to know its number first.
        let _ = may_go.recv();
        lend(&process, seed, &say);
    }));
    let begun = spawned.and_then(|_| {
        drop(go);
        hear.recv().unwrap_or(Err(Errno::EAGAIN))
    });
    if !host::signal::is_recorded() {
        host::signal::set_mask(t.signals.mask);
    }
    let pid = begun?;
    if args.flags & clone::PIDFD != 0 {
        fork::pidfd(t, pid, args).inspect_err(|_| fork::undo(pid))?;
    }
    Ok(pid as u64)
}

/// The life of the thread whose place the companion takes.
fn lend(process: &Process, seed: Seed, say: &mpsc::Sender<Result<i32, Errno>>) {
    let CloneArgs { flags, exit_signal, .. } = seed.args;
    let pid = seed.pid.clone();
    process.companions.fetch_add(1, Ordering::SeqCst);
    let lent =
        host::process::lend_memory(flags & SHARED, exit_signal as u8, Box::new(move || run(seed)));
    if let Some(debug) = process.debug.get() {
        // It may have been killed.
        debug.release_all(pid.load(Ordering::SeqCst));
    }
    process.companions.fetch_sub(1, Ordering::SeqCst);
    if let Err(errno) = lent {
        let _ = say.send(Err(errno));
    }
}

/// The life of a companion, with signals blocked.
fn run(seed: Seed) {
    let Seed { shared, attention, vcpu, mut regs, mask, credentials, args, pid: place, say } = seed;
    let pid = host::process::getpid();
    place.store(pid, Ordering::SeqCst);
    let thread = Thread::new(Handle::current(), attention);
    shared.process.threads.state().add(thread.clone());
    if args.flags & clone::CLEAR_SIGHAND != 0 {
        shared.process.actions.lock().reset_handlers();
    }
    let mut task = Task::new(shared, thread, vcpu, ThreadSignals::new(mask));
    threads::start_registers(&mut regs, &args);
    arch::set_result(&mut regs, Ok(0));
    task.regs = regs;
    task.credentials = credentials;
    // As on Linux, bad pointers do not undo it.
    if args.flags & clone::PARENT_SETTID != 0 {
        let _ = UserPtr::new(args.parent_tid).write(task.space(), &pid);
    }
    if args.flags & clone::CHILD_SETTID != 0 {
        let _ = UserPtr::new(args.child_tid).write(task.space(), &pid);
    }
    if args.flags & clone::CHILD_CLEARTID != 0 {
        task.clear_child_tid = args.child_tid;
    }
    let _ = say.send(Ok(pid));
    host::signal::set_mask(mask);
    exit::lead(task)
}
