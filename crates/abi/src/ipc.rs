//! System V IPC and POSIX message queues: numbers and layouts (`linux/ipc.h`, `linux/sem.h`,
//! `linux/msg.h`, `linux/mqueue.h`, `asm-generic/{ipcbuf,sembuf,msgbuf}.h`).

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Commands of the `*ctl` calls that all kinds have.
pub mod ctl {
    #![allow(missing_docs)]
    pub const RMID: i32 = 0;
    pub const SET: i32 = 1;
    pub const STAT: i32 = 2;
    pub const INFO: i32 = 3;
}

/// Commands of semctl(2).
pub mod sem {
    #![allow(missing_docs)]
    pub const GETPID: i32 = 11;
    pub const GETVAL: i32 = 12;
    pub const GETALL: i32 = 13;
    pub const GETNCNT: i32 = 14;
    pub const GETZCNT: i32 = 15;
    pub const SETVAL: i32 = 16;
    pub const SETALL: i32 = 17;
    pub const STAT: i32 = 18;
    pub const INFO: i32 = 19;
    pub const STAT_ANY: i32 = 20;
}

/// Commands of msgctl(2).
pub mod msg {
    #![allow(missing_docs)]
    pub const STAT: i32 = 11;
    pub const INFO: i32 = 12;
    pub const STAT_ANY: i32 = 13;
}

/// `struct ipc64_perm`. 48 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Perm {
    pub key: i32,
    pub uid: u32,
    pub gid: u32,
    pub cuid: u32,
    pub cgid: u32,
    pub mode: u32,
    pub seq: u16,
    pub pad1: u16,
    pub pad2: u32,
    pub unused: [u64; 2],
}

/// `struct semid64_ds` of `asm-generic`, which aarch64 uses; x86-64's times have a word of padding
/// each. 88 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct SemidDs {
    pub perm: Perm,
    pub otime: i64,
    pub ctime: i64,
    pub nsems: u64,
    pub unused: [u64; 2],
}

/// `struct seminfo`: ten numbers.
pub type SemInfo = [i32; 10];

/// `struct sembuf`: number, operation, flags.
pub type SemBuf = [u8; 6];

/// `struct msqid64_ds` of 64-bit Linux. 120 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct MsqidDs {
    pub perm: Perm,
    pub stime: i64,
    pub rtime: i64,
    pub ctime: i64,
    pub cbytes: u64,
    pub qnum: u64,
    pub qbytes: u64,
    pub lspid: i32,
    pub lrpid: i32,
    pub unused: [u64; 2],
}

/// `struct msginfo`: seven numbers of 32 bits, and one of 16.
pub type MsgInfo = [i32; 8];

/// `struct mq_attr`: flags, most messages, their size, messages now; four reserved.
pub type MqAttr = [i64; 8];

/// Ways to be notified (`struct sigevent`).
pub mod sigev {
    #![allow(missing_docs)]
    pub const SIGNAL: i32 = 0;
    pub const NONE: i32 = 1;
    pub const THREAD: i32 = 2;
}

/// Bytes behind the value of `SIGEV_THREAD` for mq_notify(2) (`NOTIFY_COOKIE_LEN`).
pub const NOTIFY_COOKIE: usize = 32;

/// `struct sigevent`. 64 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct SigEvent {
    pub value: u64,
    pub signo: i32,
    pub notify: i32,
    pub rest: [u64; 6],
}

const _: () = {
    assert!(size_of::<Perm>() == 48);
    assert!(size_of::<SemidDs>() == 88);
    assert!(size_of::<MsqidDs>() == 120);
    assert!(size_of::<SigEvent>() == 64);
};
