//! System V shared memory (`linux/shm.h`, `asm-generic/shmbuf.h`): the same bytes on all
//! architectures of 64 bits that Linux added in this century, arm64 and x86-64 among them.

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `SHM_RDONLY`.
pub const RDONLY: u32 = 0o10000;
/// `SHM_RND`: the address is rounded down.
pub const RND: u32 = 0o20000;
/// `SHM_REMAP`: what is mapped there goes.
pub const REMAP: u32 = 0o40000;
/// `SHM_EXEC`.
pub const EXEC: u32 = 0o100000;

/// Commands of shmctl(2).
pub mod cmd {
    #![allow(missing_docs)]
    pub const IPC_RMID: i32 = 0;
    pub const IPC_SET: i32 = 1;
    pub const IPC_STAT: i32 = 2;
    pub const IPC_INFO: i32 = 3;
    pub const SHM_LOCK: i32 = 11;
    pub const SHM_UNLOCK: i32 = 12;
    pub const SHM_STAT: i32 = 13;
    pub const SHM_INFO: i32 = 14;
    pub const SHM_STAT_ANY: i32 = 15;
}

/// `struct ipc64_perm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Permissions {
    /// As given to shmget(2).
    pub key: i32,
    /// The owner.
    pub uid: u32,
    /// The owner's group.
    pub gid: u32,
    /// The creator.
    pub cuid: u32,
    /// The creator's group.
    pub cgid: u32,
    /// Permission bits, `SHM_DEST` (0o1000), `SHM_LOCKED` (0o2000).
    pub mode: u32,
    /// Counts uses of the slot.
    pub seq: u16,
    /// Padding.
    pub pad: [u16; 3],
    /// Unused.
    pub unused: [u64; 2],
}

/// `struct shmid64_ds`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Segment {
    /// Who may use it.
    pub perm: Permissions,
    /// Its size in bytes.
    pub size: u64,
    /// When it was attached last, in seconds.
    pub attached: i64,
    /// When it was detached last, in seconds.
    pub detached: i64,
    /// When it was changed last, in seconds.
    pub changed: i64,
    /// The creator.
    pub creator: i32,
    /// The process that attached or detached it last.
    pub last_user: i32,
    /// How many times it is attached.
    pub attaches: u64,
    /// Unused.
    pub unused: [u64; 2],
}

const _: () = assert!(size_of::<Segment>() == 112);
