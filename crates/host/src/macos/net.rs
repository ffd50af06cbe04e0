//! Sockets: not yet. The kernel has them, but with other families, addresses, options and flags.

use std::os::fd::{BorrowedFd, OwnedFd};

use abi::Errno;
use abi::net::IfReq;

use crate::io::{Dst, Src};
use crate::net::{Name, Received};

not_here! {
    socket(domain: i32, kind: u32, protocol: i32) -> OwnedFd = SOCKETS;
    socketpair(domain: i32, kind: u32, protocol: i32) -> (OwnedFd, OwnedFd) = SOCKETS;
    bind(fd: BorrowedFd<'_>, name: &Name) -> () = SOCKETS;
    connect(fd: BorrowedFd<'_>, name: &Name) -> () = SOCKETS;
    listen(fd: BorrowedFd<'_>, backlog: i32) -> () = SOCKETS;
    shutdown(fd: BorrowedFd<'_>, how: i32) -> () = SOCKETS;
    accept(fd: BorrowedFd<'_>, flags: u32) -> (OwnedFd, Name) = SOCKETS;
    getsockname(fd: BorrowedFd<'_>) -> Name = SOCKETS;
    getpeername(fd: BorrowedFd<'_>) -> Name = SOCKETS;
    sendto(fd: BorrowedFd<'_>, from: Src<'_>, flags: u32, name: Option<&Name>) -> usize = SOCKETS;
    recvfrom(
        fd: BorrowedFd<'_>,
        to: Dst<'_>,
        flags: u32,
        name: Option<&mut Name>,
    ) -> usize = SOCKETS;
    sendmsg(
        fd: BorrowedFd<'_>,
        from: &[Src<'_>],
        flags: u32,
        name: Option<&Name>,
        control: &[u8],
    ) -> usize = SOCKETS;
    recvmsg(
        fd: BorrowedFd<'_>,
        to: &[Dst<'_>],
        flags: u32,
        control_room: usize,
    ) -> Received = SOCKETS;
    setsockopt(fd: BorrowedFd<'_>, level: i32, name: i32, value: &[u8]) -> () = SOCKETS;
    getsockopt(fd: BorrowedFd<'_>, level: i32, name: i32, value: &mut [u8]) -> usize = SOCKETS;
    open_option(fd: BorrowedFd<'_>, level: i32, name: i32) -> OwnedFd = SOCKETS;
    attach_filter(fd: BorrowedFd<'_>, name: i32, filter: &[u64]) -> () = SOCKETS;
    interface(fd: BorrowedFd<'_>, request: u32, value: &mut IfReq) -> () = SOCKETS;
    interfaces(fd: BorrowedFd<'_>, to: Option<Dst<'_>>) -> usize = SOCKETS;
    get_int(fd: BorrowedFd<'_>, request: u32) -> i32 = SOCKETS;
    set_int(fd: BorrowedFd<'_>, request: u32, value: i32) -> () = SOCKETS;
    timestamp(fd: BorrowedFd<'_>, request: u32) -> [i64; 2] = SOCKETS;
}
