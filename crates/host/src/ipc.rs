//! System V semaphores and message queues, POSIX message queues.

use std::os::fd::BorrowedFd;

use abi::ipc::{NOTIFY_COOKIE, SigEvent};

pub use crate::sys::ipc::*;

/// Bytes of a message before its text: the type.
pub const MESSAGE_TYPE: usize = 8;

/// How mq_notify(2) tells.
#[derive(Clone, Copy, Debug)]
pub enum Notify<'a> {
    /// Not at all any more.
    Remove,
    /// By a signal with a value, or not at all but occupying the place.
    Event(&'a SigEvent),
    /// By these bytes on a netlink socket, which is how C libraries start a thread.
    Socket(BorrowedFd<'a>, [u8; NOTIFY_COOKIE]),
}
