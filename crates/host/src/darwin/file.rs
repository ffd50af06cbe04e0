//! Devices, locks, poll events and mount flags (`sys/types.h`, `sys/fcntl.h`, `sys/poll.h`,
//! `sys/mount.h`).

use abi::Errno;

use super::from_host;

/// A device number: macOS has 8 bits of major and 24 of minor number, Linux 12 and 20 in four pieces
/// (`new_encode_dev` in `linux/kdev_t.h`).
pub fn device_from_host(dev: i32) -> u64 {
    let (major, minor) = (u64::from(dev as u32 >> 24), u64::from(dev as u32 & 0xff_ffff));
    minor & 0xff | major << 8 | (minor & !0xff) << 12
}

/// The number for macOS; `EINVAL` if its major does not fit.
pub fn device_to_host(dev: u64) -> Result<i32, Errno> {
    let (major, minor) = (dev >> 8 & 0xfff, dev & 0xff | dev >> 12 & 0xff_ff00);
    match major {
        0..=0xff => Ok((major << 24 | minor) as u32 as i32),
        _ => Err(Errno::EINVAL),
    }
}

/// `F_RDLCK`, `F_WRLCK`, `F_UNLCK`: 0, 1, 2 on Linux; 1, 3, 2 on macOS.
const LOCK_KINDS: [i16; 3] = [1, 3, 2];
agree!(F_RDLCK == 1, F_WRLCK == 3, F_UNLCK == 2);

/// The kind of a record lock; `EINVAL` if there is none with that number.
pub fn lock_to_host(kind: i16) -> Result<i16, Errno> {
    let kind = usize::try_from(kind).ok().and_then(|kind| LOCK_KINDS.get(kind));
    kind.copied().ok_or(Errno::EINVAL)
}

/// Linux's number for the kind of a lock.
pub fn lock_from_host(kind: i16) -> i16 {
    LOCK_KINDS.iter().position(|host| *host == kind).unwrap_or(0) as i16
}

/// Poll events whose numbers differ; those below 0x100 are the same. `POLLWRNORM` is `POLLOUT` on
/// macOS.
const WRNORM: i16 = 0x100;
const OUT: i16 = 0x4;
const WRBAND: i16 = 0x200;
const HOST_WRBAND: i16 = 0x100;
agree!(POLLIN == 1, POLLOUT == OUT, POLLWRNORM == OUT, POLLWRBAND == HOST_WRBAND);
agree!(POLLPRI == 2, POLLERR == 8, POLLHUP == 0x10, POLLNVAL == 0x20, POLLRDNORM == 0x40);

/// Events to wait for. `POLLRDHUP` and other events that macOS does not tell go.
pub fn events_to_host(events: i16) -> i16 {
    let mut host = events & 0xff;
    if events & WRNORM != 0 {
        host |= OUT;
    }
    if events & WRBAND != 0 {
        host |= HOST_WRBAND;
    }
    host
}

/// Events that happened, of those that were waited for.
pub fn events_from_host(host: i16, wanted: i16) -> i16 {
    let mut events = host & 0xff;
    if host & OUT != 0 {
        events = events & !OUT | wanted & (OUT | WRNORM);
    }
    if host & HOST_WRBAND != 0 {
        events |= WRBAND;
    }
    events
}

table! {
    /// Flags of a mounted file system: `ST_*` of statfs(2) and `MNT_*`.
    MOUNT:
    MNT_RDONLY 1 => 0x1;
    MNT_NOSUID 2 => 0x8;
    MNT_NODEV 4 => 0x10;
    MNT_NOEXEC 8 => 0x4;
    MNT_SYNCHRONOUS 16 => 0x2;
    MNT_NOATIME 1024 => 0x1000_0000;
}
/// `ST_VALID`: the flags are meant.
const VALID: i64 = 0x20;

/// `f_flags` of statfs(2).
pub fn mount_from_host(flags: u32) -> i64 {
    from_host(u64::from(flags), MOUNT) as i64 | VALID
}

/// `f_type` for a file system's name: Linux's magic numbers where it knows the file system
/// (`linux/magic.h`; APFS as its driver has it, "NXSB").
pub fn file_system(name: &[u8]) -> i64 {
    match name {
        b"apfs" => 0x4253_584e,
        b"hfs" => 0x482b,
        b"msdos" => 0x4d44,
        b"exfat" => 0x2011_bab0,
        b"nfs" => 0x6969,
        b"smbfs" => 0x517b,
        b"devfs" => 0x1373,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_translate_and_come_back() {
        assert_eq!(device_from_host(0x0100_0004), 0x104);
        assert_eq!(device_from_host(0x1001_2345), 0x1230_1045);
        for dev in [0x0100_0004, 0x1001_2345, 0x7f0f_ffff] {
            assert_eq!(device_to_host(device_from_host(dev)), Ok(dev));
        }
        assert_eq!(device_to_host(0x1_0000), Err(Errno::EINVAL));
    }

    #[test]
    fn lock_kinds_translate_and_come_back() {
        for kind in 0..3 {
            assert_eq!(lock_to_host(kind).map(lock_from_host), Ok(kind));
        }
        assert_eq!(lock_to_host(1), Ok(3));
        assert_eq!(lock_to_host(3), Err(Errno::EINVAL));
        assert_eq!(lock_to_host(-1), Err(Errno::EINVAL));
    }

    #[test]
    fn writable_is_told_under_the_name_that_was_asked_for() {
        assert_eq!(events_to_host(WRNORM | 1), OUT | 1);
        assert_eq!(events_from_host(OUT, WRNORM), WRNORM);
        assert_eq!(events_from_host(OUT | 0x10, OUT), OUT | 0x10);
        assert_eq!(events_from_host(events_to_host(WRBAND), WRBAND), WRBAND);
        assert_eq!(events_to_host(0x2000), 0);
    }

    #[test]
    fn mount_flags_translate() {
        assert_eq!(mount_from_host(0x1 | 0x4), 0x20 | 1 | 8);
        assert_eq!([&b"apfs"[..], b"autofs"].map(file_system), [0x4253_584e, 0]);
    }
}
