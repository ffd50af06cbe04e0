//! Open flags, `AT_*` flags and the like (`sys/fcntl.h`).

use abi::Errno;
use abi::fs::{at, o};

use super::{flipped, translate};
use crate::missing;

const O_ACCMODE: u64 = 3;

/// Open flags: Linux's (`asm-generic`) and macOS's. `O_SYNC` stands before `O_DSYNC`, which is a
/// part of it on Linux.
const FLAGS: [(u64, u64); 11] = [
    (o::CREAT as u64, 0x200),
    (o::EXCL as u64, 0x800),
    (o::NOCTTY as u64, 0x2_0000),
    (o::TRUNC as u64, 0x400),
    (o::APPEND as u64, 0x8),
    (o::NONBLOCK as u64, 0x4),
    (o::ASYNC as u64, 0x40),
    (o::DIRECTORY as u64, 0x10_0000),
    (o::NOFOLLOW as u64, 0x100),
    (o::CLOEXEC as u64, 0x100_0000),
    (o::DSYNC as u64, 0x40_0000),
];
const HOST_SYNC: u64 = 0x80;

/// Flags without a like of their own that may go: `O_LARGEFILE` says nothing to a 64-bit system,
/// open(2) lets file systems ignore `O_NOATIME`, and `O_DIRECT` is set after opening (`F_NOCACHE`).
const WITHOUT_LIKE: u32 = o::LARGEFILE | o::NOATIME | o::DIRECT;

/// macOS's open flags for Linux's. Unknown bits are ignored, as open(2) does.
pub fn flags_to_host(flags: u32) -> Result<i32, Errno> {
    if flags & o::PATH != 0 {
        return missing::O_PATH.refuse();
    }
    if flags & o::TMPFILE == o::TMPFILE {
        return missing::O_TMPFILE.refuse();
    }
    let flags = u64::from(flags & !WITHOUT_LIKE);
    let sync = if flags & u64::from(o::SYNC) == u64::from(o::SYNC) { HOST_SYNC } else { 0 };
    Ok((flags & O_ACCMODE | translate(flags, FLAGS) | sync) as i32)
}

/// Linux's open flags for what macOS's `F_GETFL` says.
pub fn flags_from_host(flags: i32) -> u32 {
    let flags = flags as u64;
    let sync = if flags & HOST_SYNC != 0 { o::SYNC } else { 0 };
    (flags & O_ACCMODE | translate(flags, flipped(&FLAGS))) as u32 | sync
}

/// `AT_*` flags that the calls share: Linux's and macOS's. `AT_REMOVEDIR` and `AT_EACCESS` are one
/// bit on Linux; unlinkat(2) converts its only flag itself.
const AT: [(u64, u64); 3] = [
    (at::SYMLINK_NOFOLLOW as u64, 0x20),
    (at::SYMLINK_FOLLOW as u64, 0x40),
    (at::EACCESS as u64, 0x10),
];

/// macOS's `AT_*` flags for those of Linux that have a like.
pub fn at_to_host(flags: u32) -> i32 {
    translate(u64::from(flags), AT) as i32
}

/// renameat2(2)'s flags as renameatx_np(2)'s: `RENAME_NOREPLACE` is `RENAME_EXCL`,
/// `RENAME_EXCHANGE` is `RENAME_SWAP`. `RENAME_WHITEOUT` is `EINVAL`, as from a file system that has
/// no whiteouts.
pub fn rename_to_host(flags: u32) -> Result<u32, Errno> {
    match flags {
        0 => Ok(0),
        1 => Ok(4),
        2 => Ok(2),
        _ => Err(Errno::EINVAL),
    }
}

/// lseek(2)'s `whence`: `SEEK_DATA` (3) and `SEEK_HOLE` (4) are the other way round.
pub fn whence_to_host(whence: i32) -> i32 {
    match whence {
        3 => 4,
        4 => 3,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_flags_translate_and_come_back() {
        let flags = o::RDWR | o::CREAT | o::EXCL | o::NONBLOCK | o::CLOEXEC;
        assert_eq!(flags_to_host(flags), Ok(0x100_0a06));
        assert_eq!(flags_from_host(0x100_0a06), flags);
        assert_eq!(flags_to_host(o::SYNC | o::WRONLY), Ok(0x40_0081));
        assert_eq!(flags_to_host(o::DSYNC), Ok(0x40_0000));
        assert_eq!(flags_from_host(0x80), o::SYNC);
        assert_eq!(flags_to_host(o::LARGEFILE | o::NOATIME | o::DIRECT), Ok(0));
    }

    #[test]
    fn what_macos_cannot_open_is_refused_not_dropped() {
        assert_eq!(flags_to_host(o::PATH | o::DIRECTORY), Err(Errno::ENOSYS));
        assert_eq!(flags_to_host(o::TMPFILE | o::RDWR), Err(Errno::EOPNOTSUPP));
        assert_eq!(flags_to_host(o::DIRECTORY), Ok(0x10_0000));
    }

    #[test]
    fn numbers_that_changed_places() {
        assert_eq!([0, 1, 2, 3, 4, 9].map(whence_to_host), [0, 1, 2, 4, 3, 9]);
        assert_eq!(at_to_host(at::SYMLINK_NOFOLLOW | at::EMPTY_PATH), 0x20);
        assert_eq!(
            [0, 1, 2, 4, 3].map(|f| rename_to_host(f).ok()),
            [Some(0), Some(4), Some(2), None, None]
        );
    }
}
