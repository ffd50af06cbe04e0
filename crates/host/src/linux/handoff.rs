//! Starting this program anew.

use std::ffi::{CString, c_char};

use abi::Errno;

unsafe extern "C" {
    static environ: *const *mut c_char;
}

/// Where this program is: the file itself, whatever has become of its name.
pub(crate) fn program() -> Result<CString, Errno> {
    Ok(c"/proc/self/exe".to_owned())
}

/// This process's environment.
pub(crate) fn environment() -> *const *const *mut c_char {
    &raw const environ
}
