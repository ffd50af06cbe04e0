//! epoll(7): `struct epoll_event` (`linux/eventpoll.h`), which is packed on x86-64 only.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `struct epoll_event`. 16 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct EpollEvent {
    /// `EPOLLIN` and so on.
    pub events: u32,
    /// Alignment.
    pub pad: u32,
    /// The waiter's own number.
    pub data: u64,
}

/// `EPOLL_CTL_DEL`, the operation that takes no event.
pub const CTL_DEL: i32 = 2;
