//! System V shared memory: shmget(2), shmat(2), shmctl(2), shmdt(2).
//!
//! Segments are the host's own, so that they are shared with every other program of the host, and
//! outlive the guest as they would on Linux.

use abi::Errno;
use abi::mm::Prot;
use abi::shm::{EXEC, RDONLY, REMAP, RND, Segment, cmd};
use host::mm::PAGE_SIZE;
use host::shm;
use mem::UserPtr;
use zerocopy::IntoBytes;

use crate::Task;
use crate::syscall::SysResult;

/// shmget(2). The host checks the flags.
pub fn shmget(_: &mut Task, key: i32, size: u64, flags: i32) -> SysResult {
    shm::get(key, size, flags).map(|id| id as u64)
}

/// shmat(2).
pub fn shmat(t: &mut Task, id: i32, addr: u64, flags: u32) -> SysResult {
    if id < 0 {
        return Err(Errno::EINVAL);
    }
    let mut at = addr;
    if !addr.is_multiple_of(PAGE_SIZE) {
        if flags & RND == 0 {
            return Err(Errno::EINVAL);
        }
        at -= addr % PAGE_SIZE;
    }
    let replace = flags & REMAP != 0;
    if replace && at == 0 {
        return Err(Errno::EINVAL);
    }
    let mut found = Segment::default();
    shm::control(id, cmd::IPC_STAT, &mut found)?;
    let mut prot = Prot::READ;
    prot.set(Prot::WRITE, flags & RDONLY == 0);
    prot.set(Prot::EXEC, flags & EXEC != 0);
    let segment = mem::Segment { id, key: found.perm.key, size: found.size };
    t.space().shmat(segment, at, prot, replace)
}

/// shmdt(2).
pub fn shmdt(t: &mut Task, addr: u64) -> SysResult {
    t.space().shmdt(addr).map(|()| 0)
}

/// The bytes that a command fills in: `struct shmid64_ds`, `struct shminfo64` or `struct shm_info`.
fn answer_len(command: i32) -> usize {
    match command {
        cmd::IPC_STAT | cmd::SHM_STAT | cmd::SHM_STAT_ANY => size_of::<Segment>(),
        cmd::IPC_INFO => 72,
        cmd::SHM_INFO => 48,
        _ => 0,
    }
}

/// shmctl(2).
pub fn shmctl(t: &mut Task, id: i32, command: i32, buffer: UserPtr<Segment>) -> SysResult {
    if command < 0 || id < 0 {
        return Err(Errno::EINVAL);
    }
    let mut value = Segment::default();
    if command == cmd::IPC_SET {
        value = buffer.read(t.space())?;
    }
    let result = shm::control(id, command, &mut value)?;
    let answer = &value.as_bytes()[..answer_len(command)];
    t.space().write_bytes(buffer.addr(), answer).map_err(|_| Errno::EFAULT)?;
    Ok(result)
}
