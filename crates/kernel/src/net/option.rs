//! setsockopt(2) and getsockopt(2).
//!
//! Values are bytes with the same meaning on the host, so options pass unseen, also those that are
//! newer than this code, except for the few that hold an address or a descriptor. They are in one
//! table: the host would take the guest's number for one of this process.

use abi::Errno;
use abi::net::{SockFprog, so, sol};
use mem::{UserPtr, UserSlice};
use std::ops::RangeInclusive;
use std::os::fd::AsRawFd;

use crate::Task;
use crate::fs::File;
use crate::syscall::SysResult;
use crate::syscall::arg::{Addr, Fd};

/// How an option differs from plain bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Special {
    /// Setting it takes a `struct sock_fprog`; getting it counts in another unit.
    Filter,
    /// Setting it takes a descriptor.
    TakesDescriptor,
    /// Getting it opens a descriptor.
    OpensDescriptor,
    /// It holds addresses, and is used by tools that configure this host's kernel only.
    Unknown,
}

/// Options that are not plain bytes: level, names.
const SPECIAL: &[(i32, RangeInclusive<i32>, Special)] = &[
    (sol::SOCKET, so::ATTACH_FILTER..=so::ATTACH_FILTER, Special::Filter),
    (sol::SOCKET, so::ATTACH_REUSEPORT_CBPF..=so::ATTACH_REUSEPORT_CBPF, Special::Filter),
    (sol::SOCKET, so::ATTACH_BPF..=so::ATTACH_BPF, Special::TakesDescriptor),
    (sol::SOCKET, so::ATTACH_REUSEPORT_EBPF..=so::ATTACH_REUSEPORT_EBPF, Special::TakesDescriptor),
    (sol::SOCKET, so::PEERPIDFD..=so::PEERPIDFD, Special::OpensDescriptor),
    // iptables, arptables, ebtables (`linux/netfilter*/*.h`).
    (sol::IP, 64..=131, Special::Unknown),
    // ip6tables; the options of IPv6 proper lie between.
    (sol::IPV6, 64..=65, Special::Unknown),
    (sol::IPV6, 68..=69, Special::Unknown),
    // TCP_ZEROCOPY_RECEIVE (`linux/tcp.h`).
    (sol::TCP, 35..=35, Special::Unknown),
    // SCTP_SOCKOPT_PEELOFF, CONNECTX, CONNECTX3, PEELOFF_FLAGS (`linux/sctp.h`).
    (sol::SCTP, 102..=102, Special::Unknown),
    (sol::SCTP, 110..=111, Special::Unknown),
    (sol::SCTP, 122..=122, Special::Unknown),
    // PACKET_FANOUT_DATA (`linux/if_packet.h`).
    (sol::PACKET, 22..=22, Special::Unknown),
    // XDP_UMEM_REG (`linux/if_xdp.h`).
    (sol::XDP, 4..=4, Special::Unknown),
];

fn special(level: i32, name: i32) -> Option<Special> {
    let found = SPECIAL.iter().find(|(at, names, _)| *at == level && names.contains(&name));
    found.map(|(_, _, special)| *special)
}

/// What a value is taken for at most; no option is longer.
const VALUE_MAX: usize = 64 << 10;

/// Most instructions of a packet filter (`BPF_MAXINSNS`).
const FILTER_MAX: u16 = 4096;

/// setsockopt(2).
pub fn setsockopt(t: &mut Task, fd: Fd, level: i32, name: i32, value: Addr, len: i32) -> SysResult {
    let file = t.file(fd)?;
    let len = usize::try_from(len).map_err(|_| Errno::EINVAL)?;
    let bytes = || UserSlice::new(value.0, len as u64).read_to_vec(t.space(), VALUE_MAX);
    match special(level, name) {
        None | Some(Special::OpensDescriptor) => {
            host::net::setsockopt(file.host(), level, name, &bytes()?)?;
        }
        Some(Special::Filter) => {
            if len != size_of::<SockFprog>() {
                return Err(Errno::EINVAL);
            }
            let filter = filter(t, UserPtr::new(value.0))?;
            host::net::attach_filter(file.host(), name, &filter)?;
        }
        Some(Special::TakesDescriptor) => {
            let number = bytes()?.get(..4).and_then(|value| value.try_into().ok());
            let program = t.file(Fd(i32::from_le_bytes(number.ok_or(Errno::EINVAL)?)))?;
            let number = program.host().as_raw_fd().to_le_bytes();
            host::net::setsockopt(file.host(), level, name, &number)?;
        }
        Some(Special::Unknown) => return Err(Errno::ENOPROTOOPT),
    }
    Ok(0)
}

/// Reads a packet filter. The host checks its instructions.
fn filter(t: &Task, at: UserPtr<SockFprog>) -> Result<Vec<u64>, Errno> {
    let program = at.read(t.space())?;
    if program.len > FILTER_MAX {
        return Err(Errno::EINVAL);
    }
    let instructions = UserPtr::<u64>::new(program.filter);
    (0..u64::from(program.len)).map(|i| instructions.add(i)?.read(t.space())).collect()
}

/// getsockopt(2).
pub fn getsockopt(
    t: &mut Task,
    fd: Fd,
    level: i32,
    name: i32,
    value: Addr,
    len: UserPtr<i32>,
) -> SysResult {
    let file = t.file(fd)?;
    let room = usize::try_from(len.read(t.space())?).map_err(|_| Errno::EINVAL)?;
    match special(level, name) {
        Some(Special::OpensDescriptor) => {
            let opened = host::net::open_option(file.host(), level, name)?;
            // Close-on-exec, as Linux opens it.
            let number = t.install(File::new(opened), true)? as i32;
            let bytes = number.to_le_bytes();
            let shown = &bytes[..room.min(bytes.len())];
            UserSlice::new(value.0, shown.len() as u64).write_from(t.space(), shown)?;
            len.write(t.space(), &(shown.len() as i32))?;
        }
        Some(_) => return Err(Errno::ENOPROTOOPT),
        None => {
            let mut bytes = vec![0; room.min(VALUE_MAX)];
            let filled = host::net::getsockopt(file.host(), level, name, &mut bytes)?;
            if (level, name) == (sol::SOCKET, so::PEERCRED) {
                t.see_credentials(&mut bytes[..filled]);
            }
            let shown = &bytes[..filled];
            UserSlice::new(value.0, filled as u64).write_from(t.space(), shown)?;
            len.write(t.space(), &(filled as i32))?;
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_with_addresses_are_known_and_others_pass() {
        assert_eq!(special(sol::SOCKET, 26), Some(Special::Filter));
        assert_eq!(special(sol::IP, 64), Some(Special::Unknown));
        // IPV6_RECVTCLASS and IPV6_TCLASS lie among the options of ip6tables.
        assert_eq!(special(sol::IPV6, 66), None);
        assert_eq!(special(sol::IPV6, 67), None);
        assert_eq!(special(sol::SOCKET, 2), None);
        assert_eq!(special(sol::TCP, 26), None);
    }
}
