//! Socket addresses, types and flags.

use std::fmt::{self, Write};
use std::net::Ipv6Addr;

use mem::UserSlice;

use super::names;
use super::show::{Shown, address, bytes, hexadecimal};

// Address families (`linux/socket.h`).
const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
/// `struct sockaddr_storage`.
const LONGEST: usize = 128;

/// A socket's type, with the flags that go with it.
pub fn socket_type(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    const TYPE: u64 = 0xf;
    let value = u64::from(raw as u32);
    names::socket_kind(value & TYPE, to)?;
    if value & !TYPE == 0 {
        return Ok(());
    }
    to.write_str("|")?;
    names::socket_flags(value & !TYPE, to)
}

/// An address that the program gives; its length is the next argument.
pub fn socket_name(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    show(raw, to.neighbour(1) as u32 as usize, to)
}

/// An address that the call gives back; its length is where the next argument points.
pub fn returned_name(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let len = to.read::<u32>(to.neighbour(1)).unwrap_or(0);
    show(raw, len as usize, to)
}

fn show(raw: u64, len: usize, to: &mut Shown<'_>) -> fmt::Result {
    let slice = UserSlice::new(raw, len.min(LONGEST) as u64);
    let (Ok(name), true) = (slice.read_to_vec(to.task.space(), LONGEST), raw != 0) else {
        return address(raw, to);
    };
    let Some((family, rest)) = name.split_first_chunk::<2>() else { return address(raw, to) };
    let family = u16::from_le_bytes(*family);
    to.write_str("{sa_family=")?;
    names::socket_domain(family.into(), to)?;
    match (family, rest) {
        (AF_UNIX, []) => {}
        (AF_UNIX, [0, name @ ..]) => {
            to.write_str(", sun_path=@")?;
            bytes(name, usize::MAX, to)?;
        }
        (AF_UNIX, path) => {
            to.write_str(", sun_path=")?;
            bytes(path.split(|&byte| byte == 0).next().unwrap_or_default(), usize::MAX, to)?;
        }
        (AF_INET, &[p, q, a, b, c, d, ..]) => {
            let port = u16::from_be_bytes([p, q]);
            write!(to, ", sin_port=htons({port}), sin_addr=inet_addr(\"{a}.{b}.{c}.{d}\")")?;
        }
        (AF_INET6, &[p, q, f0, f1, f2, f3, ref rest @ ..]) if rest.len() >= 20 => {
            let (addr, scope) = rest.split_at(16);
            let addr = Ipv6Addr::from(<[u8; 16]>::try_from(addr).unwrap_or_default());
            let scope = u32::from_le_bytes(scope[..4].try_into().unwrap_or_default());
            write!(to, ", sin6_port=htons({})", u16::from_be_bytes([p, q]))?;
            write!(to, ", sin6_flowinfo=htonl({})", u32::from_be_bytes([f0, f1, f2, f3]))?;
            write!(to, ", inet_pton(AF_INET6, \"{addr}\", &sin6_addr), sin6_scope_id={scope}")?;
        }
        (_, data) => {
            to.write_str(", sa_data=")?;
            bytes(data, usize::MAX, to)?;
        }
    }
    to.write_str("}")
}

/// The name of a socket option, at the levels that have names here.
pub fn socket_option(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    const SOL_SOCKET: u64 = 1;
    const IPPROTO_TCP: u64 = 6;
    match to.neighbour(-1) {
        SOL_SOCKET => names::socket_level_option(raw, to),
        IPPROTO_TCP => names::tcp_option(raw, to),
        _ => hexadecimal(u64::from(raw as u32), to),
    }
}
