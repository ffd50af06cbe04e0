//! Whose files are, as a guest under `--fakeroot` has it: what the host could not be told.
//!
//! Owners, permission bits that would lock us out, device numbers and root's attributes are kept in a log
//! beside the files, `.elfuse-owners` in the sysroot, and in memory by device and inode number, so that
//! hard links and renames need nothing. The time of a file's making tells it from another that has its
//! number later. A line is one `write` at the end of the log, which the host keeps whole; readers see
//! that it has grown by its size. So any number of processes share it without a lock, and a crash costs
//! at most the line that was being written. Nearly all files of a tree need no line.
//!
//! Rejected: an extended attribute of each file. Symbolic links, FIFOs and sockets cannot have one, a
//! file that may not be written to neither, and it is one more call for each `stat`.

mod record;

use std::collections::HashMap;
use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use abi::Errno;
use abi::fs::{Statx, at, o};
use host::fs::Dir;
use host::handoff::{Inherited, Luggage};
use host::sync::{Mutex, Rank};

use record::{Birth, Key};
pub(crate) use record::{Change, Record};

use crate::handoff::Handover;

/// The log's name in a sysroot.
const NAME: &CStr = c".elfuse-owners";
/// What it is rewritten as. Only one process at a time makes one.
const NEW: &CStr = c".elfuse-owners.new";
/// A log of fewer lines is not worth rewriting.
const FEW: usize = 4096;
/// `STATX_BASIC_STATS` and `STATX_BTIME`.
const FACTS: u32 = 0x7ff | STATX_BTIME;
const STATX_BTIME: u32 = 0x800;

/// The records, shared by all processes that use the same log.
#[derive(Debug)]
pub(crate) struct Ownership {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Opened for reading and appending.
    log: OwnedFd,
    /// Where the log is; `None` for one without a name, which ends with the processes.
    dir: Option<OwnedFd>,
    /// The directory's device, which is 0 in the log: numbers of devices may change.
    home: u64,
    /// How much of the log has been read.
    read: u64,
    lines: usize,
    /// Whether a device has been among the records.
    has_nodes: bool,
    records: HashMap<Key, Record>,
}

/// A file, by what identifies it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    key: Key,
    birth: Birth,
}

impl Identity {
    /// Of a file whose `struct statx` has the time of its making, if the host knows that.
    pub fn of(stat: &Statx) -> Self {
        let known = stat.mask & STATX_BTIME != 0;
        let birth = if known { (stat.btime.sec, stat.btime.nsec) } else { (0, 0) };
        Self { key: (device(stat), stat.ino), birth }
    }
}

/// The device of a file, in the encoding of `st_dev` (`new_encode_dev`), which is exact for both.
fn device(stat: &Statx) -> u64 {
    let (major, minor) = (u64::from(stat.dev_major), u64::from(stat.dev_minor));
    minor & 0xff | (major & 0xfff) << 8 | (minor & !0xff) << 12 | (major & !0xfff) << 32
}

/// The facts about a file that records are found by. `flags` are `abi::fs::at`.
pub(crate) fn facts(dir: Dir<'_>, path: &CStr, flags: u32) -> Result<Statx, Errno> {
    host::fs::statx(dir, path, flags & !at::EACCESS, FACTS)
}

/// [`Ownership`] on its way to another host process, which reads the log itself: descriptors of the log and
/// of its directory.
pub(crate) type Shared = (i32, Option<i32>);

impl Handover for Ownership {
    type Record = Shared;

    fn record(&self, luggage: &mut Luggage) -> Result<Shared, Errno> {
        let state = self.state.lock();
        let State { log, dir, home: _, read: _, lines: _, has_nodes: _, records: _ } = &*state;
        let mut add = |fd: &OwnedFd| Ok(luggage.add(host::fs::dup(fd.as_fd())?));
        Ok((add(log)?, dir.as_ref().map(add).transpose()?))
    }

    fn resume((log, dir): Shared, inherited: &mut Inherited) -> Result<Self, Errno> {
        let log = inherited.take(log)?;
        let dir = dir.map(|dir| inherited.take(dir)).transpose()?;
        let home = match &dir {
            Some(dir) => host::fs::fstat(dir.as_fd())?.dev,
            None => u64::MAX,
        };
        let mut state = State::new(log, dir, home);
        state.refresh();
        Ok(Self { state: Mutex::new(Rank::Owners, state) })
    }
}

impl Ownership {
    /// The log of a sysroot, which is made if there is none.
    pub fn open(dir: OwnedFd) -> Result<Self, Errno> {
        let home = host::fs::fstat(dir.as_fd())?.dev;
        let log = open_log(&dir)?;
        let mut state = State::new(log, Some(dir), home);
        state.refresh();
        if state.lines > FEW && state.lines > 4 * state.records.len() {
            // What cannot be made smaller is used as it is.
            let _ = state.rewrite();
        }
        Ok(Self { state: Mutex::new(Rank::Owners, state) })
    }

    /// Records that end with the processes that share them.
    pub fn transient() -> Result<Self, Errno> {
        let log = host::fs::memfd_create(c"owners", 0)?;
        host::fs::set_status_flags(log.as_fd(), o::APPEND)?;
        Ok(Self { state: Mutex::new(Rank::Owners, State::new(log, None, u64::MAX)) })
    }

    /// What is remembered of the file with these numbers; `birth` is asked for only if there is
    /// something.
    pub fn find(
        &self,
        device: u64,
        inode: u64,
        identify: impl FnOnce() -> Result<Identity, Errno>,
    ) -> Option<Record> {
        let mut state = self.state.lock();
        state.refresh();
        let record = state.records.get(&state.key(device, inode))?;
        let same = record.birth == (0, 0) || identify().is_ok_and(|id| id.birth == record.birth);
        same.then(|| record.clone())
    }

    /// What is remembered of a file.
    pub fn get(&self, id: Identity) -> Option<Record> {
        self.find(id.key.0, id.key.1, || Ok(id))
    }

    /// Remembers changes of a file, in all processes.
    pub fn change(&self, id: Identity, changes: &[Change]) -> Result<(), Errno> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut state = self.state.lock();
        let key = state.key(id.key.0, id.key.1);
        let line = record::line(key, id.birth, changes);
        loop {
            host::io::append(state.log.as_fd(), line.as_bytes())?;
            // Another process may have put a new log in its place meanwhile.
            if !state.is_superseded() {
                break;
            }
            state.reopen()?;
        }
        state.refresh();
        Ok(())
    }

    /// Whether nothing is remembered at all.
    pub fn is_empty(&self) -> bool {
        let mut state = self.state.lock();
        state.refresh();
        state.records.is_empty()
    }

    /// Whether a file with these numbers is remembered as a device.
    pub fn is_node(&self, device: u64, inode: u64) -> bool {
        let state = self.state.lock();
        let record = state.records.get(&state.key(device, inode));
        record.is_some_and(|record| record.node.is_some())
    }

    /// Whether any file is remembered as a device.
    pub fn has_nodes(&self) -> bool {
        let mut state = self.state.lock();
        state.refresh();
        state.has_nodes
    }

    /// The host's descriptors, by number.
    pub fn descriptors(&self) -> Vec<i32> {
        let state = self.state.lock();
        [&state.log].into_iter().chain(&state.dir).map(OwnedFd::as_raw_fd).collect()
    }

    /// As long as this is held no thread is in the middle of a change.
    pub fn hold(&self) -> impl Sized + '_ {
        self.state.lock()
    }
}

fn open_log(dir: &OwnedFd) -> Result<OwnedFd, Errno> {
    let flags = o::RDWR | o::APPEND | o::CREAT | o::NOFOLLOW;
    host::fs::openat(Dir::Fd(dir.as_fd()), NAME, flags, 0o600)
}

impl State {
    /// A log of which nothing has been read.
    fn new(log: OwnedFd, dir: Option<OwnedFd>, home: u64) -> Self {
        Self { log, dir, home, read: 0, lines: 0, has_nodes: false, records: HashMap::new() }
    }

    fn key(&self, device: u64, inode: u64) -> Key {
        (if device == self.home { 0 } else { device }, inode)
    }

    /// Whether the log has no name any more, because another stands in its place.
    fn is_superseded(&self) -> bool {
        self.dir.is_some() && host::fs::fstat(self.log.as_fd()).is_ok_and(|stat| stat.nlink == 0)
    }

    fn reopen(&mut self) -> Result<(), Errno> {
        if let Some(dir) = &self.dir {
            self.log = open_log(dir)?;
            self.forget();
        }
        Ok(())
    }

    fn forget(&mut self) {
        (self.read, self.lines) = (0, 0);
        self.records.clear();
    }

    /// Reads what has been added to the log. What cannot be read now is read the next time.
    fn refresh(&mut self) {
        let Ok(mut stat) = host::fs::fstat(self.log.as_fd()) else { return };
        if stat.nlink == 0 && self.dir.is_some() {
            if self.reopen().is_err() {
                return;
            }
            stat.size = i64::MAX;
        }
        let size = stat.size as u64;
        if size < self.read {
            // Somebody has cut it.
            self.forget();
        }
        if size > self.read {
            self.read_on();
        }
    }

    fn read_on(&mut self) {
        /// One read; a line that is longer is none of ours: 64 KiB of value are 128 in hexadecimal.
        const PART: usize = 1 << 20;
        let mut part = vec![0; PART];
        while let Ok(count @ 1..) = host::io::read_at(self.log.as_fd(), &mut part, self.read) {
            // A line that is still being written is left for later.
            let whole = match part[..count].iter().rposition(|&byte| byte == b'\n') {
                Some(end) => end + 1,
                None if count == PART => count,
                None => return,
            };
            self.read += whole as u64;
            for line in part[..whole].split(|&byte| byte == b'\n') {
                if let Some(change) = std::str::from_utf8(line).ok().and_then(record::parse) {
                    self.apply(change);
                }
            }
        }
    }

    fn apply(&mut self, (key, birth, changes): (Key, Birth, Vec<Change>)) {
        self.lines += 1;
        // Without a time nothing would tell the next file of this number.
        if birth == (0, 0) && changes.contains(&Change::Gone) {
            self.records.remove(&key);
            return;
        }
        let record = self.records.entry(key).or_default();
        if record.birth != birth {
            *record = Record { birth, ..Record::default() };
        }
        self.has_nodes |= changes.iter().any(|change| matches!(change, Change::Node(..)));
        changes.into_iter().for_each(|change| record.apply(change));
        if record.is_empty() {
            self.records.remove(&key);
        }
    }

    /// Writes a log of what is still of use and puts it in the old one's place. Whoever adds to the old
    /// one from then on notices; what was added before is copied.
    fn rewrite(&mut self) -> Result<(), Errno> {
        let Some(dir) = &self.dir else { return Ok(()) };
        let dir = Dir::Fd(dir.as_fd());
        let flags = o::RDWR | o::APPEND | o::CREAT | o::EXCL | o::NOFOLLOW;
        let new = host::fs::openat(dir, NEW, flags, 0o600)?;
        self.records.retain(|_, record| !record.gone);
        let lines = self.records.iter();
        let text: String = lines
            .map(|(key, record)| record::line(*key, record.birth, &record.changes()))
            .collect();
        let result = host::io::append(new.as_fd(), text.as_bytes())
            .and_then(|()| host::fs::fsync(new.as_fd()))
            .and_then(|()| host::fs::renameat2(dir, NEW, dir, NAME, 0));
        if let Err(error) = result {
            let _ = host::fs::unlinkat(dir, NEW, 0);
            return Err(error);
        }
        let mut rest = vec![0; FEW];
        let (old, mut at) = (std::mem::replace(&mut self.log, new), self.read);
        while let Ok(count @ 1..) = host::io::read_at(old.as_fd(), &mut rest, at) {
            at += count as u64;
            host::io::append(self.log.as_fd(), &rest[..count])?;
        }
        self.forget();
        self.refresh();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::fs;
    use std::io::Write;
    use std::os::unix::ffi::OsStrExt;
    use std::path::{Path, PathBuf};

    /// A directory that ends with the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("owners-{name}-{}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn open(&self) -> Ownership {
            Ownership::open(fs::File::open(&self.0).unwrap().into()).unwrap()
        }

        fn log(&self) -> PathBuf {
            self.0.join(".elfuse-owners")
        }

        fn file(&self, name: &str) -> Identity {
            let path = self.0.join(name);
            fs::write(&path, "").unwrap();
            identity(&path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn identity(path: &Path) -> Identity {
        let path = CString::new(path.as_os_str().as_bytes()).unwrap();
        Identity::of(&facts(Dir::Cwd, &path, 0).unwrap())
    }

    fn owner(owners: &Ownership, id: Identity) -> Option<(u32, u32)> {
        owners.get(id)?.owner
    }

    #[test]
    fn what_one_process_says_the_others_hear_and_the_next_run_too() {
        let dir = Scratch::new("shared");
        let (a, b) = (dir.open(), dir.open());
        let (one, two) = (dir.file("1"), dir.file("2"));
        a.change(one, &[Change::Owner(1, 2)]).unwrap();
        b.change(one, &[Change::Mode(0o4755, 0o755)]).unwrap();
        b.change(two, &[Change::Node(0o60000, 7)]).unwrap();
        let record = a.get(one).unwrap();
        assert_eq!((record.owner, record.mode), (Some((1, 2)), Some((0o4755, 0o755))));
        assert!(a.has_nodes() && a.is_node(two.key.0, two.key.1));
        assert_eq!(dir.open().get(one), Some(record));
        fs::rename(dir.0.join("1"), dir.0.join("3")).unwrap();
        assert_eq!(owner(&a, identity(&dir.0.join("3"))), Some((1, 2)));
    }

    #[test]
    fn a_line_that_was_not_finished_costs_itself_alone() {
        let dir = Scratch::new("torn");
        let (a, id) = (dir.open(), dir.file("1"));
        a.change(id, &[Change::Owner(1, 2)]).unwrap();
        let mut log = fs::OpenOptions::new().append(true).open(dir.log()).unwrap();
        log.write_all(b"\n0 99 1.0 o=3").unwrap();
        assert_eq!(owner(&a, id), Some((1, 2)));
        a.change(id, &[Change::Owner(4, 5)]).unwrap();
        assert_eq!((owner(&a, id), owner(&dir.open(), id)), (Some((4, 5)), Some((4, 5))));
        log.set_len(0).unwrap();
        assert_eq!(owner(&a, id), None);
    }

    #[test]
    fn a_log_that_is_rewritten_keeps_what_is_of_use_for_everybody() {
        let dir = Scratch::new("rewritten");
        let (a, kept, gone) = (dir.open(), dir.file("1"), dir.file("2"));
        a.change(gone, &[Change::Owner(9, 9), Change::Gone]).unwrap();
        // Whoever still has it open sees whose it was.
        assert_eq!(owner(&a, gone), Some((9, 9)));
        for i in 0..2 * FEW as u32 {
            a.change(kept, &[Change::Owner(i, 0)]).unwrap();
        }
        let before = fs::metadata(dir.log()).unwrap().len();
        let b = dir.open();
        assert!(fs::metadata(dir.log()).unwrap().len() < before / 100);
        assert_eq!((owner(&b, kept), owner(&b, gone)), (Some((2 * FEW as u32 - 1, 0)), None));
        // The first one still has the old log open.
        a.change(kept, &[Change::Owner(5, 6)]).unwrap();
        assert_eq!((owner(&a, kept), owner(&b, kept)), (Some((5, 6)), Some((5, 6))));
    }

    #[test]
    fn another_file_of_the_same_number_is_not_taken_for_it() {
        let owners = Ownership::transient().unwrap();
        let id = Identity { key: (1, 2), birth: (3, 4) };
        owners.change(id, &[Change::Owner(5, 6)]).unwrap();
        let later = Identity { birth: (3, 5), ..id };
        assert_eq!((owner(&owners, id), owner(&owners, later)), (Some((5, 6)), None));
        owners.change(later, &[Change::Mode(1, 2)]).unwrap();
        assert_eq!((owner(&owners, id), owner(&owners, later)), (None, None));
        // Where the time is not known, a file that is gone is forgotten at once.
        let id = Identity { key: (7, 8), birth: (0, 0) };
        owners.change(id, &[Change::Owner(5, 6)]).unwrap();
        owners.change(id, &[Change::Gone]).unwrap();
        assert_eq!(owners.get(id), None);
    }
}
