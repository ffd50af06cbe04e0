//! A volume that does not tell capitals from small letters, for tests on hosts that have none.
//!
//! With `ELFUSE_HOST=folding` in elfuse's environment a Linux host looks a single name up as such a
//! volume does: what a directory has under another spelling is found, and is in the way of what is
//! to be made. That is enough for a sysroot on one, whose paths are walked name by name. macOS has
//! the volumes themselves, and nothing of this.
//!
//! Rejected: a file system in user space, which takes rights that not everybody who runs the tests
//! has; and ext4's casefold directories, which most kernels are built without.

use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStringExt;
use std::sync::atomic::{AtomicBool, Ordering};

use abi::fs::o;

use crate::fs::Dir;

static IS_ON: AtomicBool = AtomicBool::new(false);

/// Whether the host's volumes are to ignore case; from now on they do. macOS asks the volume.
#[cfg(target_os = "linux")]
pub(crate) fn is_asked_for() -> bool {
    let asked = std::env::var_os("ELFUSE_HOST").is_some_and(|host| host == "folding");
    // Before there is another thread.
    IS_ON.store(asked, Ordering::Relaxed);
    asked
}

/// How a directory spells a name, if it is one, and the directory has it.
pub(crate) fn actual<'a>(dir: Dir<'_>, path: &'a CStr) -> Cow<'a, CStr> {
    if cfg!(target_os = "linux") && IS_ON.load(Ordering::Relaxed) {
        spelled(dir, path).map_or(Cow::Borrowed(path), Cow::Owned)
    } else {
        Cow::Borrowed(path)
    }
}

fn spelled(dir: Dir<'_>, path: &CStr) -> Option<CString> {
    let bytes = path.to_bytes();
    let end = bytes.iter().rposition(|&byte| byte != b'/')? + 1;
    let (name, slashes) = bytes.split_at(end);
    if name.contains(&b'/') || matches!(name, b"." | b"..") {
        return None;
    }
    let list = crate::sys::fs::openat(dir, c".", o::RDONLY | o::DIRECTORY, 0).ok()?;
    let list = std::fs::read_dir(format!(
        "{}/{}",
        crate::sys::fs::DESCRIPTORS,
        std::os::fd::AsRawFd::as_raw_fd(&list)
    ));
    let fold = |name: &[u8]| String::from_utf8_lossy(name).to_lowercase();
    let wanted = fold(name);
    let names = list.ok()?.filter_map(|entry| Some(entry.ok()?.file_name().into_vec()));
    let mut equal: Vec<Vec<u8>> = names.filter(|name| fold(name) == wanted).collect();
    // Where there are several after all, the one that is meant.
    equal.sort_by_key(|there| there != name);
    CString::new([equal.first()?, slashes].concat()).ok()
}
