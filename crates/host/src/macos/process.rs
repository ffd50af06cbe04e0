//! Processes: what this host has of the guest's system calls.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use abi::Errno;
use abi::fs::Timespec;
use abi::process::{CapData, Rlimit, Rusage, Sysinfo, Tms, wait};
use abi::signal::{SigInfo, Signal};

use super::clock::timeval_from_host;
use super::fault::host_info;
use crate::darwin::process::{
    WAITID_EXITED, WAITID_NOWAIT, limit_from_host, limit_to_host, resource_to_host,
    status_from_host, status_info, wait_options, waitid_options,
};
use crate::darwin::signal::{info_from_host, to_host};
use crate::interruptible::interruptible;
use crate::io::{Dst, Src};
use crate::missing;
use crate::process::check;
use crate::process::{Fork, ProcessLayout, Waited, getpid};

/// gettid(2). The first thread has the process's number, as on Linux; others have macOS's own
/// numbers, of which 31 bits remain.
pub fn gettid() -> i32 {
    let mut id = 0u64;
    // SAFETY: the calling thread, and a place for its number. Cannot fail.
    unsafe {
        if libc::pthread_main_np() != 0 {
            return getpid();
        }
        libc::pthread_threadid_np(0, &raw mut id);
    }
    tid(id)
}

/// The thread id for one of macOS's numbers.
pub(super) fn tid(id: u64) -> i32 {
    (id & 0x7fff_ffff) as i32
}

/// This host's number for a signal; 0 only checks.
fn signal_number(signal: i32) -> Result<i32, Errno> {
    if signal == 0 {
        return Ok(0);
    }
    let signal = u32::try_from(signal).ok().and_then(Signal::new).ok_or(Errno::EINVAL)?;
    to_host(signal).map_or_else(|| missing::SIGNALS.refuse(), Ok)
}

/// kill(2); signal 0 only checks.
pub fn kill(pid: i32, signal: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    check(unsafe { libc::kill(pid, signal_number(signal)?) }).map(drop)
}

/// tgkill(2), for the calling thread.
pub fn tgkill(tgid: i32, tid: i32, signal: i32) -> Result<(), Errno> {
    if tgid <= 0 || tid <= 0 {
        return Err(Errno::EINVAL);
    }
    if tgid != getpid() || tid != gettid() {
        return missing::TKILL.refuse();
    }
    let number = signal_number(signal)?;
    // SAFETY: the calling thread.
    match unsafe { libc::pthread_kill(libc::pthread_self(), number) } {
        0 => Ok(()),
        error => Err(super::errno(error)),
    }
}

/// tkill(2), for the calling thread.
pub fn tkill(tid: i32, signal: i32) -> Result<(), Errno> {
    tgkill(getpid(), tid, signal)
}

fn empty_usage() -> libc::rusage {
    // SAFETY: plain integers, for which zero is valid.
    unsafe { std::mem::zeroed() }
}

fn usage_from_host(host: &libc::rusage) -> Rusage {
    Rusage {
        utime: timeval_from_host(host.ru_utime),
        stime: timeval_from_host(host.ru_stime),
        counters: [
            // Bytes on macOS, KiB on Linux.
            host.ru_maxrss / 1024,
            host.ru_ixrss,
            host.ru_idrss,
            host.ru_isrss,
            host.ru_minflt,
            host.ru_majflt,
            host.ru_nswap,
            host.ru_inblock,
            host.ru_oublock,
            host.ru_msgsnd,
            host.ru_msgrcv,
            host.ru_nsignals,
            host.ru_nvcsw,
            host.ru_nivcsw,
        ],
    }
}

/// wait4(2); `None` if `WNOHANG` found nothing.
pub fn wait4(pid: i32, options: u32) -> Result<Option<Waited>, Errno> {
    let options = wait_options(options)?;
    let (mut status, mut usage) = (0i32, empty_usage());
    // SAFETY: valid places for the results.
    let pid = unsafe { interruptible!(WAIT4, pid, &raw mut status, options, &raw mut usage) }?;
    let status = status_from_host(status);
    Ok((pid != 0).then(|| Waited { pid: pid as i32, status, usage: usage_from_host(&usage) }))
}

/// waitid(2); `signo` zero means that `WNOHANG` found nothing.
///
/// The usual request, to reap, goes through wait4(2), because this host's waitid(2) tells neither
/// the usage nor the signal that killed a child. Where it has to be used, the usage is zero.
pub fn waitid(kind: i32, id: i32, options: u32) -> Result<(SigInfo, Rusage), Errno> {
    const P_ALL: i32 = 0;
    const P_PID: i32 = 1;
    const P_PGID: i32 = 2;
    const P_PIDFD: i32 = 3;
    let pid = match kind {
        P_ALL => -1,
        P_PID if id > 0 => id,
        P_PGID if id >= 0 => -id,
        P_PIDFD => return missing::PIDFD.refuse(),
        _ => return Err(Errno::EINVAL),
    };
    if options & WAITID_EXITED != 0 && options & WAITID_NOWAIT == 0 {
        // WSTOPPED has WUNTRACED's number.
        let waited = wait4(pid, options & !WAITID_EXITED)?;
        return Ok(waited.map_or((SigInfo::empty(), Rusage::default()), |child| {
            // The owner of a reaped child is not told; almost always it is the caller.
            // SAFETY: no arguments.
            let uid = unsafe { libc::getuid() };
            (status_info(child.pid, uid, child.status), child.usage)
        }));
    }
    if options & (WAITID_EXITED | wait::UNTRACED | wait::CONTINUED) == 0 {
        return Err(Errno::EINVAL);
    }
    // SAFETY: plain data, for which zero is valid.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let host = waitid_options(options)?;
    // SAFETY: a valid place for the record.
    unsafe { interruptible!(WAITID, kind, id, &raw mut info, host) }?;
    // SAFETY: the kernel filled in the record, or left it zero.
    let info = info_from_host(unsafe { host_info(&raw const info) });
    Ok((info, Rusage::default()))
}

/// What `proc_pidinfo` says of this process; only it tells the saved ids.
fn own_info() -> Option<libc::proc_bsdinfo> {
    // SAFETY: plain integers and bytes, for which zero is valid.
    let mut info: libc::proc_bsdinfo = unsafe { std::mem::zeroed() };
    let size = size_of::<libc::proc_bsdinfo>() as i32;
    let place = (&raw mut info).cast();
    // SAFETY: room for the structure of this flavour.
    let got = unsafe { libc::proc_pidinfo(getpid(), libc::PROC_PIDTBSDINFO, 0, place, size) };
    (got == size).then_some(info)
}

/// Real, effective and saved user id.
pub fn getresuid() -> [u32; 3] {
    // SAFETY: no arguments.
    let (real, effective) = unsafe { (libc::getuid(), libc::geteuid()) };
    [real, effective, own_info().map_or(effective, |info| info.pbi_svuid)]
}

/// Real, effective and saved group id.
pub fn getresgid() -> [u32; 3] {
    // SAFETY: no arguments.
    let (real, effective) = unsafe { (libc::getgid(), libc::getegid()) };
    [real, effective, own_info().map_or(effective, |info| info.pbi_svgid)]
}

macro_rules! credentials {
    ($($name:ident($($arg:ident: $type:ty),*);)*) => {$(
        #[doc = concat!(stringify!($name), "(2).")]
        pub fn $name($($arg: $type),*) -> Result<(), Errno> {
            // SAFETY: no pointers.
            check(unsafe { libc::$name($($arg),*) }).map(drop)
        }
    )*};
}
credentials! {
    setuid(uid: u32);
    setgid(gid: u32);
    setreuid(ruid: u32, euid: u32);
    setregid(rgid: u32, egid: u32);
    setpgid(pid: i32, pgid: i32);
}

/// setpriority(2).
pub fn setpriority(which: i32, who: i32, nice: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    check(unsafe { libc::setpriority(which, who as u32, nice) }).map(drop)
}

/// getpriority(2) as Linux's kernel returns it: 20 minus the nice value, 1 to 40.
pub fn getpriority(which: i32, who: i32) -> Result<i32, Errno> {
    let errno = super::fault::errno_location();
    // SAFETY: this thread's errno. It alone tells the nice value -1 from an error.
    unsafe { *errno = 0 };
    // SAFETY: no pointers.
    let nice = unsafe { libc::getpriority(which, who as u32) };
    // SAFETY: this thread's errno.
    match unsafe { *errno } {
        0 => Ok(20 - nice),
        error => Err(super::errno(error)),
    }
}

/// setfsuid(2) changes nothing here, and says so as on Linux: by returning what is in force.
pub fn setfsuid(_uid: u32) -> u32 {
    // SAFETY: no arguments.
    unsafe { libc::geteuid() }
}

/// setfsgid(2), as [`setfsuid`].
pub fn setfsgid(_gid: u32) -> u32 {
    // SAFETY: no arguments.
    unsafe { libc::getegid() }
}

/// setgroups(2).
pub fn setgroups(groups: &[u32]) -> Result<(), Errno> {
    // SAFETY: a whole array.
    check(unsafe { libc::setgroups(groups.len() as i32, groups.as_ptr()) }).map(drop)
}

/// prlimit(2) of this process: the previous limit. Resource numbers are the guest's.
pub fn prlimit(pid: i32, resource: u32, new: Option<Rlimit>) -> Result<Rlimit, Errno> {
    if pid != 0 && pid != getpid() {
        return missing::PRLIMIT.refuse();
    }
    let resource = resource_to_host(resource)?;
    let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a place for a limit.
    check(unsafe { libc::getrlimit(resource, &raw mut old) })?;
    if let Some(new) = new {
        let [rlim_cur, rlim_max] = limit_to_host(new);
        let new = libc::rlimit { rlim_cur, rlim_max };
        // SAFETY: a whole limit.
        check(unsafe { libc::setrlimit(resource, &raw const new) })?;
    }
    Ok(limit_from_host(old.rlim_cur, old.rlim_max))
}

/// getrusage(2) of the process or its children.
pub fn getrusage(who: i32) -> Result<Rusage, Errno> {
    const RUSAGE_THREAD: i32 = 1;
    if who == RUSAGE_THREAD {
        return missing::RUSAGE_THREAD.refuse();
    }
    let mut usage = empty_usage();
    // SAFETY: a valid place for the result.
    check(unsafe { libc::getrusage(who, &raw mut usage) })?;
    Ok(usage_from_host(&usage))
}

/// times(2): the times, and the ticks since some point in the past. Ticks are 1/100 s on both
/// systems.
pub fn times() -> (Tms, i64) {
    let mut times = libc::tms { tms_utime: 0, tms_stime: 0, tms_cutime: 0, tms_cstime: 0 };
    // SAFETY: a valid place for the result. Cannot fail.
    let ticks = unsafe { libc::times(&raw mut times) };
    let tms = Tms {
        utime: times.tms_utime as i64,
        stime: times.tms_stime as i64,
        cutime: times.tms_cutime as i64,
        cstime: times.tms_cstime as i64,
    };
    (tms, ticks as i64)
}

/// A value of sysctl(3), `T` being of the size that the name has.
fn sysctl<T: Copy>(name: &CStr, mut value: T) -> Result<T, Errno> {
    let mut size = size_of::<T>();
    let place = (&raw mut value).cast();
    // SAFETY: room for `size` bytes; the callers' types are plain integers.
    check(unsafe {
        libc::sysctlbyname(name.as_ptr(), place, &raw mut size, std::ptr::null_mut(), 0)
    })?;
    if size == size_of::<T>() { Ok(value) } else { Err(Errno::EIO) }
}

/// sysinfo(2).
pub fn sysinfo() -> Result<Sysinfo, Errno> {
    let boot = sysctl(c"kern.boottime", libc::timeval { tv_sec: 0, tv_usec: 0 })?;
    let now = crate::time::realtime_ns() / 1_000_000_000;
    let mut loads = [0f64; 3];
    // SAFETY: room for three averages.
    unsafe { libc::getloadavg(loads.as_mut_ptr(), 3) };
    let swap = sysctl(
        c"vm.swapusage",
        libc::xsw_usage {
            xsu_total: 0,
            xsu_avail: 0,
            xsu_used: 0,
            xsu_pagesize: 0,
            xsu_encrypted: 0,
        },
    )?;
    // SAFETY: asks for the number only.
    let processes = unsafe { libc::proc_listallpids(std::ptr::null_mut(), 0) };
    Ok(Sysinfo {
        uptime: now as i64 - boot.tv_sec,
        // `SI_LOAD_SHIFT`: fixed point with 16 bits.
        loads: loads.map(|load| (load * 65536.0) as u64),
        totalram: sysctl(c"hw.memsize", 0u64)?,
        freeram: u64::from(sysctl(c"vm.page_free_count", 0u32)?) * super::mm::PAGE_SIZE,
        totalswap: swap.xsu_total,
        freeswap: swap.xsu_avail,
        procs: processes.clamp(0, i32::from(u16::MAX)) as u16,
        mem_unit: 1,
        ..Sysinfo::default()
    })
}

/// The processor and NUMA node that the thread runs on. There is one node.
pub fn getcpu() -> (u32, u32) {
    let mut cpu = 0usize;
    // SAFETY: a valid place for the number.
    unsafe { libc::pthread_cpu_number_np(&raw mut cpu) };
    (cpu as u32, 0)
}

not_here! {
    fork_as(signal: u8, sibling: bool) -> Fork = EXIT_SIGNAL;
    lend_memory(flags: u64, signal: u8, body: Box<dyn FnOnce() + Send>) -> () = CLONE_VM;
    unshare_fs() -> () = UNSHARE_FS;
    vm_read(pid: i32, to: &[Dst<'_>], from: &[Src<'_>]) -> usize = VM_COPY;
    vm_write(pid: i32, from: &[Src<'_>], to: &[Dst<'_>]) -> usize = VM_COPY;
    capget(pid: i32) -> [CapData; 2] = CAPABILITIES;
    capset(data: &[CapData; 2]) -> () = CAPABILITIES;
    vm_advise(pidfd: BorrowedFd<'_>, ranges: &[Src<'_>], advice: i32) -> usize = VM_COPY;
    release_memory(pidfd: BorrowedFd<'_>, flags: u32) -> () = VM_COPY;
    membarrier(command: i32, flags: u32, cpu: i32) -> u64 = MEMBARRIER;
    sched_getaffinity(pid: i32, room: usize) -> Vec<u8> = AFFINITY;
    sched_setaffinity(pid: i32, mask: &[u8]) -> () = AFFINITY;
    sched_setparam(pid: i32, priority: i32) -> () = SCHEDULER;
    sched_getparam(pid: i32) -> i32 = SCHEDULER;
    sched_setscheduler(pid: i32, policy: i32, priority: i32) -> () = SCHEDULER;
    sched_setattr(pid: i32, attributes: &[u8], flags: u32) -> () = SCHEDULER;
    sched_getattr(pid: i32, attributes: &mut [u8], flags: u32) -> () = SCHEDULER;
    kcmp(pids: [i32; 2], kind: i32, numbers: [u64; 2]) -> u64 = COMPARISON;
    sched_getscheduler(pid: i32) -> i32 = SCHEDULER;
    sched_priority_range(policy: i32) -> std::ops::RangeInclusive<i32> = SCHEDULER;
    sched_rr_get_interval(pid: i32) -> Timespec = SCHEDULER;
    ioprio_set(which: i32, who: i32, priority: i32) -> () = IOPRIO;
    ioprio_get(which: i32, who: i32) -> i32 = IOPRIO;
    prctl(option: i32, args: [u64; 4]) -> u64 = PRCTL;
    prctl_get(option: i32) -> i32 = PRCTL;
    show_layout(layout: &ProcessLayout) -> () = PRCTL;
    setresuid(ruid: u32, euid: u32, suid: u32) -> () = SETRESUID;
    setresgid(rgid: u32, egid: u32, sgid: u32) -> () = SETRESUID;
    sigqueueinfo(pid: i32, signal: i32, info: &SigInfo) -> () = SIGQUEUE;
    tgsigqueueinfo(tgid: i32, tid: i32, signal: i32, info: &SigInfo) -> () = SIGQUEUE;
    waitid_fd(fd: BorrowedFd<'_>, options: u32) -> (SigInfo, Rusage) = PIDFD;
}

/// getrandom(2). The kernel's source never blocks, so its flags ask for nothing.
pub fn getrandom(to: Dst<'_>, flags: u32) -> Result<usize, Errno> {
    /// `GRND_NONBLOCK`, `GRND_RANDOM`, `GRND_INSECURE`; the last two exclude each other.
    const KNOWN: u32 = 7;
    if flags & !KNOWN != 0 || flags & 6 == 6 {
        return Err(Errno::EINVAL);
    }
    /// The most that one call fills (getentropy(2)).
    const MOST: usize = 256;
    let mut done = 0;
    while done < to.len() {
        let count = (to.len() - done).min(MOST);
        // SAFETY: memory that may be written to; the kernel checks that it is there.
        let filled = unsafe { libc::getentropy(to.as_ptr().wrapping_add(done).cast(), count) };
        match check(filled) {
            Ok(_) => done += count,
            Err(_) if done > 0 => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(done)
}

/// Host and domain name; this host has none of the latter.
pub fn host_names() -> [String; 2] {
    // SAFETY: plain bytes, filled in by the call, which cannot fail.
    let names = unsafe {
        let mut names = std::mem::zeroed::<libc::utsname>();
        libc::uname(&raw mut names);
        names
    };
    let bytes = names.nodename.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect();
    [String::from_utf8(bytes).unwrap_or_default(), "(none)".into()]
}

/// sethostname(2).
pub fn sethostname(name: &[u8]) -> Result<(), Errno> {
    // SAFETY: a whole slice.
    check(unsafe { libc::sethostname(name.as_ptr().cast(), name.len() as i32) }).map(drop)
}

/// Names the calling thread.
pub fn set_name(name: &CStr) {
    // SAFETY: a C string. Fails only for a name that is too long for this host, too.
    unsafe { libc::pthread_setname_np(name.as_ptr()) };
}

/// The name of the calling thread, NUL-padded.
pub fn name() -> [u8; 16] {
    let mut name = [0; 16];
    // SAFETY: room for a name, which is cut if it is longer.
    unsafe { libc::pthread_getname_np(libc::pthread_self(), name.as_mut_ptr().cast(), 16) };
    name
}

/// Whether this program has rights that whoever started it has not (set-user-ID and the like), so that
/// its environment is not to be trusted.
pub fn is_privileged() -> bool {
    // SAFETY: cannot fail.
    unsafe { libc::issetugid() != 0 }
}
