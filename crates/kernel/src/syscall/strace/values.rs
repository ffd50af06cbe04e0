//! Structures and arrays that parameters point to.
//!
//! A function shows what is at an address at the time it is called: before the call for what the call
//! takes in, after it for what it gives back. The table says which (`out`); where a parameter is both,
//! it shows the difference after the call.

use std::fmt::{self, Write};

use abi::fs::{Flock, OpenHow, Stat, Statfs, Statx, Timespec};
use abi::process::{Itimerval, Rlimit, Rusage, Sysinfo, Timeval, Tms, Utsname};
use abi::signal::{AltStack, SigAction, SigInfo, Signal};
use abi::term::{Termios, Winsize};

use super::names;
use super::show::{
    SHOWN_ELEMENTS, Shown, address, array, buffer, bytes, device, file_mode, hexadecimal, octal,
    pointed,
};

// ---- Numbers behind pointers ----

/// One `int` in brackets.
pub fn int(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |value: i32, to| write!(to, "[{value}]"))
}

/// Two `int`s in brackets.
pub fn int_pair(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |[a, b]: [i32; 2], to| write!(to, "[{a}, {b}]"))
}

/// As many `int`s as the result says.
pub fn groups(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let len = to.result.and_then(Result::ok).unwrap_or_else(|| to.neighbour(-1));
    array(raw, len, to, |id: u32, to| write!(to, "{id}"))
}

/// A file position that the call moves on.
pub fn position(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    if to.result.is_none() {
        return pointed(raw, to, |at: i64, to| write!(to, "[{at}]"));
    }
    let Some(now) = to.read::<i64>(raw).filter(|_| raw != 0) else { return Ok(()) };
    let now = format!("[{now}]");
    if to.text == now { Ok(()) } else { write!(to, " => {now}") }
}

/// The processors in a mask whose size is the result, or the argument before it.
pub fn processors(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let len = to.result.and_then(Result::ok).unwrap_or_else(|| to.neighbour(-1));
    let Some(mask) = to.read_array::<u8>(raw, len) else { return address(raw, to) };
    let set = (0..mask.len() * 8).filter(|i| mask[i / 8] >> (i % 8) & 1 != 0);
    let set: Vec<String> = set.map(|i| i.to_string()).collect();
    write!(to, "[{}]", set.join(" "))
}

// ---- Time ----

fn show_timespec(time: Timespec, to: &mut Shown<'_>) -> fmt::Result {
    write!(to, "{{tv_sec={}, tv_nsec={}}}", time.sec, time.nsec)
}

fn show_timeval(time: Timeval, to: &mut Shown<'_>) -> fmt::Result {
    write!(to, "{{tv_sec={}, tv_usec={}}}", time.sec, time.usec)
}

/// `struct timespec`.
pub fn timespec(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, show_timespec)
}

/// `struct timeval`.
pub fn timeval(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, show_timeval)
}

/// What was left of a sleep; nothing is written unless it was interrupted.
pub fn time_left(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    match to.result {
        Some(Err(abi::Errno::EINTR)) => timespec(raw, to),
        _ => address(raw, to),
    }
}

/// The two times of utimensat(2), with its two special values.
pub fn file_times(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    /// `UTIME_NOW` and `UTIME_OMIT` (`linux/stat.h`).
    const NOW: i64 = (1 << 30) - 1;
    const OMIT: i64 = (1 << 30) - 2;
    array(raw, 2, to, |time: Timespec, to| match time.nsec {
        NOW => to.write_str("UTIME_NOW"),
        OMIT => to.write_str("UTIME_OMIT"),
        _ => show_timespec(time, to),
    })
}

/// `struct itimerval`.
pub fn itimerval(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |timer: Itimerval, to| {
        to.write_str("{it_interval=")?;
        show_timeval(timer.interval, to)?;
        to.write_str(", it_value=")?;
        show_timeval(timer.value, to)?;
        to.write_str("}")
    })
}

/// `struct itimerspec`.
pub fn itimerspec(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |[interval, value]: [[i64; 2]; 2], to| {
        let time = |[sec, nsec]: [i64; 2]| Timespec { sec, nsec };
        to.write_str("{it_interval=")?;
        show_timespec(time(interval), to)?;
        to.write_str(", it_value=")?;
        show_timespec(time(value), to)?;
        to.write_str("}")
    })
}

/// `struct tms`.
pub fn tms(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |t: Tms, to| {
        write!(
            to,
            "{{tms_utime={}, tms_stime={}, tms_cutime={}, tms_cstime={}}}",
            t.utime, t.stime, t.cutime, t.cstime
        )
    })
}

// ---- Files ----

/// `struct stat`.
pub fn stat(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |stat: Stat, to| {
        to.write_str("{st_mode=")?;
        file_mode(stat.mode.into(), to)?;
        if matches!(stat.mode >> 12 & 0o17, 0o2 | 0o6) {
            to.write_str(", st_rdev=")?;
            show_device(stat.rdev, to)?;
        } else {
            write!(to, ", st_size={}", stat.size)?;
        }
        to.write_str(", ...}")
    })
}

fn show_device(dev: u64, to: &mut Shown<'_>) -> fmt::Result {
    // `gnu_dev_major` and `gnu_dev_minor` (sys/sysmacros.h).
    let major = dev >> 8 & 0xfff | dev >> 32 & !0xfff;
    let minor = dev & 0xff | dev >> 12 & !0xff & 0xffff_ffff;
    device(major, minor, to)
}

/// The device of mknodat(2), which only devices have.
pub fn new_device(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    match to.neighbour(-1) >> 12 & 0o17 {
        0o2 | 0o6 => show_device(raw as u32 as u64, to),
        _ => Ok(()),
    }
}

/// `struct statx`.
pub fn statx(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |statx: Statx, to| {
        to.write_str("{stx_mask=")?;
        names::statx_mask(statx.mask.into(), to)?;
        to.write_str(", stx_attributes=")?;
        names::statx_attributes(statx.attributes, to)?;
        to.write_str(", stx_mode=")?;
        file_mode(statx.mode.into(), to)?;
        write!(to, ", stx_size={}, ...}}", statx.size)
    })
}

/// The flags of statx(2), whose synchronisation part has a name even when it is zero.
pub fn statx_flags(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    if raw & 0x6000 != 0 {
        return names::path_flags(raw, to);
    }
    to.write_str("AT_STATX_SYNC_AS_STAT")?;
    if raw as u32 == 0 {
        return Ok(());
    }
    to.write_str("|")?;
    names::path_flags(raw, to)
}

/// `struct statfs`.
pub fn statfs(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |s: Statfs, to| {
        to.write_str("{f_type=")?;
        names::file_system(s.fs_type as u64, to)?;
        write!(
            to,
            ", f_bsize={}, f_blocks={}, f_bfree={}, f_bavail={}, f_files={}, f_ffree={}",
            s.bsize, s.blocks, s.bfree, s.bavail, s.files, s.ffree
        )?;
        to.write_str(", f_fsid={val=[")?;
        hexadecimal(u64::from(s.fsid[0] as u32), to)?;
        to.write_str(", ")?;
        hexadecimal(u64::from(s.fsid[1] as u32), to)?;
        write!(to, "]}}, f_namelen={}, f_frsize={}, f_flags=", s.namelen, s.frsize)?;
        names::mount_flags(s.flags as u64, to)?;
        to.write_str("}")
    })
}

/// `struct open_how`.
pub fn open_how(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |how: OpenHow, to| {
        to.write_str("{flags=")?;
        names::open_flags(how.flags, to)?;
        if makes_files(how.flags) {
            write!(to, ", mode={}", octal(how.mode as u32))?;
        }
        to.write_str(", resolve=")?;
        names::resolve_flags(how.resolve, to)?;
        to.write_str("}")
    })
}

/// Whether open(2) flags, in arm64's numbers, let it make a file: `O_CREAT`, `O_TMPFILE`.
fn makes_files(flags: u64) -> bool {
    flags & 0o100 != 0 || flags & 0o20000000 != 0
}

/// The mode behind open(2) flags, which only some of them use.
pub fn new_mode(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    if makes_files(to.neighbour(-1)) { to.write_str(&octal(raw as u32)) } else { Ok(()) }
}

/// How many entries getdents64(2) returned.
pub fn directory_entries(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    address(raw, to)?;
    let Some(Ok(len)) = to.result else { return Ok(()) };
    // `d_reclen` is behind two words.
    let (mut at, mut count) = (0, 0);
    while at < len
        && let Some(step) = to.read::<u16>(raw.wrapping_add(at + 16)).filter(|&step| step > 0)
    {
        at += u64::from(step);
        count += 1;
    }
    write!(to, " /* {count} entries */")
}

/// `struct flock`.
pub fn flock(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |lock: Flock, to| {
        to.write_str("{l_type=")?;
        names::lock_type(lock.kind as u64, to)?;
        to.write_str(", l_whence=")?;
        names::whence(lock.whence as u64, to)?;
        write!(to, ", l_start={}, l_len={}", lock.start, lock.len)?;
        // F_GETLK's answer, and not before it.
        if to.result.is_some() {
            write!(to, ", l_pid={}", lock.pid)?;
        }
        to.write_str("}")
    })
}

// ---- Vectors ----

/// Buffers that the call reads.
pub fn input_vector(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    array(raw, to.neighbour(1), to, |[base, len]: [u64; 2], to| {
        to.write_str("{iov_base=")?;
        buffer(base, len, to)?;
        write!(to, ", iov_len={len}}}")
    })
}

/// Buffers that the call has filled; the result says how far.
pub fn output_vector(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let left = std::cell::Cell::new(to.result.and_then(Result::ok).unwrap_or(0));
    array(raw, to.neighbour(1), to, |[base, len]: [u64; 2], to| {
        let filled = left.get().min(len);
        left.set(left.get() - filled);
        to.write_str("{iov_base=")?;
        buffer(base, filled, to)?;
        write!(to, ", iov_len={len}}}")
    })
}

// ---- Waiting ----

/// `struct pollfd`s: what is waited for, and afterwards in the note what happened.
pub fn poll_descriptors(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    type Entry = (i32, u64, u64);
    let entry = |bytes: [u8; 8]| -> Entry {
        let [a, b, c, d, e0, e1, r0, r1] = bytes;
        let half = |low, high| u64::from(u16::from_le_bytes([low, high]));
        (i32::from_le_bytes([a, b, c, d]), half(e0, e1), half(r0, r1))
    };
    match to.result {
        None => array(raw, to.neighbour(1), to, |bytes: [u8; 8], to| {
            let (fd, events, _) = entry(bytes);
            write!(to, "{{fd={fd}")?;
            if fd < 0 {
                return to.write_str("}");
            }
            to.write_str(", events=")?;
            names::poll_events(events, to)?;
            to.write_str("}")
        }),
        Some(Ok(0)) => {
            to.add_note("Timeout");
            Ok(())
        }
        Some(Err(_)) => Ok(()),
        Some(Ok(_)) => {
            let entries = to.read_array::<[u8; 8]>(raw, to.neighbour(1)).unwrap_or_default();
            let mut ready = Vec::new();
            for (fd, _, happened) in entries.into_iter().map(entry).filter(|e| e.2 != 0) {
                // Names are written to the text, and taken from there.
                let start = to.text.len();
                names::poll_events(happened, to)?;
                ready.push(format!("{{fd={fd}, revents={}}}", to.text.split_off(start)));
            }
            to.add_note(&format!("[{}]", ready.join(", ")));
            Ok(())
        }
    }
}

/// A set of pselect6(2): what is waited for, and afterwards in the note what is ready.
pub fn descriptor_set(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    // The number of descriptors is the first argument, then come in, out and exceptional.
    let count = (to.args[0] as i32).clamp(0, 1024) as usize;
    let role = ["", "in ", "out ", "except "].get(to.index).copied().unwrap_or_default();
    if to.result.is_none() && raw == 0 {
        return to.write_str("NULL");
    }
    if to.result == Some(Ok(0)) && to.index == 1 {
        to.add_note("Timeout");
    }
    let words = (0..count.div_ceil(64)).map(|i| to.read::<u64>(raw.wrapping_add(8 * i as u64)));
    let Some(words) = words.collect::<Option<Vec<u64>>>() else {
        return if to.result.is_none() { address(raw, to) } else { Ok(()) };
    };
    let set = (0..count).filter(|i| words[i / 64] >> (i % 64) & 1 != 0);
    let set = set.map(|i| i.to_string()).collect::<Vec<_>>().join(" ");
    match to.result {
        None => write!(to, "[{set}]"),
        Some(Ok(ready)) if ready > 0 && raw != 0 && !set.is_empty() => {
            to.add_note(&format!("{role}[{set}]"));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The mask of pselect6(2), with its size.
pub fn mask_argument(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |[mask, size]: [u64; 2], to| {
        to.write_str("{sigmask=")?;
        signal_set(mask, to)?;
        write!(to, ", sigsetsize={size}}}")
    })
}

/// One `struct epoll_event`.
pub fn epoll_event(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |event: [u64; 2], to| show_epoll_event(event, to))
}

/// As many as the result says.
pub fn epoll_events(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let len = to.result.and_then(Result::ok).unwrap_or(0);
    array(raw, len, to, show_epoll_event)
}

/// arm64's layout: the data is aligned.
fn show_epoll_event([events, data]: [u64; 2], to: &mut Shown<'_>) -> fmt::Result {
    to.write_str("{events=")?;
    names::epoll_conditions(events, to)?;
    write!(to, ", data={{u32={}, u64={data}}}}}", data as u32)
}

// ---- Signals ----

/// `sigset_t` of 64 bits.
pub fn signal_set(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, names::show_signal_set)
}

/// `struct sigaction` of the kernel.
pub fn action(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |action: SigAction, to| {
        to.write_str("{sa_handler=")?;
        match action.handler {
            SigAction::SIG_DFL => to.write_str("SIG_DFL")?,
            SigAction::SIG_IGN => to.write_str("SIG_IGN")?,
            handler => write!(to, "{handler:#x}")?,
        }
        to.write_str(", sa_mask=")?;
        names::show_signal_set(action.mask, to)?;
        to.write_str(", sa_flags=")?;
        names::action_flags(action.flags, to)?;
        if action.flags & abi::signal::sa::RESTORER != 0 {
            write!(to, ", sa_restorer={:#x}", action.restorer)?;
        }
        to.write_str("}")
    })
}

/// `stack_t`.
pub fn alternate_stack(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |stack: AltStack, to| {
        to.write_str("{ss_sp=")?;
        address(stack.sp, to)?;
        to.write_str(", ss_flags=")?;
        names::stack_flags(stack.flags.into(), to)?;
        write!(to, ", ss_size={}}}", stack.size)
    })
}

/// `siginfo_t`.
pub fn siginfo(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |info: SigInfo, to| show_siginfo(&info, to))
}

/// What belongs to a signal, by its kind of sender.
pub fn show_siginfo(info: &SigInfo, to: &mut Shown<'_>) -> fmt::Result {
    let Some(signal) = info.signal() else { return to.write_str("{}") };
    let word = |at: usize| i32::from_le_bytes(std::array::from_fn(|i| info.fields[at + i]));
    let long = |at: usize| i64::from_le_bytes(std::array::from_fn(|i| info.fields[at + i]));
    write!(to, "{{si_signo={}, si_code=", names::signal_name(signal))?;
    let sent = info.code <= 0 || info.code == abi::signal::code::SI_KERNEL;
    let code = u64::from(info.code as u32);
    match signal {
        _ if sent => names::si_code(code, to)?,
        Signal::SIGCHLD => names::sigchld_code(code, to)?,
        Signal::SIGSEGV => names::sigsegv_code(code, to)?,
        Signal::SIGBUS => names::sigbus_code(code, to)?,
        Signal::SIGILL => names::sigill_code(code, to)?,
        Signal::SIGTRAP => names::sigtrap_code(code, to)?,
        Signal::SIGFPE => names::sigfpe_code(code, to)?,
        _ => write!(to, "{}", info.code)?,
    }
    match signal {
        _ if info.code == abi::signal::code::SI_TIMER => {
            write!(to, ", si_timerid={:#x}, si_overrun={}", word(0), word(4))?;
        }
        _ if info.code == abi::signal::code::SI_KERNEL => {}
        _ if sent => write!(to, ", si_pid={}, si_uid={}", word(0), word(4))?,
        Signal::SIGCHLD => {
            write!(to, ", si_pid={}, si_uid={}, si_status=", word(0), word(4))?;
            if info.code == abi::signal::code::CLD_EXITED {
                write!(to, "{}", word(8))?;
            } else {
                names::signal(word(8) as u64, to)?;
            }
            write!(to, ", si_utime={}, si_stime={}", long(16), long(24))?;
        }
        Signal::SIGSEGV | Signal::SIGBUS | Signal::SIGILL | Signal::SIGTRAP | Signal::SIGFPE => {
            to.write_str(", si_addr=")?;
            address(long(0) as u64, to)?;
        }
        _ => {}
    }
    if info.code == abi::signal::code::SI_QUEUE {
        let value = long(8);
        write!(to, ", si_int={}, si_ptr=", value as i32)?;
        address(value as u64, to)?;
    }
    to.write_str("}")
}

/// What wait4(2) tells of a child, in the words of `sys/wait.h`.
pub fn wait_status(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    if to.result == Some(Ok(0)) {
        return address(raw, to);
    }
    pointed(raw, to, |status: u32, to| {
        let signal = |number: u32| {
            Signal::new(number).map_or_else(|| number.to_string(), names::signal_name)
        };
        let high = status >> 8 & 0xff;
        match status & 0x7f {
            _ if status == 0xffff => to.write_str("[{WIFCONTINUED(s)}]"),
            0 => write!(to, "[{{WIFEXITED(s) && WEXITSTATUS(s) == {high}}}]"),
            0x7f => write!(to, "[{{WIFSTOPPED(s) && WSTOPSIG(s) == {}}}]", signal(high)),
            killer => {
                write!(to, "[{{WIFSIGNALED(s) && WTERMSIG(s) == {}", signal(killer))?;
                to.write_str(if status & 0x80 != 0 { " && WCOREDUMP(s)}]" } else { "}]" })
            }
        }
    })
}

// ---- Processes and the machine ----

/// `struct rlimit64`.
pub fn rlimit(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    fn show(value: u64, to: &mut Shown<'_>) -> fmt::Result {
        match value {
            u64::MAX => to.write_str("RLIM64_INFINITY"),
            _ if value > 1024 && value.is_multiple_of(1024) => write!(to, "{}*1024", value / 1024),
            _ => write!(to, "{value}"),
        }
    }
    pointed(raw, to, |limit: Rlimit, to| {
        to.write_str("{rlim_cur=")?;
        show(limit.current, to)?;
        to.write_str(", rlim_max=")?;
        show(limit.max, to)?;
        to.write_str("}")
    })
}

/// `struct rusage`; wait4(2) without a child writes none.
pub fn rusage(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |usage: Rusage, to| {
        to.write_str("{ru_utime=")?;
        show_timeval(usage.utime, to)?;
        to.write_str(", ru_stime=")?;
        show_timeval(usage.stime, to)?;
        to.write_str(", ...}")
    })
}

/// `struct new_utsname`.
pub fn utsname(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let field = |field: &[u8; 65]| field.split(|&byte| byte == 0).next().unwrap_or(&[]).to_vec();
    pointed(raw, to, |name: Utsname, to| {
        to.write_str("{sysname=")?;
        bytes(&field(&name.sysname), usize::MAX, to)?;
        to.write_str(", nodename=")?;
        bytes(&field(&name.nodename), usize::MAX, to)?;
        to.write_str(", ...}")
    })
}

/// `struct sysinfo`.
pub fn sysinfo(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |info: Sysinfo, to| {
        let [a, b, c] = info.loads;
        write!(to, "{{uptime={}, loads=[{a}, {b}, {c}], totalram={}", info.uptime, info.totalram)?;
        write!(to, ", freeram={}, sharedram={}", info.freeram, info.sharedram)?;
        write!(to, ", bufferram={}, totalswap={}", info.bufferram, info.totalswap)?;
        write!(to, ", freeswap={}, procs={}", info.freeswap, info.procs)?;
        write!(to, ", totalhigh={}, freehigh={}", info.totalhigh, info.freehigh)?;
        write!(to, ", mem_unit={}}}", info.mem_unit)
    })
}

/// `argv`: strings up to the null pointer.
pub fn arguments(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    if raw == 0 {
        return to.write_str("NULL");
    }
    to.write_str("[")?;
    for i in 0.. {
        match to.read::<u64>(raw.wrapping_add(8 * i as u64)) {
            None => return to.write_str(", ...]"),
            Some(0) => break,
            Some(_) if i == SHOWN_ELEMENTS => return to.write_str(", ...]"),
            Some(string) => {
                to.write_str(if i > 0 { ", " } else { "" })?;
                super::show::string(string, to)?;
            }
        }
    }
    to.write_str("]")
}

/// `envp`: only how many there are.
pub fn environment(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    address(raw, to)?;
    if raw == 0 {
        return Ok(());
    }
    let mut count = 0u64;
    while to.read::<u64>(raw.wrapping_add(8 * count)).is_some_and(|string| string != 0) {
        count += 1;
    }
    write!(to, " /* {count} var{} */", if count == 1 { "" } else { "s" })
}

// ---- Terminals ----

/// `struct winsize`.
pub fn window_size(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |size: Winsize, to| {
        write!(
            to,
            "{{ws_row={}, ws_col={}, ws_xpixel={}, ws_ypixel={}}}",
            size.rows, size.columns, size.xpixel, size.ypixel
        )
    })
}

/// `struct termios` of the kernel, in numbers.
pub fn termios(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    pointed(raw, to, |t: Termios, to| {
        write!(
            to,
            "{{c_iflag={:#x}, c_oflag={:#x}, c_cflag={:#x}, c_lflag={:#x}, ...}}",
            t.iflag, t.oflag, t.cflag, t.lflag
        )
    })
}
