//! What is remembered of a file, and the lines of the log that it is remembered in.
//!
//! A line names a file and what has become of it: `0 131 1700000000.000000001 o=33:33 m=4755/755;`.
//! Later lines change what they name and leave the rest, so that two processes that change different
//! things do not undo each other's. The log is the guest's to spoil, like any file of its tree: a
//! line that makes no sense is passed over.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A file as the host numbers it: device and inode.
pub(super) type Key = (u64, u64);

/// When a file was made, seconds and nanoseconds: tells it from a later file of the same number.
/// Zero where the file system does not know.
pub(super) type Birth = (i64, u32);

/// What is remembered of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(super) birth: Birth,
    /// User and group.
    pub owner: Option<(u32, u32)>,
    /// Permission bits, and those that the host's file was given in their place: they hold as long as
    /// it has them.
    pub mode: Option<(u32, u32)>,
    /// A device: `S_IFCHR` or `S_IFBLK`, and its number.
    pub node: Option<(u32, u64)>,
    /// Extended attributes that only root can set.
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The last name is gone, so that nobody will ask once it is closed.
    pub(super) gone: bool,
}

/// One change of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Owner(u32, u32),
    /// The guest's bits and the host's.
    Mode(u32, u32),
    Node(u32, u64),
    Xattr(Vec<u8>, Option<Vec<u8>>),
    Gone,
    /// A file that has just been made, of which nothing is to be remembered yet.
    New,
}

impl Record {
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Owner(uid, gid) => self.owner = Some((uid, gid)),
            Change::Mode(guest, host) => self.mode = (guest != host).then_some((guest, host)),
            Change::Node(kind, number) => self.node = Some((kind, number)),
            Change::Xattr(name, Some(value)) => drop(self.xattrs.insert(name, value)),
            Change::Xattr(name, None) => drop(self.xattrs.remove(&name)),
            Change::Gone => self.gone = true,
            Change::New => *self = Self { birth: self.birth, ..Self::default() },
        }
    }

    /// Whether the file is what the host says it is.
    pub(super) fn is_empty(&self) -> bool {
        let Self { birth: _, owner, mode, node, xattrs, gone: _ } = self;
        owner.is_none() && mode.is_none() && node.is_none() && xattrs.is_empty()
    }

    /// The changes that make it from nothing.
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        changes.extend(self.owner.map(|(uid, gid)| Change::Owner(uid, gid)));
        changes.extend(self.mode.map(|(guest, host)| Change::Mode(guest, host)));
        changes.extend(self.node.map(|(kind, number)| Change::Node(kind, number)));
        let xattrs = self.xattrs.iter();
        changes
            .extend(xattrs.map(|(name, value)| Change::Xattr(name.clone(), Some(value.clone()))));
        changes
    }
}

/// The line for changes of a file. It begins with a line feed, too: what a process that died in the
/// middle of its own line left behind ends there.
pub(super) fn line(key: Key, birth: Birth, changes: &[Change]) -> String {
    let mut text = format!("\n{} {} {}.{:09}", key.0, key.1, birth.0, birth.1);
    for change in changes {
        // Writing to a string does not fail.
        let _ = match change {
            Change::Owner(uid, gid) => write!(text, " o={uid}:{gid}"),
            Change::Mode(guest, host) => write!(text, " m={guest:o}/{host:o}"),
            Change::Node(kind, number) => write!(text, " n={kind:o}/{number}"),
            Change::Xattr(name, Some(value)) => write!(text, " x={}:{}", hex(name), hex(value)),
            Change::Xattr(name, None) => write!(text, " x={}", hex(name)),
            Change::Gone => write!(text, " g="),
            Change::New => write!(text, " c="),
        };
    }
    text.push_str(";\n");
    text
}

/// What a line says.
pub(super) fn parse(line: &str) -> Option<(Key, Birth, Vec<Change>)> {
    let mut words = line.strip_suffix(';')?.split(' ');
    let key = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let (seconds, nanoseconds) = words.next()?.split_once('.')?;
    let birth = (seconds.parse().ok()?, nanoseconds.parse().ok()?);
    let changes = words.map(change).collect::<Option<_>>()?;
    Some((key, birth, changes))
}

fn change(word: &str) -> Option<Change> {
    let octal = |text| u32::from_str_radix(text, 8).ok();
    let (kind, value) = word.split_once('=')?;
    Some(match (kind, value.split_once([':', '/'])) {
        ("o", Some((uid, gid))) => Change::Owner(uid.parse().ok()?, gid.parse().ok()?),
        ("m", Some((guest, host))) => Change::Mode(octal(guest)? & 0o7777, octal(host)? & 0o7777),
        ("n", Some((kind, number))) => Change::Node(octal(kind)?, number.parse().ok()?),
        ("x", Some((name, value))) => Change::Xattr(unhex(name)?, Some(unhex(value)?)),
        ("x", None) => Change::Xattr(unhex(value)?, None),
        ("g", None) => Change::Gone,
        ("c", None) => Change::New,
        _ => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_written() {
        let changes = vec![
            Change::Owner(33, u32::MAX - 1),
            Change::Mode(0o4755, 0o755),
            Change::Node(0o20000, 1 << 40),
            Change::Xattr(b"security.capability".into(), Some(vec![0, 255, 10])),
            Change::Xattr(b"trusted.x".into(), None),
            Change::Gone,
            Change::New,
        ];
        let text = line((1, 2), (-3, 4), &changes);
        assert_eq!(parse(text.trim_matches('\n')), Some(((1, 2), (-3, 4), changes)));
    }

    #[test]
    fn what_makes_no_sense_is_passed_over() {
        for text in
            ["", ";", "1 2 3.4", "1 2 3.4 o=5;", "1 2 3.4 o=5:6", "1 2 3.4 z=5:6;", "1 2 3.4 x=0g;"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("1 2 3.4;"), Some(((1, 2), (3, 4), vec![])));
        // A long line of a non-ASCII name does not panic.
        assert_eq!(parse("1 2 3.4 x=ä:€;"), None);
    }

    #[test]
    fn a_record_is_made_again_from_its_changes() {
        let mut record = Record::default();
        record.apply(Change::Owner(1, 2));
        record.apply(Change::Owner(3, 4));
        record.apply(Change::Xattr(b"a".into(), Some(b"b".into())));
        record.apply(Change::Xattr(b"c".into(), Some(b"d".into())));
        record.apply(Change::Xattr(b"a".into(), None));
        let mut again = Record::default();
        record.changes().into_iter().for_each(|change| again.apply(change));
        assert_eq!((&again, again.owner), (&record, Some((3, 4))));
    }
}
