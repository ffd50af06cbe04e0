//! Descriptors to wait with: epoll, timers, signals, changes of files, processes.

pub use crate::sys::event::*;

/// An entry of an epoll set (`struct epoll_event`): packed on x86-64, and only there.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[cfg_attr(target_arch = "x86_64", repr(packed))]
pub struct EpollEvent {
    events: u32,
    data: u64,
}

impl EpollEvent {
    /// `EPOLLIN` and so on, and what the waiter gets back with them.
    pub fn new(events: u32, data: u64) -> Self {
        Self { events, data }
    }

    /// The events.
    pub fn events(&self) -> u32 {
        self.events
    }

    /// The waiter's own number.
    pub fn data(&self) -> u64 {
        self.data
    }
}
