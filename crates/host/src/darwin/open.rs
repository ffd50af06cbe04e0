//! Open flags, `AT_*` flags and the like (`sys/fcntl.h`).

use abi::Errno;
use abi::fs::{at, o};

use super::{from_host, to_host};
use crate::missing;

const O_ACCMODE: u64 = 3;

table! {
    /// Open flags but for `O_SYNC`, which contains `O_DSYNC` on Linux.
    FLAGS:
    O_CREAT o::CREAT as u64 => 0x200;
    O_EXCL o::EXCL as u64 => 0x800;
    O_NOCTTY o::NOCTTY as u64 => 0x2_0000;
    O_TRUNC o::TRUNC as u64 => 0x400;
    O_APPEND o::APPEND as u64 => 0x8;
    O_NONBLOCK o::NONBLOCK as u64 => 0x4;
    O_ASYNC o::ASYNC as u64 => 0x40;
    O_DIRECTORY o::DIRECTORY as u64 => 0x10_0000;
    O_NOFOLLOW o::NOFOLLOW as u64 => 0x100;
    O_CLOEXEC o::CLOEXEC as u64 => 0x100_0000;
    O_DSYNC o::DSYNC as u64 => 0x40_0000;
}
const HOST_SYNC: u64 = 0x80;
agree!(O_ACCMODE == O_ACCMODE, O_SYNC == HOST_SYNC);

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
    Ok((flags & O_ACCMODE | to_host(flags, FLAGS) | sync) as i32)
}

/// Linux's open flags for what macOS's `F_GETFL` says.
pub fn flags_from_host(flags: i32) -> u32 {
    let flags = flags as u64;
    let sync = if flags & HOST_SYNC != 0 { o::SYNC } else { 0 };
    (flags & O_ACCMODE | from_host(flags, FLAGS)) as u32 | sync
}

table! {
    /// `AT_*` flags that the calls share. `AT_REMOVEDIR` and `AT_EACCESS` are one bit on Linux;
    /// unlinkat(2) converts its only flag itself.
    AT:
    AT_SYMLINK_NOFOLLOW at::SYMLINK_NOFOLLOW as u64 => 0x20;
    AT_SYMLINK_FOLLOW at::SYMLINK_FOLLOW as u64 => 0x40;
    AT_EACCESS at::EACCESS as u64 => 0x10;
}

/// macOS's `AT_*` flags for those of Linux that have a like.
pub fn at_to_host(flags: u32) -> i32 {
    to_host(u64::from(flags), AT) as i32
}

agree!(RENAME_EXCL == 4, RENAME_SWAP == 2, SEEK_HOLE == 3, SEEK_DATA == 4);

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
