//! System V semaphores and message queues, POSIX message queues: the host's own, so that guests
//! share them with all other processes.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use abi::Errno;
use abi::fs::{Timespec, o};
use abi::ipc::{MqAttr, MsgInfo, MsqidDs, Perm, SemBuf, SemInfo, SemidDs, SigEvent, ctl, sem};

use super::io::owned;
use super::syscall::sys;
use crate::io::{Dst, Src};
use crate::ipc::{MESSAGE_TYPE, Notify};

/// semget(2).
pub fn semget(key: i32, count: i32, flags: i32) -> Result<i32, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_semget, key, count, flags) }.map(|id| id as i32)
}

/// semtimedop(2), or semop(2) without a timeout.
pub fn semop(id: i32, operations: &[SemBuf], timeout: Option<Timespec>) -> Result<(), Errno> {
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let (at, count) = (operations.as_ptr(), operations.len());
    // SAFETY: a whole array, and null or a whole time.
    unsafe { sys!(interruptible: SYS_semtimedop, id, at, count, timeout) }.map(drop)
}

/// semctl(2) with a command whose argument is a number, or none.
pub fn semctl(id: i32, number: i32, command: i32, value: i32) -> Result<i32, Errno> {
    // SAFETY: no pointers with the callers' commands.
    unsafe { sys!(SYS_semctl, id, number, command, value) }.map(|value| value as i32)
}

/// `struct semid64_ds` of this host (`asm/sembuf.h`).
#[derive(Default)]
#[repr(C)]
struct HostSemidDs {
    perm: Perm,
    otime: i64,
    #[cfg(target_arch = "x86_64")]
    unused1: u64,
    ctime: i64,
    #[cfg(target_arch = "x86_64")]
    unused2: u64,
    nsems: u64,
    unused: [u64; 2],
}

/// semctl(2) with `IPC_STAT`, `SEM_STAT` or `SEM_STAT_ANY`: its result, and the record.
pub fn sem_stat(id: i32, command: i32) -> Result<(i32, SemidDs), Errno> {
    let mut host = HostSemidDs::default();
    // SAFETY: room for a whole record.
    let result = unsafe { sys!(SYS_semctl, id, 0, command, &raw mut host) }?;
    let HostSemidDs { perm, otime, ctime, nsems, .. } = host;
    Ok((result as i32, SemidDs { perm, otime, ctime, nsems, unused: [0; 2] }))
}

/// semctl(2) with `IPC_SET`: owner and mode.
pub fn sem_set(id: i32, perm: Perm) -> Result<(), Errno> {
    let host = HostSemidDs { perm, ..Default::default() };
    // SAFETY: a whole record.
    unsafe { sys!(SYS_semctl, id, 0, ctl::SET, &raw const host) }.map(drop)
}

/// semctl(2) with `IPC_INFO` or `SEM_INFO`.
pub fn sem_info(command: i32) -> Result<(i32, SemInfo), Errno> {
    let mut info = SemInfo::default();
    // SAFETY: room for a whole record.
    let result = unsafe { sys!(SYS_semctl, 0, 0, command, info.as_mut_ptr()) }?;
    Ok((result as i32, info))
}

/// semctl(2) with `GETALL`, for a set of as many semaphores; `EINVAL` if it has become another.
pub fn sem_values(id: i32, values: &mut [u16]) -> Result<(), Errno> {
    same_size(id, values.len())?;
    // SAFETY: room for the values. A set never changes its size, and ids are not reused soon.
    unsafe { sys!(SYS_semctl, id, 0, sem::GETALL, values.as_mut_ptr()) }.map(drop)
}

/// semctl(2) with `SETALL`, likewise.
pub fn sem_set_values(id: i32, values: &[u16]) -> Result<(), Errno> {
    same_size(id, values.len())?;
    // SAFETY: as many values as the set has semaphores, see above.
    unsafe { sys!(SYS_semctl, id, 0, sem::SETALL, values.as_ptr()) }.map(drop)
}

fn same_size(id: i32, count: usize) -> Result<(), Errno> {
    let (_, record) = sem_stat(id, ctl::STAT)?;
    if record.nsems == count as u64 { Ok(()) } else { Err(Errno::EINVAL) }
}

/// msgget(2).
pub fn msgget(key: i32, flags: i32) -> Result<i32, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_msgget, key, flags) }.map(|id| id as i32)
}

/// msgsnd(2): the type of the message, and its text.
pub fn msgsnd(id: i32, message: Src<'_>, flags: i32) -> Result<(), Errno> {
    let text = message.len().checked_sub(MESSAGE_TYPE).ok_or(Errno::EINVAL)?;
    // SAFETY: the message may be read, the type and then the text.
    unsafe { sys!(interruptible: SYS_msgsnd, id, message.as_ptr(), text, flags) }.map(drop)
}

/// msgrcv(2): the length of the text, behind the type.
pub fn msgrcv(id: i32, to: Dst<'_>, kind: i64, flags: i32) -> Result<usize, Errno> {
    let room = to.len().checked_sub(MESSAGE_TYPE).ok_or(Errno::EINVAL)?;
    // SAFETY: the memory may be written to, the type and then the text.
    unsafe { sys!(interruptible: SYS_msgrcv, id, to.as_ptr(), room, kind, flags) }
}

/// msgctl(2) with `IPC_STAT`, `MSG_STAT` or `MSG_STAT_ANY`: its result, and the record.
pub fn msg_stat(id: i32, command: i32) -> Result<(i32, MsqidDs), Errno> {
    let mut record = MsqidDs::default();
    // SAFETY: room for a whole record.
    let result = unsafe { sys!(SYS_msgctl, id, command, &raw mut record) }?;
    Ok((result as i32, record))
}

/// msgctl(2) with `IPC_SET`: owner, mode and size.
pub fn msg_set(id: i32, record: &MsqidDs) -> Result<(), Errno> {
    let record = std::ptr::from_ref(record);
    // SAFETY: a whole record.
    unsafe { sys!(SYS_msgctl, id, ctl::SET, record) }.map(drop)
}

/// msgctl(2) with `IPC_INFO` or `MSG_INFO`.
pub fn msg_info(command: i32) -> Result<(i32, MsgInfo), Errno> {
    let mut info = MsgInfo::default();
    // SAFETY: room for a whole record.
    let result = unsafe { sys!(SYS_msgctl, 0, command, info.as_mut_ptr()) }?;
    Ok((result as i32, info))
}

/// msgctl(2) with `IPC_RMID`.
pub fn msg_remove(id: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_msgctl, id, ctl::RMID) }.map(drop)
}

/// mq_open(2), close-on-exec. `flags` are `abi::fs::o`, the same on every architecture where they
/// mean something here; the name has no slash.
pub fn mq_open(
    name: &CStr,
    flags: u32,
    mode: u32,
    attributes: Option<&MqAttr>,
) -> Result<OwnedFd, Errno> {
    let attributes = attributes.map_or(std::ptr::null(), std::ptr::from_ref);
    let flags = flags | o::CLOEXEC;
    // SAFETY: a C string, null or whole attributes; the result is a new descriptor.
    unsafe { sys!(SYS_mq_open, name.as_ptr(), flags, mode, attributes).map(|fd| owned(fd)) }
}

/// mq_unlink(2).
pub fn mq_unlink(name: &CStr) -> Result<(), Errno> {
    // SAFETY: a C string.
    unsafe { sys!(SYS_mq_unlink, name.as_ptr()) }.map(drop)
}

/// mq_timedsend(2), until an absolute time.
pub fn mq_send(
    queue: BorrowedFd<'_>,
    from: Src<'_>,
    priority: u32,
    until: Option<Timespec>,
) -> Result<(), Errno> {
    let until = until.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let (at, len) = (from.as_ptr(), from.len());
    // SAFETY: the message may be read; null or a whole time.
    unsafe {
        sys!(interruptible: SYS_mq_timedsend, queue.as_raw_fd(), at, len, priority, until).map(drop)
    }
}

/// mq_timedreceive(2), until an absolute time: the length and the priority.
pub fn mq_receive(
    queue: BorrowedFd<'_>,
    to: Dst<'_>,
    until: Option<Timespec>,
) -> Result<(usize, u32), Errno> {
    let until = until.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let (at, room, mut priority) = (to.as_ptr(), to.len(), 0u32);
    // SAFETY: the memory may be written to; a place for the priority; null or a whole time.
    let len = unsafe {
        sys!(
            interruptible: SYS_mq_timedreceive,
            queue.as_raw_fd(), at, room, &raw mut priority, until
        )
    }?;
    Ok((len, priority))
}

/// mq_notify(2).
pub fn mq_notify(queue: BorrowedFd<'_>, how: Notify<'_>) -> Result<(), Errno> {
    let cookie;
    let event = match how {
        Notify::Remove => None,
        Notify::Event(event) => Some(*event),
        Notify::Socket(socket, bytes) => {
            cookie = bytes;
            Some(SigEvent {
                value: cookie.as_ptr() as u64,
                signo: socket.as_raw_fd(),
                notify: abi::ipc::sigev::THREAD,
                ..SigEvent::default()
            })
        }
    };
    let event = event.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: null or a whole event, whose value is an address only with the cookie above.
    unsafe { sys!(SYS_mq_notify, queue.as_raw_fd(), event) }.map(drop)
}

/// mq_getsetattr(2): the attributes before the change, if there is one.
pub fn mq_attributes(queue: BorrowedFd<'_>, new: Option<&MqAttr>) -> Result<MqAttr, Errno> {
    let new = new.map_or(std::ptr::null(), std::ptr::from_ref);
    let mut old = MqAttr::default();
    // SAFETY: null or whole attributes, and room for such.
    unsafe { sys!(SYS_mq_getsetattr, queue.as_raw_fd(), new, &raw mut old) }?;
    Ok(old)
}

/// Undoes what semop(2) is to undo at the end of the thread, which shares it no more (`CLONE_SYSVSEM` of unshare(2)).
pub fn forget_undo() -> Result<(), Errno> {
    // SAFETY: no pointers; nothing else is unshared.
    unsafe { sys!(SYS_unshare, libc::CLONE_SYSVSEM) }.map(drop)
}
