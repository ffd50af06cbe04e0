//! Processes: system calls of the host with the guest's arguments.

use std::ffi::{CStr, c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};

use abi::Errno;
use abi::fs::Timespec;
use abi::process::{CapData, CapHeader, Rlimit, Rusage, Sysinfo, Tms};
use abi::signal::SigInfo;

use super::syscall::sys;
use crate::io::{Dst, Src};
use crate::process::{Fork, ProcessLayout, Waited, last_errno};

/// gettid(2).
pub fn gettid() -> i32 {
    // SAFETY: no arguments.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// fork(2) of a process with one thread, whose parent is told of its end by signal number `signal`; 0 for none.
/// With `sibling`, the parent is the caller's, and the signal the one that the caller was made with.
///
/// By hand, because libc's has no such choice. What else that does is for other threads, which might have locks
/// of the allocator; but for the number of the new thread, which libc remembers, and the kernel knows where.
pub fn fork_as(signal: u8, sibling: bool) -> Result<Fork, Errno> {
    let mut place = std::ptr::null_mut::<i32>();
    // SAFETY: a place for the result. Not every kernel has it (`CONFIG_CHECKPOINT_RESTORE`).
    let known = unsafe { sys!(SYS_prctl, libc::PR_GET_TID_ADDRESS, &raw mut place) };
    let mut flags = i32::from(signal);
    if known.is_ok() && !place.is_null() {
        flags |= libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID;
    }
    if sibling {
        flags |= libc::CLONE_PARENT;
    }
    // SAFETY: memory is copied, and the caller goes on in it on its own stack. The place is the fourth
    // argument or the fifth, as the architecture has it; the other one means nothing without `CLONE_SETTLS`.
    match unsafe { sys!(SYS_clone, flags, 0, 0, place, place) }? {
        0 => Ok(Fork::Child),
        pid => Ok(Fork::Parent(pid as i32)),
    }
}

/// Room for the calls of the runtime, as a thread's.
const LENT_STACK: usize = 256 << 10;

/// Runs `body` in a child that shares this process's memory (`CLONE_VM`), and what else `flags` say; its end is told by
/// `signal`, 0 for none. Returns when the child is gone, or at once if there is none. The calling thread waits
/// meanwhile (`CLONE_VFORK`) and lends the child, which libc knows nothing of, its thread-local storage and its signal stack.
///
/// `body` ends the process and does not return; the caller has blocked all signals.
pub fn lend_memory(flags: u64, signal: u8, body: Box<dyn FnOnce() + Send>) -> Result<(), Errno> {
    extern "C" fn start(argument: *mut c_void) -> c_int {
        // SAFETY: the parent made it from a box, for this process alone.
        let body = unsafe { Box::from_raw(argument.cast::<Box<dyn FnOnce() + Send>>()) };
        body();
        0
    }
    let mut stack = Box::<[u128]>::new_uninit_slice(LENT_STACK / size_of::<u128>());
    let top = stack.as_mut_ptr_range().end;
    let argument = Box::into_raw(Box::new(body));
    let flags = flags as c_int | c_int::from(signal) | libc::CLONE_VM | libc::CLONE_VFORK;
    // SAFETY: the stack is the child's until this returns, when the child is gone or there is none. What it runs is
    // bound by the rules of a thread, and this thread, whose place it takes, does nothing meanwhile.
    if unsafe { libc::clone(start, top.cast(), flags, argument.cast()) } < 0 {
        let error = last_errno();
        // SAFETY: no child has taken it.
        drop(unsafe { Box::from_raw(argument) });
        return Err(error);
    }
    Ok(())
}

/// Gives the calling thread a current directory and a mask of new files of its own (`CLONE_FS` of unshare(2)).
pub fn unshare_fs() -> Result<(), Errno> {
    // SAFETY: no pointers; nothing else is unshared.
    unsafe { sys!(SYS_unshare, libc::CLONE_FS) }.map(drop)
}

/// process_madvise(2): about the same addresses in another process.
pub fn vm_advise(pidfd: BorrowedFd<'_>, ranges: &[Src<'_>], advice: i32) -> Result<usize, Errno> {
    let (pidfd, count) = (pidfd.as_raw_fd(), ranges.len());
    // SAFETY: an array of `struct iovec`. What may be advised for others loses nothing.
    unsafe { sys!(SYS_process_madvise, pidfd, ranges.as_ptr(), count, advice, 0) }
}

/// process_mrelease(2).
pub fn release_memory(pidfd: BorrowedFd<'_>, flags: u32) -> Result<(), Errno> {
    // SAFETY: no pointers. Only what has been killed already can be meant.
    unsafe { sys!(SYS_process_mrelease, pidfd.as_raw_fd(), flags) }.map(drop)
}

/// membarrier(2).
pub fn membarrier(command: i32, flags: u32, cpu: i32) -> Result<u64, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_membarrier, command, flags, cpu) }.map(|result| result as u64)
}

/// process_vm_readv(2): from the same addresses in another process.
pub fn vm_read(pid: i32, to: &[Dst<'_>], from: &[Src<'_>]) -> Result<usize, Errno> {
    let (to_len, from_len) = (to.len(), from.len());
    // SAFETY: both are arrays of `struct iovec`; what they name in this process may be written.
    unsafe { sys!(SYS_process_vm_readv, pid, to.as_ptr(), to_len, from.as_ptr(), from_len, 0) }
}

/// process_vm_writev(2): to the same addresses in another process.
pub fn vm_write(pid: i32, from: &[Src<'_>], to: &[Dst<'_>]) -> Result<usize, Errno> {
    let (from_len, to_len) = (from.len(), to.len());
    // SAFETY: both are arrays of `struct iovec`. If it is this process, what they name in it may be
    // written.
    unsafe { sys!(SYS_process_vm_writev, pid, from.as_ptr(), from_len, to.as_ptr(), to_len, 0) }
}

/// kill(2); signal 0 only checks.
pub fn kill(pid: i32, signal: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_kill, pid, signal) }.map(drop)
}

/// tgkill(2).
pub fn tgkill(tgid: i32, tid: i32, signal: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_tgkill, tgid, tid, signal) }.map(drop)
}

/// tkill(2).
pub fn tkill(tid: i32, signal: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_tkill, tid, signal) }.map(drop)
}

/// rt_sigqueueinfo(2).
pub fn sigqueueinfo(pid: i32, signal: i32, info: &SigInfo) -> Result<(), Errno> {
    // SAFETY: `info` is a whole siginfo_t.
    unsafe { sys!(SYS_rt_sigqueueinfo, pid, signal, std::ptr::from_ref(info)) }.map(drop)
}

/// rt_tgsigqueueinfo(2).
pub fn tgsigqueueinfo(tgid: i32, tid: i32, signal: i32, info: &SigInfo) -> Result<(), Errno> {
    // SAFETY: `info` is a whole siginfo_t.
    unsafe { sys!(SYS_rt_tgsigqueueinfo, tgid, tid, signal, std::ptr::from_ref(info)) }.map(drop)
}

/// wait4(2); `None` if `WNOHANG` found nothing.
pub fn wait4(pid: i32, options: u32) -> Result<Option<Waited>, Errno> {
    let (mut status, mut usage) = (0i32, Rusage::default());
    // SAFETY: valid places for the results.
    let pid =
        unsafe { sys!(interruptible: SYS_wait4, pid, &raw mut status, options, &raw mut usage) }?;
    Ok((pid != 0).then_some(Waited { pid: pid as i32, status, usage }))
}

/// waitid(2); `signo` zero means that `WNOHANG` found nothing.
pub fn waitid(kind: i32, id: i32, options: u32) -> Result<(SigInfo, Rusage), Errno> {
    let (mut info, mut usage) = (SigInfo::empty(), Rusage::default());
    // SAFETY: valid places for the results.
    unsafe { sys!(interruptible: SYS_waitid, kind, id, &raw mut info, options, &raw mut usage) }?;
    Ok((info, usage))
}

/// waitid(2) on a pidfd.
pub fn waitid_fd(fd: BorrowedFd<'_>, options: u32) -> Result<(SigInfo, Rusage), Errno> {
    const P_PIDFD: i32 = 3;
    waitid(P_PIDFD, fd.as_raw_fd(), options)
}

/// Real, effective and saved user id.
pub fn getresuid() -> [u32; 3] {
    let mut ids = [0u32; 3];
    let [r, e, s] = &mut ids;
    // SAFETY: three valid places. Cannot fail.
    unsafe { libc::getresuid(r, e, s) };
    ids
}

/// Real, effective and saved group id.
pub fn getresgid() -> [u32; 3] {
    let mut ids = [0u32; 3];
    let [r, e, s] = &mut ids;
    // SAFETY: three valid places. Cannot fail.
    unsafe { libc::getresgid(r, e, s) };
    ids
}

macro_rules! credentials {
    ($($name:ident($($arg:ident: $type:ty),*) = $nr:ident;)*) => {$(
        #[doc = concat!(stringify!($name), "(2), for the calling thread.")]
        pub fn $name($($arg: $type),*) -> Result<(), Errno> {
            // SAFETY: no pointers.
            unsafe { sys!($nr, $($arg),*) }.map(drop)
        }
    )*};
}
credentials! {
    setuid(uid: u32) = SYS_setuid;
    setgid(gid: u32) = SYS_setgid;
    setreuid(ruid: u32, euid: u32) = SYS_setreuid;
    setregid(rgid: u32, egid: u32) = SYS_setregid;
    setresuid(ruid: u32, euid: u32, suid: u32) = SYS_setresuid;
    setresgid(rgid: u32, egid: u32, sgid: u32) = SYS_setresgid;
    setpgid(pid: i32, pgid: i32) = SYS_setpgid;
    setpriority(which: i32, who: i32, nice: i32) = SYS_setpriority;
}

/// setfsuid(2): the previous one.
pub fn setfsuid(uid: u32) -> u32 {
    // SAFETY: no pointers. Cannot fail.
    unsafe { sys!(SYS_setfsuid, uid) }.unwrap_or(0) as u32
}

/// setfsgid(2): the previous one.
pub fn setfsgid(gid: u32) -> u32 {
    // SAFETY: no pointers. Cannot fail.
    unsafe { sys!(SYS_setfsgid, gid) }.unwrap_or(0) as u32
}

/// setgroups(2).
pub fn setgroups(groups: &[u32]) -> Result<(), Errno> {
    // SAFETY: a whole array.
    unsafe { sys!(SYS_setgroups, groups.len(), groups.as_ptr()) }.map(drop)
}

/// getpriority(2) as the kernel returns it: 20 minus the nice value, 1 to 40.
pub fn getpriority(which: i32, who: i32) -> Result<i32, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_getpriority, which, who) }.map(|value| value as i32)
}

/// prlimit(2): the previous limit. Resource numbers are the guest's.
pub fn prlimit(pid: i32, resource: u32, new: Option<Rlimit>) -> Result<Rlimit, Errno> {
    let mut old = Rlimit { current: 0, max: 0 };
    let new = new.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: null or a whole limit, and a place for one.
    unsafe { sys!(SYS_prlimit64, pid, resource, new, &raw mut old) }?;
    Ok(old)
}

/// getrusage(2).
pub fn getrusage(who: i32) -> Result<Rusage, Errno> {
    let mut usage = Rusage::default();
    // SAFETY: a valid place for the result.
    unsafe { sys!(SYS_getrusage, who, &raw mut usage) }?;
    Ok(usage)
}

/// times(2): the times, and the ticks since some point in the past.
pub fn times() -> (Tms, i64) {
    let mut times = Tms::default();
    // SAFETY: a valid place for the result. Cannot fail; large values may look like errors.
    let ticks = unsafe { libc::syscall(libc::SYS_times, &raw mut times) };
    (times, ticks)
}

/// sysinfo(2).
pub fn sysinfo() -> Result<Sysinfo, Errno> {
    let mut info = Sysinfo::default();
    // SAFETY: a valid place for the result.
    unsafe { sys!(SYS_sysinfo, &raw mut info) }?;
    Ok(info)
}

/// The processor and NUMA node that the thread runs on.
pub fn getcpu() -> (u32, u32) {
    let (mut cpu, mut node) = (0u32, 0u32);
    // SAFETY: valid places for the results. Cannot fail.
    let _ = unsafe { sys!(SYS_getcpu, &raw mut cpu, &raw mut node, 0) };
    (cpu, node)
}

/// The affinity mask of a thread in the kernel's form: as many bytes as it has.
pub fn sched_getaffinity(pid: i32, room: usize) -> Result<Vec<u8>, Errno> {
    let mut mask = vec![0u8; room.min(8192)];
    // SAFETY: room for the mask.
    let len = unsafe { sys!(SYS_sched_getaffinity, pid, mask.len(), mask.as_mut_ptr()) }?;
    mask.truncate(len);
    Ok(mask)
}

/// sched_setaffinity(2) with a mask in the kernel's form.
pub fn sched_setaffinity(pid: i32, mask: &[u8]) -> Result<(), Errno> {
    // SAFETY: a whole slice.
    unsafe { sys!(SYS_sched_setaffinity, pid, mask.len(), mask.as_ptr()) }.map(drop)
}

/// sched_setparam(2).
pub fn sched_setparam(pid: i32, priority: i32) -> Result<(), Errno> {
    // SAFETY: a `struct sched_param` is one `int`.
    unsafe { sys!(SYS_sched_setparam, pid, &raw const priority) }.map(drop)
}

/// sched_getparam(2).
pub fn sched_getparam(pid: i32) -> Result<i32, Errno> {
    let mut priority = 0i32;
    // SAFETY: a `struct sched_param` is one `int`.
    unsafe { sys!(SYS_sched_getparam, pid, &raw mut priority) }?;
    Ok(priority)
}

/// sched_setscheduler(2).
pub fn sched_setscheduler(pid: i32, policy: i32, priority: i32) -> Result<(), Errno> {
    // SAFETY: a `struct sched_param` is one `int`.
    unsafe { sys!(SYS_sched_setscheduler, pid, policy, &raw const priority) }.map(drop)
}

/// sched_setattr(2) with a `struct sched_attr`, whose first word is its size.
pub fn sched_setattr(pid: i32, attributes: &[u8], flags: u32) -> Result<(), Errno> {
    // SAFETY: the caller's structure is as long as it says.
    unsafe { sys!(SYS_sched_setattr, pid, attributes.as_ptr(), flags) }.map(drop)
}

/// sched_getattr(2) into a `struct sched_attr` of this size or a shorter one.
pub fn sched_getattr(pid: i32, attributes: &mut [u8], flags: u32) -> Result<(), Errno> {
    let room = attributes.len();
    // SAFETY: as much room as the call is told.
    unsafe { sys!(SYS_sched_getattr, pid, attributes.as_mut_ptr(), room, flags) }.map(drop)
}

/// kcmp(2), of kinds that compare numbers.
pub fn kcmp(pids: [i32; 2], kind: i32, numbers: [u64; 2]) -> Result<u64, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_kcmp, pids[0], pids[1], kind, numbers[0], numbers[1]) }
        .map(|order| order as u64)
}

/// sched_getscheduler(2).
pub fn sched_getscheduler(pid: i32) -> Result<i32, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_sched_getscheduler, pid) }.map(|policy| policy as i32)
}

/// The static priorities of a policy.
pub fn sched_priority_range(policy: i32) -> Result<std::ops::RangeInclusive<i32>, Errno> {
    // SAFETY: no pointers.
    let min = unsafe { sys!(SYS_sched_get_priority_min, policy) }?;
    // SAFETY: no pointers.
    let max = unsafe { sys!(SYS_sched_get_priority_max, policy) }?;
    Ok(min as i32..=max as i32)
}

/// sched_rr_get_interval(2).
pub fn sched_rr_get_interval(pid: i32) -> Result<Timespec, Errno> {
    let mut interval = Timespec::default();
    // SAFETY: a place for the time.
    unsafe { sys!(SYS_sched_rr_get_interval, pid, &raw mut interval) }?;
    Ok(interval)
}

/// ioprio_set(2).
pub fn ioprio_set(which: i32, who: i32, priority: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_ioprio_set, which, who, priority) }.map(drop)
}

/// ioprio_get(2).
pub fn ioprio_get(which: i32, who: i32) -> Result<i32, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_ioprio_get, which, who) }.map(|priority| priority as i32)
}

/// getrandom(2).
pub fn getrandom(to: Dst<'_>, flags: u32) -> Result<usize, Errno> {
    // SAFETY: memory that may be written to.
    unsafe { sys!(interruptible: SYS_getrandom, to.as_ptr(), to.len(), flags) }
}

/// Host and domain name.
pub fn host_names() -> [String; 2] {
    // SAFETY: plain bytes, filled in by the call, which cannot fail.
    let names = unsafe {
        let mut names = std::mem::zeroed::<libc::utsname>();
        libc::uname(&raw mut names);
        names
    };
    [&names.nodename, &names.domainname].map(|field| {
        let bytes = field.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect();
        String::from_utf8(bytes).unwrap_or_default()
    })
}

/// sethostname(2).
pub fn sethostname(name: &[u8]) -> Result<(), Errno> {
    // SAFETY: a whole slice.
    unsafe { sys!(SYS_sethostname, name.as_ptr(), name.len()) }.map(drop)
}

/// Names the calling thread (`PR_SET_NAME`).
pub fn set_name(name: &CStr) {
    // SAFETY: a C string. Cannot fail.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// The name of the calling thread, NUL-padded (`PR_GET_NAME`).
pub fn name() -> [u8; 16] {
    let mut name = [0; 16];
    // SAFETY: room for a name. Cannot fail.
    unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
    name
}

/// What ps(1) and `/proc/PID` show of the process to others: see [`ProcessLayout`]. Needs no
/// privilege (`PR_SET_MM_MAP`), but a kernel with `CONFIG_CHECKPOINT_RESTORE`.
pub fn show_layout(layout: &ProcessLayout) -> Result<(), Errno> {
    let stat = std::fs::read_to_string("/proc/self/stat").map_err(|_| Errno::ENOSYS)?;
    // The name may hold spaces and parentheses; behind it, fields are numbered from 3 (proc(5)).
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let start_brk = fields.map(|field| field.parse().unwrap_or(0)).nth(47 - 3).unwrap_or(0);
    // SAFETY: asks where the heap ends.
    let brk = unsafe { libc::sbrk(0) } as u64;
    let ProcessLayout { code, data, stack_start, args, env } = layout;
    // `struct prctl_mm_map` (linux/prctl.h): no auxiliary vector, and the executed file stays.
    const KEEP_FILE: u64 = (u32::MAX as u64) << 32;
    #[rustfmt::skip]
    let map: [u64; 13] = [
        code.start, code.end, data.start, data.end, start_brk, brk, *stack_start,
        args.start, args.end, env.start, env.end, 0, KEEP_FILE,
    ];
    let size = size_of_val(&map);
    // SAFETY: a whole structure. The kernel checks that the addresses are a process's and shows
    // what is there; the heap, which it goes by, is given as it is.
    unsafe { sys!(SYS_prctl, libc::PR_SET_MM, libc::PR_SET_MM_MAP, &raw const map, size, 0) }
        .map(drop)
}

/// prctl(2) options whose arguments are numbers.
pub fn prctl(option: i32, args: [u64; 4]) -> Result<u64, Errno> {
    let [a, b, c, d] = args;
    // SAFETY: the callers' options take no pointers.
    unsafe { sys!(SYS_prctl, option, a, b, c, d) }.map(|value| value as u64)
}

/// prctl(2) options that fill in an `int`.
pub fn prctl_get(option: i32) -> Result<i32, Errno> {
    let mut value = 0i32;
    // SAFETY: the callers' options take a pointer to an `int`.
    unsafe { sys!(SYS_prctl, option, &raw mut value) }?;
    Ok(value)
}

/// `_LINUX_CAPABILITY_VERSION_3` (`linux/capability.h`): sets of 64 bits in two halves.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// capget(2): the sets of a thread, 0 for the calling one, in two halves.
pub fn capget(pid: i32) -> Result<[CapData; 2], Errno> {
    let header = CapHeader { version: CAPABILITY_VERSION, pid };
    let mut data = [CapData::default(); 2];
    // SAFETY: a whole header and room for both halves.
    unsafe { sys!(SYS_capget, &raw const header, data.as_mut_ptr()) }?;
    Ok(data)
}

/// capset(2): the sets of the calling thread.
pub fn capset(data: &[CapData; 2]) -> Result<(), Errno> {
    let header = CapHeader { version: CAPABILITY_VERSION, pid: 0 };
    // SAFETY: a whole header and both halves.
    unsafe { sys!(SYS_capset, &raw const header, data.as_ptr()) }.map(drop)
}

/// Whether this program has rights that whoever started it has not (set-user-ID and the like), so that
/// its environment is not to be trusted.
pub fn is_privileged() -> bool {
    // SAFETY: reads what the kernel told at the start.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}
