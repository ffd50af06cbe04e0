//! Suite `gdb`: what a debugger can do through `--gdb`.
//!
//! Each case debugs [`subject.c`](../../../../guests/gdb/subject.c) through a Unix socket, with packets as gdb sends them. gdb itself
//! is not in it: it would be a large download, and what it makes of the answers is not ours.

mod client;

use super::Context;
use super::guests::{ARM64, compile};
use super::process::{End, Program, Run, finish};
use super::runner::{Case, Verdict};
use super::tree::Scratch;
use crate::{Result, workspace};
use client::{Client, Registers, Stop, to_hex};
use object::{Object, ObjectSymbol};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

// Signals by gdb's numbers.
const SIGINT: u8 = 2;
const SIGTRAP: u8 = 5;
const SIGABRT: u8 = 6;
const SIGSEGV: u8 = 11;
const SIGUSR1: u8 = 30;

type Body = fn(&mut Session) -> Result<()>;

/// Name, the subject's argument, and what is done to it.
const CASES: &[(&str, &str, Body)] = &[
    ("from-entry-to-end", "", from_entry_to_end),
    ("breakpoint", "", breakpoint),
    ("threads", "", threads),
    ("step", "", step),
    ("watch", "", watch),
    ("memory", "", memory),
    ("signal-passed", "", signal_passed),
    ("signal-changed", "", signal_changed),
    ("abort", "abort", abort),
    ("fault", "fault", fault),
    ("interrupt", "busy", interrupt),
    ("interrupt-asleep", "asleep", interrupt_asleep),
    ("call", "", call),
    ("fork", "fork", fork),
    ("exec", "exec", exec),
    ("detach", "busy", detach),
    ("hang-up", "busy", hang_up),
    ("hang-up-running", "busy", hang_up_running),
    ("kill", "busy", kill),
    ("files", "", files),
];

/// All cases.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    // All have the same program, which one of them makes.
    let compiler = Arc::new(Mutex::new(()));
    let case = |&(name, mode, body): &(&'static str, &'static str, Body)| {
        let (context, compiler) = (Arc::clone(context), Arc::clone(&compiler));
        let id = format!("gdb/{name}");
        Case::new(id.clone(), move || {
            let scratch = Scratch::new(&context.work, &context.scratch(&id))?;
            let mut session = Session::start(&context, &compiler, scratch.path(), mode)?;
            Ok(match body(&mut session) {
                Ok(()) => Verdict::Passed,
                Err(why) => Verdict::Failed(why.to_string()),
            })
        })
    };
    Ok(CASES.iter().map(case).collect())
}

/// A debugger, and what it debugs: stopped before its first instruction.
struct Session {
    client: Client,
    child: Option<Child>,
    socket: std::path::PathBuf,
    program: std::path::PathBuf,
    limit: Duration,
}

impl Drop for Session {
    /// Nothing is left behind, whatever has gone wrong.
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            let _ = finish(child, Duration::ZERO);
        }
    }
}

impl Session {
    fn start(context: &Context, compiler: &Mutex<()>, dir: &Path, mode: &str) -> Result<Self> {
        let source = workspace::root().join("guests/gdb/subject.c");
        let program = {
            let _turn = compiler.lock();
            compile(&source, ARM64)??
        };
        let socket = dir.join("socket");
        let options =
            ["--gdb-stop-on-entry".into(), "--gdb".into(), socket.clone().into_os_string()];
        let words = options.into_iter().chain([program.clone().into(), mode.into()]);
        let mut command = Program::new(context.command_line(words), dir).command();
        command.process_group(0).stdin(Stdio::null());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let limit = context.limit();
        let mut session =
            Self { client: Client::none()?, child: Some(child), socket, program, limit };
        session.client = Client::connect(&session.socket)?;
        Ok(session)
    }

    /// Where a function or a variable is.
    fn address(&self, name: &str) -> Result<u64> {
        let bytes = std::fs::read(&self.program)?;
        let file = object::File::parse(&*bytes)?;
        let found = file.symbols().find(|symbol| symbol.name() == Ok(name));
        Ok(found.ok_or_else(|| format!("no {name}"))?.address())
    }

    /// The first breakpoint of a case.
    fn break_at(&mut self, name: &str) -> Result<u64> {
        let addr = self.address(name)?;
        self.client.expect(&format!("Z0,{addr:x},4"), "OK")?;
        Ok(addr)
    }

    fn forget(&mut self, addr: u64) -> Result<()> {
        self.client.expect(&format!("z0,{addr:x},4"), "OK")
    }

    /// Goes on to the breakpoint at `addr`; returns which thread has got there.
    fn reach(&mut self, addr: u64) -> Result<i32> {
        let stop = self.client.go("vCont;c")?;
        let Stop::Signal { tid, number: SIGTRAP, why } = &stop else {
            return Err(format!("not at a breakpoint: {stop:?}").into());
        };
        let pc = self.client.registers(*tid)?.get(Registers::PC);
        ensure(why == "swbreak" && pc == addr, || format!("{stop:?} at {pc:#x}, not {addr:#x}"))?;
        Ok(*tid)
    }

    /// Executes the instruction under a breakpoint, as gdb does.
    fn step_over(&mut self, addr: u64, tid: i32) -> Result<()> {
        self.forget(addr)?;
        let stop = self.client.step(tid)?;
        ensure(is_signal(&stop, SIGTRAP), || format!("after a step: {stop:?}"))?;
        self.client.expect(&format!("Z0,{addr:x},4"), "OK")
    }

    /// Goes on to the end, which must be this one.
    fn ends(&mut self, status: u8) -> Result<()> {
        self.ends_as(Stop::Exited(status), End::Exited(status.into())).map(drop)
    }

    fn ends_as(&mut self, stop: Stop, end: End) -> Result<Run> {
        let found = self.client.go("vCont;c")?;
        ensure(found == stop, || format!("stopped by {found:?}, not {stop:?}"))?;
        self.finishes(end)
    }

    /// Without the debugger's doing.
    fn finishes(&mut self, end: End) -> Result<Run> {
        let child = self.child.take().ok_or("it has ended")?;
        let run = finish(child, self.limit)?;
        ensure(run.end == end, || {
            format!("{:?}, not {end:?}\n{}", run.end, String::from_utf8_lossy(&run.stderr))
        })?;
        Ok(run)
    }
}

fn ensure(condition: bool, what: impl FnOnce() -> String) -> Result<()> {
    if condition { Ok(()) } else { Err(what().into()) }
}

fn is_signal(stop: &Stop, wanted: u8) -> bool {
    matches!(stop, Stop::Signal { number, .. } if *number == wanted)
}

fn from_entry_to_end(s: &mut Session) -> Result<()> {
    let [tid] = s.client.threads()?[..] else { return Err("not one thread".into()) };
    let pid = s.client.pid;
    ensure(pid == tid, || format!("process {pid}, thread {tid}"))?;
    let entry = object::File::parse(&*std::fs::read(&s.program)?)?.entry();
    let pc = s.client.registers(tid)?.get(Registers::PC);
    ensure(pc == entry, || format!("at {pc:#x}, not {entry:#x}"))?;
    let stop = s.client.go("vCont;c")?;
    ensure(is_signal(&stop, SIGUSR1), || format!("{stop:?}"))?;
    let stop = s.client.pass(tid, SIGUSR1)?;
    ensure(stop == Stop::Exited(0), || format!("{stop:?}"))?;
    let run = s.finishes(End::Exited(0))?;
    ensure(run.stdout == b"ok\n", || "its output is missing".into())
}

fn breakpoint(s: &mut Session) -> Result<()> {
    let add = s.break_at("add")?;
    let code = s.client.word(add)?;
    let tid = s.reach(add)?;
    let regs = s.client.registers(tid)?;
    ensure((regs.get(0), regs.get(1)) == (2, 3), || format!("arguments: {regs:?}"))?;
    // The debugger sees what the program was, not what makes it stop.
    let seen = s.client.word(add)?;
    ensure(seen == code && code >> 21 != 0x6a1, || format!("{seen:#x}, {code:#x}"))?;
    s.step_over(add, tid)?;
    let twice = s.break_at("twice")?;
    let again = s.reach(twice)?;
    ensure(again == tid && s.client.registers(tid)?.get(0) == 21, || "not in twice(21)".into())?;
    s.forget(twice)?;
    s.forget(add)?;
    let stop = s.client.go("vCont;c")?;
    ensure(is_signal(&stop, SIGUSR1), || format!("{stop:?}"))
}

fn threads(s: &mut Session) -> Result<()> {
    let add = s.break_at("add")?;
    let main = s.reach(add)?;
    s.step_over(add, main)?;
    let stop = s.client.go("vCont;c")?;
    ensure(is_signal(&stop, SIGUSR1), || format!("{stop:?}"))?;
    let Stop::Signal { tid: first, number: SIGTRAP, .. } = s.client.pass(main, SIGUSR1)? else {
        return Err("no thread has stopped".into());
    };
    ensure(first != main && s.client.threads()?.contains(&first), || "not a new thread".into())?;
    let argument = s.client.registers(first)?.get(1);
    s.step_over(add, first)?;
    let second = s.reach(add)?;
    let other = s.client.registers(second)?.get(1);
    ensure(first != second && argument + other == 21, || format!("{argument} and {other}"))?;
    // The one that waits for them is stopped, too, with registers that make sense.
    let stack = s.client.registers(main)?.get(Registers::STACK);
    ensure(!s.client.memory(stack, 16)?.is_empty(), || "no stack".into())?;
    s.forget(add)?;
    s.ends(0)
}

fn step(s: &mut Session) -> Result<()> {
    let twice = s.break_at("twice")?;
    let tid = s.reach(twice)?;
    s.forget(twice)?;
    let link = s.client.registers(tid)?.get(Registers::LINK);
    let mut steps = 0;
    while s.client.registers(tid)?.get(Registers::PC) != link {
        let stop = s.client.step(tid)?;
        ensure(is_signal(&stop, SIGTRAP) && steps < 9, || format!("{steps} steps: {stop:?}"))?;
        steps += 1;
    }
    ensure(s.client.registers(tid)?.get(0) == 42, || "twice(21) is not 42".into())?;
    // Over whatever is between here and a range's end.
    let stop = s.client.go_with(tid, &format!("r{link:x},{:x}", link + 4), false)?;
    let pc = s.client.registers(tid)?.get(Registers::PC);
    ensure(is_signal(&stop, SIGTRAP) && pc == link + 4, || format!("{stop:?} at {pc:#x}"))?;
    // Through system calls and into the handler, an instruction at a time, to the end.
    let raise = s.break_at("raise")?;
    s.reach(raise)?;
    s.forget(raise)?;
    for _ in 0..400 {
        match s.client.step(tid)? {
            Stop::Signal { number: SIGTRAP, .. } => {}
            Stop::Signal { number: SIGUSR1, .. } => return Ok(()),
            stop => return Err(format!("while stepping: {stop:?}").into()),
        }
    }
    Err("the signal never came".into())
}

fn watch(s: &mut Session) -> Result<()> {
    let main = s.break_at("main")?;
    s.reach(main)?;
    s.forget(main)?;
    let counter = s.address("counter")?;
    s.client.expect(&format!("Z2,{counter:x},4"), "OK")?;
    let stop = s.client.go("vCont;c")?;
    let Stop::Signal { number: SIGTRAP, why, .. } = &stop else {
        return Err(format!("{stop:?}").into());
    };
    let addr = why.strip_prefix("watch:").ok_or_else(|| format!("{stop:?}"))?;
    ensure(u64::from_str_radix(addr, 16)? == counter, || format!("{stop:?}"))?;
    ensure(s.client.word(counter)? == 5, || "not the first change".into())?;
    s.client.expect(&format!("z2,{counter:x},4"), "OK")?;
    // Reads are not watched for, and that is said.
    let answer = s.client.ask(&format!("Z3,{counter:x},4"))?;
    ensure(answer.starts_with('E'), || format!("Z3: {answer}"))?;
    let stop = s.client.go("vCont;c")?;
    ensure(is_signal(&stop, SIGUSR1), || format!("{stop:?}"))
}

fn memory(s: &mut Session) -> Result<()> {
    let (twice, counter) = (s.break_at("twice")?, s.address("counter")?);
    s.reach(twice)?;
    ensure(s.client.word(counter)? == 5, || "counter is not 5".into())?;
    s.client.write(counter, &7_u32.to_le_bytes())?;
    ensure(s.client.word(counter)? == 7, || "counter is not 7".into())?;
    let answer = s.client.ask("m0,4")?;
    ensure(answer.starts_with('E'), || format!("address 0 holds {answer}"))?;
    // Code, which the program itself cannot write, and under a breakpoint: `ADD W0, W0, W0` becomes `MOV W0, #42`.
    let mut at = twice;
    while s.client.word(at)? != 0xd65f_03c0 {
        at += 4;
    }
    s.client.write(twice, &[0x1f, 0x20, 0x03, 0xd5].repeat(((at - twice) / 4) as usize))?;
    s.client.write(at - 4, &0x5280_0540_u32.to_le_bytes())?;
    s.forget(twice)?;
    let stop = s.client.go("vCont;c")?;
    ensure(is_signal(&stop, SIGUSR1), || format!("{stop:?}"))
}

fn signal_passed(s: &mut Session) -> Result<()> {
    let stop = s.client.go("vCont;c")?;
    let Stop::Signal { tid, number: SIGUSR1, .. } = stop else { return Err("no signal".into()) };
    let handled = s.address("handled")?;
    ensure(s.client.word(handled)? == 0, || "the handler has run".into())?;
    let stop = s.client.pass(tid, SIGUSR1)?;
    ensure(stop == Stop::Exited(0), || format!("{stop:?}"))?;
    s.finishes(End::Exited(0)).map(drop)
}

/// The program asserts that its handler ran; without the signal it fails.
fn signal_changed(s: &mut Session) -> Result<()> {
    let stop = s.client.go("vCont;c")?;
    ensure(is_signal(&stop, SIGUSR1), || format!("{stop:?}"))?;
    s.ends(1)
}

/// Past SIGUSR1, which the program is given.
fn pass_usual_signal(s: &mut Session) -> Result<Stop> {
    let Stop::Signal { tid, number: SIGUSR1, .. } = s.client.go("vCont;c")? else {
        return Err("no SIGUSR1".into());
    };
    s.client.pass(tid, SIGUSR1)
}

fn abort(s: &mut Session) -> Result<()> {
    let stop = pass_usual_signal(s)?;
    let Stop::Signal { tid, number: SIGABRT, .. } = stop else {
        return Err(format!("{stop:?}").into());
    };
    let stop = s.client.pass(tid, SIGABRT)?;
    ensure(stop == Stop::Killed(SIGABRT), || format!("{stop:?}"))?;
    s.finishes(End::Signalled(6)).map(drop)
}

fn fault(s: &mut Session) -> Result<()> {
    let stop = pass_usual_signal(s)?;
    let Stop::Signal { tid, number: SIGSEGV, .. } = stop else {
        return Err(format!("{stop:?}").into());
    };
    // At the instruction: made again, it faults again.
    let pc = s.client.registers(tid)?.get(Registers::PC);
    let stop = s.client.go("vCont;c")?;
    ensure(is_signal(&stop, SIGSEGV), || format!("{stop:?}"))?;
    ensure(s.client.registers(tid)?.get(Registers::PC) == pc, || "elsewhere".into())?;
    let stop = s.client.pass(tid, SIGSEGV)?;
    ensure(stop == Stop::Killed(SIGSEGV), || format!("{stop:?}"))?;
    s.finishes(End::Signalled(11)).map(drop)
}

/// Starts the program on what its mode is about, which it does not end by itself.
fn run_on(s: &mut Session, started: &str) -> Result<()> {
    let place = s.break_at(started)?;
    let stop = pass_usual_signal(s)?;
    ensure(is_signal(&stop, SIGTRAP), || format!("{stop:?}"))?;
    s.forget(place)?;
    s.client.send(b"vCont;c")
}

fn interrupt(s: &mut Session) -> Result<()> {
    run_on(s, "wait_busily")?;
    let stop = s.client.interrupt()?;
    ensure(is_signal(&stop, SIGINT), || format!("{stop:?}"))?;
    let cell = s.address("cell")?;
    let before = s.client.memory(cell, 8)?;
    ensure(s.client.memory(cell, 8)? == before, || "it goes on while it is halted".into())?;
    let may_go = s.address("may_go")?;
    s.client.write(may_go, &1_u32.to_le_bytes())?;
    s.ends(7)
}

fn interrupt_asleep(s: &mut Session) -> Result<()> {
    run_on(s, "wait_for_a_signal")?;
    let Stop::Signal { tid, number: SIGINT, .. } = s.client.interrupt()? else {
        return Err("not interrupted".into());
    };
    // It goes on to sleep, and wakes by the signal that it waits for.
    s.client.send(b"vCont;c")?;
    let stop = s.client.interrupt()?;
    ensure(is_signal(&stop, SIGINT), || format!("{stop:?}"))?;
    let stop = s.client.pass(tid, SIGUSR1)?;
    ensure(stop == Stop::Exited(7), || format!("{stop:?}"))?;
    s.finishes(End::Exited(7)).map(drop)
}

/// A call of a function by the debugger: to a breakpoint at its return address, and back.
fn call(s: &mut Session) -> Result<()> {
    let add = s.break_at("add")?;
    let tid = s.reach(add)?;
    s.forget(add)?;
    let regs = s.client.registers(tid)?;
    let (entry, twice) = (s.break_at("_start")?, s.address("twice")?);
    let mut called = regs.clone();
    called.set(0, 1000);
    called.set(Registers::LINK, entry);
    called.set(Registers::PC, twice);
    s.client.set_registers(tid, &called)?;
    s.reach(entry)?;
    ensure(s.client.registers(tid)?.get(0) == 2000, || "twice(1000) is not 2000".into())?;
    s.client.set_registers(tid, &regs)?;
    s.forget(entry)?;
    let stop = s.client.go("vCont;c")?;
    ensure(is_signal(&stop, SIGUSR1), || format!("{stop:?}"))
}

/// A child has no breakpoints: it would die by one.
fn fork(s: &mut Session) -> Result<()> {
    let twice = s.break_at("twice")?;
    let tid = s.reach(twice)?;
    s.step_over(twice, tid)?;
    let stop = pass_usual_signal(s)?;
    ensure(stop == Stop::Exited(7), || format!("{stop:?}"))?;
    s.finishes(End::Exited(7)).map(drop)
}

fn exec(s: &mut Session) -> Result<()> {
    let twice = s.break_at("twice")?;
    let tid = s.reach(twice)?;
    s.step_over(twice, tid)?;
    let stop = pass_usual_signal(s)?;
    ensure(is_signal(&stop, SIGTRAP), || format!("{stop:?}"))?;
    let entry = object::File::parse(&*std::fs::read(&s.program)?)?.entry();
    let pc = s.client.registers(tid)?.get(Registers::PC);
    ensure(pc == entry, || format!("at {pc:#x}, not {entry:#x}"))?;
    // The breakpoint went with the old program.
    let stop = pass_usual_signal(s)?;
    ensure(stop == Stop::Exited(0), || format!("{stop:?}"))?;
    s.finishes(End::Exited(0)).map(drop)
}

fn detach(s: &mut Session) -> Result<()> {
    let twice = s.break_at("twice")?;
    s.reach(twice)?;
    s.client.expect(&format!("D;{:x}", s.client.pid), "OK")?;
    let_it_go(s)
}

fn hang_up(s: &mut Session) -> Result<()> {
    let twice = s.break_at("twice")?;
    s.reach(twice)?;
    let_it_go(s)
}

/// The breakpoint of a debugger that has gone would be the program's end.
fn hang_up_running(s: &mut Session) -> Result<()> {
    s.break_at("nftw")?;
    run_on(s, "wait_busily")?;
    let_it_go(s)
}

/// Another debugger, for a program that has gone on without one.
fn let_it_go(s: &mut Session) -> Result<()> {
    s.client = Client::none()?;
    s.client = Client::connect(&s.socket)?;
    let may_go = s.address("may_go")?;
    s.client.write(may_go, &1_u32.to_le_bytes())?;
    // It may have got its signal by now, or not.
    let mut stop = s.client.go("vCont;c")?;
    if let Stop::Signal { tid, number: SIGUSR1, .. } = stop {
        stop = s.client.pass(tid, SIGUSR1)?;
    }
    ensure(stop == Stop::Exited(7), || format!("{stop:?}"))?;
    s.finishes(End::Exited(7)).map(drop)
}

fn kill(s: &mut Session) -> Result<()> {
    s.client.send(b"k")?;
    s.finishes(End::Signalled(9)).map(drop)
}

/// What gdb reads to know what it debugs.
fn files(s: &mut Session) -> Result<()> {
    let exe = s.client.ask(&format!("qXfer:exec-file:read:{:x}:0,1000", s.client.pid))?;
    let program = s.program.canonicalize()?.display().to_string();
    ensure(exe[1..] == program, || format!("{exe}, not {program}"))?;
    let opened = s.client.ask(&format!("vFile:open:{},0,0", to_hex(program.as_bytes())))?;
    let fd = opened.strip_prefix('F').ok_or_else(|| opened.clone())?;
    s.client.send(format!("vFile:pread:{fd},4,0").as_bytes())?;
    let read = s.client.receive()?;
    ensure(read == b"F04;\x7fELF", || format!("{read:?}"))?;
    s.client.expect(&format!("vFile:close:{fd}"), "F0")?;
    s.client.expect("vFile:open:2f6e6f6e65,0,0", "F-1,02")?;
    let opened = s.client.ask(&format!("vFile:open:{},0,0", to_hex(b"/proc/self/maps")))?;
    let fd = opened.strip_prefix('F').ok_or_else(|| opened.clone())?;
    let maps = s.client.ask(&format!("vFile:pread:{fd},1000,0"))?;
    ensure(maps.contains(&program) && maps.contains("[stack]"), || maps.clone())?;
    let link = s.client.ask(&format!("vFile:readlink:{}", to_hex(b"/proc/self/exe")))?;
    ensure(link.ends_with(&program), || format!("{link}, not {program}"))?;
    s.client.send(b"qXfer:auxv:read::0,1000")?;
    // AT_ENTRY, which is 9.
    let auxv = s.client.receive()?;
    let entry = object::File::parse(&*std::fs::read(&s.program)?)?.entry();
    let wanted = [9_u64.to_le_bytes(), entry.to_le_bytes()].concat();
    ensure(auxv[1..].chunks_exact(16).any(|pair| pair == wanted), || format!("{auxv:?}"))?;
    let description = s.client.ask("qXfer:features:read:target.xml:0,ffff")?;
    ensure(description.contains("org.gnu.gdb.aarch64.core"), || description.clone())
}
