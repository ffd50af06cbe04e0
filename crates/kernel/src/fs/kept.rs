//! Extended attributes that only root can set, `security.*` and `trusted.*`, of a guest whose root is
//! not the host's: kept with the owners of files.

use std::ffi::CStr;

use abi::Errno;
use host::fs::XattrOf;

use super::ownership::{Change, Identity, Ownership, Record};
use super::seen::Subject;
use crate::Task;
use crate::process::credentials::Capability;

const SECURITY: &[u8] = b"security.";
const TRUSTED: &[u8] = b"trusted.";

/// An attribute of a file, whether or not it is there.
pub(super) struct Kept<'a> {
    owners: &'a Ownership,
    id: Identity,
    record: Record,
    key: Vec<u8>,
    /// Whether the thread may change it.
    may: bool,
}

impl Task {
    /// An attribute that is not the host's affair; `None` if it is.
    pub(super) fn kept(&self, of: XattrOf<'_>, key: &CStr) -> Result<Option<Kept<'_>>, Errno> {
        let (Some(owners), Some(credentials)) = (self.process.ownership(), &self.credentials)
        else {
            return Ok(None);
        };
        let key = key.to_bytes();
        let is_admin = credentials.can(Capability::SysAdmin);
        let may = match key {
            b"security.capability" => credentials.can(Capability::Setfcap),
            key if key.starts_with(SECURITY) => is_admin,
            key if key.starts_with(TRUSTED) => is_admin,
            _ => return Ok(None),
        };
        // Nobody else even sees these.
        if key.starts_with(TRUSTED) && !is_admin {
            return Ok(None);
        }
        let id = Identity::of(&Subject::from(of).facts()?);
        let record = owners.get(id).unwrap_or_default();
        Ok(Some(Kept { owners, id, record, key: key.to_vec(), may }))
    }

    /// The names of those that a file has, each with a NUL.
    pub(super) fn kept_names(&self, of: XattrOf<'_>) -> Result<Vec<u8>, Errno> {
        let (Some(owners), Some(credentials)) = (self.process.ownership(), &self.credentials)
        else {
            return Ok(Vec::new());
        };
        let record = owners.get(Identity::of(&Subject::from(of).facts()?)).unwrap_or_default();
        let sees_all = credentials.can(Capability::SysAdmin);
        let names = record.xattrs.into_keys().filter(|key| sees_all || !key.starts_with(TRUSTED));
        Ok(names.flat_map(|key| [key, vec![0]].concat()).collect())
    }
}

impl Kept<'_> {
    /// Its value.
    pub fn value(&self) -> Option<&[u8]> {
        self.record.xattrs.get(&self.key).map(Vec::as_slice)
    }

    /// setxattr(2).
    pub fn set(&self, value: Vec<u8>, flags: i32) -> Result<(), Errno> {
        /// `XATTR_CREATE` and `XATTR_REPLACE`.
        const CREATE: i32 = 1;
        const REPLACE: i32 = 2;
        let bare = [SECURITY, TRUSTED].contains(&&self.key[..]);
        match self.value() {
            _ if flags & !(CREATE | REPLACE) != 0 || bare => Err(Errno::EINVAL),
            _ if !self.may => Err(Errno::EPERM),
            Some(_) if flags & CREATE != 0 => Err(Errno::EEXIST),
            None if flags & REPLACE != 0 => Err(Errno::ENODATA),
            _ => self.owners.change(self.id, &[Change::Xattr(self.key.clone(), Some(value))]),
        }
    }

    /// removexattr(2).
    pub fn remove(&self) -> Result<(), Errno> {
        if !self.may {
            return Err(Errno::EPERM);
        }
        self.owners.change(self.id, &[Change::Xattr(self.key.clone(), None)])
    }
}
