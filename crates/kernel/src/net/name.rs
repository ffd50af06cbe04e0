//! Socket addresses: to and from guest memory, and the paths in those of `AF_UNIX`.
//!
//! A path leads to the host's file as every other path does. A new socket gets the name that other
//! processes find it under, so that a peer which is told that name can answer; under a sysroot that
//! is the host's path, from which the guest's is made again when it asks. Where that is too long for
//! an address, the name is one that only this process can use.

use std::ffi::CString;

use abi::Errno;
use abi::fs::AT_FDCWD;
use abi::net::{ADDRESS_MAX, UNIX_PATH_MAX, af};
use host::fs::{Dir, Pinned};
use host::net::Name;
use mem::{UserPtr, UserSlice};

use crate::Task;
use crate::fs::{At, Last, Target};
use crate::syscall::arg::DirFd;

/// Bytes before the path: the family.
const PATH_AT: usize = 2;

impl Task {
    /// Reads an address argument as the host understands it. `last` says what happens at the last
    /// name of a path. `EINVAL` for a length that no address has.
    pub(super) fn read_name(&self, at: u64, len: i32, last: Last) -> Result<HostName, Errno> {
        let len = usize::try_from(len).map_err(|_| Errno::EINVAL)?;
        if len > ADDRESS_MAX {
            return Err(Errno::EINVAL);
        }
        let bytes = UserSlice::new(at, len as u64).read_to_vec(self.space(), len)?;
        let name = Name::new(&bytes).ok_or(Errno::EINVAL)?;
        match path_of(&name) {
            Some(path) => self.at_path(name, path, last),
            None => Ok(HostName { name, _held: None }),
        }
    }

    /// The address of a socket with a path.
    fn at_path(&self, given: Name, path: CString, last: Last) -> Result<HostName, Errno> {
        let at = self.resolve(DirFd(AT_FDCWD), path.clone(), last)?;
        if at.path == path && matches!(at.dir(), Dir::Cwd) {
            // Exactly as it came, so that getsockname tells the same bytes.
            return Ok(HostName { name: given, _held: None });
        }
        let (name, pinned) = match last {
            Last::Follow => match at.pin()? {
                Target::Path(path) => (with_path(path.to_bytes())?, None),
                Target::Pinned(pinned) => (with_path(pinned.path.to_bytes())?, Some(pinned)),
            },
            _ => (with_path(at.shared_path(UNIX_PATH_MAX)?.to_bytes())?, None),
        };
        Ok(HostName { name, _held: Some((at, pinned)) })
    }

    /// An address as the guest knows it.
    fn shown_name(&self, name: &Name) -> Name {
        let root = self.root();
        let path = if root.is_host() { None } else { path_of(name) };
        let shown = path.filter(|path| path.as_bytes().starts_with(b"/"));
        shown.and_then(|path| with_path(&root.shown(path.as_bytes())).ok()).unwrap_or(*name)
    }

    /// Hands an address to the guest: as much as the length at `len` has room for, and how long it
    /// is (`move_addr_to_user`).
    pub(super) fn write_name(&self, name: &Name, to: u64, len: UserPtr<i32>) -> Result<(), Errno> {
        let room = usize::try_from(len.read(self.space())?).map_err(|_| Errno::EINVAL)?;
        let name = self.shown_name(name);
        let bytes = name.as_bytes();
        let shown = &bytes[..bytes.len().min(room)];
        UserSlice::new(to, shown.len() as u64).write_from(self.space(), shown)?;
        len.write(self.space(), &(bytes.len() as i32))
    }
}

/// An address of the host.
#[derive(Debug)]
pub(super) struct HostName {
    pub name: Name,
    /// What keeps its path valid.
    _held: Option<(At, Option<Pinned>)>,
}

/// The address of `AF_UNIX` with this path. `ENAMETOOLONG`.
fn with_path(path: &[u8]) -> Result<Name, Errno> {
    if path.len() >= UNIX_PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    let bytes = [&af::UNIX.to_le_bytes(), path, b"\0"].concat();
    Name::new(&bytes).ok_or(Errno::ENAMETOOLONG)
}

/// The path in an address of `AF_UNIX`; neither an abstract name nor none at all is one (unix(7)).
fn path_of(name: &Name) -> Option<CString> {
    if name.family() != Some(af::UNIX) {
        return None;
    }
    let bytes = name.as_bytes().get(PATH_AT..)?;
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    if end == 0 { None } else { CString::new(&bytes[..end]).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix(path: &[u8]) -> Name {
        let mut bytes = af::UNIX.to_le_bytes().to_vec();
        bytes.extend_from_slice(path);
        Name::new(&bytes).unwrap()
    }

    #[test]
    fn paths_end_at_a_nul_or_with_the_address() {
        assert_eq!(path_of(&unix(b"/tmp/s\0junk")).as_deref(), Some(c"/tmp/s"));
        assert_eq!(path_of(&unix(b"s")).as_deref(), Some(c"s"));
    }

    #[test]
    fn abstract_names_and_other_families_have_no_path() {
        assert_eq!(path_of(&unix(b"\0name")), None);
        assert_eq!(path_of(&unix(b"")), None);
        assert_eq!(path_of(&Name::new(&[2, 0, 1, 1]).unwrap()), None);
        assert_eq!(path_of(&Name::new(&[1]).unwrap()), None);
    }
}
