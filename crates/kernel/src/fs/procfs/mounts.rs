//! What is mounted, in a sysroot or after chroot(2): `mountinfo`, `mounts`, `mountstats`.
//!
//! The host's lines with the guest's paths, without what the guest cannot reach. A sysroot shows as
//! the root, with the file system that it is on.

use crate::Task;
use crate::fs::root::{self, Root};

/// The host's text.
fn host(name: &str) -> Vec<u8> {
    std::fs::read(format!("/proc/self/{name}")).unwrap_or_default()
}

/// `/proc/self/mountinfo`: `ID PARENT MAJOR:MINOR ROOT POINT OPTIONS …`.
pub(super) fn mountinfo(t: &Task) -> Vec<u8> {
    shown(&t.root(), &host("mountinfo"), 4)
}

/// `/proc/self/mounts`: `DEVICE POINT TYPE OPTIONS 0 0`.
pub(super) fn mounts(t: &Task) -> Vec<u8> {
    shown(&t.root(), &host("mounts"), 1)
}

/// `/proc/self/mountstats`: `device DEVICE mounted on POINT …`.
pub(super) fn mountstats(t: &Task) -> Vec<u8> {
    shown(&t.root(), &host("mountstats"), 4)
}

/// The lines with the guest's mount points in `column`. Spaces in paths are escaped in all files.
fn shown(root: &Root, text: &[u8], column: usize) -> Vec<u8> {
    let lines = || text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let point = |line: &[u8]| line.split(|&byte| byte == b' ').nth(column).map(<[u8]>::to_vec);
    // The last of the longest: later mounts hide earlier ones.
    let whole = lines().filter(|line| point(line).is_some_and(|point| root.is_on(&point)));
    let whole = whole.max_by_key(|line| point(line).map_or(0, |point| point.len()));
    let mut result = Vec::new();
    let mut push = |line: &[u8], point: &[u8]| {
        let columns = line.split(|&byte| byte == b' ').enumerate();
        let columns = columns.map(|(at, old)| if at == column { point } else { old });
        result.extend_from_slice(&columns.collect::<Vec<_>>().join(&b' '));
        result.push(b'\n');
    };
    if root.is_sysroot()
        && let Some(line) = whole
    {
        push(line, b"/");
    }
    for line in lines() {
        let Some(point) = point(line) else { continue };
        match root.below(&point).as_deref() {
            Some(b"/") if root.is_sysroot() => {}
            Some(below) => push(line, below),
            None if root.is_sysroot() && point != b"/" && !root::is_system(&point) => {
                push(line, &point);
            }
            None => {}
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sysroot_is_the_root_and_what_is_below_moves() {
        let host = b"d1 / ext4 rw 0 0\np /proc proc rw 0 0\nd2 /srv xfs rw 0 0\n\
            d3 /srv/tree/mnt vfat rw 0 0\nd4 /usr/share ext4 rw 0 0\nd5 /work ext4 rw 0 0\n";
        let expected = b"d2 / xfs rw 0 0\np /proc proc rw 0 0\nd2 /srv xfs rw 0 0\n\
            d3 /mnt vfat rw 0 0\nd5 /work ext4 rw 0 0\n";
        let root = Root::for_test(b"/srv/tree");
        assert_eq!(
            shown(&root, host, 1).escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
    }
}
