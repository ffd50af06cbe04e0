//! signalfd(2).
//!
//! The host blocks what the guest blocks, and keeps it pending, so the host's descriptor reads the
//! guest's signals. SIGSEGV and SIGBUS are the exception: the host never blocks them (see
//! `host::signal`), and those that other processes send to a guest that blocks them are not read
//! here, but wait to be unblocked.

use abi::Errno;
use abi::fs::o;
use abi::signal::SigSet;
use mem::UserPtr;

use crate::Task;
use crate::fs::File;
use crate::signal::mask::read_set;
use crate::syscall::SysResult;
use crate::syscall::arg::{Fd, OpenFlags};

/// signalfd4(2). Its flags are those of open(2).
pub fn signalfd4(
    t: &mut Task,
    fd: Fd,
    mask: UserPtr<SigSet>,
    size: usize,
    flags: OpenFlags,
) -> SysResult {
    let mask = read_set(t, mask, size)?;
    if flags.0 & !(o::CLOEXEC | o::NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    if fd.0 == -1 {
        let file = File::new(host::event::signalfd(mask, flags.0)?);
        return t.install(file, flags.0 & o::CLOEXEC != 0);
    }
    let file = t.file(fd)?;
    host::event::signalfd_change(file.host(), mask, flags.0)?;
    Ok(fd.0 as u64)
}
