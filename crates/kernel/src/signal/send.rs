//! kill(2) and its relatives. Guest process ids are host process ids, so the host delivers.

use abi::Errno;
use abi::signal::SigInfo;
use mem::UserPtr;

use super::signal_arg;
use crate::Task;
use crate::process::vfork;
use crate::syscall::SysResult;

/// A signal number that may be zero, which only checks. A signal may be the sender's end.
fn signal_or_probe(t: &Task, number: i32) -> Result<i32, Errno> {
    if number != 0 {
        signal_arg(number)?;
        vfork::give_back(&t.process);
    }
    Ok(number)
}

/// kill(2).
pub fn kill(t: &mut Task, pid: i32, number: i32) -> SysResult {
    host::process::kill(pid, signal_or_probe(t, number)?).map(|()| 0)
}

/// tkill(2).
pub fn tkill(t: &mut Task, tid: i32, number: i32) -> SysResult {
    host::process::tkill(tid, signal_or_probe(t, number)?).map(|()| 0)
}

/// tgkill(2).
pub fn tgkill(t: &mut Task, tgid: i32, tid: i32, number: i32) -> SysResult {
    host::process::tgkill(tgid, tid, signal_or_probe(t, number)?).map(|()| 0)
}

/// rt_sigqueueinfo(2).
pub fn rt_sigqueueinfo(t: &mut Task, pid: i32, number: i32, info: UserPtr<SigInfo>) -> SysResult {
    let mut info = info.read(t.space())?;
    info.signo = signal_or_probe(t, number)?;
    host::process::sigqueueinfo(pid, number, &info).map(|()| 0)
}

/// rt_tgsigqueueinfo(2).
pub fn rt_tgsigqueueinfo(
    t: &mut Task,
    tgid: i32,
    tid: i32,
    number: i32,
    info: UserPtr<SigInfo>,
) -> SysResult {
    let mut info = info.read(t.space())?;
    info.signo = signal_or_probe(t, number)?;
    host::process::tgsigqueueinfo(tgid, tid, number, &info).map(|()| 0)
}
