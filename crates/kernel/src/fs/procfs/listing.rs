//! Directories whose entries are ours: what getdents64(2) and lseek(2) do on them.

use abi::Errno;
use serde::{Deserialize, Serialize};

use crate::syscall::SysResult;

/// `d_type` of a directory.
pub(super) const DT_DIR: u8 = 4;
/// `d_type` of a regular file.
pub(super) const DT_REG: u8 = 8;
/// `d_type` of a symbolic link.
pub(super) const DT_LNK: u8 = 10;

/// The entries of a directory of ours, which are numbers of open files, and how far a reader has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Listing {
    /// What the entries are.
    kind: u8,
    entries: Vec<(String, u8)>,
    position: usize,
}

impl Listing {
    /// With entries of this kind, once it is [read](Self::begin).
    pub(super) fn new(kind: u8) -> Self {
        Self { kind, entries: Vec::new(), position: 0 }
    }

    /// To be called before each reading: the first one finds what is open now, the directory itself among it.
    pub(in crate::fs) fn begin(&mut self, open: &[i32]) {
        if self.position == 0 || self.entries.is_empty() {
            self.entries = vec![(".".into(), DT_DIR), ("..".into(), DT_DIR)];
            self.entries.extend(open.iter().map(|fd| (fd.to_string(), self.kind)));
        }
    }

    /// `struct linux_dirent64` records of up to `room` bytes; `EINVAL` if not even one fits.
    pub(in crate::fs) fn next(&mut self, room: usize) -> Result<Vec<u8>, Errno> {
        /// Bytes before the name.
        const HEAD: usize = 19;
        let mut records = Vec::new();
        while let Some((name, kind)) = self.entries.get(self.position) {
            let len = (HEAD + name.len() + 1).next_multiple_of(8);
            if records.len() + len > room {
                if records.is_empty() {
                    return Err(Errno::EINVAL);
                }
                break;
            }
            self.position += 1;
            let end = records.len() + len;
            // Inode numbers only have to be there and to differ.
            records.extend_from_slice(&(self.position as u64 + 1).to_le_bytes());
            records.extend_from_slice(&(self.position as u64).to_le_bytes());
            records.extend_from_slice(&(len as u16).to_le_bytes());
            records.push(*kind);
            records.extend_from_slice(name.as_bytes());
            records.resize(end, 0);
        }
        Ok(records)
    }

    /// lseek(2) on the directory.
    pub(in crate::fs) fn seek(&mut self, offset: i64, whence: i32) -> SysResult {
        let base = match whence {
            0 => 0,
            1 => self.position as i64,
            _ => return Err(Errno::EINVAL),
        };
        let target = base.checked_add(offset).filter(|at| *at >= 0).ok_or(Errno::EINVAL)?;
        self.position = target as usize;
        Ok(target as u64)
    }
}
