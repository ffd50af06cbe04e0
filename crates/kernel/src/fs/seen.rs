//! Files as a guest with an identity of its own sees them: whose they are, what may be done with
//! them, and what is remembered of that.
//!
//! The host's file keeps what the host needs to let us in: we own it, and can read and write it, and search
//! it if it is a directory. What the guest sees instead is made here from the host's
//! `stat` and a [`Record`]. A guest root is not stopped by permission bits: our own files never are
//! shut, and one that was made so by somebody else is opened up when it is met ([`Task::open_up`]).
//! For a guest who is not root the host's checks are those of one user only; the guest's own are made
//! here, on the file itself or on the directory of a name that is made or removed, but not on each
//! directory on the way there, nor by access lists.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use abi::Errno;
use abi::fs::{Stat, Statx, access, at, o, s};
use host::fs::{Dir, XattrOf};

use super::ownership::{Change, Identity, Record, facts};
use super::{At, Last, Ownership};
use crate::Task;
use crate::process::assumed::Assumed;
use crate::process::credentials::{Capability, Credentials};
use crate::syscall::arg::DirFd;

/// A file that a call is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    dir: Dir<'a>,
    path: &'a CStr,
    flags: u32,
}

impl<'a> Subject<'a> {
    /// What a path leads to; `flags` are the guest's.
    pub fn at(at: &'a At, flags: u32) -> Self {
        let flags = at.flags(flags) & (at::SYMLINK_NOFOLLOW | at::EMPTY_PATH);
        Self { dir: at.dir(), path: at.path(), flags }
    }

    /// A name in a directory, not followed if it is a symbolic link.
    pub fn name(dir: Dir<'a>, path: &'a CStr) -> Self {
        Self { dir, path, flags: at::SYMLINK_NOFOLLOW }
    }

    /// An open file.
    pub fn file(fd: BorrowedFd<'a>) -> Self {
        Self { dir: Dir::Fd(fd), path: c"", flags: at::EMPTY_PATH }
    }

    pub(super) fn facts(&self) -> Result<Statx, Errno> {
        facts(self.dir, self.path, self.flags)
    }

    fn chmod(&self, mode: u32) -> Result<(), Errno> {
        match self.dir {
            Dir::Fd(fd) if self.path.is_empty() => match host::fs::fchmod(fd, mode) {
                // With O_PATH, which the newer call takes.
                Err(Errno::EBADF) => host::fs::fchmodat(self.dir, c"", mode, self.flags),
                result => result,
            },
            dir => host::fs::fchmodat(dir, self.path, mode, self.flags),
        }
    }
}

/// A file's metadata in the guest's eyes.
#[derive(Clone, Copy, Debug)]
struct Seen {
    mode: u32,
    uid: u32,
    gid: u32,
    /// Device number, of what is remembered as a device.
    rdev: Option<u64>,
}

impl<'a> From<XattrOf<'a>> for Subject<'a> {
    fn from(of: XattrOf<'a>) -> Self {
        match of {
            XattrOf::Path(path) => Self { dir: Dir::Cwd, path, flags: 0 },
            XattrOf::Link(path) => Self { dir: Dir::Cwd, path, flags: at::SYMLINK_NOFOLLOW },
            XattrOf::Fd(fd) => Self::file(fd),
        }
    }
}

impl Assumed {
    /// What the guest sees of a file of the host; `mode`, owner and group as the host has them.
    fn see(&self, mode: u32, uid: u32, gid: u32, record: Option<&Record>) -> Seen {
        let translate = |id, host, seen| if id == host { seen } else { id };
        let mut seen = Seen {
            mode,
            uid: translate(uid, self.host.0, self.seen.0),
            gid: translate(gid, self.host.1, self.seen.1),
            rdev: None,
        };
        let Some(record) = record else { return seen };
        if let Some((uid, gid)) = record.owner {
            (seen.uid, seen.gid) = (uid, gid);
        }
        match record.mode {
            // Unless the host's file was changed by somebody who does not know of the record.
            Some((guest, host)) if mode & PERMISSIONS == host => {
                seen.mode = mode & s::IFMT | guest;
            }
            _ => {}
        }
        if let Some((kind, number)) = record.node
            && mode & s::IFMT == s::IFREG
        {
            seen.mode = kind | seen.mode & PERMISSIONS;
            seen.rdev = Some(number);
        }
        seen
    }
}

/// All permission bits.
const PERMISSIONS: u32 = 0o7777;

/// What the host's file gets in place of these bits: we must get in, and nobody may become us.
fn host_mode(mode: u32) -> u32 {
    match mode & s::IFMT {
        s::IFDIR => mode & (0o777 | s::ISVTX) | 0o700,
        _ if mode & 0o111 != 0 => mode & 0o777 | 0o700,
        _ => mode & 0o777 | 0o600,
    }
}

impl Task {
    /// Puts what the guest sees in place of what the host says.
    pub(crate) fn see(&self, subject: Subject<'_>, stat: &mut Stat) {
        let Some(assumed) = self.process.assumed.get() else { return };
        let record = assumed.ownership.as_ref().and_then(|owners| {
            owners.find(stat.dev, stat.ino, || Ok(Identity::of(&subject.facts()?)))
        });
        let seen = assumed.see(stat.mode, stat.uid, stat.gid, record.as_ref());
        (stat.mode, stat.uid, stat.gid) = (seen.mode, seen.uid, seen.gid);
        stat.rdev = seen.rdev.unwrap_or(stat.rdev);
    }

    /// The same for statx(2).
    pub(crate) fn see_statx(&self, subject: Subject<'_>, stat: &mut Statx) {
        let Some(assumed) = self.process.assumed.get() else { return };
        // The caller need not have asked for all that identifies it.
        let record = assumed.ownership.as_ref().filter(|owners| !owners.is_empty());
        let record = record.and_then(|owners| owners.get(Identity::of(&subject.facts().ok()?)));
        let seen = assumed.see(stat.mode.into(), stat.uid, stat.gid, record.as_ref());
        (stat.mode, stat.uid, stat.gid) = (seen.mode as u16, seen.uid, seen.gid);
        if let Some(number) = seen.rdev {
            stat.rdev_major = (number >> 8 & 0xfff | number >> 32 & !0xfff) as u32;
            stat.rdev_minor = (number & 0xff | number >> 12 & !0xff) as u32;
        }
    }

    /// What a file is to the guest, and its record.
    fn look(&self, assumed: &Assumed, stat: &Statx) -> (Seen, Option<Record>) {
        let record = assumed.ownership.as_ref().and_then(|owners| owners.get(Identity::of(stat)));
        (assumed.see(stat.mode.into(), stat.uid, stat.gid, record.as_ref()), record)
    }

    /// The identity that this thread has assumed, and its credentials.
    fn assumed(&self) -> Option<(&Assumed, &Credentials)> {
        Some((self.process.assumed.get()?, self.credentials.as_ref()?))
    }

    /// chown(2); `None` if the host is to do it.
    pub(crate) fn chown(
        &self,
        subject: Subject<'_>,
        uid: u32,
        gid: u32,
    ) -> Option<Result<(), Errno>> {
        let (assumed, credentials) = self.assumed()?;
        Some(subject.facts().and_then(|stat| {
            let (seen, record) = self.look(assumed, &stat);
            let new = (
                if uid == KEEP { seen.uid } else { uid },
                if gid == KEEP { seen.gid } else { gid },
            );
            let is_owner = credentials.uid.files == seen.uid;
            let may = new.0 == seen.uid && new.1 == seen.gid && is_owner
                || credentials.can(Capability::Chown)
                || is_owner
                    && new.0 == seen.uid
                    && assumed.ownership.is_some()
                    && credentials.is_in_group(new.1);
            if !may && (uid, gid) != (KEEP, KEEP) {
                return Err(Errno::EPERM);
            }
            let Some(owners) = &assumed.ownership else { return Ok(()) };
            // The host's devices, of which there is one for all.
            if matches!(u32::from(stat.mode) & s::IFMT, s::IFCHR | s::IFBLK) {
                return Ok(());
            }
            let mut changes = Vec::new();
            if new != (seen.uid, seen.gid) {
                changes.push(Change::Owner(new.0, new.1));
            }
            if seen.mode & s::IFMT != s::IFDIR {
                let mut mode = seen.mode & PERMISSIONS & !s::ISUID;
                let lasting = mode & 0o010 == 0
                    && (credentials.can(Capability::Fsetid) || credentials.is_in_group(new.1));
                if !lasting {
                    mode &= !s::ISGID;
                }
                if mode != seen.mode & PERMISSIONS {
                    changes.push(Change::Mode(mode, u32::from(stat.mode) & PERMISSIONS));
                }
                if record.is_some_and(|record| record.xattrs.contains_key(FILE_CAPABILITIES)) {
                    changes.push(Change::Xattr(FILE_CAPABILITIES.to_vec(), None));
                }
            }
            owners.change(Identity::of(&stat), &changes)
        }))
    }

    /// chmod(2); `None` if the host is to do it.
    pub(crate) fn chmod(&self, subject: Subject<'_>, mode: u32) -> Option<Result<(), Errno>> {
        let (assumed, credentials) = self.assumed()?;
        let owners = assumed.ownership.as_ref()?;
        Some(subject.facts().and_then(|stat| {
            let (seen, record) = self.look(assumed, &stat);
            if u32::from(stat.mode) & s::IFMT == s::IFLNK {
                return subject.chmod(mode);
            }
            if credentials.uid.files != seen.uid && !credentials.can(Capability::Fowner) {
                return Err(Errno::EPERM);
            }
            let mut mode = mode & PERMISSIONS;
            if !credentials.is_in_group(seen.gid) && !credentials.can(Capability::Fsetid) {
                mode &= !s::ISGID;
            }
            self.set_mode(owners, subject, &stat, mode, record.as_ref())
        }))
    }

    /// Gives a file permission bits: the host's in its own way.
    fn set_mode(
        &self,
        owners: &Ownership,
        subject: Subject<'_>,
        stat: &Statx,
        mode: u32,
        record: Option<&Record>,
    ) -> Result<(), Errno> {
        let old = u32::from(stat.mode);
        let mut host = host_mode(old & s::IFMT | mode);
        match subject.chmod(host) {
            // Somebody else's on the host: what the guest sees is all that changes.
            Err(Errno::EPERM) => host = old & PERMISSIONS,
            result => result?,
        }
        if host == mode && record.is_none_or(|record| record.mode.is_none()) {
            return Ok(());
        }
        owners.change(Identity::of(stat), &[Change::Mode(mode, host)])
    }

    /// A file, directory or link that this thread has just made by name.
    pub(crate) fn made(&self, at: &At) -> Result<(), Errno> {
        let Some((assumed, credentials)) = self.assumed() else { return Ok(()) };
        let Some(owners) = &assumed.ownership else { return Ok(()) };
        // mkdir("a/") is possible, and the slash would follow a link.
        let path = at.path().to_bytes();
        let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
        let path = CString::new(&path[..end]).map_err(|_| Errno::EINVAL)?;
        let new = Subject { dir: at.dir(), path: &path, flags: at::SYMLINK_NOFOLLOW };
        let parent = parent(&path);
        let parent = Subject { dir: at.dir(), path: &parent, flags: 0 };
        self.own(assumed, owners, credentials, new, parent)
    }

    /// A file without a name that this thread has just made in a directory.
    pub(crate) fn made_in(&self, dir: &At, file: &OwnedFd) -> Result<(), Errno> {
        let Some((assumed, credentials)) = self.assumed() else { return Ok(()) };
        let Some(owners) = &assumed.ownership else { return Ok(()) };
        let new = Subject::file(file.as_fd());
        self.own(assumed, owners, credentials, new, Subject::at(dir, 0))
    }

    fn own(
        &self,
        assumed: &Assumed,
        owners: &Ownership,
        credentials: &Credentials,
        new: Subject<'_>,
        parent: Subject<'_>,
    ) -> Result<(), Errno> {
        let stat = new.facts()?;
        let (mut seen, record) = self.look(assumed, &stat);
        if record.is_some() {
            // Of an earlier file with the same number, made within a tick of the host's clock, or where
            // the host does not tell when a file was made.
            owners.change(Identity::of(&stat), &[Change::New])?;
            seen = assumed.see(stat.mode.into(), stat.uid, stat.gid, None);
        }
        let (above, _) = self.look(assumed, &parent.facts()?);
        let mut gid = credentials.gid.files;
        if above.mode & s::ISGID != 0 {
            gid = above.gid;
            if seen.mode & s::IFMT == s::IFDIR {
                seen.mode |= s::ISGID;
            }
        }
        if (seen.uid, seen.gid) != (credentials.uid.files, gid) {
            owners.change(Identity::of(&stat), &[Change::Owner(credentials.uid.files, gid)])?;
        }
        let mode = seen.mode & PERMISSIONS;
        let is_link = seen.mode & s::IFMT == s::IFLNK;
        if !is_link && (host_mode(seen.mode) != mode || u32::from(stat.mode) != seen.mode) {
            self.set_mode(owners, new, &stat, mode, None)?;
        }
        Ok(())
    }

    /// mknod(2) of a device: an empty file that is remembered as one. `None` if the host is to do it.
    pub(crate) fn make_node(&self, at: &At, mode: u32, number: u32) -> Option<Result<(), Errno>> {
        let (assumed, credentials) = self.assumed()?;
        let owners = assumed.ownership.as_ref()?;
        let kind = mode & s::IFMT;
        if !matches!(kind, s::IFCHR | s::IFBLK) {
            return None;
        }
        // Overlay file systems' mark of a file that is gone (`WHITEOUT_DEV`) is anybody's.
        let is_whiteout = (kind, number) == (s::IFCHR, 0);
        if !is_whiteout && !credentials.can(Capability::Mknod) {
            return Some(Err(Errno::EPERM));
        }
        let make = || {
            host::fs::mknodat(at.dir(), at.path(), s::IFREG | mode & PERMISSIONS, 0)?;
            self.made(at)?;
            let stat = facts(at.dir(), at.path(), at::SYMLINK_NOFOLLOW)?;
            owners.change(Identity::of(&stat), &[Change::Node(kind, number.into())])
        };
        Some(make())
    }

    /// Notes what a call that removes the name at `at` removes with it; called before, for
    /// [`Self::removed`] afterwards.
    pub(crate) fn removing(&self, at: &At) -> Option<Identity> {
        let owners = self.process.ownership().filter(|owners| !owners.is_empty())?;
        let stat = facts(at.dir(), at.path(), at::SYMLINK_NOFOLLOW).ok()?;
        let is_last = stat.nlink == 1 || u32::from(stat.mode) & s::IFMT == s::IFDIR;
        let id = Identity::of(&stat);
        (is_last && owners.get(id).is_some()).then_some(id)
    }

    /// After it has been removed.
    pub(crate) fn removed(&self, id: Option<Identity>) -> Result<(), Errno> {
        match (id, self.process.ownership()) {
            (Some(id), Some(owners)) => owners.change(id, &[Change::Gone]),
            _ => Ok(()),
        }
    }

    /// Whether the guest may do `want` (`R_OK`, `W_OK`, `X_OK`) with a file that is there, as far as the
    /// host does not decide that.
    pub(crate) fn check_access(&self, subject: Subject<'_>, want: u32) -> Result<(), Errno> {
        match self.assumed() {
            Some((assumed, credentials)) if assumed.ownership.is_some() => {
                self.check_as(assumed, credentials, subject, want)
            }
            _ => Ok(()),
        }
    }

    /// access(2) with the real ids.
    pub(crate) fn check_real_access(&self, subject: Subject<'_>, want: u32) -> Result<(), Errno> {
        match self.assumed() {
            Some((assumed, credentials)) if assumed.ownership.is_some() => {
                self.check_as(assumed, &credentials.real(), subject, want)
            }
            _ => Ok(()),
        }
    }

    fn check_as(
        &self,
        assumed: &Assumed,
        credentials: &Credentials,
        subject: Subject<'_>,
        want: u32,
    ) -> Result<(), Errno> {
        let mut want = want;
        if credentials.can(Capability::DacOverride) {
            // The host lets us in, but for what nobody may execute.
            want &= access::X_OK;
        }
        if want == 0 {
            return Ok(());
        }
        let (seen, _) = self.look(assumed, &subject.facts()?);
        let is_dir = seen.mode & s::IFMT == s::IFDIR;
        let bits =
            match () {
                () if credentials.can(Capability::DacOverride) => {
                    if is_dir || seen.mode & 0o111 != 0 { 7 } else { 6 }
                }
                () if credentials.uid.files == seen.uid => seen.mode >> 6,
                () if credentials.is_in_group(seen.gid) => seen.mode >> 3,
                () => seen.mode,
            };
        let reads = credentials.can(Capability::DacReadSearch);
        let free = if !reads {
            0
        } else if is_dir {
            access::R_OK | access::X_OK
        } else {
            access::R_OK
        };
        if want & !(bits & 7 | free) != 0 { Err(Errno::EACCES) } else { Ok(()) }
    }

    /// Whether the guest may make a name at `at`.
    pub(crate) fn check_make(&self, at: &At) -> Result<(), Errno> {
        if self.can(Capability::DacOverride) != Some(false) {
            return Ok(());
        }
        let path = parent(at.path());
        let dir = Subject { dir: at.dir(), path: &path, flags: 0 };
        self.check_access(dir, access::W_OK | access::X_OK)
    }

    /// Whether the guest may remove the name at `at`: in a sticky directory it takes the owner of
    /// either.
    pub(crate) fn check_remove(&self, at: &At) -> Result<(), Errno> {
        self.check_make(at)?;
        let Some((assumed, credentials)) = self.assumed() else { return Ok(()) };
        if assumed.ownership.is_none() || credentials.can(Capability::Fowner) {
            return Ok(());
        }
        let path = parent(at.path());
        let (above, _) = self.look(assumed, &facts(at.dir(), &path, 0)?);
        let Ok(stat) = facts(at.dir(), at.path(), at::SYMLINK_NOFOLLOW) else { return Ok(()) };
        let (seen, _) = self.look(assumed, &stat);
        let owns = [above.uid, seen.uid].contains(&credentials.uid.files);
        if above.mode & s::ISVTX != 0 && !owns { Err(Errno::EPERM) } else { Ok(()) }
    }

    /// Whether the guest may open the file at `at` like this, if it is there.
    pub(crate) fn check_open(&self, at: &At, flags: u32) -> Result<(), Errno> {
        if flags & o::PATH != 0 || self.can(Capability::DacOverride) != Some(false) {
            return Ok(());
        }
        let reads = match flags & o::ACCMODE {
            o::RDONLY => access::R_OK,
            o::WRONLY => access::W_OK,
            _ => access::R_OK | access::W_OK,
        };
        let writes = if flags & o::TRUNC != 0 { access::W_OK } else { 0 };
        let flag = at.open_flags(flags) & o::NOFOLLOW;
        let subject = Subject::at(at, if flag != 0 { at::SYMLINK_NOFOLLOW } else { 0 });
        match self.check_access(subject, reads | writes) {
            Err(Errno::ENOENT) if flags & o::CREAT != 0 => self.check_make(at),
            // Opening says what is wrong with the path.
            Err(error) if error != Errno::EACCES => Ok(()),
            result => result,
        }
    }

    /// Whether opening a file like this takes nothing but the host's consent.
    pub(crate) fn opens_as_host(&self, flags: u32) -> bool {
        let makes = flags & (o::CREAT | o::TMPFILE & !o::DIRECTORY) != 0;
        let has_all = self.can(Capability::DacOverride) != Some(false);
        self.process.ownership().is_none() || !makes && (has_all || flags & o::PATH != 0)
    }

    /// Whether the guest owns a file, as far as the host does not decide that.
    pub(crate) fn check_owner(&self, subject: Subject<'_>) -> Result<(), Errno> {
        match self.assumed() {
            Some((assumed, credentials))
                if assumed.ownership.is_some() && !credentials.can(Capability::Fowner) =>
            {
                let (seen, _) = self.look(assumed, &subject.facts()?);
                if seen.uid == credentials.uid.files { Ok(()) } else { Err(Errno::EPERM) }
            }
            _ => Ok(()),
        }
    }

    /// The device that an opened file is remembered as: kind and number.
    pub(crate) fn node(&self, fd: BorrowedFd<'_>) -> Option<(u32, u64)> {
        let owners = self.process.ownership().filter(|owners| owners.has_nodes())?;
        owners.get(Identity::of(&Subject::file(fd).facts().ok()?))?.node
    }

    /// The owner and group that an executed file has its rights from: setuid and setgid bits that
    /// are remembered.
    pub(crate) fn set_ids(&self, fd: BorrowedFd<'_>) -> (Option<u32>, Option<u32>) {
        let Some((assumed, _)) = self.assumed() else { return (None, None) };
        let Ok(stat) = Subject::file(fd).facts() else { return (None, None) };
        let (seen, record) = self.look(assumed, &stat);
        if record.is_none() {
            return (None, None);
        }
        let uid = (seen.mode & s::ISUID != 0).then_some(seen.uid);
        let gid = (seen.mode & (s::ISGID | 0o010) == s::ISGID | 0o010).then_some(seen.gid);
        (uid, gid)
    }

    /// Notes a path that is looked up, for [`Self::open_up`].
    pub(crate) fn note_path(&self, dir: DirFd, path: &CStr) {
        if self.process.ownership().is_some() {
            self.looked_up.borrow_mut().push((dir, path.to_owned()));
        }
    }

    /// Opens up what the host does not let us into although it is ours, on the way along the paths that
    /// the present call has looked up, because root is not stopped by permission bits. Whether anything
    /// was, so that the call is to be made again.
    pub(crate) fn open_up(&mut self) -> bool {
        let paths = self.looked_up.take();
        let opened = paths.iter().any(|(dir, path)| self.open_up_path(*dir, path.to_bytes()));
        self.looked_up.take();
        opened
    }

    fn open_up_path(&self, dir: DirFd, text: &[u8]) -> bool {
        let Some((assumed, credentials)) = self.assumed() else { return false };
        let Some(owners) = &assumed.ownership else { return false };
        if !credentials.can(Capability::DacOverride) {
            return false;
        }
        let mut opened = false;
        let ends = text.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/');
        for end in ends.map(|(index, _)| index).chain([text.len()]) {
            let Ok(path) = CString::new(&text[..end]) else { break };
            let Ok(at) = self.resolve(dir, path, Last::Follow) else { break };
            let subject = Subject::at(&at, 0);
            let Ok(stat) = subject.facts() else { break };
            let mode = u32::from(stat.mode);
            let opens = matches!(mode & s::IFMT, s::IFDIR | s::IFREG)
                && stat.uid == assumed.host.0
                && host_mode(mode) | mode & PERMISSIONS != mode & PERMISSIONS;
            if opens {
                let (seen, record) = self.look(assumed, &stat);
                let mode = seen.mode & PERMISSIONS;
                opened |= self.set_mode(owners, subject, &stat, mode, record.as_ref()).is_ok();
            }
        }
        opened
    }
}

/// What chown(2) takes away.
const FILE_CAPABILITIES: &[u8] = b"security.capability";

/// In an argument of chown(2): leave as it is.
const KEEP: u32 = u32::MAX;

/// The path of the directory that a name is in.
fn parent(path: &CStr) -> CString {
    let bytes = path.to_bytes();
    let end = bytes.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    let slash = bytes[..end].iter().rposition(|&byte| byte == b'/');
    let parent = slash.map_or(&b"."[..], |slash| &bytes[..=slash]);
    CString::new(parent).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_file_stays_ours_to_use_and_nobody_elses_to_become() {
        assert_eq!(host_mode(s::IFREG | 0o6755), 0o755);
        assert_eq!(host_mode(s::IFREG), 0o600);
        assert_eq!(host_mode(s::IFREG | 0o011), 0o711);
        assert_eq!(host_mode(s::IFDIR | 0o3070), 0o1770);
    }

    #[test]
    fn the_directory_of_a_name_is_what_stands_before_it() {
        for (path, dir) in [(c"a", c"."), (c"a/b", c"a/"), (c"/a", c"/"), (c"x/a//", c"x/")] {
            assert_eq!(parent(path), dir.to_owned());
        }
    }

    #[test]
    fn a_mode_is_forgotten_when_the_host_has_changed_it() {
        let assumed = Assumed { host: (1000, 1000), seen: (0, 0), ownership: None };
        let mut record = Record::default();
        (record.owner, record.mode) = (Some((5, 6)), Some((0o4755, 0o755)));
        let seen = assumed.see(s::IFREG | 0o755, 1000, 1000, Some(&record));
        assert_eq!((seen.uid, seen.gid, seen.mode), (5, 6, s::IFREG | 0o4755));
        let seen = assumed.see(s::IFREG | 0o700, 1000, 1000, Some(&record));
        assert_eq!(seen.mode, s::IFREG | 0o700);
        let seen = assumed.see(s::IFREG | 0o700, 1000, 7, None);
        assert_eq!((seen.uid, seen.gid), (0, 7));
    }
}
