//! kill(2) and its relatives. Guest process ids are host process ids, so the host delivers.

use abi::Errno;
use abi::signal::SigInfo;
use mem::UserPtr;

use super::signal_arg;
use crate::Task;
use crate::process::vfork;
use crate::syscall::SysResult;
use crate::task::Death;

/// A signal number that may be zero, which only checks. A signal may be the sender's end.
fn signal_or_probe(t: &Task, number: i32) -> Result<i32, Errno> {
    if number != 0 {
        signal_arg(number)?;
        vfork::give_back(&t.process);
    }
    Ok(number)
}

/// Whether signal `number`, sent to the calling process, is its end at once. Then it is ours to bring about: the
/// host's kernel would not release the locks of [`exit_robust_list`](crate::robust::exit_robust_list).
fn is_own_end(t: &mut Task, number: i32) -> bool {
    let Ok(signal) = signal_arg(number) else { return false };
    let ends = t.process.actions.lock().ends_at_once(signal) && !t.signals.mask.contains(signal);
    if ends {
        t.die(Death::Killed(signal));
    }
    ends
}

/// kill(2).
pub fn kill(t: &mut Task, pid: i32, number: i32) -> SysResult {
    if pid == host::process::getpid() && is_own_end(t, number) {
        return Ok(0);
    }
    host::process::kill(pid, signal_or_probe(t, number)?).map(|()| 0)
}

/// tkill(2).
pub fn tkill(t: &mut Task, tid: i32, number: i32) -> SysResult {
    if tid == t.tid() && is_own_end(t, number) {
        return Ok(0);
    }
    host::process::tkill(tid, signal_or_probe(t, number)?).map(|()| 0)
}

/// tgkill(2).
pub fn tgkill(t: &mut Task, tgid: i32, tid: i32, number: i32) -> SysResult {
    if tgid == host::process::getpid() && tid == t.tid() && is_own_end(t, number) {
        return Ok(0);
    }
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
