//! clone(2) and clone3(2): which flags make a thread, which a process.
//!
//! Linux lets parent and child share each kind of state by itself. Three combinations are in use: a
//! thread, which shares everything; a process, which shares nothing but, until it executes
//! another program, memory (vfork(2)); and a process that runs in its creator's memory
//! ([`companion`]). A thread is a host thread and a process a host process; others are refused.

use std::sync::{Arc, mpsc};

use abi::Errno;
use abi::process::{CloneArgs, clone};
use abi::signal::SigSet;
use engine::Vcpu;
use engine::aarch64::Registers;
use host::Attention;
use mem::{UserPtr, UserSlice};

use super::credentials::Credentials;
use super::threads::Thread;
use super::{companion, exit, fork};
use crate::signal::ThreadSignals;
use crate::syscall::SysResult;
use crate::syscall::arg::Addr;
use crate::task::Shared;
use crate::{Process, Task};

/// What a thread may share with its creator; it must share memory and handlers.
const THREAD: u64 =
    clone::THREAD | clone::VM | clone::FS | clone::FILES | clone::SIGHAND | clone::SYSVSEM;

/// Where numbers go and what the child starts with.
const START: u64 =
    clone::SETTLS | clone::PARENT_SETTID | clone::CHILD_CLEARTID | clone::CHILD_SETTID;

/// What a process may be made with, besides.
const PROCESS: u64 = clone::VFORK | clone::VM | clone::CLEAR_SIGHAND;

/// What has no effect, on Linux or without ptrace(2).
const NO_EFFECT: u64 = clone::DETACHED | clone::UNTRACED | clone::IO;

/// What clone3(2) does not take: what has no meaning, and signals, which have a place of their own.
const NOT_OF_CLONE3: u64 = clone::DETACHED | clone::SIGNAL_MASK & !clone::NEWTIME;

/// What numbers of processes are below on every machine (`linux/threads.h`).
const PID_MAX_LIMIT: i32 = 4 << 20;

/// clone(2).
pub fn clone(
    t: &mut Task,
    flags: u64,
    stack: Addr,
    parent_tid: UserPtr<i32>,
    tls: Addr,
    child_tid: UserPtr<i32>,
) -> SysResult {
    let args = CloneArgs {
        // Linux looks at the lower half only.
        flags: flags & 0xffff_ffff & !clone::SIGNAL_MASK,
        exit_signal: flags & clone::SIGNAL_MASK,
        pidfd: parent_tid.addr(),
        parent_tid: parent_tid.addr(),
        child_tid: child_tid.addr(),
        tls: tls.0,
        stack: stack.0,
        ..CloneArgs::default()
    };
    // The old call has one place for both.
    if args.flags & clone::PIDFD != 0 && args.flags & (clone::PARENT_SETTID | clone::DETACHED) != 0
    {
        return Err(Errno::EINVAL);
    }
    start(t, &args)
}

/// clone3(2).
pub fn clone3(t: &mut Task, args: UserPtr<CloneArgs>, size: usize) -> SysResult {
    if size > 4096 {
        return Err(Errno::E2BIG);
    }
    if size < CloneArgs::SIZE_VER0 {
        return Err(Errno::EINVAL);
    }
    let mut bytes = UserSlice::new(args.addr(), size as u64).read_to_vec(t.space(), size)?;
    let known = size_of::<CloneArgs>();
    // A newer, larger structure is fine as long as what we do not know of is zero.
    if bytes.iter().skip(known).any(|&byte| byte != 0) {
        return Err(Errno::E2BIG);
    }
    bytes.resize(known, 0);
    let args = zerocopy::FromBytes::read_from_bytes(&bytes[..]).map_err(|_| Errno::EINVAL)?;
    let CloneArgs { flags, exit_signal, stack, stack_size, set_tid, set_tid_size, .. } = args;
    let bad_signal = exit_signal & !clone::SIGNAL_MASK != 0 || exit_signal > 64;
    let bad_stack = (stack == 0) != (stack_size == 0);
    let in_both = exit_signal != 0 && flags & (clone::THREAD | clone::PARENT) != 0;
    if bad_signal || bad_stack || in_both || flags & NOT_OF_CLONE3 != 0 {
        return Err(Errno::EINVAL);
    }
    if (set_tid == 0) != (set_tid_size == 0) {
        return Err(Errno::EINVAL);
    }
    if set_tid != 0 {
        return Err(choose_number(t, set_tid, set_tid_size));
    }
    start(t, &CloneArgs { stack: stack.wrapping_add(stack_size), ..args })
}

/// Why a child cannot have the number that its creator chose, one for each PID namespace that it is
/// in: there is one (`alloc_pid()`). A good one takes CAP_CHECKPOINT_RESTORE, and cannot be had from a
/// host's `fork`.
fn choose_number(t: &Task, set_tid: u64, count: u64) -> Errno {
    if count != 1 {
        return Errno::EINVAL;
    }
    let number: i32 = match UserPtr::new(set_tid).read(t.space()) {
        Ok(number) => number,
        Err(errno) => return errno,
    };
    let text = std::fs::read_to_string("/proc/sys/kernel/pid_max").unwrap_or_default();
    let max = text.trim().parse().unwrap_or(PID_MAX_LIMIT);
    if (1..max).contains(&number) { Errno::EPERM } else { Errno::EINVAL }
}

/// Makes what `args` describe; `stack` is its upper end.
fn start(t: &mut Task, args: &CloneArgs) -> SysResult {
    let flags = args.flags;
    let needs = |flag, other| flags & flag != 0 && flags & other == 0;
    let both = flags & clone::SIGHAND != 0 && flags & clone::CLEAR_SIGHAND != 0;
    if needs(clone::THREAD, clone::SIGHAND) || needs(clone::SIGHAND, clone::VM) || both {
        return Err(Errno::EINVAL);
    }
    namespaces(flags)?;
    let is_companion = companion::is_one(flags);
    let of_its_kind = match () {
        () if flags & clone::THREAD != 0 => THREAD | clone::PARENT,
        () if is_companion => companion::KNOWN,
        () => PROCESS | clone::PARENT,
    };
    if flags & !(START | NO_EFFECT | clone::PIDFD | of_its_kind) != 0 {
        return Err(fork::refuse(t, args, "and what it shares"));
    }
    if t.process.origin.is_some() {
        fork::refuse(t, args, "by a process in its creator's memory");
        return Err(Errno::EAGAIN);
    }
    match () {
        () if flags & clone::THREAD != 0 => thread(t, args),
        () if is_companion => companion::start(t, args),
        () => fork::fork(t, args),
    }
}

/// Namespaces of its own, for a child: see [`super::unshare`].
fn namespaces(flags: u64) -> Result<(), Errno> {
    let both = |kinds, other| flags & kinds != 0 && flags & other != 0;
    if both(clone::NEWNS | clone::NEWUSER, clone::FS)
        || both(clone::NEWPID | clone::NEWUSER, clone::THREAD)
        || both(clone::NEWIPC, clone::SYSVSEM)
    {
        return Err(Errno::EINVAL);
    }
    if flags & clone::NAMESPACES == 0 { Ok(()) } else { Err(Errno::EPERM) }
}

/// What the child's registers are but for its result.
pub(super) fn start_registers(regs: &mut Registers, args: &CloneArgs) {
    if args.flags & clone::SETTLS != 0 {
        regs.tpidr_el0 = args.tls;
    }
    if args.stack != 0 {
        regs.sp = args.stack;
    }
}

/// A new thread of this process.
fn thread(t: &mut Task, args: &CloneArgs) -> SysResult {
    let process = t.process.clone();
    let attention = Arc::new(Attention::new());
    // As on Linux, whatever there is too little of for a thread.
    let vcpu = process.engine.vcpu(attention.clone()).map_err(|_| Errno::EAGAIN)?;
    // Until the new thread is registered it waits for this lock: so its number is where its creator
    // and itself look for it before either goes on.
    let mut state = process.threads.state();
    if process.threads.is_ending() {
        return Err(Errno::EAGAIN);
    }
    let divided = args.flags & OWN != OWN;
    let (ready, is_ready) = mpsc::channel();
    let seed = Seed {
        shared: share(t, args.flags),
        ready: divided.then_some(ready),
        regs: t.regs.clone(),
        mask: t.signals.mask,
        credentials: t.credentials.clone(),
        args: *args,
        vcpu,
    };
    t.space().note_shared();
    host::signal::hold();
    let spawned = host::thread::spawn(Box::new(move || run(seed)));
    if !host::signal::is_recorded() {
        host::signal::set_mask(t.signals.mask);
    }
    let handle = spawned?;
    if divided {
        // What it has of its own is to be as it is now.
        is_ready.recv().unwrap_or(Err(Errno::EAGAIN))?;
    }
    let tid = handle.tid();
    if args.flags & clone::PIDFD != 0 {
        // Without a place in the register, it ends when it has seen that.
        fork::pidfd(t, tid, args)?;
    }
    state.add(Thread::new(handle, attention));
    if args.flags & clone::PARENT_SETTID != 0 {
        let _ = UserPtr::new(args.parent_tid).write(t.space(), &tid);
    }
    Ok(tid as u64)
}

/// What the host's threads share, and can be made not to.
const OWN: u64 = clone::FS | clone::SYSVSEM;

/// What a thread made by `t` with these flags shares with it, or has a copy of.
pub(super) fn share(t: &Task, flags: u64) -> Shared {
    let files = if flags & clone::FILES != 0 { t.files.clone() } else { t.copy_of_files() };
    let fs = if flags & clone::FS != 0 { t.fs.clone() } else { Arc::new(t.fs.copy()) };
    Shared { process: t.process.clone(), files, fs }
}

/// Makes the calling host thread share no more than `flags` say with the one that made it.
fn divide(process: &Process, flags: u64) -> Result<(), Errno> {
    if flags & clone::FS == 0 {
        process.divide();
        host::process::unshare_fs()?;
    }
    if flags & clone::SYSVSEM == 0 {
        host::ipc::forget_undo()?;
    }
    Ok(())
}

/// What a thread starts with.
struct Seed {
    shared: Shared,
    /// Where it tells whether it has what is its own, if it has anything.
    ready: Option<mpsc::Sender<Result<(), Errno>>>,
    regs: Registers,
    mask: SigSet,
    credentials: Option<Credentials>,
    args: CloneArgs,
    vcpu: Box<dyn Vcpu>,
}

/// The life of a thread, on its own host thread, with signals blocked.
fn run(seed: Seed) {
    let Seed { shared, ready, mut regs, mask, credentials, args, vcpu } = seed;
    if let Some(ready) = ready {
        // Its creator waits.
        let _ = ready.send(divide(&shared.process, args.flags));
    }
    let Some(thread) = shared.process.threads.get(host::process::gettid()) else { return };
    let mut task = Task::new(shared, thread, vcpu, ThreadSignals::new(mask));
    start_registers(&mut regs, &args);
    crate::arch::set_result(&mut regs, Ok(0));
    task.regs = regs;
    task.credentials = credentials;
    if args.flags & clone::CHILD_SETTID != 0 {
        let _ = UserPtr::new(args.child_tid).write(task.space(), &task.tid());
    }
    if args.flags & clone::CHILD_CLEARTID != 0 {
        task.clear_child_tid = args.child_tid;
    }
    host::signal::set_mask(mask);
    exit::live(task);
}
