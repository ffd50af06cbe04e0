//! clone(2) for new processes, and the wait family.
//!
//! A guest process is a host process: `fork` is the host's. The new one goes on in the same system
//! call with its own copy of everything; what Linux does not inherit is reset here.

use abi::Errno;
use abi::process::{Rusage, clone, wait};
use abi::signal::SigInfo;
use host::process::{Fork, Waited};
use mem::UserPtr;

use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{Addr, Flags};

/// clone(2). Serves what makes a new process; threads are refused.
pub fn clone(
    t: &mut Task,
    flags: u64,
    stack: Addr,
    parent_tid: UserPtr<i32>,
    tls: Addr,
    child_tid: UserPtr<i32>,
) -> SysResult {
    let exit_signal = flags & clone::SIGNAL_MASK;
    let flags = flags & !clone::SIGNAL_MASK;
    let known = clone::VM
        | clone::VFORK
        | clone::SETTLS
        | clone::PARENT_SETTID
        | clone::CHILD_CLEARTID
        | clone::CHILD_SETTID;
    let vfork = flags & clone::VFORK != 0;
    if flags & !known != 0 || flags & clone::VM != 0 && !vfork || exit_signal != clone::SIGCHLD {
        t.process.diagnostics.note(&format!("clone with flags {flags:#x} is not supported"));
        return Err(Errno::EINVAL);
    }
    // The child of vfork holds the writing end until it executes or ends.
    let gate = if vfork { Some(host::io::pipe(0)?) } else { None };
    match host::process::fork()? {
        Fork::Parent(pid) => {
            if let Some((reader, writer)) = gate {
                drop(writer);
                host::process::wait_for_close(&reader);
            }
            if flags & clone::PARENT_SETTID != 0 {
                // As on Linux, a bad pointer does not undo the fork.
                let _ = parent_tid.write(t.space(), &pid);
            }
            Ok(pid as u64)
        }
        Fork::Child => {
            t.space().after_fork();
            t.process.engine.forked();
            *super::lock(&t.process.vfork_gate) = gate.map(|(_, writer)| writer);
            let pid = host::process::getpid();
            if flags & clone::PARENT_SETTID != 0 {
                let _ = parent_tid.write(t.space(), &pid);
            }
            if flags & clone::CHILD_SETTID != 0 {
                let _ = child_tid.write(t.space(), &pid);
            }
            if flags & clone::SETTLS != 0 {
                t.regs.tpidr_el0 = tls.0;
            }
            if stack.0 != 0 {
                t.regs.sp = stack.0;
            }
            Ok(0)
        }
    }
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
    let Some(Waited { pid, status: value, usage: used }) = host::process::wait4(pid, options.0)?
    else {
        return Ok(0);
    };
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
