//! Extended attributes: setxattr(2), getxattr(2), listxattr(2), removexattr(2), each by path, by
//! path without following a final link, and by descriptor.

use std::ffi::CString;

use abi::Errno;
use abi::fs::AT_FDCWD;
use host::fs::XattrOf;
use mem::{UserSlice, UserStr};

use super::Last;
use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{DirFd, Fd, InBuf, OutBuf, Path};

/// `XATTR_NAME_MAX` and `XATTR_SIZE_MAX` (`linux/limits.h`).
const NAME_MAX: usize = 255;
const SIZE_MAX: u64 = 65536;

/// An attribute's name: `ERANGE` if empty or too long.
fn name(t: &Task, name: UserStr) -> Result<CString, Errno> {
    match name.read(t.space(), NAME_MAX + 1) {
        Ok(name) if name.is_empty() => Err(Errno::ERANGE),
        Err(Errno::ENAMETOOLONG) => Err(Errno::ERANGE),
        other => other,
    }
}

/// Finds the file for `call`.
fn with<T>(
    t: &Task,
    path: Path,
    last: Last,
    call: impl FnOnce(XattrOf<'_>) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let at = t.at(DirFd(AT_FDCWD), path, last)?;
    match last {
        Last::Follow => call(XattrOf::Path(at.pin()?.path())),
        _ => call(XattrOf::Link(&at.host_path()?)),
    }
}

fn set(t: &Task, of: XattrOf<'_>, key: UserStr, value: InBuf, size: u64, flags: i32) -> SysResult {
    let key = name(t, key)?;
    if size > SIZE_MAX {
        return Err(Errno::E2BIG);
    }
    let value = UserSlice::new(value.0, size);
    if let Some(kept) = t.kept(of, &key)? {
        let value = value.read_to_vec(t.space(), SIZE_MAX as usize)?;
        return kept.set(value, flags).map(|()| 0);
    }
    host::fs::setxattr(of, &key, value.as_src(t.space())?, flags).map(|()| 0)
}

fn get(t: &Task, of: XattrOf<'_>, key: UserStr, to: OutBuf, size: u64) -> SysResult {
    let key = name(t, key)?;
    let to = UserSlice::new(to.0, size.min(SIZE_MAX));
    if let Some(kept) = t.kept(of, &key)?
        && let Some(value) = kept.value()
    {
        let shown = &value[..if size == 0 { 0 } else { value.len() }];
        if shown.len() as u64 > size {
            return Err(Errno::ERANGE);
        }
        UserSlice::new(to.addr(), shown.len() as u64).write_from(t.space(), shown)?;
        return Ok(value.len() as u64);
    }
    host::fs::getxattr(of, &key, to.as_dst(t.space())?).map(|n| n as u64)
}

fn list(t: &Task, of: XattrOf<'_>, names: OutBuf, size: u64) -> SysResult {
    let kept = t.kept_names(of)?;
    let to = UserSlice::new(names.0, size.min(SIZE_MAX));
    let filled = host::fs::listxattr(of, to.as_dst(t.space())?)? as u64;
    let total = filled + kept.len() as u64;
    if size != 0 && !kept.is_empty() {
        if total > size {
            return Err(Errno::ERANGE);
        }
        UserSlice::new(names.0 + filled, kept.len() as u64).write_from(t.space(), &kept)?;
    }
    Ok(total)
}

fn remove(t: &Task, of: XattrOf<'_>, key: UserStr) -> SysResult {
    let key = name(t, key)?;
    match t.kept(of, &key)? {
        Some(kept) if kept.value().is_some() => kept.remove(),
        // To the host, we may not.
        Some(_) => Err(Errno::ENODATA),
        None => host::fs::removexattr(of, &key),
    }
    .map(|()| 0)
}

/// setxattr(2).
pub fn setxattr(
    t: &mut Task,
    path: Path,
    key: UserStr,
    value: InBuf,
    size: u64,
    flags: i32,
) -> SysResult {
    let last = Last::Follow;
    with(t, path, last, |of| set(t, of, key, value, size, flags))
}

/// lsetxattr(2).
pub fn lsetxattr(
    t: &mut Task,
    path: Path,
    key: UserStr,
    value: InBuf,
    size: u64,
    flags: i32,
) -> SysResult {
    let last = Last::NoFollow;
    with(t, path, last, |of| set(t, of, key, value, size, flags))
}

/// fsetxattr(2).
pub fn fsetxattr(
    t: &mut Task,
    fd: Fd,
    key: UserStr,
    value: InBuf,
    size: u64,
    flags: i32,
) -> SysResult {
    let file = t.file(fd)?;
    set(t, XattrOf::Fd(file.host()), key, value, size, flags)
}

/// getxattr(2).
pub fn getxattr(t: &mut Task, path: Path, key: UserStr, value: OutBuf, size: u64) -> SysResult {
    let last = Last::Follow;
    with(t, path, last, |of| get(t, of, key, value, size))
}

/// lgetxattr(2).
pub fn lgetxattr(t: &mut Task, path: Path, key: UserStr, value: OutBuf, size: u64) -> SysResult {
    let last = Last::NoFollow;
    with(t, path, last, |of| get(t, of, key, value, size))
}

/// fgetxattr(2).
pub fn fgetxattr(t: &mut Task, fd: Fd, key: UserStr, value: OutBuf, size: u64) -> SysResult {
    let file = t.file(fd)?;
    get(t, XattrOf::Fd(file.host()), key, value, size)
}

/// listxattr(2).
pub fn listxattr(t: &mut Task, path: Path, names: OutBuf, size: u64) -> SysResult {
    let last = Last::Follow;
    with(t, path, last, |of| list(t, of, names, size))
}

/// llistxattr(2).
pub fn llistxattr(t: &mut Task, path: Path, names: OutBuf, size: u64) -> SysResult {
    let last = Last::NoFollow;
    with(t, path, last, |of| list(t, of, names, size))
}

/// flistxattr(2).
pub fn flistxattr(t: &mut Task, fd: Fd, names: OutBuf, size: u64) -> SysResult {
    let file = t.file(fd)?;
    list(t, XattrOf::Fd(file.host()), names, size)
}

/// removexattr(2).
pub fn removexattr(t: &mut Task, path: Path, key: UserStr) -> SysResult {
    with(t, path, Last::Follow, |of| remove(t, of, key))
}

/// lremovexattr(2).
pub fn lremovexattr(t: &mut Task, path: Path, key: UserStr) -> SysResult {
    with(t, path, Last::NoFollow, |of| remove(t, of, key))
}

/// fremovexattr(2).
pub fn fremovexattr(t: &mut Task, fd: Fd, key: UserStr) -> SysResult {
    let file = t.file(fd)?;
    remove(t, XattrOf::Fd(file.host()), key)
}
