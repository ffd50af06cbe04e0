//! timerfd_create(2) and its relatives: clocks have the guest's numbers on every host.

use abi::Errno;
use abi::fs::{Timespec, o};
use mem::UserPtr;

use crate::Task;
use crate::fs::File;
use crate::syscall::SysResult;
use crate::syscall::arg::{Fd, Flags, OpenFlags};

/// `struct itimerspec`: interval and value.
pub type Itimerspec = [Timespec; 2];

/// timerfd_create(2). Its flags are those of open(2).
pub fn timerfd_create(t: &mut Task, clock: i32, flags: OpenFlags) -> SysResult {
    if flags.0 & !(o::CLOEXEC | o::NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let file = File::new(host::event::timerfd_create(clock, flags.0)?);
    t.install(file, flags.0 & o::CLOEXEC != 0)
}

/// timerfd_settime(2). The host checks flags and times.
pub fn timerfd_settime(
    t: &mut Task,
    fd: Fd,
    flags: Flags,
    new: UserPtr<Itimerspec>,
    old: UserPtr<Itimerspec>,
) -> SysResult {
    let new = new.read(t.space())?;
    let file = t.file(fd)?;
    let previous = host::event::timerfd_settime(file.host(), flags.0, new)?;
    if !old.is_null() {
        old.write(t.space(), &previous)?;
    }
    Ok(0)
}

/// timerfd_gettime(2).
pub fn timerfd_gettime(t: &mut Task, fd: Fd, value: UserPtr<Itimerspec>) -> SysResult {
    let file = t.file(fd)?;
    value.write(t.space(), &host::event::timerfd_gettime(file.host())?)?;
    Ok(0)
}
