//! The memory of other processes: process_vm_readv(2), process_vm_writev(2), process_madvise(2),
//! process_mrelease(2).
//!
//! The host's kernel copies between the slabs of two processes. It is told the other one's addresses
//! as if its slab were where ours is: so it is in every process of a family, and as a rule in others.
//! Where it is not, as in a program that is no guest, nothing is mapped there: `EFAULT`.

use abi::Errno;
use mem::UserPtr;

use crate::Task;
use crate::fs::rw::{self, Iovec};
use crate::syscall::SysResult;
use crate::syscall::arg::{Fd, Flags};

/// The ranges up to the first that cannot be: Linux transfers what comes before it.
fn remote<'a, T>(
    t: &'a Task,
    iov: UserPtr<Iovec>,
    count: u64,
    range: impl Fn(&Iovec) -> Result<T, Errno> + 'a,
) -> Result<Vec<T>, Errno> {
    let iovecs = rw::iovecs(t, iov, count)?;
    let ranges: Vec<T> = iovecs.iter().map_while(|iovec| range(iovec).ok()).collect();
    if ranges.is_empty() && !iovecs.is_empty() { Err(Errno::EFAULT) } else { Ok(ranges) }
}

/// process_vm_readv(2).
pub fn process_vm_readv(
    t: &mut Task,
    pid: i32,
    local: UserPtr<Iovec>,
    local_count: u64,
    other: UserPtr<Iovec>,
    other_count: u64,
    flags: u64,
) -> SysResult {
    if flags != 0 {
        return Err(Errno::EINVAL);
    }
    let to = rw::destinations(t, local, local_count)?;
    let from = remote(t, other, other_count, |iov| iov.slice().as_remote_src(t.space()))?;
    host::process::vm_read(pid, &to, &from).map(|len| len as u64)
}

/// process_vm_writev(2).
pub fn process_vm_writev(
    t: &mut Task,
    pid: i32,
    local: UserPtr<Iovec>,
    local_count: u64,
    other: UserPtr<Iovec>,
    other_count: u64,
    flags: u64,
) -> SysResult {
    if flags != 0 {
        return Err(Errno::EINVAL);
    }
    let from = rw::sources(t, local, local_count)?;
    let to = remote(t, other, other_count, |iov| iov.slice().as_remote_dst(t.space()))?;
    host::process::vm_write(pid, &from, &to).map(|len| len as u64)
}

/// process_madvise(2). About the caller itself, the address space is told, as by madvise(2).
pub fn process_madvise(
    t: &mut Task,
    pidfd: Fd,
    iov: UserPtr<Iovec>,
    count: u64,
    advice: i32,
    flags: Flags,
) -> SysResult {
    if flags.0 != 0 {
        return Err(Errno::EINVAL);
    }
    let iovecs = rw::iovecs(t, iov, count)?;
    let file = t.file(pidfd)?;
    if host::event::pid_of(file.host())? != host::process::getpid() {
        let ranges = remote(t, iov, count, |iov| iov.slice().as_remote_src(t.space()))?;
        return host::process::vm_advise(file.host(), &ranges, advice).map(|len| len as u64);
    }
    let mut done = 0;
    for iovec in iovecs {
        let range = iovec.slice();
        match super::madvise(t, range.addr(), range.len(), advice) {
            Ok(_) => done += range.len(),
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
        }
    }
    Ok(done)
}

/// process_mrelease(2): a process that was killed gives up its memory now.
pub fn process_mrelease(t: &mut Task, pidfd: Fd, flags: Flags) -> SysResult {
    host::process::release_memory(t.file(pidfd)?.host(), flags.0).map(|()| 0)
}
