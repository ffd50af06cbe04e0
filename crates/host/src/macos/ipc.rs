//! System V semaphores and message queues, POSIX message queues: not yet, or not at all.

use std::ffi::CStr;
use std::os::fd::{BorrowedFd, OwnedFd};

use abi::Errno;
use abi::fs::Timespec;
use abi::ipc::{MqAttr, MsgInfo, MsqidDs, Perm, SemBuf, SemInfo, SemidDs};

use crate::io::{Dst, Src};
use crate::ipc::Notify;

not_here! {
    semget(key: i32, count: i32, flags: i32) -> i32 = SYSV_IPC;
    semop(id: i32, operations: &[SemBuf], timeout: Option<Timespec>) -> () = SYSV_IPC;
    semctl(id: i32, number: i32, command: i32, value: i32) -> i32 = SYSV_IPC;
    forget_undo() -> () = SYSV_IPC;
    sem_stat(id: i32, command: i32) -> (i32, SemidDs) = SYSV_IPC;
    sem_set(id: i32, perm: Perm) -> () = SYSV_IPC;
    sem_info(command: i32) -> (i32, SemInfo) = SYSV_IPC;
    sem_values(id: i32, values: &mut [u16]) -> () = SYSV_IPC;
    sem_set_values(id: i32, values: &[u16]) -> () = SYSV_IPC;
    msgget(key: i32, flags: i32) -> i32 = SYSV_IPC;
    msgsnd(id: i32, message: Src<'_>, flags: i32) -> () = SYSV_IPC;
    msgrcv(id: i32, to: Dst<'_>, kind: i64, flags: i32) -> usize = SYSV_IPC;
    msg_stat(id: i32, command: i32) -> (i32, MsqidDs) = SYSV_IPC;
    msg_set(id: i32, record: &MsqidDs) -> () = SYSV_IPC;
    msg_info(command: i32) -> (i32, MsgInfo) = SYSV_IPC;
    msg_remove(id: i32) -> () = SYSV_IPC;
    mq_open(name: &CStr, flags: u32, mode: u32, attributes: Option<&MqAttr>) -> OwnedFd = MQUEUE;
    mq_unlink(name: &CStr) -> () = MQUEUE;
    mq_send(
        queue: BorrowedFd<'_>,
        from: Src<'_>,
        priority: u32,
        until: Option<Timespec>,
    ) -> () = MQUEUE;
    mq_receive(
        queue: BorrowedFd<'_>,
        to: Dst<'_>,
        until: Option<Timespec>,
    ) -> (usize, u32) = MQUEUE;
    mq_notify(queue: BorrowedFd<'_>, how: Notify<'_>) -> () = MQUEUE;
    mq_attributes(queue: BorrowedFd<'_>, new: Option<&MqAttr>) -> MqAttr = MQUEUE;
}
