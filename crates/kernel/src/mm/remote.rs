//! process_vm_readv(2) and process_vm_writev(2).
//!
//! The host's kernel copies between the slabs of two processes. It is told the other one's addresses
//! as if its slab were where ours is: so it is in every process of a family, and as a rule in others.
//! Where it is not, as in a program that is no guest, nothing is mapped there: `EFAULT`.

use abi::Errno;
use mem::UserPtr;

use crate::Task;
use crate::fs::rw::{self, Iovec};
use crate::syscall::SysResult;

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
