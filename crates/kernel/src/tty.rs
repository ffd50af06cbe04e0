//! ioctl(2): terminals, and the few requests that every descriptor takes.
//!
//! A request is served if its argument's layout is known; numbers and layouts are `asm-generic`,
//! the same for the guest and for the hosts' own conversions. Those that need no conversion are in a list
//! ([`abi::request`]). All others are `ENOTTY`, which is
//! what Linux returns for a request that a file does not know.

use abi::Errno;
use abi::fs::o;
use abi::request::{self, Direction, Request};
use abi::term::{Termios, Winsize, ioctl as nr};
use host::term;
use mem::{UserPtr, UserSlice};

use crate::Task;
use crate::fs::File;
use crate::net::interface;
use crate::syscall::SysResult;
use crate::syscall::arg::Fd;

/// ioctl(2).
pub fn ioctl(t: &mut Task, fd: Fd, request: u32, arg: u64) -> SysResult {
    let file = t.file(fd)?;
    let host = file.host();
    match request {
        nr::TCGETS => {
            let value = term::get_attributes(host)?;
            UserPtr::<Termios>::new(arg).write(t.space(), &value)?;
        }
        nr::TCSETS | nr::TCSETSW | nr::TCSETSF => {
            let value = UserPtr::<Termios>::new(arg).read(t.space())?;
            term::set_attributes(host, request, &value)?;
        }
        nr::TIOCGWINSZ => {
            let value = term::get_size(host)?;
            UserPtr::<Winsize>::new(arg).write(t.space(), &value)?;
        }
        nr::TIOCSWINSZ => {
            let value = UserPtr::<Winsize>::new(arg).read(t.space())?;
            term::set_size(host, &value)?;
        }
        nr::TIOCGPGRP
        | nr::TIOCGSID
        | nr::FIONREAD
        | nr::TIOCOUTQ
        | nr::TIOCGPTN
        | nr::TIOCGETD
        | nr::TIOCGEXCL
        | nr::TIOCGPTLCK
        | nr::TIOCGPKT => {
            let value = term::get_int(host, request)?;
            UserPtr::<i32>::new(arg).write(t.space(), &value)?;
        }
        nr::TIOCSPGRP
        | nr::FIONBIO
        | nr::FIOASYNC
        | nr::TIOCSPTLCK
        | nr::TIOCSETD
        | nr::TIOCPKT => {
            let value = UserPtr::<i32>::new(arg).read(t.space())?;
            term::set_int(host, request, value)?;
        }
        nr::TCSBRK
        | nr::TCSBRKP
        | nr::TCXONC
        | nr::TCFLSH
        | nr::TIOCSCTTY
        | nr::TIOCNOTTY
        | nr::TIOCEXCL
        | nr::TIOCNXCL => term::plain(host, request, arg)?,
        nr::FIOCLEX | nr::FIONCLEX => {
            t.fds_mut().set_close_on_exec(fd.0, request == nr::FIOCLEX)?;
        }
        // glibc's `openpty`: the terminal is found even if /dev/pts is another one's, or none.
        nr::TIOCGPTPEER => {
            let terminal = File::new(term::peer(host, arg as u32)?);
            return t.install(terminal, arg as u32 & o::CLOEXEC != 0);
        }
        // cp(1) and others try this first, and copy if it fails.
        nr::FICLONE => {
            host::fs::clone_file(host, t.file(Fd(arg as i32))?.host())?;
        }
        nr::TIOCSTI => {
            let byte = UserSlice::new(arg, 1).read_to_vec(t.space(), 1)?;
            term::insert(host, byte[0])?;
        }
        _ => {
            if let Some(request) = abi::request::find(request) {
                return listed(t, &file, request, arg);
            }
            if let Some(result) = interface::ioctl(t, &file, request, arg) {
                return result;
            }
            t.process.diagnostics.note(&format!("ioctl {request:#x} is not supported: ENOTTY"));
            // Even so, a bad descriptor is told first.
            return Err(Errno::ENOTTY);
        }
    }
    Ok(0)
}

/// A request that is the host's to answer.
fn listed(t: &Task, file: &File, request: &'static Request, arg: u64) -> SysResult {
    let mut record = [0; request::MAX];
    let known = &mut record[..request.size];
    let at = UserSlice::new(arg, request.size as u64);
    if matches!(request.direction, Direction::In | Direction::Both) {
        known.copy_from_slice(&at.read_to_vec(t.space(), request.size)?);
    }
    let value = host::fs::request(file.host(), request, arg, &mut record)?;
    if matches!(request.direction, Direction::Out | Direction::Both) {
        at.write_from(t.space(), &record[..request.size])?;
    }
    Ok(value)
}
