//! New processes, and the wait family.
//!
//! A guest process is a host process: `fork` is the host's. The new one goes on in the same system
//! call with its own copy of everything; what Linux does not inherit is reset here. Of several
//! threads only the caller is in the child, on the host, too; see [`Task::still`] for the others.
//! Where the host cannot fork a guest, [`handoff`] makes the child.
//!
//! [`Task::still`]: crate::Task::still

use std::os::fd::{AsFd, AsRawFd};

use abi::Errno;
use abi::process::{CloneArgs, Rusage, clone, wait};
use abi::signal::{SigInfo, Signal};
use host::Attention;
use host::process::{Channel, Fork, Waited};
use host::thread::Handle;
use mem::UserPtr;

use super::threads::Thread;
use super::vfork;
use crate::Task;
use crate::debug::ptrace;
use crate::fs::File;
use crate::handoff;
use crate::syscall::arg::Flags;
use crate::syscall::{Restart, SysResult};

/// A new process, as `args` say.
pub(super) fn fork(t: &mut Task, args: &CloneArgs) -> SysResult {
    // A signal that is to be delivered comes first, as on Linux, and is not the child's, too.
    host::signal::hold();
    if host::signal::is_recorded() {
        t.restart = Some(Restart::Always);
        return Err(Errno::EINTR);
    }
    let result = forked(t, args);
    t.set_signal_mask(t.signals.mask);
    result
}

/// Whether a process is wanted that is the caller's child and ends with SIGCHLD.
///
/// The host makes others, too, but its libc does not: then nobody waits for the locks of the allocator, so that no
/// other thread may be there. And executing a program, as in a handoff, makes every child a usual one. (That a guest
/// executes one does not, because the host's process does not: it goes on to end as it was made to.)
fn is_usual(args: &CloneArgs) -> bool {
    args.exit_signal == clone::SIGCHLD && args.flags & clone::PARENT == 0
}

/// `EINVAL`, as from a kernel that does not know of it.
pub(super) fn refuse(t: &Task, args: &CloneArgs, why: &str) -> Errno {
    let CloneArgs { flags, exit_signal, .. } = args;
    let what = format!("clone({flags:#x} and signal {exit_signal}) {why}: not supported");
    t.process.diagnostics.note(&what);
    Errno::EINVAL
}

fn forked(t: &mut Task, args: &CloneArgs) -> SysResult {
    let (Forked { child, was_alone }, link) = match t.process.respawn {
        Some(_) if !is_usual(args) => return Err(refuse(t, args, "with ELFUSE_FORK=spawn")),
        Some(_) => {
            let (pid, link) = handoff::depart(t, args)?;
            (Forked { child: Fork::Parent(pid), was_alone: false }, Some(link))
        }
        None => host_fork(t, args)?,
    };
    if let Fork::Parent(pid) = child {
        if args.flags & clone::PARENT_SETTID != 0 {
            // As on Linux, a bad pointer does not undo the fork.
            let _ = UserPtr::new(args.parent_tid).write(t.space(), &pid);
        }
        if args.flags & clone::PIDFD != 0 {
            pidfd(t, pid, args).inspect_err(|_| undo(pid))?;
            if let Some(link) = &link {
                link.send(&[0]);
            }
        }
        match link {
            Some(link) if args.flags & clone::VFORK != 0 => vfork::wait(t, &link),
            Some(link) if t.process.respawn.is_some() => handoff::lead::keep(&t.process, pid, link),
            _ => {}
        }
        return Ok(pid as u64);
    }
    become_child(t);
    if !was_alone {
        forget_others(t, link.as_ref());
    }
    begin(t, args, link);
    Ok(0)
}

/// The beginning of a child, which has all that it inherits. Returns the way to its parent, if that does not wait there.
pub(crate) fn begin(t: &mut Task, args: &CloneArgs, link: Option<Channel>) -> Option<Channel> {
    if let Some(link) = link.as_ref().filter(|_| args.flags & clone::PIDFD != 0) {
        link.receive(&mut [0]);
    }
    if args.flags & clone::CLEAR_SIGHAND != 0 {
        t.process.actions.lock().reset_handlers();
    }
    let pid = t.tid();
    // The parent's memory has it, which may be this.
    if args.flags & clone::PARENT_SETTID != 0 && args.flags & clone::VM != 0 {
        let _ = UserPtr::new(args.parent_tid).write(t.space(), &pid);
    }
    let (lender, idle) = if args.flags & clone::VFORK != 0 { (link, None) } else { (None, link) };
    vfork::begin(t, lender, args.flags & clone::VM != 0);
    if args.flags & clone::CHILD_SETTID != 0 {
        let _ = UserPtr::new(args.child_tid).write(t.space(), &pid);
    }
    if args.flags & clone::CHILD_CLEARTID != 0 {
        t.clear_child_tid = args.child_tid;
    }
    super::clone::start_registers(&mut t.regs, args);
    idle
}

/// What the host's fork has told.
struct Forked {
    child: Fork,
    /// Whether the caller was the only thread.
    was_alone: bool,
}

/// Forks. What parent and child each have then: the way to the other one, with `CLONE_VFORK`, which the child ends by
/// closing it, and `CLONE_PIDFD`, where the child must not end before the parent has a descriptor of it, and
/// waits to be told. Each side has its own end only, and so does every process that another thread forks:
/// or its copy of the child's end would keep the parent waiting.
fn host_fork(t: &Task, args: &CloneArgs) -> Result<(Forked, Option<Channel>), Errno> {
    t.still(|is_alone| {
        let link = match args.flags & (clone::VFORK | clone::PIDFD) {
            0 => None,
            _ => Some(Channel::pair()?),
        };
        let child = match (is_usual(args), is_alone) {
            (true, _) => host::process::fork()?,
            (false, true) => {
                let signal = (args.exit_signal & clone::SIGNAL_MASK) as u8;
                host::process::fork_as(signal, args.flags & clone::PARENT != 0)?
            }
            (false, false) => return Err(refuse(t, args, "by one of several threads")),
        };
        let end = |[parent, own]: [Channel; 2]| if child == Fork::Child { own } else { parent };
        Ok((Forked { child, was_alone: is_alone }, link.map(end)))
    })
}

/// Gives the parent a descriptor of its child (`CLONE_PIDFD`), which may be a thread (since Linux 6.9).
pub(super) fn pidfd(t: &Task, pid: i32, args: &CloneArgs) -> Result<(), Errno> {
    /// `PIDFD_THREAD` (linux/pidfd.h), which is `O_EXCL`.
    const THREAD: u32 = 0o200;
    let flags = if args.flags & clone::THREAD != 0 { THREAD } else { 0 };
    let file = File::new(host::event::pidfd_open(pid, flags)?);
    let fd = t.install(file, true)? as i32;
    UserPtr::new(args.pidfd).write(t.space(), &fd).inspect_err(|_| {
        let _ = t.fds_mut().remove(fd);
    })
}

/// Takes back a child that has not run yet.
pub(crate) fn undo(pid: i32) {
    let _ = host::process::kill(pid, i32::from(Signal::SIGKILL.number()));
    let _ = host::process::wait4(pid, wait::ALL);
}

/// The calling thread is the first and only one of a new process, with nothing pending.
fn become_child(t: &mut Task) {
    t.space().after_fork();
    t.forked();
    t.thread = Thread::new(Handle::current(), t.attention.clone());
    t.process.timers.forget_all();
    t.process.threads.reset(t.thread.clone());
    if let Some(debug) = t.process.debug.get() {
        debug.forked(&t.process);
    }
    t.attention.clear(Attention::SIGNAL | Attention::KICK);
    t.signals.held.clear();
    t.clear_child_tid = 0;
}

/// In the child: closes what only the parent's other threads had open, in the middle of a call, or keep
/// open by using it.
fn forget_others(t: &Task, link: Option<&Channel>) {
    let mut kept = t.descriptors();
    kept.extend(link.map(|link| link.as_fd().as_raw_fd()));
    host::fs::close_all_but(&kept);
    t.fds_mut().take_over();
}

/// wait4(2).
pub fn wait4(
    t: &mut Task,
    pid: i32,
    status: UserPtr<i32>,
    options: Flags,
    usage: UserPtr<Rusage>,
) -> SysResult {
    let known =
        wait::NOHANG | wait::UNTRACED | wait::CONTINUED | wait::NOTHREAD | wait::ALL | wait::CLONE;
    if options.0 & !known != 0 {
        return Err(Errno::EINVAL);
    }
    let waited = match ptrace::wait(t, pid, options.0)? {
        Some((0, _)) => None,
        Some((pid, status)) => Some(Waited { pid, status, usage: Rusage::default() }),
        None => host::process::wait4(pid, options.0)?,
    };
    let Some(Waited { pid, status: value, usage: used }) = waited else { return Ok(0) };
    if !status.is_null() {
        status.write(t.space(), &value)?;
    }
    if !usage.is_null() {
        usage.write(t.space(), &used)?;
    }
    Ok(pid as u64)
}

/// waitid(2).
pub fn waitid(
    t: &mut Task,
    kind: i32,
    id: i32,
    info: UserPtr<SigInfo>,
    options: Flags,
    usage: UserPtr<Rusage>,
) -> SysResult {
    /// `P_PIDFD`.
    const P_PIDFD: i32 = 3;
    let file = if kind == P_PIDFD { Some(t.file(crate::syscall::arg::Fd(id))?) } else { None };
    let (found, used) = match &file {
        Some(file) => host::process::waitid_fd(file.host(), options.0)?,
        None => host::process::waitid(kind, id, options.0)?,
    };
    if !usage.is_null() {
        usage.write(t.space(), &used)?;
    }
    if !info.is_null() {
        // Linux writes these fields only; the rest of the record stays as it was.
        let mut record = info.read(t.space())?;
        record.signo = found.signo;
        record.errno = found.errno;
        record.code = found.code;
        record.fields[..12].copy_from_slice(&found.fields[..12]);
        info.write(t.space(), &record)?;
    }
    Ok(0)
}
