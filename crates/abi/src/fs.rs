//! Files: flags and layouts (`asm-generic/fcntl.h`, `asm-generic/stat.h`, `linux/stat.h` …).

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The directory of relative paths is the current one.
pub const AT_FDCWD: i32 = -100;
/// Longest path, with its NUL (`linux/limits.h`).
pub const PATH_MAX: usize = 4096;
/// Most buffers in one vectored call (`UIO_MAXIOV`).
pub const IOV_MAX: usize = 1024;
/// Most bytes that one read or write moves (`MAX_RW_COUNT`).
pub const MAX_RW_COUNT: u64 = 0x7fff_f000;

/// open(2) flags in `asm-generic` numbers, which the host layer speaks whatever the guest.
/// `abi::aarch64::open` converts.
pub mod o {
    #![allow(missing_docs)]
    pub const ACCMODE: u32 = 0o3;
    pub const RDONLY: u32 = 0o0;
    pub const WRONLY: u32 = 0o1;
    pub const RDWR: u32 = 0o2;
    pub const CREAT: u32 = 0o100;
    pub const EXCL: u32 = 0o200;
    pub const NOCTTY: u32 = 0o400;
    pub const TRUNC: u32 = 0o1000;
    pub const APPEND: u32 = 0o2000;
    pub const NONBLOCK: u32 = 0o4000;
    pub const DSYNC: u32 = 0o10000;
    pub const ASYNC: u32 = 0o20000;
    pub const DIRECT: u32 = 0o40000;
    pub const LARGEFILE: u32 = 0o100000;
    pub const DIRECTORY: u32 = 0o200000;
    pub const NOFOLLOW: u32 = 0o400000;
    pub const NOATIME: u32 = 0o1000000;
    pub const CLOEXEC: u32 = 0o2000000;
    pub const SYNC: u32 = 0o4000000 | DSYNC;
    pub const PATH: u32 = 0o10000000;
    pub const TMPFILE: u32 = 0o20000000 | DIRECTORY;
}

/// `AT_*` flags.
pub mod at {
    #![allow(missing_docs)]
    pub const SYMLINK_NOFOLLOW: u32 = 0x100;
    /// The same bit as [`EACCESS`]; which is meant depends on the call.
    pub const REMOVEDIR: u32 = 0x200;
    pub const EACCESS: u32 = 0x200;
    pub const SYMLINK_FOLLOW: u32 = 0x400;
    pub const NO_AUTOMOUNT: u32 = 0x800;
    pub const EMPTY_PATH: u32 = 0x1000;
    pub const STATX_SYNC_TYPE: u32 = 0x6000;
}

/// What access(2) asks for.
pub mod access {
    #![allow(missing_docs)]
    pub const X_OK: u32 = 1;
    pub const W_OK: u32 = 2;
    pub const R_OK: u32 = 4;
}

/// `RESOLVE_*` flags of openat2(2).
pub mod resolve {
    #![allow(missing_docs)]
    pub const NO_XDEV: u64 = 0x01;
    pub const NO_MAGICLINKS: u64 = 0x02;
    pub const NO_SYMLINKS: u64 = 0x04;
    pub const BENEATH: u64 = 0x08;
    pub const IN_ROOT: u64 = 0x10;
    pub const CACHED: u64 = 0x20;
}

/// fcntl(2) commands.
pub mod f {
    #![allow(missing_docs)]
    pub const DUPFD: i32 = 0;
    pub const GETFD: i32 = 1;
    pub const SETFD: i32 = 2;
    pub const GETFL: i32 = 3;
    pub const SETFL: i32 = 4;
    pub const GETLK: i32 = 5;
    pub const SETLK: i32 = 6;
    pub const SETLKW: i32 = 7;
    pub const SETOWN: i32 = 8;
    pub const GETOWN: i32 = 9;
    pub const SETSIG: i32 = 10;
    pub const GETSIG: i32 = 11;
    pub const SETOWN_EX: i32 = 15;
    pub const GETOWN_EX: i32 = 16;
    pub const OFD_GETLK: i32 = 36;
    pub const OFD_SETLK: i32 = 37;
    pub const OFD_SETLKW: i32 = 38;
    pub const SETLEASE: i32 = 1024;
    pub const GETLEASE: i32 = 1025;
    pub const NOTIFY: i32 = 1026;
    pub const DUPFD_QUERY: i32 = 1027;
    pub const DUPFD_CLOEXEC: i32 = 1030;
    pub const SETPIPE_SZ: i32 = 1031;
    pub const GETPIPE_SZ: i32 = 1032;
    pub const ADD_SEALS: i32 = 1033;
    pub const GET_SEALS: i32 = 1034;
    pub const GET_RW_HINT: i32 = 1035;
    pub const SET_RW_HINT: i32 = 1036;
    pub const GET_FILE_RW_HINT: i32 = 1037;
    pub const SET_FILE_RW_HINT: i32 = 1038;
    pub const FD_CLOEXEC: u64 = 1;
}

/// Bits of `st_mode`.
pub mod s {
    #![allow(missing_docs)]
    pub const IFMT: u32 = 0o170000;
    pub const IFSOCK: u32 = 0o140000;
    pub const IFLNK: u32 = 0o120000;
    pub const IFREG: u32 = 0o100000;
    pub const IFBLK: u32 = 0o060000;
    pub const IFDIR: u32 = 0o040000;
    pub const IFCHR: u32 = 0o020000;
    pub const IFIFO: u32 = 0o010000;
    pub const ISUID: u32 = 0o4000;
    pub const ISGID: u32 = 0o2000;
    pub const ISVTX: u32 = 0o1000;
}

/// A time with nanoseconds (`struct timespec`).
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Timespec {
    /// Seconds.
    pub sec: i64,
    /// Nanoseconds, `0..1_000_000_000` when valid.
    pub nsec: i64,
}

impl Timespec {
    /// `UTIME_OMIT` (linux/stat.h): nanoseconds of a time that is left as it is.
    pub const OMIT: i64 = (1 << 30) - 2;
}

/// `struct stat` of `asm-generic/stat.h`, which aarch64 uses. 128 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Stat {
    pub dev: u64,
    pub ino: u64,
    pub mode: u32,
    pub nlink: u32,
    pub uid: u32,
    pub gid: u32,
    pub rdev: u64,
    pub pad1: u64,
    pub size: i64,
    pub blksize: i32,
    pub pad2: i32,
    pub blocks: i64,
    pub atime: Timespec,
    pub mtime: Timespec,
    pub ctime: Timespec,
    pub unused: [u32; 2],
}

/// `struct statx_timestamp`.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct StatxTimestamp {
    pub sec: i64,
    pub nsec: u32,
    pub pad: i32,
}

/// `struct statx`. 256 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Statx {
    pub mask: u32,
    pub blksize: u32,
    pub attributes: u64,
    pub nlink: u32,
    pub uid: u32,
    pub gid: u32,
    pub mode: u16,
    pub pad1: u16,
    pub ino: u64,
    pub size: u64,
    pub blocks: u64,
    pub attributes_mask: u64,
    pub atime: StatxTimestamp,
    pub btime: StatxTimestamp,
    pub ctime: StatxTimestamp,
    pub mtime: StatxTimestamp,
    pub rdev_major: u32,
    pub rdev_minor: u32,
    pub dev_major: u32,
    pub dev_minor: u32,
    pub mnt_id: u64,
    pub dio_mem_align: u32,
    pub dio_offset_align: u32,
    pub spare: [u64; 12],
}

/// `struct statfs` of 64-bit Linux. 120 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Statfs {
    pub fs_type: i64,
    pub bsize: i64,
    pub blocks: u64,
    pub bfree: u64,
    pub bavail: u64,
    pub files: u64,
    pub ffree: u64,
    pub fsid: [i32; 2],
    pub namelen: i64,
    pub frsize: i64,
    pub flags: i64,
    pub spare: [i64; 4],
}

/// `struct flock`.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Flock {
    pub kind: i16,
    pub whence: i16,
    pub pad1: i32,
    pub start: i64,
    pub len: i64,
    pub pid: i32,
    pub pad2: i32,
}

/// `struct open_how` of openat2(2), first version.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs)]
pub struct OpenHow {
    pub flags: u64,
    pub mode: u64,
    pub resolve: u64,
}

const _: () = {
    assert!(size_of::<Stat>() == 128);
    assert!(size_of::<Statx>() == 256);
    assert!(size_of::<Statfs>() == 120);
    assert!(size_of::<Flock>() == 32);
};
