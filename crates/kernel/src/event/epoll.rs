//! epoll(7).
//!
//! A set remembers open file descriptions, by the host descriptor that they were added through.
//! Guest duplicates are host duplicates, so an entry lives exactly as long as Linux keeps it.

use abi::Errno;
use abi::aarch64::epoll::{CTL_DEL, EpollEvent};
use abi::fs::{Timespec, o};
use abi::signal::SigSet;
use mem::UserPtr;
use zerocopy::IntoBytes;

use crate::Task;
use crate::fs::File;
use crate::poll::{optional_mask, timeout, under_mask};
use crate::syscall::SysResult;
use crate::syscall::arg::{Fd, Flags};

/// epoll_create1(2). `EPOLL_CLOEXEC` is `O_CLOEXEC`.
pub fn epoll_create1(t: &mut Task, flags: Flags) -> SysResult {
    let file = File::new(host::event::epoll_create(flags.0)?);
    t.install(file, flags.0 & o::CLOEXEC != 0)
}

/// epoll_ctl(2). The host checks the operation.
pub fn epoll_ctl(
    t: &mut Task,
    epoll: Fd,
    operation: i32,
    fd: Fd,
    event: UserPtr<EpollEvent>,
) -> SysResult {
    let event = if operation == CTL_DEL { None } else { Some(event.read(t.space())?) };
    let event = event.map(|event| host::event::EpollEvent::new(event.events, event.data));
    let (set, file) = (t.file(epoll)?, t.file(fd)?);
    host::event::epoll_ctl(set.host(), operation, file.host(), event).map(|()| 0)
}

/// The most events that Linux lets a call ask for (`EP_MAX_EVENTS`).
const MAX_EVENTS: usize = i32::MAX as usize / size_of::<EpollEvent>();

/// The number of events asked for: `EINVAL` unless positive and of a size that can be.
fn room(max: i32) -> Result<usize, Errno> {
    let max = usize::try_from(max).map_err(|_| Errno::EINVAL)?;
    if (1..=MAX_EVENTS).contains(&max) { Ok(max) } else { Err(Errno::EINVAL) }
}

/// Hands the events that a wait found to the guest.
fn deliver(
    t: &Task,
    to: UserPtr<EpollEvent>,
    found: Result<Vec<host::event::EpollEvent>, Errno>,
) -> SysResult {
    let events: Vec<EpollEvent> = found?
        .iter()
        .map(|event| EpollEvent { events: event.events(), pad: 0, data: event.data() })
        .collect();
    let bytes = events.as_bytes();
    mem::UserSlice::new(to.addr(), bytes.len() as u64).write_from(t.space(), bytes)?;
    Ok(events.len() as u64)
}

/// epoll_pwait(2).
pub fn epoll_pwait(
    t: &mut Task,
    epoll: Fd,
    events: UserPtr<EpollEvent>,
    max: i32,
    milliseconds: i32,
    mask: UserPtr<SigSet>,
    size: usize,
) -> SysResult {
    let mask = optional_mask(t, mask, size)?;
    let room = room(max)?;
    let set = t.file(epoll)?;
    let found =
        under_mask(t, mask, |mask| host::event::epoll_pwait(set.host(), room, milliseconds, mask));
    deliver(t, events, found)
}

/// epoll_pwait2(2).
pub fn epoll_pwait2(
    t: &mut Task,
    epoll: Fd,
    events: UserPtr<EpollEvent>,
    max: i32,
    limit: UserPtr<Timespec>,
    mask: UserPtr<SigSet>,
    size: usize,
) -> SysResult {
    let limit = timeout(t, limit)?;
    let mask = optional_mask(t, mask, size)?;
    let room = room(max)?;
    let set = t.file(epoll)?;
    let found =
        under_mask(t, mask, |mask| host::event::epoll_pwait2(set.host(), room, limit, mask));
    deliver(t, events, found)
}
