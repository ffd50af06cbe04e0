//! prctl(2): what a thread or a process may ask for that has no call of its own.
//!
//! Most options are the host's: a guest's thread is one of its threads. An option that is not here is `EINVAL`, as from a
//! kernel that was built without it, or before it: among them those of other architectures and extensions, seccomp
//! and `PR_SET_MDWE`, which are about calls and pages that the host knows the runtime's of, not the guest's.

use std::ffi::CString;

use abi::Errno;
use host::process as host_process;
use mem::{UserPtr, UserSlice, UserStr};

use super::credentials::Credentials;
use super::identity::NAME_MAX;
use crate::Task;
use crate::syscall::SysResult;

/// `PR_*` (`linux/prctl.h`).
pub(crate) mod pr {
    pub const SET_PDEATHSIG: i32 = 1;
    pub const GET_PDEATHSIG: i32 = 2;
    pub const GET_DUMPABLE: i32 = 3;
    pub const SET_DUMPABLE: i32 = 4;
    pub const GET_KEEPCAPS: i32 = 7;
    pub const SET_KEEPCAPS: i32 = 8;
    pub const SET_NAME: i32 = 15;
    pub const GET_NAME: i32 = 16;
    pub const GET_TIMING: i32 = 13;
    pub const SET_TIMING: i32 = 14;
    pub const CAPBSET_READ: i32 = 23;
    pub const CAPBSET_DROP: i32 = 24;
    pub const GET_SECUREBITS: i32 = 27;
    pub const SET_SECUREBITS: i32 = 28;
    pub const SET_TIMERSLACK: i32 = 29;
    pub const GET_TIMERSLACK: i32 = 30;
    pub const MCE_KILL: i32 = 33;
    pub const MCE_KILL_GET: i32 = 34;
    pub const SET_CHILD_SUBREAPER: i32 = 36;
    pub const GET_CHILD_SUBREAPER: i32 = 37;
    pub const SET_NO_NEW_PRIVS: i32 = 38;
    pub const GET_NO_NEW_PRIVS: i32 = 39;
    pub const SET_THP_DISABLE: i32 = 41;
    pub const GET_THP_DISABLE: i32 = 42;
    pub const CAP_AMBIENT: i32 = 47;
    pub const CAP_AMBIENT_IS_SET: u64 = 1;
    pub const CAP_AMBIENT_RAISE: u64 = 2;
    pub const CAP_AMBIENT_LOWER: u64 = 3;
    pub const CAP_AMBIENT_CLEAR_ALL: u64 = 4;
    pub const GET_SPECULATION_CTRL: i32 = 52;
    pub const SET_SPECULATION_CTRL: i32 = 53;
    pub const SPEC_STORE_BYPASS: u64 = 0;
    pub const SET_IO_FLUSHER: i32 = 57;
    pub const GET_IO_FLUSHER: i32 = 58;
    pub const SET_MEMORY_MERGE: i32 = 67;
    pub const GET_MEMORY_MERGE: i32 = 68;
}

/// prctl(2).
pub fn prctl(t: &mut Task, option: i32, a: u64, b: u64, c: u64, d: u64) -> SysResult {
    if let Some(credentials) = &mut t.credentials
        && let Some(result) = prctl_credentials(credentials, option, [a, b, c, d])
    {
        return result;
    }
    match option {
        pr::SET_NAME => {
            let name = match UserStr::new(a).read(t.space(), NAME_MAX + 1) {
                Err(Errno::ENAMETOOLONG) => {
                    let bytes =
                        UserSlice::new(a, NAME_MAX as u64).read_to_vec(t.space(), NAME_MAX)?;
                    CString::new(bytes).map_err(|_| Errno::EINVAL)?
                }
                other => other?,
            };
            host_process::set_name(&name);
            Ok(0)
        }
        pr::GET_NAME => {
            UserSlice::new(a, 16).write_from(t.space(), &host_process::name())?;
            Ok(0)
        }
        pr::GET_PDEATHSIG | pr::GET_CHILD_SUBREAPER => {
            let value = host_process::prctl_get(option)?;
            UserPtr::<i32>::new(a).write(t.space(), &value)?;
            Ok(0)
        }
        pr::SET_PDEATHSIG
        | pr::GET_DUMPABLE
        | pr::SET_DUMPABLE
        | pr::GET_KEEPCAPS
        | pr::SET_KEEPCAPS
        | pr::CAPBSET_READ
        | pr::CAPBSET_DROP
        | pr::GET_SECUREBITS
        | pr::SET_SECUREBITS
        | pr::MCE_KILL
        | pr::MCE_KILL_GET
        | pr::SET_THP_DISABLE
        | pr::GET_THP_DISABLE
        | pr::SET_IO_FLUSHER
        | pr::GET_IO_FLUSHER
        | pr::SET_MEMORY_MERGE
        | pr::GET_MEMORY_MERGE
        | pr::SET_TIMERSLACK
        | pr::GET_TIMERSLACK
        | pr::SET_CHILD_SUBREAPER
        | pr::SET_NO_NEW_PRIVS
        | pr::GET_NO_NEW_PRIVS
        | pr::CAP_AMBIENT => host_process::prctl(option, [a, b, c, d]),
        // `PR_TIMING_STATISTICAL` is all that there ever was.
        pr::GET_TIMING => Ok(0),
        pr::SET_TIMING if a == 0 => Ok(0),
        pr::GET_SPECULATION_CTRL | pr::SET_SPECULATION_CTRL => speculation(option, [a, b, c, d]),
        _ => Err(Errno::EINVAL),
    }
}

/// `PR_GET_SPECULATION_CTRL` and `PR_SET_SPECULATION_CTRL`. Of what the host's processor may be kept from, aarch64 knows
/// one thing.
fn speculation(option: i32, args: [u64; 4]) -> SysResult {
    let [what, value, c, d] = args;
    if c | d != 0 || option == pr::GET_SPECULATION_CTRL && value != 0 {
        return Err(Errno::EINVAL);
    }
    if what == pr::SPEC_STORE_BYPASS {
        host_process::prctl(option, args)
    } else {
        Err(Errno::ENODEV)
    }
}

/// The options of prctl(2) that concern credentials that are not the host's.
fn prctl_credentials(
    credentials: &mut Credentials,
    option: i32,
    args: [u64; 4],
) -> Option<SysResult> {
    let [a, b, c, d] = args;
    Some(match option {
        pr::GET_KEEPCAPS => Ok(credentials.keep_caps.into()),
        pr::SET_KEEPCAPS if a > 1 => Err(Errno::EINVAL),
        pr::SET_KEEPCAPS => {
            credentials.keep_caps = a == 1;
            Ok(0)
        }
        pr::CAPBSET_READ => credentials.is_bounding(a).map(u64::from),
        pr::CAPBSET_DROP => credentials.drop_bounding(a).map(|()| 0),
        pr::GET_SECUREBITS => Ok(0),
        // There is nothing that they would change.
        pr::SET_SECUREBITS if a == 0 => Ok(0),
        pr::SET_SECUREBITS => Err(Errno::EPERM),
        pr::CAP_AMBIENT if c | d != 0 => Err(Errno::EINVAL),
        pr::CAP_AMBIENT => ambient(credentials, a, b),
        _ => return None,
    })
}

/// `PR_CAP_AMBIENT` of credentials that are not the host's: nothing is in that set, and nothing comes into it.
fn ambient(credentials: &Credentials, what: u64, capability: u64) -> SysResult {
    match what {
        pr::CAP_AMBIENT_CLEAR_ALL if capability == 0 => return Ok(0),
        pr::CAP_AMBIENT_IS_SET | pr::CAP_AMBIENT_RAISE | pr::CAP_AMBIENT_LOWER => {}
        _ => return Err(Errno::EINVAL),
    }
    // For its opinion of the number.
    credentials.is_bounding(capability)?;
    if what == pr::CAP_AMBIENT_RAISE { Err(Errno::EPERM) } else { Ok(0) }
}
