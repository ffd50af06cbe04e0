//! `--user`: from a name or number to ids, as container engines read it from the guest's
//! `/etc/passwd` and `/etc/group` (passwd(5), group(5)).

use std::ffi::CStr;

use abi::Errno;
use abi::fs::{AT_FDCWD, o};

use crate::Task;
use crate::syscall::arg::DirFd;

/// A user to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// The home directory, if `/etc/passwd` names one.
    pub home: Option<Vec<u8>>,
}

impl Account {
    /// root, who needs no `/etc/passwd`.
    pub fn root() -> Self {
        Self { uid: 0, gid: 0, groups: vec![0], home: None }
    }

    /// The account that `USER[:GROUP]` names, each by name or number, in the files of the guest. What is
    /// wrong with it, in a sentence.
    pub fn find(t: &Task, text: &[u8]) -> Result<Self, String> {
        let read = |path: &CStr| read_file(t, path).unwrap_or_default();
        resolve(text, &read(c"/etc/passwd"), &read(c"/etc/group"))
    }
}

/// A file of the guest; no longer than such files are.
fn read_file(t: &Task, path: &CStr) -> Result<Vec<u8>, Errno> {
    const MOST: usize = 4 << 20;
    let file = t.open(DirFd(AT_FDCWD), path.to_owned(), o::RDONLY | o::NONBLOCK, 0)?;
    let mut text = vec![0; MOST];
    let mut len = 0;
    while len < MOST {
        match host::io::read_at(file.host(), &mut text[len..], len as u64)? {
            0 => break,
            count => len += count,
        }
    }
    text.truncate(len);
    Ok(text)
}

/// The fields of the lines of a file.
fn rows(file: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    file.split(|&byte| byte == b'\n').map(|line| line.split(|&byte| byte == b':').collect())
}

fn number(text: &[u8]) -> Option<u32> {
    // Ids are 32 bits, and the last of them means none.
    std::str::from_utf8(text).ok()?.parse().ok().filter(|&id| id != u32::MAX)
}

fn resolve(text: &[u8], passwd: &[u8], group: &[u8]) -> Result<Account, String> {
    let (user, wanted) = match text.iter().position(|&byte| byte == b':') {
        Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
        None => (text, None),
    };
    let unknown = |name: &[u8], file| {
        format!("unable to find {}: no such entry in the guest's {file}", name.escape_ascii())
    };
    // name:password:uid:gid:gecos:home:shell
    let uid = number(user);
    let row = rows(passwd).find(|row| match row[..] {
        [name, _, id, _, ..] => name == user || uid.is_some() && number(id) == uid,
        _ => false,
    });
    let field = |index: usize| row.as_ref().and_then(|row| row.get(index)).copied();
    let known = field(2).and_then(number);
    let uid = known.or(uid).ok_or_else(|| unknown(user, "/etc/passwd"))?;
    let home = field(5).filter(|home| !home.is_empty()).map(<[u8]>::to_vec);
    if let Some(wanted) = wanted {
        // name:password:gid:members
        let id = number(wanted);
        let found = rows(group).find(|row| row.len() > 2 && row[0] == wanted);
        let found = found.and_then(|row| number(row[2])).or(id);
        let gid = found.ok_or_else(|| unknown(wanted, "/etc/group"))?;
        return Ok(Account { uid, gid, groups: vec![], home });
    }
    let gid = field(3).and_then(number).unwrap_or(0);
    let groups = rows(group).filter_map(|row| match (&row[..], field(0)) {
        ([_, _, gid, members, ..], Some(name)) => {
            let mut members = members.split(|&byte| byte == b',');
            members.any(|member| member == name).then(|| number(gid)).flatten()
        }
        _ => None,
    });
    let mut groups: Vec<u32> = groups.chain([gid]).collect();
    groups.sort_unstable();
    groups.dedup();
    Ok(Account { uid, gid, groups, home })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\n\nwww:x:33:34::/srv:/bin/sh\nbad:x\n";
    const GROUP: &[u8] = b"root:x:0:\naudio:x:29:pulse,www\nwww:x:34:\nstaff:x:50:www\n";

    fn found(text: &str) -> Result<(u32, u32, Vec<u32>), String> {
        resolve(text.as_bytes(), PASSWD, GROUP).map(|a| (a.uid, a.gid, a.groups))
    }

    #[test]
    fn users_are_named_or_numbered() {
        assert_eq!(found("www"), Ok((33, 34, vec![29, 34, 50])));
        assert_eq!(found("33"), found("www"));
        assert_eq!(found("1000"), Ok((1000, 0, vec![0])));
        assert_eq!(resolve(b"www", PASSWD, GROUP).unwrap().home, Some(b"/srv".to_vec()));
        assert_eq!(resolve(b"7", PASSWD, GROUP).unwrap().home, None);
    }

    #[test]
    fn a_group_that_is_given_is_the_only_one() {
        assert_eq!(found("www:audio"), Ok((33, 29, vec![])));
        assert_eq!(found("1:2"), Ok((1, 2, vec![])));
    }

    #[test]
    fn nobody_is_not_found() {
        for text in ["nobody", "", "bad", "-1", "4294967295", "www:nogroup", "www:", ":audio"] {
            assert!(found(text).unwrap_err().contains("unable to find"), "{text}");
        }
    }
}
