//! The table of system calls: one line each, by subsystem, in the order of their numbers.
//!
//! A line names the call, its parameters with their kinds ([`super::arg`]) and its handler;
//! `restart` marks the calls that `SA_RESTART` restarts. Numbers come from the architecture's list
//! of names. A call that is not here returns `ENOSYS` and is reported once under `--verbose`; none
//! is here that only pretends.

use abi::aarch64::Sysno;
use abi::aarch64::epoll::EpollEvent;

use super::Entry;
use super::arg::*;

macro_rules! syscalls {
    ($(
        $name:ident($($arg:ident: $kind:ty),*) $($restart:ident)? => $handler:path;
    )*) => {
        /// Every call that is served.
        pub static TABLE: &[Entry] = &[$(
            Entry {
                name: stringify!($name),
                number: Sysno::$name as u16,
                args: &[$(Spec { name: stringify!($arg), show: <$kind as Arg>::show }),*],
                restart: syscalls!(@restart $($restart)?),
                call: |task, raw| {
                    let [$($arg,)* ..] = *raw;
                    $handler(task, $(<$kind as Arg>::from_raw($arg)),*)
                },
            },
        )*];

        const TABLE_NUMBERS: &[u16] = &[$(Sysno::$name as u16),*];
    };
    (@restart) => { false };
    (@restart restart) => { true };
}

use abi::fs::{OpenHow, Stat, Statfs, Statx, Timespec};
use abi::process::{Itimerval, Rlimit, Rusage, Sysinfo, Timeval, Tms, Utsname};
use abi::signal::{AltStack, SigAction, SigInfo, SigSet};
use mem::{UserPtr, UserStr};

use crate::event::{epoll, timerfd};
use crate::fs::rw::Iovec;
use crate::fs::{descriptor, dir, eventfd, lock, metadata, open, rw, space, stat, transfer, xattr};
use crate::process::{exec, exit, fork, identity, limits, sched};
use crate::signal::{action, frame, mask, send};
use crate::{futex, mm, poll, time, tty};

syscalls! {
    // ---- Extended attributes ----
    setxattr(path: Path, name: UserStr, value: InBuf, size: u64, flags: i32) => xattr::setxattr;
    lsetxattr(path: Path, name: UserStr, value: InBuf, size: u64, flags: i32) => xattr::lsetxattr;
    fsetxattr(fd: Fd, name: UserStr, value: InBuf, size: u64, flags: i32) => xattr::fsetxattr;
    getxattr(path: Path, name: UserStr, value: OutBuf, size: u64) => xattr::getxattr;
    lgetxattr(path: Path, name: UserStr, value: OutBuf, size: u64) => xattr::lgetxattr;
    fgetxattr(fd: Fd, name: UserStr, value: OutBuf, size: u64) => xattr::fgetxattr;
    listxattr(path: Path, list: OutBuf, size: u64) => xattr::listxattr;
    llistxattr(path: Path, list: OutBuf, size: u64) => xattr::llistxattr;
    flistxattr(fd: Fd, list: OutBuf, size: u64) => xattr::flistxattr;
    removexattr(path: Path, name: UserStr) => xattr::removexattr;
    lremovexattr(path: Path, name: UserStr) => xattr::lremovexattr;
    fremovexattr(fd: Fd, name: UserStr) => xattr::fremovexattr;

    // ---- Descriptors ----
    eventfd2(initial: u32, flags: OpenFlags) => eventfd::eventfd2;
    dup(fd: Fd) => descriptor::dup;
    dup3(old: Fd, new: Fd, flags: OpenFlags) => descriptor::dup3;
    fcntl(fd: Fd, command: i32, arg: u64) restart => descriptor::fcntl;
    ioctl(fd: Fd, request: u32, arg: u64) restart => tty::ioctl;
    flock(fd: Fd, operation: i32) restart => lock::flock;
    close(fd: Fd) => descriptor::close;
    pipe2(ends: UserPtr<[i32; 2]>, flags: OpenFlags) => descriptor::pipe2;
    close_range(first: u32, last: u32, flags: Flags) => descriptor::close_range;

    // ---- Names and directories ----
    getcwd(buf: OutBuf, size: u64) => dir::getcwd;
    mknodat(dir: DirFd, path: Path, mode: Mode, dev: u32) => dir::mknodat;
    mkdirat(dir: DirFd, path: Path, mode: Mode) => dir::mkdirat;
    unlinkat(dir: DirFd, path: Path, flags: Flags) => dir::unlinkat;
    symlinkat(target: Path, dir: DirFd, path: Path) => dir::symlinkat;
    linkat(old_dir: DirFd, old: Path, new_dir: DirFd, new: Path, flags: Flags) => dir::linkat;
    renameat(old_dir: DirFd, old: Path, new_dir: DirFd, new: Path) => dir::renameat;
    renameat2(old_dir: DirFd, old: Path, new_dir: DirFd, new: Path, flags: Flags) => dir::renameat2;
    chdir(path: Path) => dir::chdir;
    fchdir(fd: Fd) => dir::fchdir;
    umount2(path: Path, flags: Flags) => dir::umount2;
    chroot(path: Path) => dir::chroot;
    getdents64(fd: Fd, buf: OutBuf, count: u32) => dir::getdents64;

    // ---- Opening, reading, writing ----
    openat(dir: DirFd, path: Path, flags: OpenFlags, mode: Mode) restart => open::openat;
    openat2(dir: DirFd, path: Path, how: UserPtr<OpenHow>, size: usize) restart => open::openat2;
    memfd_create(name: UserStr, flags: Flags) => open::memfd_create;
    lseek(fd: Fd, offset: i64, whence: i32) => rw::lseek;
    read(fd: Fd, buf: OutBuf, count: u64) restart => rw::read;
    write(fd: Fd, buf: InBuf, count: u64) restart => rw::write;
    readv(fd: Fd, iov: UserPtr<Iovec>, count: u64) restart => rw::readv;
    writev(fd: Fd, iov: UserPtr<Iovec>, count: u64) restart => rw::writev;
    pread64(fd: Fd, buf: OutBuf, count: u64, offset: i64) restart => rw::pread64;
    pwrite64(fd: Fd, buf: InBuf, count: u64, offset: i64) restart => rw::pwrite64;
    preadv(fd: Fd, iov: UserPtr<Iovec>, count: u64, offset: i64) restart => rw::preadv;
    pwritev(fd: Fd, iov: UserPtr<Iovec>, count: u64, offset: i64) restart => rw::pwritev;
    preadv2(fd: Fd, iov: UserPtr<Iovec>, count: u64, offset: i64, high: u64, flags: Flags) restart => rw::preadv2;
    pwritev2(fd: Fd, iov: UserPtr<Iovec>, count: u64, offset: i64, high: u64, flags: Flags) restart => rw::pwritev2;
    sendfile(to: Fd, from: Fd, offset: UserPtr<i64>, count: usize) restart => transfer::sendfile;
    vmsplice(fd: Fd, iov: UserPtr<Iovec>, count: u64, flags: Flags) restart => transfer::vmsplice;
    splice(from: Fd, from_at: UserPtr<i64>, to: Fd, to_at: UserPtr<i64>, count: usize, flags: Flags) restart => transfer::splice;
    tee(from: Fd, to: Fd, count: usize, flags: Flags) restart => transfer::tee;
    copy_file_range(from: Fd, from_at: UserPtr<i64>, to: Fd, to_at: UserPtr<i64>, count: usize, flags: Flags) restart => transfer::copy_file_range;

    // ---- Extent and durability ----
    truncate(path: Path, len: i64) => space::truncate;
    ftruncate(fd: Fd, len: i64) => space::ftruncate;
    fallocate(fd: Fd, mode: i32, offset: i64, len: i64) restart => space::fallocate;
    sync() => space::sync;
    syncfs(fd: Fd) => space::syncfs;
    fsync(fd: Fd) restart => space::fsync;
    fdatasync(fd: Fd) restart => space::fdatasync;
    sync_file_range(fd: Fd, offset: i64, len: i64, flags: Flags) restart => space::sync_file_range;
    readahead(fd: Fd, offset: i64, count: usize) => space::readahead;
    fadvise64(fd: Fd, offset: i64, len: i64, advice: i32) => space::fadvise64;

    // ---- Metadata ----
    statfs(path: Path, buf: UserPtr<Statfs>) => stat::statfs;
    fstatfs(fd: Fd, buf: UserPtr<Statfs>) => stat::fstatfs;
    faccessat(dir: DirFd, path: Path, mode: Mode) => metadata::faccessat;
    faccessat2(dir: DirFd, path: Path, mode: Mode, flags: Flags) => metadata::faccessat2;
    fchmod(fd: Fd, mode: Mode) => metadata::fchmod;
    fchmodat(dir: DirFd, path: Path, mode: Mode) => metadata::fchmodat;
    fchmodat2(dir: DirFd, path: Path, mode: Mode, flags: Flags) => metadata::fchmodat2;
    fchownat(dir: DirFd, path: Path, uid: u32, gid: u32, flags: Flags) => metadata::fchownat;
    fchown(fd: Fd, uid: u32, gid: u32) => metadata::fchown;
    readlinkat(dir: DirFd, path: Path, buf: OutBuf, size: i32) => stat::readlinkat;
    fstatat(dir: DirFd, path: Path, buf: UserPtr<Stat>, flags: Flags) => stat::newfstatat;
    fstat(fd: Fd, buf: UserPtr<Stat>) => stat::fstat;
    statx(dir: DirFd, path: Path, flags: Flags, mask: Flags, buf: UserPtr<Statx>) => stat::statx;
    utimensat(dir: DirFd, path: Path, times: UserPtr<[Timespec; 2]>, flags: Flags) => metadata::utimensat;
    umask(mask: Mode) => metadata::umask;

    // ---- Waiting for descriptors ----
    pselect6(count: i32, read: UserPtr<u64>, write: UserPtr<u64>, except: UserPtr<u64>, timeout: UserPtr<Timespec>, mask: UserPtr<poll::MaskArgument>) => poll::pselect6;
    ppoll(fds: UserPtr<poll::GuestPollFd>, count: u32, timeout: UserPtr<Timespec>, mask: UserPtr<SigSet>, size: usize) => poll::ppoll;

    epoll_create1(flags: Flags) => epoll::epoll_create1;
    epoll_ctl(epoll: Fd, operation: i32, fd: Fd, event: UserPtr<EpollEvent>) => epoll::epoll_ctl;
    epoll_pwait(epoll: Fd, events: UserPtr<EpollEvent>, max: i32, timeout: i32, mask: UserPtr<SigSet>, size: usize) => epoll::epoll_pwait;
    epoll_pwait2(epoll: Fd, events: UserPtr<EpollEvent>, max: i32, timeout: UserPtr<Timespec>, mask: UserPtr<SigSet>, size: usize) => epoll::epoll_pwait2;
    timerfd_create(clock: i32, flags: OpenFlags) => timerfd::timerfd_create;
    timerfd_settime(fd: Fd, flags: Flags, new: UserPtr<[Timespec; 2]>, old: UserPtr<[Timespec; 2]>) => timerfd::timerfd_settime;
    timerfd_gettime(fd: Fd, value: UserPtr<[Timespec; 2]>) => timerfd::timerfd_gettime;

    // ---- Processes ----
    exit(status: i32) => exit::exit;
    exit_group(status: i32) => exit::exit_group;
    waitid(kind: i32, id: i32, info: UserPtr<SigInfo>, options: Flags, usage: UserPtr<Rusage>) restart => fork::waitid;
    futex(word: Addr, operation: i32, value: u32, time: u64, second: Addr, value3: u32) restart => futex::futex;
    set_robust_list(head: Addr, size: u64) => futex::set_robust_list;
    get_robust_list(pid: i32, head: UserPtr<u64>, size: UserPtr<u64>) => futex::get_robust_list;
    set_tid_address(address: Addr) => identity::set_tid_address;
    clone(flags: u64, stack: Addr, parent_tid: UserPtr<i32>, tls: Addr, child_tid: UserPtr<i32>) => fork::clone;
    execve(path: Path, argv: UserPtr<u64>, envp: UserPtr<u64>) => exec::execve;
    execveat(dir: DirFd, path: Path, argv: UserPtr<u64>, envp: UserPtr<u64>, flags: Flags) => exec::execveat;
    wait4(pid: i32, status: UserPtr<i32>, options: Flags, usage: UserPtr<Rusage>) restart => fork::wait4;

    // ---- Time ----
    nanosleep(request: UserPtr<Timespec>, remaining: UserPtr<Timespec>) => time::nanosleep;
    getitimer(which: i32, value: UserPtr<Itimerval>) => time::getitimer;
    setitimer(which: i32, new: UserPtr<Itimerval>, old: UserPtr<Itimerval>) => time::setitimer;
    clock_settime(clock: i32, time: UserPtr<Timespec>) => time::clock_settime;
    clock_gettime(clock: i32, time: UserPtr<Timespec>) => time::clock_gettime;
    clock_getres(clock: i32, resolution: UserPtr<Timespec>) => time::clock_getres;
    clock_nanosleep(clock: i32, flags: i32, request: UserPtr<Timespec>, remaining: UserPtr<Timespec>) => time::clock_nanosleep;
    gettimeofday(time: UserPtr<Timeval>, zone: UserPtr<[i32; 2]>) => time::gettimeofday;

    // ---- Signals ----
    kill(pid: i32, signal: i32) => send::kill;
    tkill(tid: i32, signal: i32) => send::tkill;
    tgkill(tgid: i32, tid: i32, signal: i32) => send::tgkill;
    sigaltstack(new: UserPtr<AltStack>, old: UserPtr<AltStack>) => mask::sigaltstack;
    rt_sigsuspend(set: UserPtr<SigSet>, size: usize) => mask::rt_sigsuspend;
    rt_sigaction(signal: i32, new: UserPtr<SigAction>, old: UserPtr<SigAction>, size: usize) => action::rt_sigaction;
    rt_sigprocmask(how: i32, new: UserPtr<SigSet>, old: UserPtr<SigSet>, size: usize) => mask::rt_sigprocmask;
    rt_sigpending(set: UserPtr<SigSet>, size: usize) => mask::rt_sigpending;
    rt_sigtimedwait(set: UserPtr<SigSet>, info: UserPtr<SigInfo>, timeout: UserPtr<Timespec>, size: usize) => mask::rt_sigtimedwait;
    restart_syscall() => time::restart_syscall;
    rt_sigqueueinfo(pid: i32, signal: i32, info: UserPtr<SigInfo>) => send::rt_sigqueueinfo;
    rt_tgsigqueueinfo(tgid: i32, tid: i32, signal: i32, info: UserPtr<SigInfo>) => send::rt_tgsigqueueinfo;
    rt_sigreturn() => frame::rt_sigreturn;

    // ---- Identity ----
    sched_yield() => identity::sched_yield;
    sched_setparam(pid: i32, priority: UserPtr<i32>) => sched::sched_setparam;
    sched_setscheduler(pid: i32, policy: i32, priority: UserPtr<i32>) => sched::sched_setscheduler;
    sched_getscheduler(pid: i32) => sched::sched_getscheduler;
    sched_getparam(pid: i32, priority: UserPtr<i32>) => sched::sched_getparam;
    sched_get_priority_max(policy: i32) => sched::sched_get_priority_max;
    sched_get_priority_min(policy: i32) => sched::sched_get_priority_min;
    sched_rr_get_interval(pid: i32, interval: UserPtr<Timespec>) => sched::sched_rr_get_interval;
    sched_setaffinity(pid: i32, size: u32, mask: Addr) => identity::sched_setaffinity;
    ioprio_set(which: i32, who: i32, priority: i32) => identity::ioprio_set;
    ioprio_get(which: i32, who: i32) => identity::ioprio_get;
    personality(persona: u32) => identity::personality;
    sched_getaffinity(pid: i32, size: u32, mask: OutBuf) => identity::sched_getaffinity;
    setpriority(which: i32, who: i32, nice: i32) => identity::setpriority;
    getpriority(which: i32, who: i32) => identity::getpriority;
    setregid(rgid: u32, egid: u32) => identity::setregid;
    setgid(gid: u32) => identity::setgid;
    setreuid(ruid: u32, euid: u32) => identity::setreuid;
    setuid(uid: u32) => identity::setuid;
    setresuid(ruid: u32, euid: u32, suid: u32) => identity::setresuid;
    getresuid(ruid: UserPtr<u32>, euid: UserPtr<u32>, suid: UserPtr<u32>) => identity::getresuid;
    setresgid(rgid: u32, egid: u32, sgid: u32) => identity::setresgid;
    getresgid(rgid: UserPtr<u32>, egid: UserPtr<u32>, sgid: UserPtr<u32>) => identity::getresgid;
    setfsuid(uid: u32) => identity::setfsuid;
    setfsgid(gid: u32) => identity::setfsgid;
    times(buf: UserPtr<Tms>) => identity::times;
    setpgid(pid: i32, pgid: i32) => identity::setpgid;
    getpgid(pid: i32) => identity::getpgid;
    getsid(pid: i32) => identity::getsid;
    setsid() => identity::setsid;
    getgroups(size: i32, list: UserPtr<u32>) => identity::getgroups;
    setgroups(size: u32, list: UserPtr<u32>) => identity::setgroups;
    uname(buf: UserPtr<Utsname>) => identity::uname;
    sethostname(name: Addr, len: u64) => identity::sethostname;
    getrlimit(resource: u32, limit: UserPtr<Rlimit>) => limits::getrlimit;
    setrlimit(resource: u32, limit: UserPtr<Rlimit>) => limits::setrlimit;
    prlimit64(pid: i32, resource: u32, new: UserPtr<Rlimit>, old: UserPtr<Rlimit>) => limits::prlimit64;
    getrusage(who: i32, usage: UserPtr<Rusage>) => identity::getrusage;
    prctl(option: i32, a: u64, b: u64, c: u64, d: u64) => identity::prctl;
    getcpu(cpu: UserPtr<u32>, node: UserPtr<u32>, unused: Addr) => identity::getcpu;
    getpid() => identity::getpid;
    getppid() => identity::getppid;
    getuid() => identity::getuid;
    geteuid() => identity::geteuid;
    getgid() => identity::getgid;
    getegid() => identity::getegid;
    gettid() => identity::gettid;
    sysinfo(info: UserPtr<Sysinfo>) => identity::sysinfo;
    getrandom(buf: OutBuf, count: u64, flags: Flags) restart => identity::getrandom;

    // ---- Memory ----
    brk(end: Addr) => mm::brk;
    munmap(addr: u64, len: u64) => mm::munmap;
    mremap(old: u64, old_len: u64, new_len: u64, flags: u32, new: u64) => mm::mremap;
    mmap(addr: u64, len: u64, prot: ProtFlags, flags: MapFlags, fd: Fd, offset: u64) => mm::mmap;
    mprotect(addr: u64, len: u64, prot: ProtFlags) => mm::mprotect;
    msync(addr: u64, len: u64, flags: i32) => mm::msync;
    mlock(addr: u64, len: u64) => mm::mlock;
    munlock(addr: u64, len: u64) => mm::munlock;
    mincore(addr: u64, len: u64, pages: OutBuf) => mm::mincore;
    madvise(addr: u64, len: u64, advice: i32) => mm::madvise;
    mlockall(flags: u32) => mm::mlockall;
    munlockall() => mm::munlockall;
    mlock2(addr: u64, len: u64, flags: u32) => mm::mlock2;
}

/// Numbers are dense up to the newest call.
const NUMBERS: usize = 512;

/// Index into [`TABLE`] plus one, by number.
static BY_NUMBER: [u16; NUMBERS] = {
    let mut index = [0; NUMBERS];
    let mut i = 0;
    while i < TABLE_NUMBERS.len() {
        index[TABLE_NUMBERS[i] as usize] = i as u16 + 1;
        i += 1;
    }
    index
};

/// The entry for a call number.
pub fn lookup(number: u64) -> Option<&'static Entry> {
    let index = *BY_NUMBER.get(usize::try_from(number).ok()?)?;
    TABLE.get(usize::from(index).checked_sub(1)?)
}
