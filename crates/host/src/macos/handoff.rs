//! Starting this program anew.

use std::ffi::{CString, c_char};
use std::os::unix::ffi::OsStringExt;

use abi::Errno;

unsafe extern "C" {
    fn _NSGetEnviron() -> *const *const *mut c_char;
}

/// Where this program is: this host knows programs by their names.
pub(crate) fn program() -> Result<CString, Errno> {
    let path = std::env::current_exe().map_err(|_| Errno::ENOENT)?;
    CString::new(path.into_os_string().into_vec()).map_err(|_| Errno::ENOENT)
}

/// This process's environment.
pub(crate) fn environment() -> *const *const *mut c_char {
    // SAFETY: no arguments.
    unsafe { _NSGetEnviron() }
}
