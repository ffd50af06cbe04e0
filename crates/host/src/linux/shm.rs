//! System V shared memory: shmget(2) and relatives.

use abi::Errno;
use abi::shm::{RDONLY, REMAP, Segment};

use super::syscall::sys;

/// shmget(2).
pub fn get(key: i32, size: u64, flags: i32) -> Result<i32, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_shmget, key, size, flags) }.map(|id| id as i32)
}

/// shmctl(2) with a place for what goes in or comes out, of which no command uses more.
pub fn control(id: i32, command: i32, buffer: &mut Segment) -> Result<u64, Errno> {
    // SAFETY: a valid place for the largest of the structures.
    unsafe { sys!(SYS_shmctl, id, command, std::ptr::from_mut(buffer)) }.map(|result| result as u64)
}

/// shmat(2) at exactly `at`, replacing what is there.
///
/// # Safety
///
/// The range belongs to a slab, for as long as the segment is: see [`mm::map`](crate::mm::map).
pub unsafe fn attach(id: i32, at: *mut u8, read_only: bool) -> Result<(), Errno> {
    let flags = REMAP | if read_only { RDONLY } else { 0 };
    // SAFETY: the caller owns the range.
    unsafe { sys!(SYS_shmat, id, at, flags) }.map(drop)
}
