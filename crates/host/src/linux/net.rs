//! Sockets: system calls of the host, with the guest's arguments.
//!
//! The calls that may sleep are interruptible (see `syscall`). Data goes straight between the
//! host's kernel and the callers' memory; addresses, options and control messages are copied,
//! because the caller converts what they name.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use abi::Errno;
use abi::net::{ADDRESS_MAX, IfReq, SOCK_CLOEXEC, SockFprog, ioctl, msg, sol};

use super::io::owned;
use super::syscall::sys;
use crate::io::{Dst, Src};
use crate::net::{Name, Received, control_messages};

/// socket(2), close-on-exec.
pub fn socket(domain: i32, kind: u32, protocol: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: no pointers; the result is a new descriptor.
    unsafe { sys!(SYS_socket, domain, kind | SOCK_CLOEXEC, protocol).map(|fd| owned(fd)) }
}

/// socketpair(2), close-on-exec.
pub fn socketpair(domain: i32, kind: u32, protocol: i32) -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut ends = [-1i32; 2];
    // SAFETY: `ends` receives two descriptors, which nobody else owns.
    unsafe {
        sys!(SYS_socketpair, domain, kind | SOCK_CLOEXEC, protocol, ends.as_mut_ptr())?;
        Ok((owned(ends[0] as usize), owned(ends[1] as usize)))
    }
}

/// bind(2).
pub fn bind(fd: BorrowedFd<'_>, name: &Name) -> Result<(), Errno> {
    let name = name.as_bytes();
    // SAFETY: a whole address.
    unsafe { sys!(SYS_bind, fd.as_raw_fd(), name.as_ptr(), name.len()) }.map(drop)
}

/// connect(2).
pub fn connect(fd: BorrowedFd<'_>, name: &Name) -> Result<(), Errno> {
    let name = name.as_bytes();
    // SAFETY: a whole address.
    unsafe { sys!(interruptible: SYS_connect, fd.as_raw_fd(), name.as_ptr(), name.len()) }.map(drop)
}

/// listen(2).
pub fn listen(fd: BorrowedFd<'_>, backlog: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_listen, fd.as_raw_fd(), backlog) }.map(drop)
}

/// shutdown(2).
pub fn shutdown(fd: BorrowedFd<'_>, how: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_shutdown, fd.as_raw_fd(), how) }.map(drop)
}

/// accept4(2), close-on-exec: the connection and the address of its other end.
pub fn accept(fd: BorrowedFd<'_>, flags: u32) -> Result<(OwnedFd, Name), Errno> {
    let mut name = Name::EMPTY;
    let mut len = ADDRESS_MAX as u32;
    let flags = flags | SOCK_CLOEXEC;
    // SAFETY: room for an address of the length given; the result is a new descriptor.
    let fd = unsafe {
        sys!(
            interruptible: SYS_accept4,
            fd.as_raw_fd(), name.bytes.as_mut_ptr(), &raw mut len, flags
        )
        .map(|fd| owned(fd))
    }?;
    name.len = len as usize;
    Ok((fd, name))
}

/// Lets `call` fill in an address, given its place and the place of its length.
fn name_by(call: impl FnOnce(*mut u8, *mut u32) -> Result<usize, Errno>) -> Result<Name, Errno> {
    let mut name = Name::EMPTY;
    let mut len = ADDRESS_MAX as u32;
    call(name.bytes.as_mut_ptr(), &raw mut len)?;
    name.len = len as usize;
    Ok(name)
}

/// getsockname(2).
pub fn getsockname(fd: BorrowedFd<'_>) -> Result<Name, Errno> {
    // SAFETY: room for an address of the length given.
    name_by(|name, len| unsafe { sys!(SYS_getsockname, fd.as_raw_fd(), name, len) })
}

/// getpeername(2).
pub fn getpeername(fd: BorrowedFd<'_>) -> Result<Name, Errno> {
    // SAFETY: room for an address of the length given.
    name_by(|name, len| unsafe { sys!(SYS_getpeername, fd.as_raw_fd(), name, len) })
}

/// sendto(2).
pub fn sendto(
    fd: BorrowedFd<'_>,
    from: Src<'_>,
    flags: u32,
    name: Option<&Name>,
) -> Result<usize, Errno> {
    let name = name.map_or(&[][..], Name::as_bytes);
    let at = if name.is_empty() { std::ptr::null() } else { name.as_ptr() };
    // SAFETY: `from` may be read; null or a whole address.
    unsafe {
        sys!(
            interruptible: SYS_sendto,
            fd.as_raw_fd(), from.as_ptr(), from.len(), flags, at, name.len()
        )
    }
}

/// recvfrom(2), with the sender's address if it is asked for.
pub fn recvfrom(
    fd: BorrowedFd<'_>,
    to: Dst<'_>,
    flags: u32,
    mut name: Option<&mut Name>,
) -> Result<usize, Errno> {
    let mut len = ADDRESS_MAX as u32;
    let (at, len_at) = match &mut name {
        Some(name) => (name.bytes.as_mut_ptr(), &raw mut len),
        None => (std::ptr::null_mut(), std::ptr::null_mut()),
    };
    // SAFETY: `to` may be written to; null or room for an address of the length given.
    let count = unsafe {
        sys!(interruptible: SYS_recvfrom, fd.as_raw_fd(), to.as_ptr(), to.len(), flags, at, len_at)
    }?;
    if let Some(name) = name {
        name.len = len as usize;
    }
    Ok(count)
}

/// A header for a message. The pointers are the callers' to keep valid.
fn header(
    name: *mut u8,
    name_len: usize,
    iov: (*const libc::iovec, usize),
    control: (*mut u8, usize),
) -> libc::msghdr {
    // SAFETY: plain integers and pointers, for which zero is a value; musl's has padding.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_name = name.cast();
    header.msg_namelen = name_len as u32;
    header.msg_iov = iov.0.cast_mut();
    header.msg_iovlen = iov.1 as _;
    header.msg_control = control.0.cast();
    header.msg_controllen = control.1 as _;
    header
}

/// sendmsg(2). Descriptors in the control messages are this process's numbers.
pub fn sendmsg(
    fd: BorrowedFd<'_>,
    from: &[Src<'_>],
    flags: u32,
    name: Option<&Name>,
    control: &[u8],
) -> Result<usize, Errno> {
    let name = name.map_or(&[][..], Name::as_bytes);
    let at = if name.is_empty() { std::ptr::null_mut() } else { name.as_ptr().cast_mut() };
    let iov = (from.as_ptr().cast::<libc::iovec>(), from.len());
    let header = header(at, name.len(), iov, (control.as_ptr().cast_mut(), control.len()));
    // SAFETY: a whole header over memory that may be read: a `Src` is an `iovec`.
    unsafe { sys!(interruptible: SYS_sendmsg, fd.as_raw_fd(), &raw const header, flags) }
}

/// recvmsg(2), with room for so many bytes of control messages. Received descriptors are
/// close-on-exec.
pub fn recvmsg(
    fd: BorrowedFd<'_>,
    to: &[Dst<'_>],
    flags: u32,
    control_room: usize,
) -> Result<Received, Errno> {
    let mut name = Name::EMPTY;
    let mut control = vec![0u8; control_room];
    let iov = (to.as_ptr().cast::<libc::iovec>(), to.len());
    let room = (control.as_mut_ptr(), control_room);
    let mut header = header(name.bytes.as_mut_ptr(), ADDRESS_MAX, iov, room);
    let flags = flags | msg::CMSG_CLOEXEC;
    // SAFETY: a whole header over memory that may be written to: a `Dst` is an `iovec`.
    let count =
        unsafe { sys!(interruptible: SYS_recvmsg, fd.as_raw_fd(), &raw mut header, flags) }?;
    name.len = header.msg_namelen as usize;
    control.truncate(header.msg_controllen as usize);
    let fds = control_messages(&control)
        .flatten()
        .flat_map(|message| message.descriptors())
        // SAFETY: the kernel has just opened it for this process; nobody else owns it.
        .map(|at| unsafe { OwnedFd::from_raw_fd(number_at(&control, at)) })
        .collect();
    Ok(Received { count, name, control, fds, flags: header.msg_flags as u32 })
}

fn number_at(bytes: &[u8], at: std::ops::Range<usize>) -> i32 {
    bytes[at].try_into().map_or(-1, i32::from_ne_bytes)
}

/// setsockopt(2) for options whose value is plain bytes.
pub fn setsockopt(fd: BorrowedFd<'_>, level: i32, name: i32, value: &[u8]) -> Result<(), Errno> {
    // SAFETY: a whole slice.
    unsafe {
        sys!(SYS_setsockopt, fd.as_raw_fd(), level, name, value.as_ptr(), value.len()).map(drop)
    }
}

/// getsockopt(2) for options whose value is plain bytes: as much of it as fits.
pub fn getsockopt(
    fd: BorrowedFd<'_>,
    level: i32,
    name: i32,
    value: &mut [u8],
) -> Result<usize, Errno> {
    let mut len = value.len() as u32;
    let to = value.as_mut_ptr();
    // SAFETY: a whole slice, with its length.
    unsafe { sys!(SYS_getsockopt, fd.as_raw_fd(), level, name, to, &raw mut len) }?;
    Ok((len as usize).min(value.len()))
}

/// An option that opens a descriptor (`SO_PEERPIDFD`); close-on-exec.
pub fn open_option(fd: BorrowedFd<'_>, level: i32, name: i32) -> Result<OwnedFd, Errno> {
    let mut value = [0u8; 4];
    getsockopt(fd, level, name, &mut value)?;
    // SAFETY: a new descriptor, which nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(i32::from_ne_bytes(value)) })
}

/// An option at `SOL_SOCKET` that takes a packet filter, here of instructions of 8 bytes.
pub fn attach_filter(fd: BorrowedFd<'_>, name: i32, filter: &[u64]) -> Result<(), Errno> {
    let len = u16::try_from(filter.len()).map_err(|_| Errno::EINVAL)?;
    let program = SockFprog { len, pad: [0; 3], filter: filter.as_ptr() as u64 };
    let (at, size) = (&raw const program, size_of::<SockFprog>());
    // SAFETY: a whole program, which the call copies.
    unsafe { sys!(SYS_setsockopt, fd.as_raw_fd(), sol::SOCKET, name, at, size) }.map(drop)
}

/// The requests on an interface whose `struct ifreq` has no pointer.
pub fn interface(fd: BorrowedFd<'_>, request: u32, value: &mut IfReq) -> Result<(), Errno> {
    // SAFETY: a whole `ifreq`, without pointers for the callers' requests.
    unsafe { sys!(SYS_ioctl, fd.as_raw_fd(), request, value.as_mut_ptr()) }.map(drop)
}

/// `SIOCGIFCONF`: fills `to` with `struct ifreq`s of all interfaces that have an address; without
/// a buffer, says how many bytes they take.
pub fn interfaces(fd: BorrowedFd<'_>, to: Option<Dst<'_>>) -> Result<usize, Errno> {
    let (at, len) = to.map_or((std::ptr::null_mut(), 0), |to| (to.as_ptr(), to.len()));
    let mut config = abi::net::IfConf {
        len: i32::try_from(len).map_err(|_| Errno::EINVAL)?,
        pad: 0,
        buffer: at as u64,
    };
    // SAFETY: a whole `ifconf` over memory that may be written to.
    unsafe { sys!(SYS_ioctl, fd.as_raw_fd(), ioctl::SIOCGIFCONF, &raw mut config) }?;
    Ok(config.len as usize)
}

/// A request that fills in an `int`.
pub fn get_int(fd: BorrowedFd<'_>, request: u32) -> Result<i32, Errno> {
    super::term::get_int(fd, request)
}

/// A request that reads an `int`.
pub fn set_int(fd: BorrowedFd<'_>, request: u32, value: i32) -> Result<(), Errno> {
    super::term::set_int(fd, request, value)
}

/// The requests for the time of the last packet: seconds, and micro- or nanoseconds.
pub fn timestamp(fd: BorrowedFd<'_>, request: u32) -> Result<[i64; 2], Errno> {
    let mut time = [0i64; 2];
    // SAFETY: room for two words, which is what the callers' requests fill.
    unsafe { sys!(SYS_ioctl, fd.as_raw_fd(), request, time.as_mut_ptr()) }?;
    Ok(time)
}
