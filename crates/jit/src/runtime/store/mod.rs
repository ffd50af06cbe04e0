//! Translations that outlive the process: a directory of files, one for each mapping of code.
//!
//! Most programs are short, and most of what they execute is the same library code each time. Its addresses
//! are the same in each process, so its translations can be, too. A file is found by the name that its
//! [`Key`] has; all that it depends on is in there, so nothing in it is ever out of date. It is never changed
//! either: a process that has news writes a new one, and renames it. Of two that do so at once, one loses
//! its news.
//!
//! Nothing here is an error that anybody must hear of: without a file code is translated.
//!
//! Rejected: one file for all. It must be locked, cleaned up, and survive a writer that is killed.

pub mod format;
pub mod units;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use abi::process::rlimit;
use mem::{CodeFile, Stamp};
use zerocopy::FromBytes;

use crate::translate::Features;
use format::{Header, Key, STUBS_AT, View};

/// Bytes that all files together may have; those that were not used for longest go first.
const LIMIT: u64 = 512 << 20;
/// Of how many processes that write one looks after the limit.
const SWEEP: u32 = 8;
/// How long ago a file's last use may be noted: noting it anew costs a write.
const USED: Duration = Duration::from_secs(24 * 3600);
/// A temporary file of this age has lost its writer.
const ABANDONED: Duration = Duration::from_secs(600);
/// What temporary files begin with.
const TEMPORARY: &str = "new-";

/// See the module's documentation.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    /// Which program we are: another build translates otherwise.
    engine: Stamp,
    /// What translations may use.
    features: Features,
    /// As [`Mode::slab_bits`](crate::translate::Mode).
    slab_bits: u8,
    limit: u64,
}

impl Store {
    /// The store in the directory `dir`, which is made if need be. Fails, in words, if it cannot be
    /// trusted: it must be the user's own, and nobody else may look into it.
    pub fn open(dir: &Path, features: Features, slab_bits: u8) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", dir.display());
        if !dir.is_absolute() {
            return Err(format!("{}: not an absolute path", dir.display()));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        let found = fs::symlink_metadata(dir).map_err(failed)?;
        let [_, euid, _] = host::process::getresuid();
        if !found.is_dir() || found.uid() != euid || found.mode() & 0o077 != 0 {
            return Err(format!("{}: not a directory of this user alone", dir.display()));
        }
        let engine = File::open("/proc/self/exe").map_err(|e| format!("/proc/self/exe: {e}"))?;
        let engine = Stamp::of(engine.as_fd()).map_err(|e| format!("/proc/self/exe: {e}"))?;
        Ok(Self { dir: dir.to_owned(), engine, features, slab_bits, limit: LIMIT })
    }

    /// What the translations of `file` depend on.
    fn key(&self, file: &CodeFile) -> Key {
        let stamp = |stamp: &Stamp| {
            let [mtime, ctime] = [stamp.mtime, stamp.ctime].map(|time| time.map(|n| n as u64));
            [stamp.dev, stamp.ino, stamp.size, mtime[0], mtime[1], ctime[0], ctime[1]]
        };
        let how = self.features.bits() | u64::from(self.slab_bits) << 32;
        let place = [file.range.start, file.range.end, file.offset, how];
        let mut words = stamp(&self.engine).into_iter().chain(stamp(&file.stamp)).chain(place);
        Key(std::array::from_fn(|_| words.next().unwrap_or_default().into()))
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.dir.join(key.name())
    }

    /// The file for `key`, its header and its size in bytes. Only the header has been looked at.
    fn find(&self, key: &Key) -> Option<(File, Header, usize)> {
        let file = File::open(self.path(key)).ok()?;
        let mut head = [0; STUBS_AT];
        file.read_exact_at(&mut head, 0).ok()?;
        let (header, _) = Header::read_from_prefix(&head).ok()?;
        let size = header.file_size(key)?;
        let found = file.metadata().ok()?;
        if !found.is_file() || found.len() != size as u64 {
            return None;
        }
        let now = SystemTime::now();
        let age = found.modified().ok().and_then(|used| now.duration_since(used).ok());
        if age.is_none_or(|age| age > USED) {
            // Only its place among those that are to go depends on it.
            let _ = file.set_modified(now);
        }
        Some((file, header, size))
    }

    /// The bytes of the file for `key`, checked.
    pub fn read(&self, key: &Key) -> Option<Vec<u8>> {
        let (mut file, _, size) = self.find(key)?;
        let mut bytes = Vec::with_capacity(size);
        file.read_to_end(&mut bytes).ok()?;
        View::check(&bytes, key)?;
        Some(bytes)
    }

    /// Makes `bytes` the file for `key`; whether that worked.
    pub fn write(&self, key: &Key, bytes: &[u8]) -> bool {
        // Above the guest's limit a write is a deadly signal.
        let limit = host::process::prlimit(0, rlimit::FSIZE, None);
        if !limit.is_ok_and(|limit| bytes.len() as u64 <= limit.current) {
            return false;
        }
        let pid = std::process::id();
        let temporary = self.dir.join(format!("{TEMPORARY}{pid}"));
        let written = self.write_to(&temporary, bytes).and_then(|()| {
            let path = self.path(key);
            // A file system takes a rename over a file for a reason to write the new one to disk at once
            // (`auto_da_alloc` in ext4), for which we would wait.
            let _ = fs::remove_file(&path);
            fs::rename(&temporary, path)
        });
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        if pid.is_multiple_of(SWEEP) {
            self.sweep();
        }
        written.is_ok()
    }

    fn write_to(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let mut how = OpenOptions::new();
        how.write(true).create_new(true).mode(0o600);
        let mut file = match how.open(path) {
            // Left by a process of the same number: one that is alive is us.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(path)?;
                how.open(path)?
            }
            result => result?,
        };
        file.write_all(bytes)
    }

    /// Removes what was not used for longest, until three quarters of the limit are kept; and what
    /// killed writers have left.
    fn sweep(&self) {
        let now = SystemTime::now();
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        let mut files = Vec::new();
        for entry in entries.flatten() {
            let Ok(found) = entry.metadata() else { continue };
            let Ok(used) = found.modified() else { continue };
            let is_temporary =
                entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
            if !is_temporary {
                files.push((used, found.len(), entry.path()));
            } else if now.duration_since(used).is_ok_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(entry.path());
            }
        }
        let mut sum: u64 = files.iter().map(|(_, size, _)| size).sum();
        if sum <= self.limit {
            return;
        }
        files.sort_unstable();
        for (_, size, path) in files {
            if sum <= self.limit / 4 * 3 {
                return;
            }
            if fs::remove_file(path).is_ok() {
                sum -= size;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> Key {
        Key(std::array::from_fn(|_| number.into()))
    }

    fn store(name: &str) -> Store {
        let name = format!("elfuse-store-{name}-{}", std::process::id());
        Store::open(&std::env::temp_dir().join(name), Features::NONE, 0).unwrap()
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut store = store("sweep");
        for number in 0..20 {
            assert!(store.write(&key(number), &[0; 1000]));
            let used = SystemTime::now() - Duration::from_secs(1000 - number);
            File::options()
                .write(true)
                .open(store.path(&key(number)))
                .unwrap()
                .set_modified(used)
                .unwrap();
        }
        let abandoned = store.dir.join("new-1");
        File::create(&abandoned).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        // Not before: a write may sweep, too.
        store.limit = 10_000;
        store.sweep();
        let left: Vec<u64> = (0..20).filter(|&number| store.path(&key(number)).exists()).collect();
        assert_eq!(left, (13..20).collect::<Vec<u64>>());
        assert!(!abandoned.exists());
        fs::remove_dir_all(store.dir).unwrap();
    }

    #[test]
    fn a_path_that_is_not_absolute_is_refused() {
        assert!(Store::open(Path::new("cache"), Features::NONE, 0).is_err());
    }
}
