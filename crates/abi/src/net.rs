//! Sockets: numbers and layouts (`linux/socket.h`, `asm-generic/socket.h`, `linux/net.h`). Both
//! 64-bit architectures have the same.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Address families.
pub mod af {
    #![allow(missing_docs)]
    pub const UNIX: u16 = 1;
}

/// Levels of socket options and of control messages.
pub mod sol {
    #![allow(missing_docs)]
    pub const IP: i32 = 0;
    pub const SOCKET: i32 = 1;
    pub const TCP: i32 = 6;
    pub const IPV6: i32 = 41;
    pub const SCTP: i32 = 132;
    pub const PACKET: i32 = 263;
    pub const XDP: i32 = 283;
}

/// Options at [`sol::SOCKET`] that are not plain bytes, or that matter to us.
pub mod so {
    #![allow(missing_docs)]
    pub const RCVTIMEO: i32 = 20;
    pub const SNDTIMEO: i32 = 21;
    /// `SO_GET_FILTER` when it is asked for.
    pub const ATTACH_FILTER: i32 = 26;
    pub const ATTACH_BPF: i32 = 50;
    pub const ATTACH_REUSEPORT_CBPF: i32 = 51;
    pub const ATTACH_REUSEPORT_EBPF: i32 = 52;
    pub const PEERCRED: i32 = 17;
    pub const PEERPIDFD: i32 = 77;
}

/// Control messages at [`sol::SOCKET`] that carry descriptors.
pub mod scm {
    #![allow(missing_docs)]
    pub const RIGHTS: i32 = 1;
    pub const CREDENTIALS: i32 = 2;
    pub const PIDFD: i32 = 4;
}

/// Flags of messages.
pub mod msg {
    #![allow(missing_docs)]
    pub const OOB: u32 = 0x1;
    pub const CTRUNC: u32 = 0x8;
    pub const DONTWAIT: u32 = 0x40;
    pub const WAITFORONE: u32 = 0x1_0000;
    pub const CMSG_CLOEXEC: u32 = 0x4000_0000;
}

/// Flags in the type of a new socket, which are those of open(2).
pub const SOCK_CLOEXEC: u32 = crate::fs::o::CLOEXEC;

/// The longest address (`struct sockaddr_storage`).
pub const ADDRESS_MAX: usize = 128;
/// The longest path of a socket, with its NUL (`UNIX_PATH_MAX`).
pub const UNIX_PATH_MAX: usize = 108;

/// `struct msghdr`. 56 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct MsgHdr {
    pub name: u64,
    pub namelen: i32,
    pub pad1: u32,
    pub iov: u64,
    pub iovlen: u64,
    pub control: u64,
    pub controllen: u64,
    pub flags: u32,
    pub pad2: u32,
}

/// `struct mmsghdr`. 64 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct MmsgHdr {
    pub header: MsgHdr,
    pub len: u32,
    pub pad: u32,
}

/// `struct ifreq`: a name of 16 bytes and a union.
pub type IfReq = [u8; 40];

/// `struct ifconf`: the size of a buffer and its address.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
#[allow(missing_docs)]
pub struct IfConf {
    pub len: i32,
    pub pad: u32,
    pub buffer: u64,
}

/// `struct sock_fprog`: a packet filter, its length in instructions of 8 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
#[allow(missing_docs)]
pub struct SockFprog {
    pub len: u16,
    pub pad: [u16; 3],
    pub filter: u64,
}

/// Requests of ioctl(2) on sockets (`asm-generic/sockios.h`, `linux/sockios.h`).
pub mod ioctl {
    #![allow(missing_docs)]
    pub const FIOSETOWN: u32 = 0x8901;
    pub const SIOCSPGRP: u32 = 0x8902;
    pub const FIOGETOWN: u32 = 0x8903;
    pub const SIOCGPGRP: u32 = 0x8904;
    pub const SIOCATMARK: u32 = 0x8905;
    pub const SIOCGSTAMP_OLD: u32 = 0x8906;
    pub const SIOCGSTAMPNS_OLD: u32 = 0x8907;
    pub const SIOCGSTAMP_NEW: u32 = 0x8010_8906;
    pub const SIOCGSTAMPNS_NEW: u32 = 0x8010_8907;
    pub const SIOCGIFNAME: u32 = 0x8910;
    pub const SIOCGIFCONF: u32 = 0x8912;
    pub const SIOCGIFFLAGS: u32 = 0x8913;
    pub const SIOCSIFHWADDR: u32 = 0x8924;
    pub const SIOCGIFHWADDR: u32 = 0x8927;
    pub const SIOCGIFINDEX: u32 = 0x8933;
    pub const SIOCSIFPFLAGS: u32 = 0x8934;
    pub const SIOCGIFPFLAGS: u32 = 0x8935;
    pub const SIOCGIFTXQLEN: u32 = 0x8942;
    pub const SIOCSIFTXQLEN: u32 = 0x8943;
    pub const SIOCETHTOOL: u32 = 0x8946;
    pub const SIOCOUTQNSD: u32 = 0x894b;
    pub const SIOCGIFMAP: u32 = 0x8970;
}

const _: () = {
    assert!(size_of::<MsgHdr>() == 56);
    assert!(size_of::<MmsgHdr>() == 64);
    assert!(size_of::<SockFprog>() == 16);
};
