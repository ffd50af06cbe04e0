//! Paths, directories, metadata, locks: system calls of the host, most with the guest's arguments.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use abi::Errno;
use abi::fs::{Flock, OpenHow, Stat, Statfs, Statx, Timespec, at, o, s};
use abi::request::{self, Direction, Request};

use super::io::owned;
use super::syscall::sys;
use crate::folding::{self, actual};
use crate::fs::{Dir, Pinned, XattrOf, readlinkat};
use crate::io::{Dst, Src};

/// `asm-generic` open flags in this host's numbers.
fn to_host(flags: u32) -> u32 {
    if cfg!(target_arch = "aarch64") { abi::aarch64::open::swap(flags) } else { flags }
}

/// `FICLONE` (ioctl_ficlone(2)): makes `to` share all that `from` holds.
pub fn clone_file(to: BorrowedFd<'_>, from: BorrowedFd<'_>) -> Result<(), Errno> {
    let request = abi::term::ioctl::FICLONE;
    // SAFETY: the request takes no pointer.
    unsafe { sys!(SYS_ioctl, to.as_raw_fd(), request, from.as_raw_fd()) }.map(drop)
}

/// ioctl(2) with a request that [`abi::request`] lists, whose record begins `record`, or with the number `arg`. Returns what the
/// call returns. May wait, for output to drain or for the foreground.
pub fn request(
    fd: BorrowedFd<'_>,
    request: &'static Request,
    arg: u64,
    record: &mut [u8; request::MAX],
) -> Result<u64, Errno> {
    let arg = if request.direction == Direction::Number { arg } else { record.as_mut_ptr() as u64 };
    // SAFETY: the table says that the argument is a number, or a record which is no longer than `record`.
    unsafe { sys!(interruptible: SYS_ioctl, fd.as_raw_fd(), request.number, arg) }
        .map(|value| value as u64)
}

/// openat(2).
pub fn openat(dir: Dir<'_>, path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd, Errno> {
    let path = &*actual(dir, path);
    let flags = to_host(flags | o::CLOEXEC);
    // SAFETY: a C string; the result is a new descriptor. Opening a FIFO sleeps.
    unsafe {
        sys!(interruptible: SYS_openat, dir.raw(), path.as_ptr(), flags, mode).map(|fd| owned(fd))
    }
}

/// openat2(2).
pub fn openat2(dir: Dir<'_>, path: &CStr, how: OpenHow) -> Result<OwnedFd, Errno> {
    let path = &*actual(dir, path);
    let high = how.flags & !u64::from(u32::MAX);
    let flags = high | u64::from(to_host(how.flags as u32 | o::CLOEXEC));
    let how = OpenHow { flags, ..how };
    // SAFETY: a C string and a whole `open_how`; the result is a new descriptor.
    unsafe {
        sys!(
            interruptible: SYS_openat2,
            dir.raw(), path.as_ptr(), &raw const how, size_of::<OpenHow>()
        )
        .map(|fd| owned(fd))
    }
}

/// Opens a directory to start from: searching it is not asked for yet, reading it never.
/// `ENOTDIR` for all else, a symbolic link among it unless `follow`.
pub fn open_dir(dir: Dir<'_>, path: &CStr, follow: bool) -> Result<OwnedFd, Errno> {
    let nofollow = if follow { 0 } else { o::NOFOLLOW };
    openat(dir, path, o::PATH | o::DIRECTORY | nofollow, 0)
}

/// Whether the volume of a directory takes names that differ by case for the same. No Linux does
/// but for directories that are made so (`chattr +F`), which are not looked for.
pub fn ignores_case(_dir: BorrowedFd<'_>) -> bool {
    folding::is_asked_for()
}

/// The name under which a directory has what it finds as `name`.
pub fn stored_name(dir: Dir<'_>, name: &CStr) -> Result<Vec<u8>, Errno> {
    let name = actual(dir, name);
    fstatat(dir, &name, at::SYMLINK_NOFOLLOW)?;
    Ok(name.to_bytes().to_vec())
}

/// Holds the file that `name` is in a directory, a final link itself.
pub fn pin(dir: Dir<'_>, name: &CStr) -> Result<Pinned, Errno> {
    let held = openat(dir, name, o::PATH | o::NOFOLLOW, 0)?;
    Ok(Pinned { path: link_to(held.as_fd())?, _held: Some(held) })
}

/// The link in `/proc` to an open file.
fn link_to(fd: BorrowedFd<'_>) -> Result<CString, Errno> {
    CString::new(format!("/proc/self/fd/{}", fd.as_raw_fd())).map_err(|_| Errno::EINVAL)
}

/// A path of the host for `name` in a directory, for calls that take no directory.
pub fn path_in(dir: Dir<'_>, name: &CStr) -> Result<CString, Errno> {
    let Dir::Fd(fd) = dir else { return Ok(name.to_owned()) };
    let mut path = link_to(fd)?.into_bytes();
    path.push(b'/');
    path.extend_from_slice(name.to_bytes());
    CString::new(path).map_err(|_| Errno::EINVAL)
}

/// `struct stat` of the x86-64 kernel.
#[cfg(target_arch = "x86_64")]
fn stat_with(call: impl FnOnce(*mut libc::stat) -> Result<usize, Errno>) -> Result<Stat, Errno> {
    let mut st = std::mem::MaybeUninit::<libc::stat>::zeroed();
    call(st.as_mut_ptr())?;
    // SAFETY: plain integers, zeroed before the call.
    let st = unsafe { st.assume_init() };
    let time = |sec, nsec| Timespec { sec, nsec };
    Ok(Stat {
        dev: st.st_dev,
        ino: st.st_ino,
        mode: st.st_mode,
        nlink: st.st_nlink as u32,
        uid: st.st_uid,
        gid: st.st_gid,
        rdev: st.st_rdev,
        size: st.st_size,
        blksize: st.st_blksize as i32,
        blocks: st.st_blocks,
        atime: time(st.st_atime, st.st_atime_nsec),
        mtime: time(st.st_mtime, st.st_mtime_nsec),
        ctime: time(st.st_ctime, st.st_ctime_nsec),
        ..Stat::default()
    })
}

/// `struct stat` of the aarch64 kernel, which is the `asm-generic` one.
#[cfg(target_arch = "aarch64")]
fn stat_with(call: impl FnOnce(*mut Stat) -> Result<usize, Errno>) -> Result<Stat, Errno> {
    let mut st = Stat::default();
    call(&raw mut st)?;
    Ok(st)
}

/// newfstatat(2). `flags` are `abi::fs::at`.
pub fn fstatat(dir: Dir<'_>, path: &CStr, flags: u32) -> Result<Stat, Errno> {
    let path = &*actual(dir, path);
    // SAFETY: a C string and a place for a whole `stat`.
    stat_with(|st| unsafe { sys!(SYS_newfstatat, dir.raw(), path.as_ptr(), st, flags) })
}

/// fstat(2).
pub fn fstat(fd: BorrowedFd<'_>) -> Result<Stat, Errno> {
    // SAFETY: a place for a whole `stat`.
    stat_with(|st| unsafe { sys!(SYS_fstat, fd.as_raw_fd(), st) })
}

/// statx(2).
pub fn statx(dir: Dir<'_>, path: &CStr, flags: u32, mask: u32) -> Result<Statx, Errno> {
    let path = &*actual(dir, path);
    let mut stx = Statx::default();
    // SAFETY: a C string and a place for a whole `statx`.
    unsafe { sys!(SYS_statx, dir.raw(), path.as_ptr(), flags, mask, &raw mut stx) }?;
    Ok(stx)
}

/// statfs(2), following symbolic links.
pub fn statfs(path: &CStr) -> Result<Statfs, Errno> {
    let mut buf = Statfs::default();
    // SAFETY: a C string and a place for a whole `statfs`.
    unsafe { sys!(SYS_statfs, path.as_ptr(), &raw mut buf) }?;
    Ok(buf)
}

/// fstatfs(2).
pub fn fstatfs(fd: BorrowedFd<'_>) -> Result<Statfs, Errno> {
    let mut buf = Statfs::default();
    // SAFETY: a place for a whole `statfs`.
    unsafe { sys!(SYS_fstatfs, fd.as_raw_fd(), &raw mut buf) }?;
    Ok(buf)
}

/// getdents64(2): `struct linux_dirent64` records, the same on every architecture.
pub fn getdents64(fd: BorrowedFd<'_>, to: Dst<'_>) -> Result<usize, Errno> {
    // SAFETY: memory that may be written to.
    unsafe { sys!(SYS_getdents64, fd.as_raw_fd(), to.as_ptr(), to.len()) }
}

/// mknodat(2).
pub fn mknodat(dir: Dir<'_>, path: &CStr, mode: u32, dev: u64) -> Result<(), Errno> {
    let path = &*actual(dir, path);
    // SAFETY: a C string.
    unsafe { sys!(SYS_mknodat, dir.raw(), path.as_ptr(), mode, dev) }.map(drop)
}

/// unlinkat(2).
pub fn unlinkat(dir: Dir<'_>, path: &CStr, flags: u32) -> Result<(), Errno> {
    let path = &*actual(dir, path);
    // SAFETY: a C string.
    unsafe { sys!(SYS_unlinkat, dir.raw(), path.as_ptr(), flags) }.map(drop)
}

/// linkat(2).
pub fn linkat(
    old_dir: Dir<'_>,
    old: &CStr,
    new_dir: Dir<'_>,
    new: &CStr,
    flags: u32,
) -> Result<(), Errno> {
    let (old, new) = (&*actual(old_dir, old), &*actual(new_dir, new));
    // SAFETY: C strings.
    unsafe {
        sys!(SYS_linkat, old_dir.raw(), old.as_ptr(), new_dir.raw(), new.as_ptr(), flags).map(drop)
    }
}

/// renameat2(2).
pub fn renameat2(
    old_dir: Dir<'_>,
    old: &CStr,
    new_dir: Dir<'_>,
    new: &CStr,
    flags: u32,
) -> Result<(), Errno> {
    let (old, new) = (&*actual(old_dir, old), &*actual(new_dir, new));
    // SAFETY: C strings.
    unsafe {
        sys!(SYS_renameat2, old_dir.raw(), old.as_ptr(), new_dir.raw(), new.as_ptr(), flags)
            .map(drop)
    }
}

/// fallocate(2).
pub fn fallocate(fd: BorrowedFd<'_>, mode: i32, offset: i64, len: i64) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(interruptible: SYS_fallocate, fd.as_raw_fd(), mode, offset, len) }.map(drop)
}

/// faccessat2(2).
pub fn faccessat(dir: Dir<'_>, path: &CStr, mode: u32, flags: u32) -> Result<(), Errno> {
    let path = &*actual(dir, path);
    // SAFETY: a C string.
    unsafe { sys!(SYS_faccessat2, dir.raw(), path.as_ptr(), mode, flags) }.map(drop)
}

/// umount2(2).
pub fn umount(path: &CStr, flags: u32) -> Result<(), Errno> {
    // SAFETY: a C string.
    unsafe { sys!(SYS_umount2, path.as_ptr(), flags) }.map(drop)
}

/// getcwd(2): the path with its NUL; `(unreachable)` in front where Linux puts it.
pub fn getcwd(to: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: a whole slice.
    unsafe { sys!(SYS_getcwd, to.as_mut_ptr(), to.len()) }
}

/// fchmodat2(2) (Linux 6.6; without it, the older call and what stands in for
/// `AT_SYMLINK_NOFOLLOW`).
pub fn fchmodat(dir: Dir<'_>, path: &CStr, mode: u32, flags: u32) -> Result<(), Errno> {
    let path = &*actual(dir, path);
    /// `__NR_fchmodat2`, the same number on every architecture.
    const SYS_FCHMODAT2: libc::c_long = 452;
    if flags == 0 {
        // SAFETY: a C string.
        return unsafe { sys!(SYS_fchmodat, dir.raw(), path.as_ptr(), mode) }.map(drop);
    }
    let args = [dir.raw() as usize, path.as_ptr() as usize, mode as usize, flags as usize, 0, 0];
    // SAFETY: a C string.
    match unsafe { super::syscall::syscall(SYS_FCHMODAT2, args) } {
        Err(Errno::ENOSYS) if flags == at::SYMLINK_NOFOLLOW => {
            let pinned = pin(dir, path)?;
            if fstatat(Dir::Cwd, &pinned.path, 0)?.mode & s::IFMT == s::IFLNK {
                return Err(Errno::EOPNOTSUPP);
            }
            fchmodat(Dir::Cwd, &pinned.path, mode, 0)
        }
        result => result.map(drop),
    }
}

/// fchownat(2).
pub fn fchownat(dir: Dir<'_>, path: &CStr, uid: u32, gid: u32, flags: u32) -> Result<(), Errno> {
    let path = &*actual(dir, path);
    // SAFETY: a C string.
    unsafe { sys!(SYS_fchownat, dir.raw(), path.as_ptr(), uid, gid, flags) }.map(drop)
}

/// utimensat(2). No path means the file of `dir` itself; no times mean now.
pub fn utimensat(
    dir: Dir<'_>,
    path: Option<&CStr>,
    times: Option<&[Timespec; 2]>,
    flags: u32,
) -> Result<(), Errno> {
    let path = path.map(|path| actual(dir, path));
    let path = path.as_deref().map_or(std::ptr::null(), CStr::as_ptr);
    let times = times.map_or(std::ptr::null(), |times| times.as_ptr());
    // SAFETY: null or a C string, null or two `timespec`s.
    unsafe { sys!(SYS_utimensat, dir.raw(), path, times, flags) }.map(drop)
}

/// lseek(2).
pub fn lseek(fd: BorrowedFd<'_>, offset: i64, whence: i32) -> Result<u64, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_lseek, fd.as_raw_fd(), offset, whence) }.map(|at| at as u64)
}

/// fcntl(2) commands whose argument and result are plain numbers. Open flags are this host's.
pub fn fcntl(fd: BorrowedFd<'_>, command: i32, arg: u64) -> Result<u64, Errno> {
    // SAFETY: for the callers' commands the argument is not a pointer.
    unsafe { sys!(SYS_fcntl, fd.as_raw_fd(), command, arg) }.map(|value| value as u64)
}

/// The open flags of a descriptor (`F_GETFL`), in `asm-generic` numbers.
pub fn status_flags(fd: BorrowedFd<'_>) -> Result<u32, Errno> {
    fcntl(fd, abi::fs::f::GETFL, 0).map(|flags| to_host(flags as u32))
}

/// `F_SETFL`.
pub fn set_status_flags(fd: BorrowedFd<'_>, flags: u32) -> Result<(), Errno> {
    fcntl(fd, abi::fs::f::SETFL, u64::from(to_host(flags))).map(drop)
}

/// The record-lock commands of fcntl(2), POSIX and open-file-description ones.
pub fn lock(fd: BorrowedFd<'_>, command: i32, lock: &mut Flock) -> Result<(), Errno> {
    // SAFETY: a whole `flock`. The waiting commands sleep.
    unsafe { sys!(interruptible: SYS_fcntl, fd.as_raw_fd(), command, std::ptr::from_mut(lock)) }
        .map(drop)
}

/// fsync(2).
pub fn fsync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(interruptible: SYS_fsync, fd.as_raw_fd()) }.map(drop)
}

/// syncfs(2).
pub fn syncfs(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_syncfs, fd.as_raw_fd()) }.map(drop)
}

/// sync_file_range(2).
pub fn sync_file_range(fd: BorrowedFd<'_>, offset: i64, len: i64, flags: u32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(interruptible: SYS_sync_file_range, fd.as_raw_fd(), offset, len, flags) }
        .map(drop)
}

/// posix_fadvise(2).
pub fn fadvise(fd: BorrowedFd<'_>, offset: i64, len: i64, advice: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_fadvise64, fd.as_raw_fd(), offset, len, advice) }.map(drop)
}

/// readahead(2).
pub fn readahead(fd: BorrowedFd<'_>, offset: i64, count: usize) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_readahead, fd.as_raw_fd(), offset, count) }.map(drop)
}

/// memfd_create(2): an anonymous file, close-on-exec.
pub fn memfd_create(name: &CStr, flags: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: a C string; the result is a new descriptor.
    unsafe { sys!(SYS_memfd_create, name.as_ptr(), flags | libc::MFD_CLOEXEC).map(|fd| owned(fd)) }
}

/// memfd_secret(2): an anonymous file that the host's kernel does not look into, close-on-exec.
pub fn memfd_secret(flags: u32) -> Result<OwnedFd, Errno> {
    let flags = flags | libc::O_CLOEXEC as u32;
    // SAFETY: no pointers; the result is a new descriptor.
    unsafe { sys!(SYS_memfd_secret, flags).map(|fd| owned(fd)) }
}

/// cachestat(2), of `[offset, length]`: pages cached, dirty, being written, evicted, and of those
/// recently.
pub fn cachestat(fd: BorrowedFd<'_>, range: [u64; 2], flags: u32) -> Result<[u64; 5], Errno> {
    /// The same on all architectures; not in every libc.
    const SYS_CACHESTAT: libc::c_long = 451;
    let mut counts = [0; 5];
    // SAFETY: `struct cachestat_range` and `struct cachestat`.
    let result = unsafe {
        super::syscall::syscall(
            SYS_CACHESTAT,
            [
                fd.as_raw_fd() as usize,
                range.as_ptr() as usize,
                counts.as_mut_ptr() as usize,
                flags as usize,
                0,
                0,
            ],
        )
    };
    result.map(|_| counts)
}

/// eventfd2(2): a counter behind a descriptor, close-on-exec.
pub fn eventfd(initial: u32, flags: u32) -> Result<OwnedFd, Errno> {
    let flags = flags | libc::EFD_CLOEXEC as u32;
    // SAFETY: no pointers; the result is a new descriptor.
    unsafe { sys!(SYS_eventfd2, initial, flags).map(|fd| owned(fd)) }
}

impl XattrOf<'_> {
    fn pick(self, calls: [libc::c_long; 3]) -> (libc::c_long, usize) {
        match self {
            XattrOf::Path(path) => (calls[0], path.as_ptr() as usize),
            XattrOf::Link(path) => (calls[1], path.as_ptr() as usize),
            XattrOf::Fd(fd) => (calls[2], fd.as_raw_fd() as usize),
        }
    }
}

/// setxattr(2) and its relatives.
pub fn setxattr(of: XattrOf<'_>, name: &CStr, value: Src<'_>, flags: i32) -> Result<(), Errno> {
    let (nr, file) = of.pick([libc::SYS_setxattr, libc::SYS_lsetxattr, libc::SYS_fsetxattr]);
    let args =
        [file, name.as_ptr() as usize, value.as_ptr() as usize, value.len(), flags as usize, 0];
    // SAFETY: C strings and memory that may be read.
    unsafe { super::syscall::syscall(nr, args) }.map(drop)
}

/// getxattr(2) and its relatives; an empty buffer asks for the size.
pub fn getxattr(of: XattrOf<'_>, name: &CStr, to: Dst<'_>) -> Result<usize, Errno> {
    let (nr, file) = of.pick([libc::SYS_getxattr, libc::SYS_lgetxattr, libc::SYS_fgetxattr]);
    let args = [file, name.as_ptr() as usize, to.as_ptr() as usize, to.len(), 0, 0];
    // SAFETY: C strings and memory that may be written to.
    unsafe { super::syscall::syscall(nr, args) }
}

/// listxattr(2) and its relatives; an empty buffer asks for the size.
pub fn listxattr(of: XattrOf<'_>, to: Dst<'_>) -> Result<usize, Errno> {
    let (nr, file) = of.pick([libc::SYS_listxattr, libc::SYS_llistxattr, libc::SYS_flistxattr]);
    // SAFETY: a C string and memory that may be written to.
    unsafe { super::syscall::syscall(nr, [file, to.as_ptr() as usize, to.len(), 0, 0, 0]) }
}

/// removexattr(2) and its relatives.
pub fn removexattr(of: XattrOf<'_>, name: &CStr) -> Result<(), Errno> {
    let (nr, file) =
        of.pick([libc::SYS_removexattr, libc::SYS_lremovexattr, libc::SYS_fremovexattr]);
    // SAFETY: C strings.
    unsafe { super::syscall::syscall(nr, [file, name.as_ptr() as usize, 0, 0, 0, 0]) }.map(drop)
}

/// The directory of this process's descriptors.
pub(crate) const DESCRIPTORS: &str = "/proc/self/fd";

/// How many descriptors this process has, if that is known: the size of that directory, since Linux 6.2.
pub(crate) fn descriptor_count() -> Option<usize> {
    let size = std::fs::metadata(DESCRIPTORS).ok()?.len();
    (size > 0).then_some(size as usize)
}

/// Whether two descriptors share an open file description (`F_DUPFD_QUERY`, Linux 6.10).
pub fn is_same_description(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> Result<bool, Errno> {
    fcntl(a, abi::fs::f::DUPFD_QUERY, b.as_raw_fd() as u64).map(|same| same != 0)
}

/// `F_GET_RW_HINT` or `F_GET_FILE_RW_HINT`.
pub fn rw_hint(fd: BorrowedFd<'_>, command: i32) -> Result<u64, Errno> {
    let mut hint = 0u64;
    // SAFETY: the commands take a pointer to 64 bits.
    unsafe { sys!(SYS_fcntl, fd.as_raw_fd(), command, &raw mut hint) }?;
    Ok(hint)
}

/// `F_SET_RW_HINT` or `F_SET_FILE_RW_HINT`.
pub fn set_rw_hint(fd: BorrowedFd<'_>, command: i32, hint: u64) -> Result<(), Errno> {
    // SAFETY: the commands take a pointer to 64 bits.
    unsafe { sys!(SYS_fcntl, fd.as_raw_fd(), command, &raw const hint) }.map(drop)
}

/// `F_GETOWN_EX`: kind and id.
pub fn owner(fd: BorrowedFd<'_>) -> Result<[i32; 2], Errno> {
    let mut owner = [0i32; 2];
    // SAFETY: a whole `struct f_owner_ex`.
    unsafe { sys!(SYS_fcntl, fd.as_raw_fd(), abi::fs::f::GETOWN_EX, owner.as_mut_ptr()) }?;
    Ok(owner)
}

/// `F_SETOWN_EX`.
pub fn set_owner(fd: BorrowedFd<'_>, owner: [i32; 2]) -> Result<(), Errno> {
    // SAFETY: a whole `struct f_owner_ex`.
    unsafe { sys!(SYS_fcntl, fd.as_raw_fd(), abi::fs::f::SETOWN_EX, owner.as_ptr()) }.map(drop)
}

/// Opens an open file once more, for reading; it may be `O_PATH`.
pub fn reopen(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    openat(Dir::Cwd, &link_to(fd)?, o::RDONLY, 0)
}

/// The path that an open file has now: how many bytes of it were written to `to`.
pub fn path_of(fd: BorrowedFd<'_>, to: &mut [u8]) -> Result<usize, Errno> {
    readlinkat(Dir::Cwd, &link_to(fd)?, to.into())
}

/// close_range(2), since Linux 5.9: closes what is open from `first` to `last`. Whether the host can.
pub(crate) fn close_range(first: i32, last: i32) -> bool {
    // SAFETY: no pointers. The caller says that nobody uses these.
    unsafe { sys!(SYS_close_range, first, last, 0) }.is_ok()
}
