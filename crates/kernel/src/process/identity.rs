//! Who a process is: ids, groups, sessions, names; and what it is told of the system: uname(2),
//! sysinfo(2), getrandom(2).

use std::ffi::CString;

use abi::Errno;
use abi::process::{Rusage, Sysinfo, Tms, Utsname};
use host::process as host_process;
use mem::{UserPtr, UserSlice};

use super::credentials::Credentials;
use crate::Task;
use crate::handoff::lead;
use crate::syscall::SysResult;
use crate::syscall::arg::{Addr, Flags, OutBuf};

/// The Linux version whose behaviour we follow.
const RELEASE: &str = "6.12.0";
/// The build that uname(2) and `/proc/version` name.
pub(crate) const VERSION: &str = "#1 SMP PREEMPT_DYNAMIC elfuse";

pub(crate) fn release() -> &'static str {
    RELEASE
}

/// Real and effective user and group ids, for the auxiliary vector.
pub(crate) fn ids(t: &Task) -> [u32; 4] {
    let [uid, euid, _] = users(t);
    let [gid, egid, _] = groups(t);
    [uid, euid, gid, egid]
}

/// Real, effective and saved user id.
fn users(t: &Task) -> [u32; 3] {
    match &t.credentials {
        Some(Credentials { uid, .. }) => [uid.real, uid.effective, uid.saved],
        None => host_process::getresuid(),
    }
}

/// Real, effective and saved group id.
fn groups(t: &Task) -> [u32; 3] {
    match &t.credentials {
        Some(Credentials { gid, .. }) => [gid.real, gid.effective, gid.saved],
        None => host_process::getresgid(),
    }
}

/// `AT_RANDOM`.
pub(crate) fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    // Without a source of randomness the bytes are guessable but valid.
    let _ = host_process::getrandom(bytes[..].as_mut().into(), 0);
    bytes
}

/// Longest name of a thread, without its NUL (`TASK_COMM_LEN`).
pub(super) const NAME_MAX: usize = 15;

/// Names the thread after the program that it executes.
pub(crate) fn set_name(path: &[u8]) {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let name = &name[..name.len().min(NAME_MAX)];
    host_process::set_name(&CString::new(name).unwrap_or_default());
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($t:pat) = $value:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name($t: &mut Task) -> SysResult {
            Ok($value as u64)
        }
    )*};
}
ids! {
    /// getpid(2).
    getpid(_) = host_process::getpid();
    /// gettid(2).
    gettid(_) = host_process::gettid();
    /// getppid(2).
    getppid(_) = host_process::getppid();
    /// getuid(2).
    getuid(t) = users(t)[0];
    /// geteuid(2).
    geteuid(t) = users(t)[1];
    /// getgid(2).
    getgid(t) = groups(t)[0];
    /// getegid(2).
    getegid(t) = groups(t)[1];
}

fn write_ids(t: &Task, to: [UserPtr<u32>; 3], ids: [u32; 3]) -> SysResult {
    for (to, id) in to.iter().zip(ids) {
        to.write(t.space(), &id)?;
    }
    Ok(0)
}

/// getresuid(2).
pub fn getresuid(t: &mut Task, r: UserPtr<u32>, e: UserPtr<u32>, s: UserPtr<u32>) -> SysResult {
    write_ids(t, [r, e, s], users(t))
}

/// getresgid(2).
pub fn getresgid(t: &mut Task, r: UserPtr<u32>, e: UserPtr<u32>, s: UserPtr<u32>) -> SysResult {
    write_ids(t, [r, e, s], groups(t))
}

/// setuid(2).
pub fn setuid(t: &mut Task, uid: u32) -> SysResult {
    match &mut t.credentials {
        Some(credentials) => credentials.setuid(uid),
        None => host_process::setuid(uid),
    }
    .map(|()| 0)
}

/// setgid(2).
pub fn setgid(t: &mut Task, gid: u32) -> SysResult {
    match &mut t.credentials {
        Some(credentials) => credentials.setgid(gid),
        None => host_process::setgid(gid),
    }
    .map(|()| 0)
}

/// setreuid(2).
pub fn setreuid(t: &mut Task, ruid: u32, euid: u32) -> SysResult {
    match &mut t.credentials {
        Some(credentials) => credentials.setreuid(ruid, euid),
        None => host_process::setreuid(ruid, euid),
    }
    .map(|()| 0)
}

/// setregid(2).
pub fn setregid(t: &mut Task, rgid: u32, egid: u32) -> SysResult {
    match &mut t.credentials {
        Some(credentials) => credentials.setregid(rgid, egid),
        None => host_process::setregid(rgid, egid),
    }
    .map(|()| 0)
}

/// setresuid(2).
pub fn setresuid(t: &mut Task, r: u32, e: u32, s: u32) -> SysResult {
    match &mut t.credentials {
        Some(credentials) => credentials.setresuid([r, e, s]),
        None => host_process::setresuid(r, e, s),
    }
    .map(|()| 0)
}

/// setresgid(2).
pub fn setresgid(t: &mut Task, r: u32, e: u32, s: u32) -> SysResult {
    match &mut t.credentials {
        Some(credentials) => credentials.setresgid([r, e, s]),
        None => host_process::setresgid(r, e, s),
    }
    .map(|()| 0)
}

/// setfsuid(2).
pub fn setfsuid(t: &mut Task, uid: u32) -> SysResult {
    Ok(u64::from(match &mut t.credentials {
        Some(credentials) => credentials.setfsuid(uid),
        None => host_process::setfsuid(uid),
    }))
}

/// setfsgid(2).
pub fn setfsgid(t: &mut Task, gid: u32) -> SysResult {
    Ok(u64::from(match &mut t.credentials {
        Some(credentials) => credentials.setfsgid(gid),
        None => host_process::setfsgid(gid),
    }))
}

/// getgroups(2).
pub fn getgroups(t: &mut Task, size: i32, list: UserPtr<u32>) -> SysResult {
    let groups = match &t.credentials {
        Some(credentials) => credentials.groups.clone(),
        None => host_process::getgroups()?,
    };
    if size < 0 || size != 0 && (size as usize) < groups.len() {
        return Err(Errno::EINVAL);
    }
    if size != 0 {
        for (i, group) in groups.iter().enumerate() {
            list.add(i as u64)?.write(t.space(), group)?;
        }
    }
    Ok(groups.len() as u64)
}

/// setgroups(2).
pub fn setgroups(t: &mut Task, size: u32, list: UserPtr<u32>) -> SysResult {
    /// `NGROUPS_MAX`.
    const NGROUPS_MAX: u32 = 65536;
    if size > NGROUPS_MAX {
        return Err(Errno::EINVAL);
    }
    let groups: Result<Vec<u32>, Errno> =
        (0..u64::from(size)).map(|i| list.add(i)?.read(t.space())).collect();
    match &mut t.credentials {
        Some(credentials) => credentials.setgroups(groups?),
        None => host_process::setgroups(&groups?),
    }
    .map(|()| 0)
}

/// getpgid(2).
pub fn getpgid(_: &mut Task, pid: i32) -> SysResult {
    host_process::getpgid(pid).map(|id| id as u64)
}

/// setpgid(2).
pub fn setpgid(t: &mut Task, pid: i32, pgid: i32) -> SysResult {
    match host_process::setpgid(pid, pgid) {
        // To the host, a child that was handed over has executed a program.
        Err(Errno::EACCES) => lead::ask(&t.process, pid, pgid),
        result => result,
    }
    .map(|()| 0)
}

/// getsid(2).
pub fn getsid(_: &mut Task, pid: i32) -> SysResult {
    host_process::getsid(pid).map(|id| id as u64)
}

/// setsid(2).
pub fn setsid(_: &mut Task) -> SysResult {
    host_process::setsid().map(|id| id as u64)
}

/// getpriority(2): the kernel's form, 20 minus the nice value.
pub fn getpriority(_: &mut Task, which: i32, who: i32) -> SysResult {
    host_process::getpriority(which, who).map(|value| value as u64)
}

/// setpriority(2).
pub fn setpriority(_: &mut Task, which: i32, who: i32, nice: i32) -> SysResult {
    host_process::setpriority(which, who, nice).map(|()| 0)
}

/// set_tid_address(2).
pub fn set_tid_address(t: &mut Task, address: Addr) -> SysResult {
    t.clear_child_tid = address.0;
    Ok(t.tid() as u64)
}

/// uname(2).
pub fn uname(t: &mut Task, to: UserPtr<Utsname>) -> SysResult {
    let field = |text: &str| {
        let mut field = [0; 65];
        let len = text.len().min(64);
        field[..len].copy_from_slice(&text.as_bytes()[..len]);
        field
    };
    let [nodename, domainname] = host_process::host_names();
    let name = Utsname {
        sysname: field("Linux"),
        nodename: field(&nodename),
        release: field(RELEASE),
        version: field(VERSION),
        machine: field("aarch64"),
        domainname: field(&domainname),
    };
    to.write(t.space(), &name)?;
    Ok(0)
}

/// sethostname(2).
pub fn sethostname(t: &mut Task, name: Addr, len: u64) -> SysResult {
    if len > 64 {
        return Err(Errno::EINVAL);
    }
    let name = UserSlice::new(name.0, len).read_to_vec(t.space(), 64)?;
    host_process::sethostname(&name).map(|()| 0)
}

/// sysinfo(2).
pub fn sysinfo(t: &mut Task, to: UserPtr<Sysinfo>) -> SysResult {
    to.write(t.space(), &host_process::sysinfo()?)?;
    Ok(0)
}

/// getrandom(2). The host checks the flags.
pub fn getrandom(t: &mut Task, buf: OutBuf, count: u64, flags: Flags) -> SysResult {
    let to = UserSlice::new(buf.0, count.min(i32::MAX as u64)).as_dst(t.space())?;
    host_process::getrandom(to, flags.0).map(|n| n as u64)
}

/// getrusage(2).
pub fn getrusage(t: &mut Task, who: i32, to: UserPtr<Rusage>) -> SysResult {
    to.write(t.space(), &host_process::getrusage(who)?)?;
    Ok(0)
}

/// times(2).
pub fn times(t: &mut Task, to: UserPtr<Tms>) -> SysResult {
    let (times, ticks) = host_process::times();
    if !to.is_null() {
        to.write(t.space(), &times)?;
    }
    Ok(ticks as u64)
}

/// getcpu(2).
pub fn getcpu(t: &mut Task, cpu: UserPtr<u32>, node: UserPtr<u32>, _unused: Addr) -> SysResult {
    let (on, of) = host_process::getcpu();
    if !cpu.is_null() {
        cpu.write(t.space(), &on)?;
    }
    if !node.is_null() {
        node.write(t.space(), &of)?;
    }
    Ok(0)
}

/// sched_yield(2).
pub fn sched_yield(_: &mut Task) -> SysResult {
    std::thread::yield_now();
    Ok(0)
}

/// sched_getaffinity(2): the size of the mask that was written.
pub fn sched_getaffinity(t: &mut Task, pid: i32, size: u32, mask: OutBuf) -> SysResult {
    if !size.is_multiple_of(8) {
        return Err(Errno::EINVAL);
    }
    let bits = host_process::sched_getaffinity(pid, size as usize)?;
    UserSlice::new(mask.0, bits.len() as u64).write_from(t.space(), &bits)?;
    Ok(bits.len() as u64)
}

/// sched_setaffinity(2). Guest threads are host threads, guest processors host processors.
pub fn sched_setaffinity(t: &mut Task, pid: i32, size: u32, mask: Addr) -> SysResult {
    /// More than any kernel's mask has.
    const MOST: usize = 8192;
    let mask = UserSlice::new(mask.0, u64::from(size)).read_to_vec(t.space(), MOST)?;
    host_process::sched_setaffinity(pid, &mask).map(|()| 0)
}

/// ioprio_set(2).
pub fn ioprio_set(_: &mut Task, which: i32, who: i32, priority: i32) -> SysResult {
    host_process::ioprio_set(which, who, priority).map(|()| 0)
}

/// ioprio_get(2).
pub fn ioprio_get(_: &mut Task, which: i32, who: i32) -> SysResult {
    host_process::ioprio_get(which, who).map(|priority| priority as u64)
}

/// personality(2): the previous one. Only the number is kept: addresses are never random, and
/// 32-bit programs are not run.
pub fn personality(t: &mut Task, persona: u32) -> SysResult {
    /// Asks without changing.
    const QUERY: u32 = 0xffff_ffff;
    /// `PER_MASK` and `PER_LINUX32`: arm64 refuses it without 32-bit support.
    const PER_MASK: u32 = 0xff;
    const PER_LINUX32: u32 = 8;
    if persona != QUERY && persona & PER_MASK == PER_LINUX32 {
        return Err(Errno::EINVAL);
    }
    let mut program = t.process.program.lock();
    let previous = program.personality;
    if persona != QUERY {
        program.personality = persona;
    }
    Ok(u64::from(previous))
}
