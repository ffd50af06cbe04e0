//! Paths, directories, metadata, locks.

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use abi::Errno;
use abi::fs::{Flock, OpenHow, Stat, Statfs, Statx, StatxTimestamp, Timespec, at, f, o, s};
use abi::request::{self, Request};

use crate::darwin::{file, open};
use crate::fs::{Dir, Pinned, XattrOf, fchmod, fchown};
use crate::interruptible::interruptible;
use crate::io::{Dst, Src};
use crate::missing;
use crate::process::check;

/// The open file that an empty path with `AT_EMPTY_PATH` stands for, if this is one.
fn empty_path<'a>(dir: Dir<'a>, path: &CStr, flags: u32) -> Option<BorrowedFd<'a>> {
    match dir {
        Dir::Fd(fd) if flags & at::EMPTY_PATH != 0 && path.is_empty() => Some(fd),
        _ => None,
    }
}

/// The path to use: "" with `AT_EMPTY_PATH` stands for the current directory.
fn non_empty(path: &CStr, flags: u32) -> &CStr {
    if flags & at::EMPTY_PATH != 0 && path.is_empty() { c"." } else { path }
}

/// `FICLONE` (ioctl_ficlone(2)).
pub fn clone_file(_: BorrowedFd<'_>, _: BorrowedFd<'_>) -> Result<(), Errno> {
    missing::CLONE_FILE.refuse()
}

/// ioctl(2) with a request that [`abi::request`] lists.
pub fn request(
    _: BorrowedFd<'_>,
    _: &'static Request,
    _: u64,
    _: &mut [u8; request::MAX],
) -> Result<u64, Errno> {
    missing::REQUESTS.refuse()
}

/// openat(2).
pub fn openat(dir: Dir<'_>, path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd, Errno> {
    let host = open::flags_to_host(flags | o::CLOEXEC)?;
    // SAFETY: a C string. Opening a FIFO sleeps.
    let fd = unsafe { interruptible!(OPENAT, dir.raw(), path.as_ptr(), host, mode & 0o7777) }?;
    // SAFETY: a new descriptor, which nobody else owns.
    let fd = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    if flags & o::DIRECT != 0 {
        // SAFETY: no pointers.
        check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_NOCACHE, 1) })?;
    }
    Ok(fd)
}

/// Opens a directory to start from, for searching (`O_SEARCH`).
pub fn open_dir(dir: Dir<'_>, path: &CStr, follow: bool) -> Result<OwnedFd, Errno> {
    /// `O_SEARCH` of `sys/fcntl.h`: `O_EXEC` and `O_DIRECTORY`.
    const O_SEARCH: i32 = 0x4000_0000 | libc::O_DIRECTORY;
    let nofollow = if follow { 0 } else { libc::O_NOFOLLOW };
    let flags = O_SEARCH | libc::O_CLOEXEC | nofollow;
    // SAFETY: a C string.
    let fd = unsafe { interruptible!(OPENAT, dir.raw(), path.as_ptr(), flags, 0) }?;
    // SAFETY: a new descriptor, which nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Whether the volume of a directory takes names that differ by case for the same (pathconf(2)).
pub fn ignores_case(dir: BorrowedFd<'_>) -> bool {
    // SAFETY: no pointers.
    unsafe { libc::fpathconf(dir.as_raw_fd(), libc::_PC_CASE_SENSITIVE) == 0 }
}

/// The name under which a directory has what it finds as `name` (getattrlist(2), `ATTR_CMN_NAME`); of
/// a file with several it may be another one.
pub fn stored_name(dir: Dir<'_>, name: &CStr) -> Result<Vec<u8>, Errno> {
    /// Where in the result it is said, from there on, where the name is, and how long with its NUL.
    const NAME: usize = 4;
    /// As many bytes as 255 UTF-16 units can be.
    const NAME_BYTES: usize = 3 * 255 + 1;
    let mut wanted = libc::attrlist {
        bitmapcount: libc::ATTR_BIT_MAP_COUNT,
        reserved: 0,
        commonattr: libc::ATTR_CMN_NAME,
        volattr: 0,
        dirattr: 0,
        fileattr: 0,
        forkattr: 0,
    };
    let mut found = [0u8; NAME + 8 + NAME_BYTES];
    // SAFETY: a C string, a whole `attrlist`, and room of the length that is told.
    check(unsafe {
        libc::getattrlistat(
            dir.raw(),
            name.as_ptr(),
            (&raw mut wanted).cast(),
            found.as_mut_ptr().cast(),
            found.len(),
            libc::FSOPT_NOFOLLOW.into(),
        )
    })?;
    let word = |at: usize| u32::from_ne_bytes(std::array::from_fn(|i| found[at + i])) as usize;
    let start = NAME.wrapping_add(word(NAME));
    let name = found.get(start..start.wrapping_add(word(NAME + 4))).ok_or(Errno::EIO)?;
    Ok(name.strip_suffix(&[0]).unwrap_or(name).to_vec())
}

/// The file that `name` is in a directory. This host cannot hold it: only the path says which.
pub fn pin(dir: Dir<'_>, name: &CStr) -> Result<Pinned, Errno> {
    Ok(Pinned { path: path_in(dir, name)?, _held: None })
}

/// A path of the host for `name` in a directory, for calls that take no directory.
pub fn path_in(dir: Dir<'_>, name: &CStr) -> Result<CString, Errno> {
    let Dir::Fd(fd) = dir else { return Ok(name.to_owned()) };
    let mut path = own_path(fd)?.into_bytes();
    path.push(b'/');
    path.extend_from_slice(name.to_bytes());
    CString::new(path).map_err(|_| Errno::EINVAL)
}

/// openat2(2) without `RESOLVE_*`.
pub fn openat2(dir: Dir<'_>, path: &CStr, how: OpenHow) -> Result<OwnedFd, Errno> {
    if how.resolve != 0 {
        return missing::RESOLVE.refuse();
    }
    let flags = u32::try_from(how.flags).map_err(|_| Errno::EINVAL)?;
    openat(dir, path, flags, how.mode as u32)
}

type HostStat = libc::stat;

fn read_stat(call: impl FnOnce(*mut HostStat) -> i32) -> Result<HostStat, Errno> {
    let mut st = std::mem::MaybeUninit::<HostStat>::zeroed();
    check(call(st.as_mut_ptr()))?;
    // SAFETY: plain integers, zeroed before the call.
    Ok(unsafe { st.assume_init() })
}

fn stat_from_host(st: &HostStat) -> Stat {
    let time = |sec, nsec| Timespec { sec, nsec };
    Stat {
        dev: file::device_from_host(st.st_dev),
        ino: st.st_ino,
        mode: u32::from(st.st_mode),
        nlink: u32::from(st.st_nlink),
        uid: st.st_uid,
        gid: st.st_gid,
        rdev: file::device_from_host(st.st_rdev),
        size: st.st_size,
        blksize: st.st_blksize,
        blocks: st.st_blocks,
        atime: time(st.st_atime, st.st_atime_nsec),
        mtime: time(st.st_mtime, st.st_mtime_nsec),
        ctime: time(st.st_ctime, st.st_ctime_nsec),
        ..Stat::default()
    }
}

fn host_fstat(fd: BorrowedFd<'_>) -> Result<HostStat, Errno> {
    // SAFETY: a place for a whole `stat`.
    read_stat(|st| unsafe { libc::fstat(fd.as_raw_fd(), st) })
}

fn host_fstatat(dir: Dir<'_>, path: &CStr, flags: u32) -> Result<HostStat, Errno> {
    if let Some(fd) = empty_path(dir, path, flags) {
        return host_fstat(fd);
    }
    let (path, host) = (non_empty(path, flags), open::at_to_host(flags));
    // SAFETY: a C string and a place for a whole `stat`.
    read_stat(|st| unsafe { libc::fstatat(dir.raw(), path.as_ptr(), st, host) })
}

/// newfstatat(2). `flags` are `abi::fs::at`.
pub fn fstatat(dir: Dir<'_>, path: &CStr, flags: u32) -> Result<Stat, Errno> {
    host_fstatat(dir, path, flags).map(|st| stat_from_host(&st))
}

/// fstat(2).
pub fn fstat(fd: BorrowedFd<'_>) -> Result<Stat, Errno> {
    host_fstat(fd).map(|st| stat_from_host(&st))
}

/// statx(2): the basic fields and the time of birth, whatever was asked for.
pub fn statx(dir: Dir<'_>, path: &CStr, flags: u32, _mask: u32) -> Result<Statx, Errno> {
    /// `STATX_BASIC_STATS` and `STATX_BTIME` (`linux/stat.h`).
    const FILLED: u32 = 0x7ff | 0x800;
    let st = host_fstatat(dir, path, flags)?;
    let time = |sec, nsec| StatxTimestamp { sec, nsec: nsec as u32, pad: 0 };
    let major = |dev| dev as u32 >> 24;
    let minor = |dev| dev as u32 & 0xff_ffff;
    Ok(Statx {
        mask: FILLED,
        blksize: st.st_blksize as u32,
        nlink: u32::from(st.st_nlink),
        uid: st.st_uid,
        gid: st.st_gid,
        mode: st.st_mode,
        ino: st.st_ino,
        size: st.st_size as u64,
        blocks: st.st_blocks as u64,
        atime: time(st.st_atime, st.st_atime_nsec),
        btime: time(st.st_birthtime, st.st_birthtime_nsec),
        ctime: time(st.st_ctime, st.st_ctime_nsec),
        mtime: time(st.st_mtime, st.st_mtime_nsec),
        rdev_major: major(st.st_rdev),
        rdev_minor: minor(st.st_rdev),
        dev_major: major(st.st_dev),
        dev_minor: minor(st.st_dev),
        ..Statx::default()
    })
}

fn read_statfs(call: impl FnOnce(*mut libc::statfs) -> i32) -> Result<Statfs, Errno> {
    /// `NAME_MAX`; the kernel does not tell.
    const NAME_MAX: i64 = 255;
    let mut buf = std::mem::MaybeUninit::<libc::statfs>::zeroed();
    check(call(buf.as_mut_ptr()))?;
    // SAFETY: plain integers and bytes, zeroed before the call.
    let buf = unsafe { buf.assume_init() };
    let name = buf.f_fstypename.map(|byte| byte as u8);
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(Statfs {
        fs_type: file::file_system(name),
        bsize: i64::from(buf.f_bsize),
        blocks: buf.f_blocks,
        bfree: buf.f_bfree,
        bavail: buf.f_bavail,
        files: buf.f_files,
        ffree: buf.f_ffree,
        namelen: NAME_MAX,
        frsize: i64::from(buf.f_bsize),
        flags: file::mount_from_host(buf.f_flags),
        ..Statfs::default()
    })
}

/// statfs(2), following symbolic links. `f_fsid` is zero: file systems are told apart by `st_dev`.
pub fn statfs(path: &CStr) -> Result<Statfs, Errno> {
    // SAFETY: a C string and a place for a whole `statfs`.
    read_statfs(|buf| unsafe { libc::statfs(path.as_ptr(), buf) })
}

/// fstatfs(2).
pub fn fstatfs(fd: BorrowedFd<'_>) -> Result<Statfs, Errno> {
    // SAFETY: a place for a whole `statfs`.
    read_statfs(|buf| unsafe { libc::fstatfs(fd.as_raw_fd(), buf) })
}

/// mknodat(2). Regular files and FIFOs have calls of their own here.
pub fn mknodat(dir: Dir<'_>, path: &CStr, mode: u32, dev: u64) -> Result<(), Errno> {
    let host_mode = mode as libc::mode_t;
    match mode & s::IFMT {
        0 | s::IFREG => openat(dir, path, o::CREAT | o::EXCL | o::WRONLY, mode & 0o7777).map(drop),
        // SAFETY: a C string.
        s::IFIFO => check(unsafe { libc::mkfifoat(dir.raw(), path.as_ptr(), host_mode) }).map(drop),
        s::IFCHR | s::IFBLK => {
            let dev = file::device_to_host(dev)?;
            // SAFETY: a C string.
            check(unsafe { libc::mknodat(dir.raw(), path.as_ptr(), host_mode, dev) }).map(drop)
        }
        // What Linux says where a file system cannot hold such a file.
        s::IFSOCK => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}

/// unlinkat(2).
pub fn unlinkat(dir: Dir<'_>, path: &CStr, flags: u32) -> Result<(), Errno> {
    let host = if flags & at::REMOVEDIR != 0 { libc::AT_REMOVEDIR } else { 0 };
    // SAFETY: a C string.
    let result = check(unsafe { libc::unlinkat(dir.raw(), path.as_ptr(), host) }).map(drop);
    let is_dir =
        || fstatat(dir, path, at::SYMLINK_NOFOLLOW).is_ok_and(|st| st.mode & s::IFMT == s::IFDIR);
    match result {
        // For a directory, POSIX's error; Linux has its own.
        Err(Errno::EPERM) if host == 0 && is_dir() => Err(Errno::EISDIR),
        other => other,
    }
}

/// linkat(2).
pub fn linkat(
    old_dir: Dir<'_>,
    old: &CStr,
    new_dir: Dir<'_>,
    new: &CStr,
    flags: u32,
) -> Result<(), Errno> {
    if flags & at::EMPTY_PATH != 0 && old.is_empty() {
        return missing::LINK_EMPTY_PATH.refuse();
    }
    let (from, to, host) = (old_dir.raw(), new_dir.raw(), open::at_to_host(flags));
    // SAFETY: C strings.
    check(unsafe { libc::linkat(from, old.as_ptr(), to, new.as_ptr(), host) }).map(drop)
}

/// renameat2(2).
pub fn renameat2(
    old_dir: Dir<'_>,
    old: &CStr,
    new_dir: Dir<'_>,
    new: &CStr,
    flags: u32,
) -> Result<(), Errno> {
    let (from, to, host) = (old_dir.raw(), new_dir.raw(), open::rename_to_host(flags)?);
    // SAFETY: C strings.
    check(unsafe { libc::renameatx_np(from, old.as_ptr(), to, new.as_ptr(), host) }).map(drop)
}

/// faccessat2(2).
pub fn faccessat(dir: Dir<'_>, path: &CStr, mode: u32, flags: u32) -> Result<(), Errno> {
    let host = open::at_to_host(flags);
    let access = |dir: i32, path: &CStr| {
        // SAFETY: a C string.
        check(unsafe { libc::faccessat(dir, path.as_ptr(), mode as i32, host) }).map(drop)
    };
    match empty_path(dir, path, flags) {
        // There is no call for descriptors; the path is the one that the file has now.
        Some(fd) => access(libc::AT_FDCWD, &own_path(fd)?),
        None => access(dir.raw(), non_empty(path, flags)),
    }
}

/// umount2(2) with `MNT_FORCE` alone.
pub fn umount(path: &CStr, flags: u32) -> Result<(), Errno> {
    /// Linux's `MNT_FORCE` (umount(2)).
    const FORCE: u32 = 1;
    if flags & !FORCE != 0 {
        return missing::UMOUNT_FLAGS.refuse();
    }
    let host = if flags != 0 { libc::MNT_FORCE } else { 0 };
    // SAFETY: a C string.
    check(unsafe { libc::unmount(path.as_ptr(), host) }).map(drop)
}

/// getcwd(2): the path with its NUL.
pub fn getcwd(to: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: a whole slice.
    if unsafe { libc::getcwd(to.as_mut_ptr().cast(), to.len()) }.is_null() {
        return Err(crate::process::last_errno());
    }
    let path = CStr::from_bytes_until_nul(to).map_err(|_| Errno::ERANGE)?;
    Ok(path.to_bytes_with_nul().len())
}

/// fchmodat2(2).
pub fn fchmodat(dir: Dir<'_>, path: &CStr, mode: u32, flags: u32) -> Result<(), Errno> {
    if let Some(fd) = empty_path(dir, path, flags) {
        return fchmod(fd, mode);
    }
    let (path, host) = (non_empty(path, flags), open::at_to_host(flags));
    let mode = mode as libc::mode_t;
    // SAFETY: a C string.
    check(unsafe { libc::fchmodat(dir.raw(), path.as_ptr(), mode, host) }).map(drop)
}

/// fchownat(2).
pub fn fchownat(dir: Dir<'_>, path: &CStr, uid: u32, gid: u32, flags: u32) -> Result<(), Errno> {
    if let Some(fd) = empty_path(dir, path, flags) {
        return fchown(fd, uid, gid);
    }
    let (path, host) = (non_empty(path, flags), open::at_to_host(flags));
    // SAFETY: a C string.
    check(unsafe { libc::fchownat(dir.raw(), path.as_ptr(), uid, gid, host) }).map(drop)
}

fn time_to_host(time: Timespec) -> libc::timespec {
    /// Linux's (utimensat(2)).
    const UTIME_NOW: i64 = 0x3fff_ffff;
    const UTIME_OMIT: i64 = 0x3fff_fffe;
    let tv_nsec = match time.nsec {
        UTIME_NOW => libc::UTIME_NOW,
        UTIME_OMIT => libc::UTIME_OMIT,
        // What these two mean here is not a time on Linux; neither is anything above.
        libc::UTIME_NOW | libc::UTIME_OMIT => i64::MAX,
        other => other,
    };
    libc::timespec { tv_sec: time.sec, tv_nsec }
}

/// utimensat(2). No path means the file of `dir` itself; no times mean now.
pub fn utimensat(
    dir: Dir<'_>,
    path: Option<&CStr>,
    times: Option<&[Timespec; 2]>,
    flags: u32,
) -> Result<(), Errno> {
    let times = times.map(|times| times.map(time_to_host));
    let times = times.as_ref().map_or(std::ptr::null(), |times| times.as_ptr());
    let file = match (dir, path) {
        (Dir::Fd(fd), None) => Some(fd),
        (_, Some(path)) => empty_path(dir, path, flags),
        (Dir::Cwd, None) => return Err(Errno::EFAULT),
    };
    if let Some(fd) = file {
        // SAFETY: null or two `timespec`s.
        return check(unsafe { libc::futimens(fd.as_raw_fd(), times) }).map(drop);
    }
    let (path, host) = (non_empty(path.unwrap_or_default(), flags), open::at_to_host(flags));
    // SAFETY: a C string, null or two `timespec`s.
    check(unsafe { libc::utimensat(dir.raw(), path.as_ptr(), times, host) }).map(drop)
}

/// lseek(2).
pub fn lseek(fd: BorrowedFd<'_>, offset: i64, whence: i32) -> Result<u64, Errno> {
    // SAFETY: no pointers.
    let at = unsafe { libc::lseek(fd.as_raw_fd(), offset, open::whence_to_host(whence)) };
    check(at).map(|at| at as u64)
}

/// fcntl(2) commands whose argument and result are plain numbers: the owner of a descriptor; the
/// others exist on Linux only.
pub fn fcntl(fd: BorrowedFd<'_>, command: i32, arg: u64) -> Result<u64, Errno> {
    let host = match command {
        f::SETOWN => libc::F_SETOWN,
        f::GETOWN => libc::F_GETOWN,
        _ => return missing::FCNTL.refuse(),
    };
    // SAFETY: for these commands the argument is not a pointer.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), host, arg as i32) }).map(|value| value as u64)
}

/// The open flags of a descriptor (`F_GETFL`), in `asm-generic` numbers.
pub fn status_flags(fd: BorrowedFd<'_>) -> Result<u32, Errno> {
    // SAFETY: no pointers.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) }).map(open::flags_from_host)
}

/// `F_SETFL`.
pub fn set_status_flags(fd: BorrowedFd<'_>, flags: u32) -> Result<(), Errno> {
    let host = open::flags_to_host(flags & (o::APPEND | o::ASYNC | o::NONBLOCK))?;
    // SAFETY: no pointers.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, host) })?;
    // SAFETY: no pointers. Not all files have a cache to go past.
    unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_NOCACHE, i32::from(flags & o::DIRECT != 0)) };
    Ok(())
}

/// The record-lock commands of fcntl(2), POSIX and open-file-description ones.
pub fn lock(fd: BorrowedFd<'_>, command: i32, lock: &mut Flock) -> Result<(), Errno> {
    let host = match command {
        f::GETLK => libc::F_GETLK,
        f::SETLK => libc::F_SETLK,
        f::SETLKW => libc::F_SETLKW,
        f::OFD_GETLK => libc::F_OFD_GETLK,
        f::OFD_SETLK => libc::F_OFD_SETLK,
        f::OFD_SETLKW => libc::F_OFD_SETLKW,
        _ => return Err(Errno::EINVAL),
    };
    let mut value = libc::flock {
        l_start: lock.start,
        l_len: lock.len,
        l_pid: lock.pid,
        l_type: file::lock_to_host(lock.kind)?,
        l_whence: lock.whence,
    };
    // SAFETY: a whole `flock`. The waiting commands sleep.
    unsafe { interruptible!(FCNTL, fd.as_raw_fd(), host, &raw mut value) }?;
    lock.kind = file::lock_from_host(value.l_type);
    lock.whence = value.l_whence;
    (lock.start, lock.len, lock.pid) = (value.l_start, value.l_len, value.l_pid);
    Ok(())
}

/// fsync(2). The drive is told to write, too (`F_FULLFSYNC`), which fsync(2) implies on Linux alone.
pub fn fsync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: no pointers.
    match unsafe { interruptible!(FCNTL, fd.as_raw_fd(), libc::F_FULLFSYNC) } {
        Ok(_) => Ok(()),
        Err(Errno::EINTR) => Err(Errno::EINTR),
        // Not every file system knows it.
        // SAFETY: no pointers.
        Err(_) => unsafe { interruptible!(FSYNC, fd.as_raw_fd()) }.map(drop),
    }
}

/// posix_fadvise(2). Advice without a like has no effect, as it may on Linux.
pub fn fadvise(fd: BorrowedFd<'_>, offset: i64, len: i64, advice: i32) -> Result<(), Errno> {
    const RANDOM: i32 = 1;
    const SEQUENTIAL: i32 = 2;
    const WILLNEED: i32 = 3;
    const NOREUSE: i32 = 5;
    // SAFETY: no pointers. A pipe has no advice to take.
    check(unsafe { libc::lseek(fd.as_raw_fd(), 0, libc::SEEK_CUR) })?;
    match advice {
        // SAFETY: no pointers.
        RANDOM | SEQUENTIAL => check(unsafe {
            libc::fcntl(fd.as_raw_fd(), libc::F_RDAHEAD, i32::from(advice == SEQUENTIAL))
        })
        .map(drop),
        WILLNEED => readahead(fd, offset, usize::try_from(len).map_err(|_| Errno::EINVAL)?),
        0..=NOREUSE if len >= 0 => Ok(()),
        _ => Err(Errno::EINVAL),
    }
}

/// readahead(2).
pub fn readahead(fd: BorrowedFd<'_>, offset: i64, count: usize) -> Result<(), Errno> {
    let range =
        libc::radvisory { ra_offset: offset, ra_count: i32::try_from(count).unwrap_or(i32::MAX) };
    // SAFETY: a whole `radvisory`.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_RDADVISE, &raw const range) }).map(drop)
}

/// `XATTR_NOFOLLOW` for a link.
fn xattr_options(of: &XattrOf<'_>) -> i32 {
    if matches!(of, XattrOf::Link(_)) { libc::XATTR_NOFOLLOW } else { 0 }
}

/// setxattr(2) and its relatives. Names are passed on with the namespace that Linux puts in front.
pub fn setxattr(of: XattrOf<'_>, name: &CStr, value: Src<'_>, flags: i32) -> Result<(), Errno> {
    /// Linux's `XATTR_CREATE` and `XATTR_REPLACE`.
    const CREATE: i32 = 1;
    const REPLACE: i32 = 2;
    let mut options = xattr_options(&of);
    for (linux, host) in [(CREATE, libc::XATTR_CREATE), (REPLACE, libc::XATTR_REPLACE)] {
        if flags & linux != 0 {
            options |= host;
        }
    }
    if flags & !(CREATE | REPLACE) != 0 {
        return Err(Errno::EINVAL);
    }
    let (from, len) = (value.as_ptr().cast_const().cast(), value.len());
    // SAFETY: C strings and memory that may be read.
    check(unsafe {
        match of {
            XattrOf::Path(path) | XattrOf::Link(path) => {
                libc::setxattr(path.as_ptr(), name.as_ptr(), from, len, 0, options)
            }
            XattrOf::Fd(fd) => {
                libc::fsetxattr(fd.as_raw_fd(), name.as_ptr(), from, len, 0, options)
            }
        }
    })
    .map(drop)
}

/// getxattr(2) and its relatives; an empty buffer asks for the size.
pub fn getxattr(of: XattrOf<'_>, name: &CStr, to: Dst<'_>) -> Result<usize, Errno> {
    let options = xattr_options(&of);
    let place = if to.is_empty() { std::ptr::null_mut() } else { to.as_ptr().cast() };
    // SAFETY: C strings and memory that may be written to.
    check(unsafe {
        match of {
            XattrOf::Path(path) | XattrOf::Link(path) => {
                libc::getxattr(path.as_ptr(), name.as_ptr(), place, to.len(), 0, options)
            }
            XattrOf::Fd(fd) => {
                libc::fgetxattr(fd.as_raw_fd(), name.as_ptr(), place, to.len(), 0, options)
            }
        }
    })
    .map(|len| len as usize)
}

/// listxattr(2) and its relatives; an empty buffer asks for the size.
pub fn listxattr(of: XattrOf<'_>, to: Dst<'_>) -> Result<usize, Errno> {
    let options = xattr_options(&of);
    let place = if to.is_empty() { std::ptr::null_mut() } else { to.as_ptr().cast() };
    // SAFETY: a C string and memory that may be written to.
    check(unsafe {
        match of {
            XattrOf::Path(path) | XattrOf::Link(path) => {
                libc::listxattr(path.as_ptr(), place, to.len(), options)
            }
            XattrOf::Fd(fd) => libc::flistxattr(fd.as_raw_fd(), place, to.len(), options),
        }
    })
    .map(|len| len as usize)
}

/// removexattr(2) and its relatives.
pub fn removexattr(of: XattrOf<'_>, name: &CStr) -> Result<(), Errno> {
    let options = xattr_options(&of);
    // SAFETY: C strings.
    check(unsafe {
        match of {
            XattrOf::Path(path) | XattrOf::Link(path) => {
                libc::removexattr(path.as_ptr(), name.as_ptr(), options)
            }
            XattrOf::Fd(fd) => libc::fremovexattr(fd.as_raw_fd(), name.as_ptr(), options),
        }
    })
    .map(drop)
}

/// The directory of this process's descriptors.
pub(crate) const DESCRIPTORS: &str = "/dev/fd";

/// How many descriptors this process has: only a listing of that directory says.
pub(crate) fn descriptor_count() -> Option<usize> {
    None
}

/// Kinds of owners (`linux/fcntl.h`).
const F_OWNER_PID: i32 = 1;
const F_OWNER_PGRP: i32 = 2;

/// `F_GETOWN_EX`: kind and id. Here a negative owner is a group.
pub fn owner(fd: BorrowedFd<'_>) -> Result<[i32; 2], Errno> {
    let owner = fcntl(fd, f::GETOWN, 0)? as i32;
    Ok(if owner < 0 { [F_OWNER_PGRP, -owner] } else { [F_OWNER_PID, owner] })
}

/// `F_SETOWN_EX`.
pub fn set_owner(fd: BorrowedFd<'_>, owner: [i32; 2]) -> Result<(), Errno> {
    let owner = match owner {
        [F_OWNER_PID, id] => id,
        [F_OWNER_PGRP, id] => id.checked_neg().ok_or(Errno::EINVAL)?,
        [0, _] => return missing::OWNER_THREAD.refuse(),
        _ => return Err(Errno::EINVAL),
    };
    fcntl(fd, f::SETOWN, owner as u64).map(drop)
}

/// The path that an open file has now.
fn own_path(fd: BorrowedFd<'_>) -> Result<CString, Errno> {
    let mut path = [0u8; libc::PATH_MAX as usize];
    // SAFETY: room for the longest path (fcntl(2), `F_GETPATH`).
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETPATH, path.as_mut_ptr()) })?;
    CStr::from_bytes_until_nul(&path).map(CStr::to_owned).map_err(|_| Errno::ENAMETOOLONG)
}

/// Opens an open file once more, for reading, by its path: `/dev/fd` would only duplicate it.
pub fn reopen(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    openat(Dir::Cwd, &own_path(fd)?, o::RDONLY, 0)
}

/// The path that an open file has now: how many bytes of it were written to `to`.
pub fn path_of(fd: BorrowedFd<'_>, to: &mut [u8]) -> Result<usize, Errno> {
    let path = own_path(fd)?;
    let len = path.as_bytes().len().min(to.len());
    to[..len].copy_from_slice(&path.as_bytes()[..len]);
    Ok(len)
}

not_here! {
    getdents64(fd: BorrowedFd<'_>, to: Dst<'_>) -> usize = GETDENTS;
    fallocate(fd: BorrowedFd<'_>, mode: i32, offset: i64, len: i64) -> () = FALLOCATE;
    memfd_create(name: &CStr, flags: u32) -> OwnedFd = MEMFD;
    memfd_secret(flags: u32) -> OwnedFd = MEMFD;
    cachestat(fd: BorrowedFd<'_>, range: [u64; 2], flags: u32) -> [u64; 5] = CACHESTAT;
    eventfd(initial: u32, flags: u32) -> OwnedFd = EVENTFD;
    syncfs(fd: BorrowedFd<'_>) -> () = SYNC_RANGE;
    sync_file_range(fd: BorrowedFd<'_>, offset: i64, len: i64, flags: u32) -> () = SYNC_RANGE;
    is_same_description(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> bool = SAME_DESCRIPTION;
    rw_hint(fd: BorrowedFd<'_>, command: i32) -> u64 = RW_HINT;
    set_rw_hint(fd: BorrowedFd<'_>, command: i32, hint: u64) -> () = RW_HINT;
}

/// close_range(2), which this host lacks: `false`.
pub(crate) fn close_range(_: i32, _: i32) -> bool {
    false
}
