//! ppoll(2) and pselect6(2): the host waits on the host descriptors behind the guest's.

use std::sync::Arc;

use abi::Errno;
use abi::fs::Timespec;
use abi::signal::SigSet;
use host::io::PollFd;
use mem::{UserPtr, UserSlice};

use crate::Task;
use crate::fs::File;
use crate::signal::mask::read_set;
use crate::syscall::SysResult;
use crate::syscall::arg::Fd;

/// `struct pollfd`.
pub type GuestPollFd = [u8; 8];

const POLLIN: i16 = 0x1;
const POLLPRI: i16 = 0x2;
const POLLOUT: i16 = 0x4;
const POLLERR: i16 = 0x8;
const POLLHUP: i16 = 0x10;
const POLLNVAL: i16 = 0x20;
const POLLRDNORM: i16 = 0x40;
const POLLRDBAND: i16 = 0x80;
const POLLWRNORM: i16 = 0x100;
const POLLWRBAND: i16 = 0x200;

/// What is waited for, and the files that must stay open meanwhile.
struct Waiting {
    fds: Vec<PollFd>,
    _files: Vec<Arc<File>>,
}

impl Waiting {
    /// Guest descriptors with their events; a closed one stays `POLLNVAL`, a negative one silent.
    fn new(t: &Task, wanted: impl Iterator<Item = (i32, i16)>) -> Self {
        let mut files = Vec::new();
        let fds = wanted
            .map(|(fd, events)| match t.file(Fd(fd)) {
                Ok(file) => {
                    let entry = PollFd::new(file.host(), events);
                    files.push(file);
                    entry
                }
                Err(_) if fd < 0 => PollFd::ignored(),
                Err(_) => PollFd::closed(),
            })
            .collect();
        Self { fds, _files: files }
    }

    /// Waits for `limit`, which was read from `time`. What is left of it goes there, also when a
    /// signal has come: a caller that begins again waits for the rest (`poll_select_finish()`).
    fn wait(
        &mut self,
        t: &mut Task,
        limit: Option<Timespec>,
        time: UserPtr<Timespec>,
        mask: Option<SigSet>,
    ) -> Result<(), Errno> {
        let began = host::time::monotonic_ns();
        let result = under_mask(t, mask, |mask| host::io::poll(&mut self.fds, limit, mask));
        if let Some(limit) = limit {
            // The kernel ignores a timeout that it cannot update.
            let _ = time.write(t.space(), &left(limit, host::time::monotonic_ns() - began));
        }
        result.map(drop)
    }
}

/// Lets the host wait, with `mask` in force meanwhile if there is one.
pub(crate) fn under_mask<T>(
    t: &mut Task,
    mask: Option<SigSet>,
    wait: impl FnOnce(Option<SigSet>) -> T,
) -> T {
    if let Some(mask) = mask {
        t.wait_under_mask(mask);
    }
    let result = wait(mask);
    // A signal that interrupted takes the saved mask into its frame; otherwise it ends here.
    if mask.is_some() && !t.attention.is_raised() {
        t.end_temporary_mask();
    }
    result
}

/// A mask argument that may be null.
pub(crate) fn optional_mask(
    t: &Task,
    mask: UserPtr<SigSet>,
    size: usize,
) -> Result<Option<SigSet>, Errno> {
    if mask.is_null() { Ok(None) } else { read_set(t, mask, size).map(Some) }
}

/// What is left of a timeout after some nanoseconds.
pub(crate) fn left(timeout: Timespec, elapsed: u64) -> Timespec {
    let total = i128::from(timeout.sec) * 1_000_000_000 + i128::from(timeout.nsec);
    let rest = (total - i128::from(elapsed)).max(0);
    Timespec { sec: (rest / 1_000_000_000) as i64, nsec: (rest % 1_000_000_000) as i64 }
}

/// An optional timeout: `EINVAL` if it is not a time.
pub(crate) fn timeout(t: &Task, at: UserPtr<Timespec>) -> Result<Option<Timespec>, Errno> {
    if at.is_null() {
        return Ok(None);
    }
    let time = at.read(t.space())?;
    if time.sec < 0 || !(0..1_000_000_000).contains(&time.nsec) {
        return Err(Errno::EINVAL);
    }
    Ok(Some(time))
}

/// ppoll(2).
pub fn ppoll(
    t: &mut Task,
    fds: UserPtr<GuestPollFd>,
    count: u32,
    time: UserPtr<Timespec>,
    mask: UserPtr<SigSet>,
    size: usize,
) -> SysResult {
    if count as usize > t.fds().limit() {
        return Err(Errno::EINVAL);
    }
    let limit = timeout(t, time)?;
    let mask = optional_mask(t, mask, size)?;
    let mut entries = Vec::new();
    for i in 0..u64::from(count) {
        entries.push(fds.add(i)?.read(t.space())?);
    }
    let wanted = entries.iter().map(|[a, b, c, d, e, f, ..]| {
        (i32::from_le_bytes([*a, *b, *c, *d]), i16::from_le_bytes([*e, *f]))
    });
    let mut waiting = Waiting::new(t, wanted);
    waiting.wait(t, limit, time, mask)?;
    let mut ready = 0;
    for (i, (entry, found)) in entries.iter_mut().zip(&waiting.fds).enumerate() {
        ready += u64::from(found.revents() != 0);
        entry[6..].copy_from_slice(&found.revents().to_le_bytes());
        fds.add(i as u64)?.write(t.space(), entry)?;
    }
    Ok(ready)
}

/// The three sets of select(2): events that put a descriptor into each.
const SETS: [(i16, i16); 3] = [
    (POLLIN | POLLRDNORM | POLLRDBAND, POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR),
    (POLLOUT | POLLWRNORM | POLLWRBAND, POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR),
    (POLLPRI, POLLPRI),
];

/// The mask argument of pselect6: a pointer to this.
pub type MaskArgument = [u64; 2];

/// pselect6(2).
pub fn pselect6(
    t: &mut Task,
    count: i32,
    read: UserPtr<u64>,
    write: UserPtr<u64>,
    except: UserPtr<u64>,
    time: UserPtr<Timespec>,
    mask: UserPtr<MaskArgument>,
) -> SysResult {
    let limit = timeout(t, time)?;
    let mask = match mask.is_null() {
        true => None,
        false => match mask.read(t.space())? {
            [0, _] => None,
            [set, size] => Some(read_set(t, UserPtr::new(set), size as usize)?),
        },
    };
    let count = usize::try_from(count).map_err(|_| Errno::EINVAL)?;
    let count = count.min(t.fds().limit());
    let bytes = count.div_ceil(64) * 8;
    let places = [read, write, except];
    let mut sets = Vec::new();
    for place in places {
        sets.push(match place.is_null() {
            true => vec![0; bytes],
            false => UserSlice::new(place.addr(), bytes as u64).read_to_vec(t.space(), bytes)?,
        });
    }
    let is_set = |set: &[u8], fd: usize| set[fd / 8] >> (fd % 8) & 1 != 0;
    let wanted: Vec<(i32, i16)> = (0..count)
        .map(|fd| {
            let events = (0..3).filter(|&i| is_set(&sets[i], fd)).map(|i| SETS[i].0);
            (fd as i32, events.fold(0, |all, events| all | events))
        })
        .filter(|(_, events)| *events != 0)
        .collect();
    let mut waiting = Waiting::new(t, wanted.iter().copied());
    waiting.wait(t, limit, time, mask)?;
    if waiting.fds.iter().any(|fd| fd.revents() & POLLNVAL != 0) {
        return Err(Errno::EBADF);
    }
    let mut ready = 0;
    for (i, place) in places.iter().enumerate() {
        let mut found = vec![0; bytes];
        for ((fd, _), entry) in wanted.iter().zip(&waiting.fds) {
            let fd = *fd as usize;
            if is_set(&sets[i], fd) && entry.revents() & SETS[i].1 != 0 {
                found[fd / 8] |= 1 << (fd % 8);
                ready += 1;
            }
        }
        if !place.is_null() {
            UserSlice::new(place.addr(), bytes as u64).write_from(t.space(), &found)?;
        }
    }
    Ok(ready)
}
