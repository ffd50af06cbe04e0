//! unshare(2) and setns(2): what a thread no longer shares, or shares with others.
//!
//! A process that is alone shares nothing: its threads would share files, directory and the like, and children never do
//! here ([`super::clone`]). So there is nothing to do for it. Of several threads, one can have a table of files of its own,
//! which is ours, and a directory and a mask of its own, where the host's threads can.
//!
//! Namespaces are the host's. They are refused to everybody, as Linux refuses them to those without
//! capabilities where user namespaces are for administrators: what makes them useful, mounting, is refused, too.

use abi::Errno;
use abi::process::clone;

use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::Fd;

/// What only a thread without siblings may ask for, because it is then true already.
const ALONE: u64 = clone::THREAD | clone::SIGHAND | clone::VM;

/// unshare(2).
pub fn unshare(t: &mut Task, flags: u64) -> SysResult {
    const OWN: u64 = clone::FS | clone::FILES;
    if flags & !(OWN | ALONE | clone::SYSVSEM | clone::NAMESPACES) != 0 {
        return Err(Errno::EINVAL);
    }
    let is_alone = t.process.threads.is_alone(t.tid());
    // A user namespace is for a process with one thread.
    if flags & (ALONE | clone::NEWUSER) != 0 && !is_alone {
        return Err(Errno::EINVAL);
    }
    if flags & clone::NAMESPACES != 0 {
        return Err(Errno::EPERM);
    }
    if flags & clone::FS != 0 {
        t.unshare_fs()?;
    }
    if flags & clone::FILES != 0 {
        t.unshare_files();
    }
    if flags & clone::SYSVSEM != 0 {
        // Semaphores are the host's, and so is what is to be undone.
        host::ipc::forget_undo()?;
    }
    Ok(0)
}

/// setns(2): namespaces, and processes that have some.
pub fn setns(t: &mut Task, fd: Fd, kinds: u64) -> SysResult {
    /// `NSFS_MAGIC` and `PID_FS_MAGIC` (linux/magic.h), as statfs(2) tells them.
    const NAMESPACE: i64 = 0x6e73_6673;
    const PROCESS: i64 = 0x5049_4446;
    let file = t.file(fd)?;
    let kind = host::fs::fstatfs(file.host())?.fs_type;
    match kind {
        NAMESPACE => Err(Errno::EPERM),
        PROCESS if kinds != 0 && kinds & !clone::NAMESPACES == 0 => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}
