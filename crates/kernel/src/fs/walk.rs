//! The walk along a path, one name at a time, wherever the guest's root is.
//!
//! This is the definition of what a guest's path means; what the host's kernel resolves itself
//! ([`super::path`]) has to agree with it. Each step opens a directory from the one before, never
//! through a symbolic link, so that a link put in place meanwhile is noticed instead of followed;
//! links are read and their targets walked, absolute ones from the guest's root.
//!
//! Rejected: putting the root's path in front of the guest's and letting the host resolve that. An
//! absolute link would lead to the host's file, and `..` or a link swapped in time outside.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use abi::Errno;
use abi::fs::{PATH_MAX, at, s};
use host::fs::Dir;

use super::File;
use super::folding;
use super::procfs::{self, Node};
use super::root::{self, Root, path_of};
use super::rules::Rules;

/// How many symbolic links a path may go through (`MAXSYMLINKS`).
const MAX_LINKS: u32 = 40;

/// What a call does with the last name of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// Follows it if it is a symbolic link.
    Follow,
    /// Follows it, too, and makes a file if there is none: not before a slash.
    Make,
    /// Takes a symbolic link itself, unless a slash follows.
    NoFollow,
    /// Creates, removes or renames it: a slash behind it is for the host to judge, and so is
    /// whatever is wrong with the name, because another path may come first.
    Name,
}

impl Last {
    fn follows(self) -> bool {
        matches!(self, Last::Follow | Last::Make)
    }
}

/// A directory that a path starts from.
#[derive(Clone, Debug)]
pub(crate) enum Base {
    /// The current directory.
    Cwd,
    /// An open file of the guest.
    File(Arc<File>),
    /// The guest's root.
    Root(Arc<Root>),
    /// A directory on the way.
    Dir(Arc<OwnedFd>),
}

impl Base {
    pub fn host(&self) -> Dir<'_> {
        match self {
            Base::Cwd => Dir::Cwd,
            Base::File(file) => Dir::Fd(file.place()),
            Base::Root(root) => root.dir().unwrap_or(Dir::Cwd),
            Base::Dir(dir) => Dir::Fd(dir.as_fd()),
        }
    }

    /// The host's path of the directory.
    pub fn path(&self) -> Result<Vec<u8>, Errno> {
        match self.host() {
            Dir::Fd(fd) => path_of(fd),
            Dir::Cwd => {
                let mut path = [0; PATH_MAX];
                let len = host::fs::getcwd(&mut path[..])?;
                Ok(path[..len.saturating_sub(1)].to_vec())
            }
        }
    }
}

/// A directory that the walk has reached.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub base: Base,
    /// Its path as the guest knows it, without symbolic links.
    pub guest: Vec<u8>,
    /// Whether it is below the root, not on the host beside it.
    pub in_root: bool,
}

impl Place {
    /// Where a directory is that was not reached by walking.
    pub fn of(root: &Arc<Root>, base: Base) -> Result<Self, Errno> {
        let path = match base.path() {
            Err(Errno::ENAMETOOLONG) => return Self::deep(root, &base),
            path => path?,
        };
        Ok(match root.below(&path) {
            Some(guest) if !root.is_host() => {
                Self { base, guest: guest.into_owned(), in_root: true }
            }
            _ if path == b"/" && root.has_kernel_dirs() => Self::root(root)?,
            _ => Self { base, guest: path, in_root: false },
        })
    }

    /// As [`Self::of`], for a directory that has no path because it would be too long: below the
    /// one above it that has, by a name that nothing has.
    fn deep(root: &Arc<Root>, base: &Base) -> Result<Self, Errno> {
        /// As far up as a path of this length goes at least, with names of 255 bytes.
        const UP: &CStr = c"../../../../../../../../../../../../../../..";
        let above = Base::Dir(Arc::new(host::fs::open_dir(base.host(), UP, false)?));
        let place = Self::of(root, above)?;
        let guest = place.join(&[b'x'; PATH_MAX]);
        Ok(Self { base: base.clone(), guest, in_root: place.in_root })
    }

    /// Whether the path is longer than any that the host takes.
    fn is_deep(&self) -> bool {
        self.guest.len() >= PATH_MAX
    }

    /// The guest's root.
    pub fn root(root: &Arc<Root>) -> Result<Self, Errno> {
        if root.is_host() {
            return Self::host_root();
        }
        Ok(Self { base: Base::Root(root.clone()), guest: b"/".to_vec(), in_root: true })
    }

    fn host_root() -> Result<Self, Errno> {
        let dir = host::fs::open_dir(Dir::Cwd, c"/", true)?;
        Ok(Self { base: Base::Dir(Arc::new(dir)), guest: b"/".to_vec(), in_root: false })
    }

    /// The path of a name in it.
    pub fn join(&self, name: &[u8]) -> Vec<u8> {
        let slash: &[u8] = if self.guest == b"/" { b"" } else { b"/" };
        [&self.guest[..], slash, name].concat()
    }

    /// Whether nothing of the host can stand in for a name that is missing here.
    pub fn is_alone(&self, root: &Root, name: &[u8]) -> bool {
        let is_whole = self.guest != b"/" && root::is_system(&self.join(name));
        !root.is_sysroot() || self.in_root && is_whole || self.is_deep()
    }
}

/// Where a path leads.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The directory of the last name.
    pub base: Base,
    /// The last name.
    pub name: CString,
    /// Whether the host has to follow a link there, because only it can: one of `/proc`'s.
    pub follow: bool,
    /// What the guest sees there in place of the host's file.
    pub own: Option<Node>,
    /// Whether that is in `/proc` or `/sys`, where files below are seen differently, too.
    pub in_proc: bool,
    /// Whether there is nothing.
    pub missing: bool,
}

/// What of ours is at a path; the guest's path without symbolic links.
pub(super) type Own<'a> = &'a dyn Fn(&[u8]) -> Option<Node>;

/// A walk in progress.
pub(super) struct Walk<'a> {
    root: &'a Arc<Root>,
    own: Own<'a>,
    last: Last,
    rules: Option<&'a Rules>,
    /// Whether the root was needed yet.
    knows_root: bool,
    place: Place,
    /// What is still to be walked.
    rest: Vec<u8>,
    links: u32,
    /// Where a file would be made that is neither in the sysroot nor on the host.
    new: Option<Found>,
}

/// The next name of a path.
struct Name {
    text: Vec<u8>,
    /// Whether more names follow.
    more: bool,
    /// Whether a slash follows.
    slash: bool,
}

/// What a name in the middle of a path is.
enum Entry {
    Directory(OwnedFd),
    Link(Vec<u8>),
}

impl<'a> Walk<'a> {
    /// Walks `path` from `start`.
    pub fn new(root: &'a Arc<Root>, own: Own<'a>, start: Place, path: &[u8], last: Last) -> Self {
        let rest = path.to_vec();
        let knows_root = rest.starts_with(b"/");
        let (rules, new) = (None, None);
        Self { root, own, last, rules, knows_root, place: start, rest, links: 0, new }
    }

    /// Walks by rules.
    pub fn ruled(self, rules: &'a Rules) -> Self {
        Self { rules: Some(rules), ..self }
    }

    /// Goes all the way.
    pub fn run(mut self) -> Result<Found, Errno> {
        match self.steps() {
            // What is on the host beside the sysroot matters only if it is there.
            Err(error) => self.new.take().ok_or(error),
            found => found,
        }
    }

    fn steps(&mut self) -> Result<Found, Errno> {
        if self.rules.is_some() && self.rest.starts_with(b"/") {
            self.place = self.top()?;
        }
        loop {
            let Some(name) = self.next() else {
                return self.found(if self.last == Last::Name { b"/" } else { b"." });
            };
            let is_dot = matches!(&name.text[..], b"." | b"..");
            let found = match &name.text[..] {
                _ if is_dot && !name.more && self.last == Last::Name => {
                    self.check_search()?;
                    return self.found(&name.text);
                }
                b"." => {
                    self.check_search()?;
                    None
                }
                b".." => self.up()?,
                _ => self.step(&name)?,
            };
            if let Some(found) = found {
                return Ok(found);
            }
        }
    }

    /// Takes the next name off the path.
    fn next(&mut self) -> Option<Name> {
        let start = self.rest.iter().position(|&byte| byte != b'/')?;
        let len = self.rest[start..].iter().position(|&byte| byte == b'/');
        let end = len.map_or(self.rest.len(), |len| start + len);
        let text = self.rest[start..end].to_vec();
        let slash = end < self.rest.len();
        self.rest.drain(..end);
        let more = self.rest.iter().any(|&byte| byte != b'/');
        Some(Name { text, more, slash })
    }

    /// One step down, or the end.
    fn step(&mut self, name: &Name) -> Result<Option<Found>, Errno> {
        // A slash behind it asks for a directory, and goes through a link.
        let must_be_dir = name.slash && !matches!(self.last, Last::Name | Last::Make);
        let follows = self.last.follows() || must_be_dir;
        let is_top = self.place.guest == b"/";
        if is_top && self.place.in_root && self.root.is_sysroot() && root::is_kernel(&name.text) {
            let place = Place::host_root()?;
            self.rules.map_or(Ok(()), |rules| rules.jump(&place))?;
            self.place = place;
        }
        let path = self.place.join(&name.text);
        let is_seen = self.root.has_kernel_dirs() && !self.place.in_root && procfs::holds(&path);
        if is_seen && let Some(node) = (self.own)(&path) {
            match node {
                Node::Directory(_) if name.more => {}
                node => return self.step_own(name, node, follows, must_be_dir),
            }
        }
        let text = self.stored(&name.text)?;
        // Links deep in /proc lead to files, whatever they read as.
        let is_magic = is_seen
            && path.starts_with(PROC)
            && path.iter().filter(|&&byte| byte == b'/').count() > 2;
        if let Some(rules) = self.rules {
            rules.enter(self.place.base.host(), &text)?;
        }
        if !name.more {
            let link = self.link(&text);
            if must_be_dir && (is_magic || link == Err(Errno::EINVAL)) {
                host::fs::open_dir(self.place.base.host(), &text, is_magic)?;
            }
            return match link {
                Err(Errno::EACCES) => Err(Errno::EACCES),
                _ if name.slash && self.last == Last::Make => Err(Errno::EISDIR),
                Ok(target) if follows && !is_magic => self.expand(&target, name),
                Ok(_) if follows => {
                    self.check_follow(true)?;
                    let text = if must_be_dir { with_slash(&text)? } else { text };
                    self.found_magic(text.as_bytes(), true)
                }
                Ok(_) => self.found_magic(text.as_bytes(), false),
                Err(Errno::ENOENT) => self.missing(&path, name, &text),
                Err(error) if error != Errno::EINVAL && self.last != Last::Name => Err(error),
                Err(_) => self.found(text.as_bytes()).map(Some),
            };
        }
        match self.enter(&text) {
            Ok(Entry::Directory(dir)) => {
                self.place = Place { base: Base::Dir(Arc::new(dir)), guest: path, ..self.place };
                Ok(None)
            }
            Ok(Entry::Link(_)) if is_magic => {
                self.check_follow(true)?;
                let dir = host::fs::open_dir(self.place.base.host(), &text, true)?;
                self.place = Place::of(self.root, Base::Dir(Arc::new(dir)))?;
                Ok(None)
            }
            Ok(Entry::Link(target)) => self.expand(&target, name),
            Err(Errno::ENOENT) => self.missing(&path, name, &text),
            Err(error) => Err(error),
        }
    }

    /// The name that the host has for what is called `name` here, or would have.
    fn stored(&self, name: &[u8]) -> Result<CString, Errno> {
        let outside = !self.place.in_root && self.root.has_kernel_dirs();
        let stored = if self.root.folds() && !outside {
            stored(self.place.base.host(), name)
        } else {
            name.to_vec()
        };
        CString::new(stored).map_err(|_| Errno::EINVAL)
    }

    /// One step to, or through, something of ours.
    fn step_own(
        &mut self,
        name: &Name,
        node: Node,
        follows: bool,
        must_be_dir: bool,
    ) -> Result<Option<Found>, Errno> {
        match node {
            Node::Content(_) | Node::Other(..) | Node::Refused if name.more || must_be_dir => {
                Err(Errno::ENOTDIR)
            }
            Node::Link(target) if name.more || follows => {
                self.check_follow(true)?;
                self.expand(target.as_bytes(), name)
            }
            Node::Alias(target) if name.more => {
                self.check_follow(true)?;
                let dir = host::fs::open_dir(Dir::Cwd, &target, true)?;
                self.place = Place::of(self.root, Base::Dir(Arc::new(dir)))?;
                Ok(None)
            }
            Node::Alias(target) if name.slash => {
                let node = Node::Alias(with_slash(&target)?);
                self.found_own(&name.text, node).map(Some)
            }
            node => self.found_own(&name.text, node).map(Some),
        }
    }

    /// Opens the directory or reads the link that a name is. `ENOTDIR` if it is neither; it may
    /// become the other between the two questions.
    fn enter(&self, name: &CString) -> Result<Entry, Errno> {
        let base = self.place.base.host();
        loop {
            match host::fs::open_dir(base, name, false) {
                Err(Errno::ENOTDIR | Errno::ELOOP) => {}
                result => return result.map(Entry::Directory),
            }
            match self.link(name) {
                Err(Errno::EINVAL) => {}
                result => return result.map(Entry::Link),
            }
            let mode = host::fs::fstatat(base, name, at::SYMLINK_NOFOLLOW)?.mode & s::IFMT;
            if mode != s::IFDIR && mode != s::IFLNK {
                return Err(Errno::ENOTDIR);
            }
        }
    }

    /// What a symbolic link says; `EINVAL` if this is none.
    fn link(&self, name: &CString) -> Result<Vec<u8>, Errno> {
        let mut target = [0; PATH_MAX];
        let len = host::fs::readlinkat(self.place.base.host(), name, target[..].as_mut().into())?;
        Ok(target[..len].to_vec())
    }

    /// Whether the rules let a link be followed.
    fn check_follow(&self, is_magic: bool) -> Result<(), Errno> {
        self.rules.map_or(Ok(()), |rules| rules.follow(is_magic))
    }

    /// Goes on where a symbolic link points.
    fn expand(&mut self, target: &[u8], name: &Name) -> Result<Option<Found>, Errno> {
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(Errno::ELOOP);
        }
        self.check_follow(false)?;
        // A link is there, so that nothing is to be made in its place.
        self.new = None;
        if target.starts_with(b"/") {
            self.place = self.top()?;
        }
        let rest = std::mem::take(&mut self.rest);
        self.rest = target.to_vec();
        if name.slash {
            self.rest.extend_from_slice(&rest);
        }
        Ok(None)
    }

    /// Where absolute paths begin.
    fn top(&mut self) -> Result<Place, Errno> {
        let Some(rules) = self.rules else { return Place::root(self.root) };
        if let Some(top) = rules.root()? {
            return Ok(top);
        }
        let root = Place::root(self.root)?;
        rules.jump_by_link(&root, self.knows_root)?;
        self.knows_root = true;
        Ok(root)
    }

    /// Even a name that leads nowhere is searched for.
    fn check_search(&self) -> Result<(), Errno> {
        host::fs::open_dir(self.place.base.host(), c".", false).map(drop)
    }

    /// One step up, never above the root.
    fn up(&mut self) -> Result<Option<Found>, Errno> {
        self.check_search()?;
        self.knows_root = true;
        let guest = &self.place.guest;
        let end = guest.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        let outside = !self.place.in_root && !self.root.has_kernel_dirs();
        let stops = self.rules.map_or(Ok(false), |rules| rules.stops(&self.place))?;
        let is_top = stops || guest == b"/" || outside && self.root.is_top(guest);
        if !is_top {
            self.rules.map_or(Ok(()), |rules| rules.enter(self.place.base.host(), c".."))?;
            self.place = match end {
                0 if outside => Place::host_root()?,
                0 => Place::root(self.root)?,
                _ => self.parent(end)?,
            };
        }
        Ok(None)
    }

    /// The directory above, whose path ends at `end`.
    fn parent(&self, end: usize) -> Result<Place, Errno> {
        let dir = host::fs::open_dir(self.place.base.host(), c"..", false)?;
        let base = Base::Dir(Arc::new(dir));
        let guest = self.place.guest[..end].to_vec();
        let place = Place { base, guest, in_root: self.place.in_root };
        if !place.in_root && !self.place.is_deep() {
            return Ok(place);
        }
        // Somebody may have moved the directory: up from there is not below the root.
        let now = Place::of(self.root, place.base)?;
        if now.in_root == self.place.in_root { Ok(now) } else { Place::root(self.root) }
    }

    /// There is no such name here: on the host, perhaps, or to be made.
    fn missing(&mut self, path: &[u8], name: &Name, stored: &CStr) -> Result<Option<Found>, Errno> {
        let at_end = !name.more;
        if self.place.in_root && !self.place.is_alone(self.root, &name.text) {
            if at_end {
                self.new = Some(Found { missing: true, ..self.found(stored.to_bytes())? });
            }
            let rest = std::mem::take(&mut self.rest);
            self.rest = [path, &rest].concat();
            self.place = Place::host_root()?;
            return Ok(None);
        }
        // Nothing is made in the host's system directories.
        let is_host = self.root.is_sysroot() && !self.place.in_root;
        let refused = is_host && root::is_system(path);
        if at_end && !refused && self.new.is_none() {
            return Ok(Some(Found { missing: true, ..self.found(stored.to_bytes())? }));
        }
        Err(Errno::ENOENT)
    }

    fn found(&self, name: &[u8]) -> Result<Found, Errno> {
        let mut name = name.to_vec();
        if self.last == Last::Name && self.rest.starts_with(b"/") && name != b"/" {
            name.push(b'/');
        }
        let name = CString::new(name).map_err(|_| Errno::EINVAL)?;
        let path = self.place.join(name.to_bytes());
        let in_proc = !self.place.in_root && procfs::holds(&path);
        let base = self.place.base.clone();
        Ok(Found { base, name, follow: false, own: None, in_proc, missing: false })
    }

    fn found_magic(&self, name: &[u8], follow: bool) -> Result<Option<Found>, Errno> {
        Ok(Some(Found { follow, ..self.found(name)? }))
    }

    fn found_own(&self, name: &[u8], node: Node) -> Result<Found, Errno> {
        let found = Found { in_proc: true, ..self.found(name)? };
        Ok(match node {
            Node::Alias(name) => Found { base: Base::Cwd, name, follow: true, ..found },
            node => Found { own: Some(node), ..found },
        })
    }
}

/// How a volume that confuses names has this one in a directory, or would have it.
fn stored(dir: Dir<'_>, name: &[u8]) -> Vec<u8> {
    let found = |name: &[u8]| {
        let name = CString::new(name).ok()?;
        host::fs::stored_name(dir, &name).ok()
    };
    let first = folding::first(name);
    // Another plain name is one of the same file, which a volume may tell just as well.
    let at_first = found(&first);
    if at_first.as_deref().is_some_and(|there| first != name || folding::is_plain(there)) {
        return first;
    }
    let Some(second) = folding::second(name) else { return first };
    let is_free = at_first.is_none();
    let at_second = found(&second);
    match at_second {
        Some(there) if folding::is_plain(name) || there == second => second,
        None if !is_free => second,
        _ => first,
    }
}

/// The path of a link that only the host can follow, which it does because of the slash, whatever else it is told.
fn with_slash(path: &CStr) -> Result<CString, Errno> {
    CString::new([path.to_bytes(), b"/"].concat()).map_err(|_| Errno::EINVAL)
}

/// Where links may lead to files whatever they read as.
const PROC: &[u8] = b"/proc/";
