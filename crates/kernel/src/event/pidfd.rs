//! Processes as descriptors (pidfd_open(2)). A guest process is a host process.

use abi::Errno;
use abi::signal::SigInfo;
use mem::UserPtr;

use crate::Task;
use crate::fs::File;
use crate::process::vfork;
use crate::syscall::SysResult;
use crate::syscall::arg::{Fd, Flags};

/// pidfd_open(2): always close-on-exec.
pub fn pidfd_open(t: &mut Task, pid: i32, flags: Flags) -> SysResult {
    let file = File::new(host::event::pidfd_open(pid, flags.0)?);
    t.install(file, true)
}

/// pidfd_send_signal(2). The host checks everything.
pub fn pidfd_send_signal(
    t: &mut Task,
    pidfd: Fd,
    signal: i32,
    info: UserPtr<SigInfo>,
    flags: Flags,
) -> SysResult {
    let file = t.file(pidfd)?;
    let info = if info.is_null() { None } else { Some(info.read(t.space())?) };
    // It may be the sender's end.
    vfork::give_back(&t.process);
    host::event::pidfd_send_signal(file.host(), signal, info.as_ref(), flags.0).map(|()| 0)
}

/// pidfd_getfd(2), of the caller's own process only: numbers in another process mean what its own
/// table says, which nobody else can read. The answer is then that of a Linux where processes may
/// not look into each other (ptrace(2), "Ptrace access mode checking").
pub fn pidfd_getfd(t: &mut Task, pidfd: Fd, fd: Fd, flags: Flags) -> SysResult {
    if flags.0 != 0 {
        return Err(Errno::EINVAL);
    }
    let file = t.file(pidfd)?;
    if host::event::pid_of(file.host())? != host::process::getpid() {
        return Err(Errno::EPERM);
    }
    let copy = t.file(fd)?.duplicate()?;
    t.install(copy, true)
}
