//! Sending and receiving.

use abi::Errno;
use abi::fs::{IOV_MAX, MAX_RW_COUNT, Timespec};
use abi::net::{ADDRESS_MAX, MmsgHdr, MsgHdr, msg};
use host::io::{Dst, Src};
use host::net::Name;
use mem::{UserPtr, UserSlice};

use super::Timeout;
use super::control::{Outgoing, adopt, room};
use crate::Task;
use crate::fs::rw::{Iovec, destinations, sources};
use crate::fs::{File, Last};
use crate::poll::timeout;
use crate::syscall::SysResult;
use crate::syscall::arg::{Addr, Fd, Flags, InBuf, OutBuf};

/// sendto(2).
pub fn sendto(
    t: &mut Task,
    fd: Fd,
    buf: InBuf,
    count: u64,
    flags: Flags,
    name: Addr,
    len: i32,
) -> SysResult {
    let file = t.file(fd)?;
    let name = if name.0 == 0 { None } else { Some(t.read_name(name.0, len, Last::Follow)?) };
    let from = UserSlice::new(buf.0, count.min(MAX_RW_COUNT)).as_src(t.space())?;
    let result = host::net::sendto(file.host(), from, flags.0, name.as_ref().map(|to| &to.name));
    t.timed(&file, Timeout::Send, result).map(|n| n as u64)
}

/// recvfrom(2).
pub fn recvfrom(
    t: &mut Task,
    fd: Fd,
    buf: OutBuf,
    count: u64,
    flags: Flags,
    name: Addr,
    len: UserPtr<i32>,
) -> SysResult {
    let file = t.file(fd)?;
    let to = UserSlice::new(buf.0, count.min(MAX_RW_COUNT)).as_dst(t.space())?;
    let mut from = Name::EMPTY;
    let wanted = if name.0 == 0 { None } else { Some(&mut from) };
    let result = host::net::recvfrom(file.host(), to, flags.0, wanted);
    let count = t.timed(&file, Timeout::Receive, result)?;
    if name.0 != 0 {
        t.write_name(&from, name.0, len)?;
    }
    Ok(count as u64)
}

/// Checks what the two directions have in common (`copy_msghdr`, `__copy_msghdr`).
fn check(header: &MsgHdr) -> Result<(), Errno> {
    if header.namelen < 0 {
        Err(Errno::EINVAL)
    } else if header.iovlen > IOV_MAX as u64 {
        Err(Errno::EMSGSIZE)
    } else {
        Ok(())
    }
}

/// Sends one message.
fn send(t: &mut Task, file: &File, header: &MsgHdr, flags: u32) -> Result<usize, Errno> {
    check(header)?;
    let name = match header.name {
        0 => None,
        at => Some(t.read_name(at, header.namelen.min(ADDRESS_MAX as i32), Last::Follow)?),
    };
    let control = Outgoing::read(t, header.control, header.controllen)?;
    let from: Vec<Src<'_>> = sources(t, UserPtr::<Iovec>::new(header.iov), header.iovlen)?;
    let result = host::net::sendmsg(
        file.host(),
        &from,
        flags,
        name.as_ref().map(|to| &to.name),
        &control.bytes,
    );
    t.timed(file, Timeout::Send, result)
}

/// Receives one message and fills in the header at `at`. Returns the length, and the flags that
/// came with it.
fn receive(
    t: &mut Task,
    file: &File,
    at: UserPtr<MsgHdr>,
    flags: u32,
) -> Result<(usize, u32), Errno> {
    let mut header = at.read(t.space())?;
    check(&header)?;
    let to: Vec<Dst<'_>> = destinations(t, UserPtr::<Iovec>::new(header.iov), header.iovlen)?;
    let room = room(header.control, header.controllen);
    let result = host::net::recvmsg(file.host(), &to, flags, room);
    let mut received = t.timed(file, Timeout::Receive, result)?;
    let close_on_exec = flags & msg::CMSG_CLOEXEC != 0;
    adopt(t, &mut received, close_on_exec);
    if header.name != 0 {
        let len = UserPtr::new(at.addr() + std::mem::offset_of!(MsgHdr, namelen) as u64);
        t.write_name(&received.name, header.name, len)?;
        header.namelen = len.read(t.space())?;
    }
    let control = &received.control;
    UserSlice::new(header.control, control.len() as u64).write_from(t.space(), control)?;
    header.controllen = control.len() as u64;
    // The host was asked for close-on-exec in any case, and says so.
    header.flags = received.flags & !msg::CMSG_CLOEXEC | flags & msg::CMSG_CLOEXEC;
    at.write(t.space(), &header)?;
    Ok((received.count, header.flags))
}

/// sendmsg(2).
pub fn sendmsg(t: &mut Task, fd: Fd, header: UserPtr<MsgHdr>, flags: Flags) -> SysResult {
    let file = t.file(fd)?;
    let header = header.read(t.space())?;
    send(t, &file, &header, flags.0).map(|n| n as u64)
}

/// recvmsg(2).
pub fn recvmsg(t: &mut Task, fd: Fd, header: UserPtr<MsgHdr>, flags: Flags) -> SysResult {
    let file = t.file(fd)?;
    receive(t, &file, header, flags.0).map(|(count, _)| count as u64)
}

/// The entry of a vector of messages, and the place of its length.
fn entry(at: UserPtr<MmsgHdr>, i: u64) -> Result<(UserPtr<MsgHdr>, UserPtr<u32>), Errno> {
    let at = at.add(i)?.addr();
    Ok((UserPtr::new(at), UserPtr::new(at + size_of::<MsgHdr>() as u64)))
}

/// sendmmsg(2): an error is told only if nothing was sent.
pub fn sendmmsg(
    t: &mut Task,
    fd: Fd,
    messages: UserPtr<MmsgHdr>,
    count: u32,
    flags: Flags,
) -> SysResult {
    let file = t.file(fd)?;
    let mut done = 0;
    while done < u64::from(count).min(IOV_MAX as u64) {
        let sent = entry(messages, done).and_then(|(at, len)| {
            let header = at.read(t.space())?;
            let sent = send(t, &file, &header, flags.0)?;
            len.write(t.space(), &(sent as u32))
        });
        match sent {
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
            Ok(()) => done += 1,
        }
    }
    Ok(done)
}

/// recvmmsg(2): an error is told only if nothing was received. As on Linux, the time is looked at
/// between messages only.
pub fn recvmmsg(
    t: &mut Task,
    fd: Fd,
    messages: UserPtr<MmsgHdr>,
    count: u32,
    flags: Flags,
    time: UserPtr<Timespec>,
) -> SysResult {
    let limit = timeout(t, time)?;
    let began = host::time::monotonic_ns();
    let file = t.file(fd)?;
    let mut wait = flags.0 & !msg::WAITFORONE;
    let mut done = 0;
    while done < u64::from(count) {
        let received = entry(messages, done).and_then(|(at, len)| {
            let (count, flags) = receive(t, &file, at, wait)?;
            len.write(t.space(), &(count as u32))?;
            Ok(flags)
        });
        let found = match received {
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
            Ok(found) => found,
        };
        done += 1;
        if flags.0 & msg::WAITFORONE != 0 {
            wait |= msg::DONTWAIT;
        }
        let expired = limit.is_some_and(|limit| {
            crate::poll::left(limit, host::time::monotonic_ns() - began) == Timespec::default()
        });
        // Out-of-band data is told at once.
        if expired || found & msg::OOB != 0 {
            break;
        }
    }
    if let Some(limit) = limit {
        let left = crate::poll::left(limit, host::time::monotonic_ns() - began);
        time.write(t.space(), &left)?;
    }
    Ok(done)
}
