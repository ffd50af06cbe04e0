//! The table of system calls: one line each, by subsystem, in the order of their numbers.
//!
//! A line names the call, its parameters with their kinds ([`super::arg`]) and its handler. For
//! `--strace`, `as` says how a parameter looks if its kind does not (flags, structures), `out` and `both`
//! that the call gives it back, and `->` how the result looks. `restart` marks the calls that
//! `SA_RESTART` restarts. Numbers come from the architecture's list
//! of names. A call that is not here returns `ENOSYS` and is reported once under `--verbose`; none
//! is here that only pretends.

use abi::aarch64::Sysno;
use abi::aarch64::epoll::EpollEvent;

use super::arg::*;
use super::strace::{self, When};
use super::{Entry, Spec};

macro_rules! syscalls {
    ($(
        $name:ident($($arg:ident: $kind:ty $(as $($how:ident)+)?),*)
            $(-> $result:ident)? $($restart:ident)? => $handler:path;
    )*) => {
        /// Every call that is served.
        pub static TABLE: &[Entry] = &[$(
            Entry {
                name: stringify!($name),
                number: Sysno::$name as u16,
                args: &[$(Spec {
                    name: stringify!($arg),
                    ..syscalls!(@show $kind, $($($how)+)?)
                }),*],
                result: syscalls!(@result $($result)?),
                restart: syscalls!(@restart $($restart)?),
                call: |task, raw| {
                    let [$($arg,)* ..] = *raw;
                    $handler(task, $(<$kind as Arg>::from_raw($arg)),*)
                },
            },
        )*];

        const TABLE_NUMBERS: &[u16] = &[$(Sysno::$name as u16),*];
    };
    (@show $kind:ty, out) => { Spec { when: When::Out, ..syscalls!(@show $kind,) } };
    (@show $kind:ty, out $show:ident) => { Spec { when: When::Out, ..syscalls!(@show $kind, $show) } };
    (@show $kind:ty, both $show:ident) => { Spec { when: When::Both, ..syscalls!(@show $kind, $show) } };
    (@show $kind:ty, $show:ident) => { Spec { name: "", show: strace::$show, when: When::In } };
    (@show $kind:ty,) => { Spec { name: "", show: <$kind as Arg>::show, when: <$kind as Arg>::WHEN } };
    (@result) => { strace::plain };
    (@result $show:ident) => { strace::$show };
    (@restart) => { false };
    (@restart restart) => { true };
}

use abi::fs::{OpenHow, Stat, Statfs, Statx, Timespec};
use abi::ipc::{MqAttr, SemBuf, SigEvent};
use abi::net::{MmsgHdr, MsgHdr};
use abi::process::{
    CapData, CapHeader, CloneArgs, Itimerval, Rlimit, Rusage, Sysinfo, Timeval, Timex, Tms, Utsname,
};
use abi::shm::Segment;
use abi::signal::{AltStack, SigAction, SigInfo, SigSet};
use mem::{UserPtr, UserStr};

use crate::debug::ptrace;
use crate::event::{epoll, inotify, pidfd, signalfd, timerfd};
use crate::fs::rw::Iovec;
use crate::fs::{descriptor, dir, eventfd, lock, metadata, open, rw, space, stat, transfer, xattr};
use crate::ipc::{mqueue, msg, sem};
use crate::net::{message, option, socket};
use crate::process::{
    capability, clone, compare, exec, exit, fork, identity, limits, prctl, sched, unshare,
};
use crate::signal::{action, frame, mask, send};
use crate::{futex, machine, mm, poll, robust, time, timer, tty};

syscalls! {
    // ---- Extended attributes ----
    setxattr(path: Path, name: UserStr, value: InBuf, size: u64, flags: i32 as xattr_flags) => xattr::setxattr;
    lsetxattr(path: Path, name: UserStr, value: InBuf, size: u64, flags: i32 as xattr_flags) => xattr::lsetxattr;
    fsetxattr(fd: Fd, name: UserStr, value: InBuf, size: u64, flags: i32 as xattr_flags) => xattr::fsetxattr;
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
    eventfd2(initial: u32, flags: OpenFlags as eventfd_flags) => eventfd::eventfd2;
    dup(fd: Fd) => descriptor::dup;
    dup3(old: Fd, new: Fd, flags: OpenFlags as descriptor_flags) => descriptor::dup3;
    fcntl(fd: Fd, command: i32 as fcntl_command, arg: u64 as both fcntl_argument) -> fcntl_result restart => descriptor::fcntl;
    ioctl(fd: Fd, request: u32 as ioctl_name, arg: u64 as both ioctl_argument) restart => tty::ioctl;
    flock(fd: Fd, operation: i32 as flock_operation) restart => lock::flock;
    close(fd: Fd) => descriptor::close;
    pipe2(ends: UserPtr<[i32; 2]> as out int_pair, flags: OpenFlags as descriptor_flags) => descriptor::pipe2;
    close_range(first: u32, last: u32, flags: Flags as closing_flags) => descriptor::close_range;

    // ---- Names and directories ----
    getcwd(buf: OutBuf as out string, size: u64) => dir::getcwd;
    mknodat(dir: DirFd, path: Path, mode: Mode as file_mode, dev: u32 as new_device) => dir::mknodat;
    mkdirat(dir: DirFd, path: Path, mode: Mode) => dir::mkdirat;
    unlinkat(dir: DirFd, path: Path, flags: Flags as unlink_flags) => dir::unlinkat;
    symlinkat(target: Path, dir: DirFd, path: Path) => dir::symlinkat;
    linkat(old_dir: DirFd, old: Path, new_dir: DirFd, new: Path, flags: Flags as path_flags) => dir::linkat;
    renameat(old_dir: DirFd, old: Path, new_dir: DirFd, new: Path) => dir::renameat;
    renameat2(old_dir: DirFd, old: Path, new_dir: DirFd, new: Path, flags: Flags as rename_flags) => dir::renameat2;
    chdir(path: Path) => dir::chdir;
    fchdir(fd: Fd) => dir::fchdir;
    umount2(path: Path, flags: Flags as umount_flags) => dir::umount2;
    chroot(path: Path) => dir::chroot;
    getdents64(fd: Fd, buf: OutBuf as out directory_entries, count: u32) => dir::getdents64;

    // ---- Opening, reading, writing ----
    openat(dir: DirFd, path: Path, flags: OpenFlags, mode: Mode as new_mode) restart => open::openat;
    openat2(dir: DirFd, path: Path, how: UserPtr<OpenHow> as open_how, size: usize) restart => open::openat2;
    memfd_create(name: UserStr, flags: Flags as memfd_flags) => open::memfd_create;
    lseek(fd: Fd, offset: i64, whence: i32 as whence) => rw::lseek;
    read(fd: Fd, buf: OutBuf, count: u64) restart => rw::read;
    write(fd: Fd, buf: InBuf, count: u64) restart => rw::write;
    readv(fd: Fd, iov: UserPtr<Iovec> as out output_vector, count: u64) restart => rw::readv;
    writev(fd: Fd, iov: UserPtr<Iovec> as input_vector, count: u64) restart => rw::writev;
    pread64(fd: Fd, buf: OutBuf, count: u64, offset: i64) restart => rw::pread64;
    pwrite64(fd: Fd, buf: InBuf, count: u64, offset: i64) restart => rw::pwrite64;
    preadv(fd: Fd, iov: UserPtr<Iovec> as out output_vector, count: u64, offset: i64) restart => rw::preadv;
    pwritev(fd: Fd, iov: UserPtr<Iovec> as input_vector, count: u64, offset: i64) restart => rw::pwritev;
    preadv2(fd: Fd, iov: UserPtr<Iovec> as out output_vector, count: u64, offset: i64, high: u64 as absent, flags: Flags as transfer_flags) restart => rw::preadv2;
    pwritev2(fd: Fd, iov: UserPtr<Iovec> as input_vector, count: u64, offset: i64, high: u64 as absent, flags: Flags as transfer_flags) restart => rw::pwritev2;
    sendfile(to: Fd, from: Fd, offset: UserPtr<i64> as both position, count: usize) restart => transfer::sendfile;
    vmsplice(fd: Fd, iov: UserPtr<Iovec> as input_vector, count: u64, flags: Flags as splice_flags) restart => transfer::vmsplice;
    splice(from: Fd, from_at: UserPtr<i64> as both position, to: Fd, to_at: UserPtr<i64> as both position, count: usize, flags: Flags as splice_flags) restart => transfer::splice;
    tee(from: Fd, to: Fd, count: usize, flags: Flags as splice_flags) restart => transfer::tee;
    copy_file_range(from: Fd, from_at: UserPtr<i64> as both position, to: Fd, to_at: UserPtr<i64> as both position, count: usize, flags: Flags) restart => transfer::copy_file_range;

    // ---- Extent and durability ----
    truncate(path: Path, len: i64) => space::truncate;
    ftruncate(fd: Fd, len: i64) => space::ftruncate;
    fallocate(fd: Fd, mode: i32 as fallocate_mode, offset: i64, len: i64) restart => space::fallocate;
    sync() => space::sync;
    syncfs(fd: Fd) => space::syncfs;
    fsync(fd: Fd) restart => space::fsync;
    fdatasync(fd: Fd) restart => space::fdatasync;
    sync_file_range(fd: Fd, offset: i64, len: i64, flags: Flags as sync_range_flags) restart => space::sync_file_range;
    readahead(fd: Fd, offset: i64, count: usize) => space::readahead;
    fadvise64(fd: Fd, offset: i64, len: i64, advice: i32 as file_advice) => space::fadvise64;

    // ---- Metadata ----
    statfs(path: Path, buf: UserPtr<Statfs> as out statfs) => stat::statfs;
    fstatfs(fd: Fd, buf: UserPtr<Statfs> as out statfs) => stat::fstatfs;
    faccessat(dir: DirFd, path: Path, mode: Mode as access_mode) => metadata::faccessat;
    faccessat2(dir: DirFd, path: Path, mode: Mode as access_mode, flags: Flags as access_flags) => metadata::faccessat2;
    fchmod(fd: Fd, mode: Mode) => metadata::fchmod;
    fchmodat(dir: DirFd, path: Path, mode: Mode) => metadata::fchmodat;
    fchmodat2(dir: DirFd, path: Path, mode: Mode, flags: Flags as path_flags) => metadata::fchmodat2;
    fchownat(dir: DirFd, path: Path, uid: u32 as id, gid: u32 as id, flags: Flags as path_flags) => metadata::fchownat;
    fchown(fd: Fd, uid: u32 as id, gid: u32 as id) => metadata::fchown;
    readlinkat(dir: DirFd, path: Path, buf: OutBuf, size: i32) => stat::readlinkat;
    fstatat(dir: DirFd, path: Path, buf: UserPtr<Stat> as out stat, flags: Flags as path_flags) => stat::newfstatat;
    fstat(fd: Fd, buf: UserPtr<Stat> as out stat) => stat::fstat;
    statx(dir: DirFd, path: Path, flags: Flags as statx_flags, mask: Flags as statx_mask, buf: UserPtr<Statx> as out statx) => stat::statx;
    utimensat(dir: DirFd, path: Path, times: UserPtr<[Timespec; 2]> as file_times, flags: Flags as path_flags) => metadata::utimensat;
    umask(mask: Mode) -> in_octal => metadata::umask;

    // ---- Waiting for descriptors ----
    pselect6(count: i32, read: UserPtr<u64> as both descriptor_set, write: UserPtr<u64> as both descriptor_set, except: UserPtr<u64> as both descriptor_set, timeout: UserPtr<Timespec> as timespec, mask: UserPtr<poll::MaskArgument> as mask_argument) => poll::pselect6;
    ppoll(fds: UserPtr<poll::GuestPollFd> as both poll_descriptors, count: u32, timeout: UserPtr<Timespec> as timespec, mask: UserPtr<SigSet> as signal_set, size: usize) => poll::ppoll;

    epoll_create1(flags: Flags as epoll_flags) => epoll::epoll_create1;
    epoll_ctl(epoll: Fd, operation: i32 as epoll_operation, fd: Fd, event: UserPtr<EpollEvent> as epoll_event) => epoll::epoll_ctl;
    epoll_pwait(epoll: Fd, events: UserPtr<EpollEvent> as out epoll_events, max: i32, timeout: i32, mask: UserPtr<SigSet> as signal_set, size: usize) => epoll::epoll_pwait;
    epoll_pwait2(epoll: Fd, events: UserPtr<EpollEvent> as out epoll_events, max: i32, timeout: UserPtr<Timespec> as timespec, mask: UserPtr<SigSet> as signal_set, size: usize) => epoll::epoll_pwait2;
    inotify_init1(flags: OpenFlags as inotify_flags) => inotify::inotify_init1;
    inotify_add_watch(fd: Fd, path: Path, mask: Flags as inotify_events) => inotify::inotify_add_watch;
    inotify_rm_watch(fd: Fd, watch: i32) => inotify::inotify_rm_watch;
    signalfd4(fd: Fd, mask: UserPtr<SigSet> as signal_set, size: usize, flags: OpenFlags as signalfd_flags) => signalfd::signalfd4;
    timerfd_create(clock: i32 as clock, flags: OpenFlags as timerfd_flags) => timerfd::timerfd_create;
    timerfd_settime(fd: Fd, flags: Flags as timerfd_settime_flags, new: UserPtr<[Timespec; 2]> as itimerspec, old: UserPtr<[Timespec; 2]> as out itimerspec) => timerfd::timerfd_settime;
    timerfd_gettime(fd: Fd, value: UserPtr<[Timespec; 2]> as out itimerspec) => timerfd::timerfd_gettime;

    pidfd_send_signal(pidfd: Fd, signal: i32 as signal, info: UserPtr<SigInfo> as siginfo, flags: Flags) => pidfd::pidfd_send_signal;
    pidfd_open(pid: i32, flags: Flags) => pidfd::pidfd_open;
    pidfd_getfd(pidfd: Fd, fd: Fd, flags: Flags) => pidfd::pidfd_getfd;

    // ---- Sockets ----
    socket(domain: i32 as socket_domain, kind: Flags as socket_type, protocol: i32) => socket::socket;
    socketpair(domain: i32 as socket_domain, kind: Flags as socket_type, protocol: i32, ends: UserPtr<[i32; 2]> as out int_pair) => socket::socketpair;
    bind(fd: Fd, name: Addr as socket_name, len: i32) => socket::bind;
    listen(fd: Fd, backlog: i32) => socket::listen;
    accept(fd: Fd, name: Addr as out returned_name, len: UserPtr<i32> as out int) restart => socket::accept;
    connect(fd: Fd, name: Addr as socket_name, len: i32) restart => socket::connect;
    getsockname(fd: Fd, name: Addr as out returned_name, len: UserPtr<i32> as out int) => socket::getsockname;
    getpeername(fd: Fd, name: Addr as out returned_name, len: UserPtr<i32> as out int) => socket::getpeername;
    sendto(fd: Fd, buf: InBuf, count: u64, flags: Flags as message_flags, name: Addr as socket_name, len: i32) restart => message::sendto;
    recvfrom(fd: Fd, buf: OutBuf, count: u64, flags: Flags as message_flags, name: Addr as out returned_name, len: UserPtr<i32> as out int) restart => message::recvfrom;
    setsockopt(fd: Fd, level: i32 as socket_level, name: i32 as socket_option, value: Addr, len: i32) => option::setsockopt;
    getsockopt(fd: Fd, level: i32 as socket_level, name: i32 as socket_option, value: Addr, len: UserPtr<i32> as out int) => option::getsockopt;
    shutdown(fd: Fd, how: i32 as shutdown_how) => socket::shutdown;
    sendmsg(fd: Fd, message: UserPtr<MsgHdr>, flags: Flags as message_flags) restart => message::sendmsg;
    recvmsg(fd: Fd, message: UserPtr<MsgHdr>, flags: Flags as message_flags) restart => message::recvmsg;
    accept4(fd: Fd, name: Addr as out returned_name, len: UserPtr<i32> as out int, flags: Flags as socket_flags) restart => socket::accept4;
    recvmmsg(fd: Fd, messages: UserPtr<MmsgHdr>, count: u32, flags: Flags as message_flags, timeout: UserPtr<Timespec> as timespec) restart => message::recvmmsg;
    sendmmsg(fd: Fd, messages: UserPtr<MmsgHdr>, count: u32, flags: Flags as message_flags) restart => message::sendmmsg;

    // ---- Semaphores and message queues ----
    mq_open(name: UserStr, flags: OpenFlags, mode: Mode, attributes: UserPtr<MqAttr>) => mqueue::mq_open;
    mq_unlink(name: UserStr) => mqueue::mq_unlink;
    mq_timedsend(queue: Fd, message: InBuf, len: u64, priority: u32, until: UserPtr<Timespec> as timespec) restart => mqueue::mq_timedsend;
    mq_timedreceive(queue: Fd, message: OutBuf, len: u64, priority: UserPtr<u32>, until: UserPtr<Timespec> as timespec) restart => mqueue::mq_timedreceive;
    mq_notify(queue: Fd, event: UserPtr<SigEvent>) => mqueue::mq_notify;
    mq_getsetattr(queue: Fd, new: UserPtr<MqAttr>, old: UserPtr<MqAttr>) => mqueue::mq_getsetattr;
    msgget(key: i32, flags: Flags) => msg::msgget;
    msgctl(queue: i32, command: i32, arg: u64) => msg::msgctl;
    msgrcv(queue: i32, message: Addr, size: u64, kind: i64, flags: Flags) => msg::msgrcv;
    msgsnd(queue: i32, message: Addr, size: u64, flags: Flags) => msg::msgsnd;
    semget(key: i32, count: i32, flags: Flags) => sem::semget;
    semctl(set: i32, number: i32, command: i32, arg: u64) => sem::semctl;
    semtimedop(set: i32, operations: UserPtr<SemBuf>, count: u64, timeout: UserPtr<Timespec> as timespec) => sem::semtimedop;
    semop(set: i32, operations: UserPtr<SemBuf>, count: u64) => sem::semop;

    // ---- Processes ----
    capget(header: UserPtr<CapHeader>, data: UserPtr<CapData>) => capability::capget;
    capset(header: UserPtr<CapHeader>, data: UserPtr<CapData>) => capability::capset;
    exit(status: i32) => exit::exit;
    exit_group(status: i32) => exit::exit_group;
    waitid(kind: i32 as wait_for, id: i32, info: UserPtr<SigInfo> as out siginfo, options: Flags as wait_options, usage: UserPtr<Rusage> as out rusage) restart => fork::waitid;
    futex(word: Addr, operation: i32 as futex_operation, value: u32, time: u64 as futex_argument, second: Addr as futex_argument, value3: u32 as futex_argument) restart => futex::futex;
    futex_waitv(waiters: UserPtr<futex::Waiter>, count: u32, flags: u32, timeout: UserPtr<Timespec> as timespec, clock: i32 as clock) restart => futex::futex_waitv;
    set_robust_list(head: Addr, size: u64) => robust::set_robust_list;
    get_robust_list(pid: i32, head: UserPtr<u64>, size: UserPtr<u64>) => robust::get_robust_list;
    unshare(flags: u64 as clone_flags) => unshare::unshare;
    set_tid_address(address: Addr) => identity::set_tid_address;
    ptrace(request: u64 as trace_request, pid: i32, addr: u64 as address, data: u64 as address) => ptrace::ptrace;
    clone(flags: u64 as clone_flags, stack: Addr as absent, parent_tid: UserPtr<i32> as out clone_parent, tls: Addr as clone_tls, child_tid: UserPtr<i32> as clone_child) => clone::clone;
    execve(path: Path, argv: UserPtr<u64> as arguments, envp: UserPtr<u64> as environment) => exec::execve;
    execveat(dir: DirFd, path: Path, argv: UserPtr<u64> as arguments, envp: UserPtr<u64> as environment, flags: Flags as path_flags) => exec::execveat;
    wait4(pid: i32, status: UserPtr<i32> as out wait_status, options: Flags as wait_options, usage: UserPtr<Rusage> as out rusage) restart => fork::wait4;
    setns(fd: Fd, kinds: u64 as clone_flags) => unshare::setns;
    clone3(args: UserPtr<CloneArgs>, size: usize) => clone::clone3;
    futex_wake(word: Addr, mask: u64 as hexadecimal, count: i32, flags: u32 as hexadecimal) => futex::futex_wake;
    futex_wait(word: Addr, value: u64, mask: u64 as hexadecimal, flags: u32 as hexadecimal, timeout: UserPtr<Timespec> as timespec, clock: i32 as clock) restart => futex::futex_wait;
    futex_requeue(waiters: UserPtr<futex::Waiter>, flags: u32 as hexadecimal, wake: i32, requeue: i32) => futex::futex_requeue;

    // ---- Time ----
    nanosleep(request: UserPtr<Timespec> as timespec, remaining: UserPtr<Timespec> as out time_left) => time::nanosleep;
    getitimer(which: i32 as interval_timer, value: UserPtr<Itimerval> as out itimerval) => time::getitimer;
    setitimer(which: i32 as interval_timer, new: UserPtr<Itimerval> as itimerval, old: UserPtr<Itimerval> as out itimerval) => time::setitimer;
    clock_settime(clock: i32 as clock, time: UserPtr<Timespec> as timespec) => time::clock_settime;
    clock_gettime(clock: i32 as clock, time: UserPtr<Timespec> as out timespec) => time::clock_gettime;
    clock_getres(clock: i32 as clock, resolution: UserPtr<Timespec> as out timespec) => time::clock_getres;
    clock_nanosleep(clock: i32 as clock, flags: i32 as clock_flags, request: UserPtr<Timespec> as timespec, remaining: UserPtr<Timespec> as out time_left) => time::clock_nanosleep;
    timer_create(clock: i32 as clock, event: UserPtr<SigEvent>, timer: UserPtr<i32> as out int) => timer::timer_create;
    timer_gettime(timer: i32, value: UserPtr<timer::Itimerspec> as out itimerspec) => timer::timer_gettime;
    timer_getoverrun(timer: i32) => timer::timer_getoverrun;
    timer_settime(timer: i32, flags: i32, new: UserPtr<timer::Itimerspec> as itimerspec, old: UserPtr<timer::Itimerspec> as out itimerspec) => timer::timer_settime;
    timer_delete(timer: i32) => timer::timer_delete;
    gettimeofday(time: UserPtr<Timeval> as out timeval, zone: UserPtr<[i32; 2]> as out int_pair) => time::gettimeofday;

    // ---- Signals ----
    kill(pid: i32, signal: i32 as signal) => send::kill;
    tkill(tid: i32, signal: i32 as signal) => send::tkill;
    tgkill(tgid: i32, tid: i32, signal: i32 as signal) => send::tgkill;
    sigaltstack(new: UserPtr<AltStack> as alternate_stack, old: UserPtr<AltStack> as out alternate_stack) => mask::sigaltstack;
    rt_sigsuspend(set: UserPtr<SigSet> as signal_set, size: usize) => mask::rt_sigsuspend;
    rt_sigaction(signal: i32 as signal, new: UserPtr<SigAction> as action, old: UserPtr<SigAction> as out action, size: usize) => action::rt_sigaction;
    rt_sigprocmask(how: i32 as mask_change, new: UserPtr<SigSet> as signal_set, old: UserPtr<SigSet> as out signal_set, size: usize) => mask::rt_sigprocmask;
    rt_sigpending(set: UserPtr<SigSet> as out signal_set, size: usize) => mask::rt_sigpending;
    rt_sigtimedwait(set: UserPtr<SigSet> as signal_set, info: UserPtr<SigInfo> as out siginfo, timeout: UserPtr<Timespec> as timespec, size: usize) => mask::rt_sigtimedwait;
    restart_syscall() => time::restart_syscall;
    rt_sigqueueinfo(pid: i32, signal: i32 as signal, info: UserPtr<SigInfo> as siginfo) => send::rt_sigqueueinfo;
    rt_tgsigqueueinfo(tgid: i32, tid: i32, signal: i32 as signal, info: UserPtr<SigInfo> as siginfo) => send::rt_tgsigqueueinfo;
    rt_sigreturn() => frame::rt_sigreturn;

    // ---- Identity ----
    kcmp(first: i32, second: i32, kind: i32, one: u64, other: u64) => compare::kcmp;
    sched_yield() => identity::sched_yield;
    sched_setparam(pid: i32, priority: UserPtr<i32> as int) => sched::sched_setparam;
    sched_setscheduler(pid: i32, policy: i32 as policy, priority: UserPtr<i32> as int) => sched::sched_setscheduler;
    sched_getscheduler(pid: i32) => sched::sched_getscheduler;
    sched_getparam(pid: i32, priority: UserPtr<i32> as out int) => sched::sched_getparam;
    sched_setattr(pid: i32, attributes: Addr, flags: Flags) => sched::sched_setattr;
    sched_getattr(pid: i32, attributes: Addr, size: u32, flags: Flags) => sched::sched_getattr;
    sched_get_priority_max(policy: i32 as policy) => sched::sched_get_priority_max;
    sched_get_priority_min(policy: i32 as policy) => sched::sched_get_priority_min;
    sched_rr_get_interval(pid: i32, interval: UserPtr<Timespec> as out timespec) => sched::sched_rr_get_interval;
    sched_setaffinity(pid: i32, size: u32, mask: Addr as processors) => identity::sched_setaffinity;
    ioprio_set(which: i32 as io_priority_of, who: i32, priority: i32) => identity::ioprio_set;
    ioprio_get(which: i32 as io_priority_of, who: i32) => identity::ioprio_get;
    personality(persona: u32 as hexadecimal) => identity::personality;
    sched_getaffinity(pid: i32, size: u32, mask: OutBuf as out processors) => identity::sched_getaffinity;
    setpriority(which: i32 as priority_of, who: i32, nice: i32) => identity::setpriority;
    getpriority(which: i32 as priority_of, who: i32) => identity::getpriority;
    setregid(rgid: u32 as id, egid: u32 as id) => identity::setregid;
    setgid(gid: u32) => identity::setgid;
    setreuid(ruid: u32 as id, euid: u32 as id) => identity::setreuid;
    setuid(uid: u32) => identity::setuid;
    setresuid(ruid: u32 as id, euid: u32 as id, suid: u32 as id) => identity::setresuid;
    getresuid(ruid: UserPtr<u32> as out int, euid: UserPtr<u32> as out int, suid: UserPtr<u32> as out int) => identity::getresuid;
    setresgid(rgid: u32 as id, egid: u32 as id, sgid: u32 as id) => identity::setresgid;
    getresgid(rgid: UserPtr<u32> as out int, egid: UserPtr<u32> as out int, sgid: UserPtr<u32> as out int) => identity::getresgid;
    setfsuid(uid: u32) => identity::setfsuid;
    setfsgid(gid: u32) => identity::setfsgid;
    times(buf: UserPtr<Tms> as out tms) => identity::times;
    setpgid(pid: i32, pgid: i32) => identity::setpgid;
    getpgid(pid: i32) => identity::getpgid;
    getsid(pid: i32) => identity::getsid;
    setsid() => identity::setsid;
    getgroups(size: i32, list: UserPtr<u32> as out groups) => identity::getgroups;
    setgroups(size: u32, list: UserPtr<u32> as groups) => identity::setgroups;
    uname(buf: UserPtr<Utsname> as out utsname) => identity::uname;
    sethostname(name: Addr as input, len: u64) => identity::sethostname;
    getrlimit(resource: u32 as resource, limit: UserPtr<Rlimit> as out rlimit) => limits::getrlimit;
    setrlimit(resource: u32 as resource, limit: UserPtr<Rlimit> as rlimit) => limits::setrlimit;
    prlimit64(pid: i32, resource: u32 as resource, new: UserPtr<Rlimit> as rlimit, old: UserPtr<Rlimit> as out rlimit) => limits::prlimit64;
    getrusage(who: i32 as usage_of, usage: UserPtr<Rusage> as out rusage) => identity::getrusage;
    prctl(option: i32 as prctl_option, a: u64 as both prctl_first, b: u64 as prctl_other, c: u64 as prctl_other, d: u64 as prctl_other) => prctl::prctl;
    getcpu(cpu: UserPtr<u32> as out int, node: UserPtr<u32> as out int, unused: Addr) => identity::getcpu;
    getpid() => identity::getpid;
    getppid() => identity::getppid;
    getuid() => identity::getuid;
    geteuid() => identity::geteuid;
    getgid() => identity::getgid;
    getegid() => identity::getegid;
    gettid() => identity::gettid;
    sysinfo(info: UserPtr<Sysinfo> as out sysinfo) => identity::sysinfo;
    getrandom(buf: OutBuf as out random, count: u64, flags: Flags as random_flags) restart => identity::getrandom;

    // ---- The whole machine ----
    mount(source: Addr, target: Path, kind: Addr, flags: u64, data: Addr) => machine::mount;
    pivot_root(new: Path, old: Path) => machine::pivot_root;
    acct(path: Path) => machine::acct;
    vhangup() => machine::vhangup;
    syslog(action: i32, buffer: Addr, len: i32) => machine::syslog;
    reboot(magic: u32, magic2: u32, command: u32, arg: Addr) => machine::reboot;
    setdomainname(name: Addr, len: u64) => machine::setdomainname;
    settimeofday(time: UserPtr<Timeval>, zone: UserPtr<[i32; 2]>) => machine::settimeofday;
    adjtimex(timex: UserPtr<Timex>) => machine::adjtimex;
    swapon(path: Path, flags: Flags) => machine::swapon;
    swapoff(path: Path) => machine::swapoff;
    clock_adjtime(clock: i32 as clock, timex: UserPtr<Timex>) => machine::clock_adjtime;
    fsopen(kind: Addr, flags: Flags) => machine::fsopen;
    fspick(dir: DirFd, path: Path, flags: Flags) => machine::fspick;

    // ---- Memory ----
    shmget(key: i32 as hexadecimal, size: u64, flags: i32 as hexadecimal) => mm::shmget;
    shmctl(id: i32, command: i32 as shm_command, buffer: UserPtr<Segment>) => mm::shmctl;
    shmat(id: i32, addr: u64 as address, flags: u32 as shm_flags) -> place => mm::shmat;
    shmdt(addr: u64 as address) => mm::shmdt;
    brk(end: Addr) -> place => mm::brk;
    munmap(addr: u64 as address, len: u64) => mm::munmap;
    mremap(old: u64 as address, old_len: u64, new_len: u64, flags: u32 as remapping, new: u64 as new_place) -> place => mm::mremap;
    mmap(addr: u64 as address, len: u64, prot: ProtFlags, flags: MapFlags, fd: Fd, offset: u64 as hexadecimal) -> place => mm::mmap;
    mprotect(addr: u64 as address, len: u64, prot: ProtFlags) => mm::mprotect;
    msync(addr: u64 as address, len: u64, flags: i32 as synchronising) => mm::msync;
    mlock(addr: u64 as address, len: u64) => mm::mlock;
    munlock(addr: u64 as address, len: u64) => mm::munlock;
    mincore(addr: u64 as address, len: u64, pages: OutBuf as out address) => mm::mincore;
    madvise(addr: u64 as address, len: u64, advice: i32 as memory_advice) => mm::madvise;
    mlockall(flags: u32 as locking) => mm::mlockall;
    munlockall() => mm::munlockall;
    remap_file_pages(addr: u64 as address, len: u64, prot: u64 as protection, page: u64, flags: MapFlags) => mm::remap_file_pages;
    mbind(addr: u64 as address, len: u64, mode: i32 as memory_policy, nodes: u64 as address, bits: u64, flags: u32 as hexadecimal) => mm::mbind;
    get_mempolicy(mode: UserPtr<i32>, nodes: u64 as address, bits: u64, addr: u64 as address, flags: u64 as hexadecimal) => mm::get_mempolicy;
    set_mempolicy(mode: i32 as memory_policy, nodes: u64 as address, bits: u64) => mm::set_mempolicy;
    process_vm_readv(pid: i32, local: UserPtr<Iovec>, local_count: u64, other: UserPtr<Iovec>, other_count: u64, flags: u64) => mm::process_vm_readv;
    process_vm_writev(pid: i32, local: UserPtr<Iovec>, local_count: u64, other: UserPtr<Iovec>, other_count: u64, flags: u64) => mm::process_vm_writev;
    membarrier(command: i32 as barrier, flags: u32 as hexadecimal, cpu: i32) => mm::membarrier;
    mlock2(addr: u64 as address, len: u64, flags: u32 as lock_pages) => mm::mlock2;
    pkey_mprotect(addr: u64 as address, len: u64, prot: ProtFlags, key: i32) => mm::pkey_mprotect;
    pkey_alloc(flags: u64 as hexadecimal, access: u64 as key_access) => mm::pkey_alloc;
    pkey_free(key: i32) => mm::pkey_free;
    process_madvise(pidfd: Fd, iov: UserPtr<Iovec>, count: u64, advice: i32 as memory_advice, flags: Flags) => mm::process_madvise;
    memfd_secret(flags: Flags) => open::memfd_secret;
    process_mrelease(pidfd: Fd, flags: Flags) => mm::process_mrelease;
    cachestat(fd: Fd, range: UserPtr<[u64; 2]>, counts: UserPtr<[u64; 5]>, flags: Flags) => space::cachestat;
    map_shadow_stack(addr: u64 as address, len: u64, flags: Flags) => mm::map_shadow_stack;
    mseal(addr: u64 as address, len: u64, flags: u64 as hexadecimal) => mm::mseal;
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
