//! socket(2), its addresses and its connections.

use abi::net::SOCK_CLOEXEC;
use mem::UserPtr;

use super::Timeout;
use crate::Task;
use crate::fs::{File, Last};
use crate::syscall::SysResult;
use crate::syscall::arg::{Addr, Fd, Flags};

/// socket(2). The host checks everything.
pub fn socket(t: &mut Task, domain: i32, kind: Flags, protocol: i32) -> SysResult {
    let file = File::new(host::net::socket(domain, kind.0, protocol)?);
    t.install(file, kind.0 & SOCK_CLOEXEC != 0)
}

/// socketpair(2).
pub fn socketpair(
    t: &mut Task,
    domain: i32,
    kind: Flags,
    protocol: i32,
    ends: UserPtr<[i32; 2]>,
) -> SysResult {
    let (one, other) = host::net::socketpair(domain, kind.0, protocol)?;
    t.install_pair(File::new(one), File::new(other), kind.0 & SOCK_CLOEXEC != 0, ends)
}

/// bind(2).
pub fn bind(t: &mut Task, fd: Fd, name: Addr, len: i32) -> SysResult {
    let file = t.file(fd)?;
    let name = t.read_name(name.0, len, Last::Name)?;
    host::net::bind(file.host(), &name.name).map(|()| 0)
}

/// listen(2).
pub fn listen(t: &mut Task, fd: Fd, backlog: i32) -> SysResult {
    let file = t.file(fd)?;
    host::net::listen(file.host(), backlog).map(|()| 0)
}

/// connect(2).
pub fn connect(t: &mut Task, fd: Fd, name: Addr, len: i32) -> SysResult {
    let file = t.file(fd)?;
    let name = t.read_name(name.0, len, Last::Follow)?;
    let result = host::net::connect(file.host(), &name.name);
    t.timed(&file, Timeout::Send, result).map(|()| 0)
}

/// accept(2).
pub fn accept(t: &mut Task, fd: Fd, name: Addr, len: UserPtr<i32>) -> SysResult {
    accept4(t, fd, name, len, Flags(0))
}

/// accept4(2). A connection whose address cannot be handed over is lost, as on Linux.
pub fn accept4(t: &mut Task, fd: Fd, name: Addr, len: UserPtr<i32>, flags: Flags) -> SysResult {
    let file = t.file(fd)?;
    t.fds().has_room()?;
    let result = host::net::accept(file.host(), flags.0);
    let (connection, peer) = t.timed(&file, Timeout::Receive, result)?;
    if name.0 != 0 {
        t.write_name(&peer, name.0, len)?;
    }
    t.install(File::new(connection), flags.0 & SOCK_CLOEXEC != 0)
}

/// getsockname(2).
pub fn getsockname(t: &mut Task, fd: Fd, name: Addr, len: UserPtr<i32>) -> SysResult {
    let file = t.file(fd)?;
    let own = host::net::getsockname(file.host())?;
    t.write_name(&own, name.0, len).map(|()| 0)
}

/// getpeername(2).
pub fn getpeername(t: &mut Task, fd: Fd, name: Addr, len: UserPtr<i32>) -> SysResult {
    let file = t.file(fd)?;
    let peer = host::net::getpeername(file.host())?;
    t.write_name(&peer, name.0, len).map(|()| 0)
}

/// shutdown(2).
pub fn shutdown(t: &mut Task, fd: Fd, how: i32) -> SysResult {
    let file = t.file(fd)?;
    host::net::shutdown(file.host(), how).map(|()| 0)
}
