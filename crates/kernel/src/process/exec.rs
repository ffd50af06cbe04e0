//! execve(2): a new program in the same process.
//!
//! Everything that can fail is done first ([`prepare`]): finding the file, following `#!` lines,
//! reading headers. Then the old program goes and there is no way back; a failure from there on
//! kills the process, as on Linux.

use std::ffi::{CStr, CString};
use std::sync::Arc;

use abi::Errno;
use abi::fs::{AT_FDCWD, access, at, o, s};
use abi::mm::{Prot, map};
use abi::signal::{AltStack, Signal};
use host::fs::Dir;
use loader::load::Identity;
use loader::{Image, Loaded, script, stack};
use mem::{UserPtr, UserSlice};

use super::{Program, vfork};
use crate::fs::{File, Files, FsContext, Place, Subject};
use crate::handoff::lead;
use crate::signal::ThreadSignals;
use crate::syscall::SysResult;
use crate::syscall::arg::{DirFd, Flags, Path};
use crate::task::{Death, Shared};
use crate::{Process, Task, arch, robust};

/// How many interpreters a script may go through (`exec_binprm()`).
const MAX_INTERPRETERS: usize = 5;
/// How programs are opened. Linux refuses a FIFO before it opens it; we see what it is when it is open, and
/// must not wait for its other end until then.
const TO_EXECUTE: u32 = o::RDONLY | o::NONBLOCK;
/// Pages that the stack has from the start; it grows on demand.
const INITIAL_STACK: u64 = 132 << 10;

/// A program that can be started.
#[derive(Debug)]
pub struct Prepared {
    image: Image,
    file: File,
    identity: Identity,
    interpreter: Option<(Image, File, Identity)>,
    path: CString,
    args: Vec<CString>,
}

/// Why a program cannot be started: what execve(2) returns, and a sentence for a person.
#[derive(Clone, Debug)]
pub struct ExecError {
    /// The error number.
    pub errno: Errno,
    /// What is wrong.
    pub message: String,
    /// Whether that concerns the interpreter rather than the program itself.
    pub is_interpreter: bool,
}

impl ExecError {
    fn new(errno: Errno, path: &CStr, message: impl std::fmt::Display) -> Self {
        let path = if path.is_empty() { "''".into() } else { path.to_string_lossy() };
        let message = format!("{path}: {message}");
        Self { errno, message, is_interpreter: false }
    }

    /// The interpreter `interpreter` of `path` cannot be had.
    fn of_interpreter(errno: Errno, path: &CStr, interpreter: &CStr) -> Self {
        let message = format!("its interpreter {}: {errno}", interpreter.to_string_lossy());
        Self { is_interpreter: true, ..Self::new(errno, path, message) }
    }
}

/// execve(2).
pub fn execve(t: &mut Task, path: Path, argv: UserPtr<u64>, envp: UserPtr<u64>) -> SysResult {
    execveat(t, DirFd(AT_FDCWD), path, argv, envp, Flags(0))
}

/// execveat(2).
pub fn execveat(
    t: &mut Task,
    dir: DirFd,
    path: Path,
    argv: UserPtr<u64>,
    envp: UserPtr<u64>,
    flags: Flags,
) -> SysResult {
    if flags.0 & !(at::EMPTY_PATH | at::SYMLINK_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL);
    }
    let path = t.read_path(path.0)?;
    let nofollow = if flags.0 & at::SYMLINK_NOFOLLOW != 0 { o::NOFOLLOW } else { 0 };
    let file = if path.is_empty() && flags.0 & at::EMPTY_PATH != 0 {
        // Anew, because the descriptor may be O_PATH, or its position in use.
        host::fs::reopen(t.file(crate::syscall::arg::Fd(dir.0))?.host()).map(File::new)
    } else {
        t.open(dir, path.clone(), TO_EXECUTE | nofollow, 0)
    };
    // Sockets, and devices without a driver, cannot be opened; Linux refuses to execute them first.
    let file = file.map_err(|errno| if errno == Errno::ENXIO { Errno::EACCES } else { errno })?;
    let name = executed_name(dir, &path);
    let args = strings(t, argv)?;
    let env = strings(t, envp)?;
    let prepared = prepare(t, file, name, args, &env).map_err(|error| {
        if t.process.diagnostics.is_verbose() {
            t.process.diagnostics.note(&format!("execve: {}", error.message));
        }
        error.errno
    })?;
    t.process.owns_memory()?;
    // Where the first thread may be elsewhere, it has to come here.
    let moves = !t.is_leader() && t.process.is_divided();
    let place = if moves { Some(Place::of_this_thread()?) } else { None };
    // There is no way back from here: the other threads end.
    t.process.threads.survive(t.tid())?;
    let (files, fs) = (t.files.clone(), t.fs.clone());
    let successor = Successor { prepared, env, signals: t.signals.clone(), files, fs, place };
    if t.is_leader() {
        succeed(t, &successor);
        t.process.threads.survived();
    } else {
        t.successor = Some(Box::new(successor));
        t.die(Death::Thread(0));
    }
    Ok(t.regs.x[0])
}

/// A program, and what the thread that executes it leaves to it. The new program runs on the
/// process's first thread, whichever executed it.
#[derive(Debug)]
pub(crate) struct Successor {
    prepared: Prepared,
    env: Vec<CString>,
    pub(crate) signals: ThreadSignals,
    files: Files,
    fs: Arc<FsContext>,
    place: Option<Place>,
}

impl Successor {
    /// What the first thread of `process` takes over.
    pub(crate) fn shared(&self, process: Arc<Process>) -> Shared {
        Shared { process, files: self.files.clone(), fs: self.fs.clone() }
    }
}

/// Goes on with a program, on the first thread.
pub(crate) fn succeed(t: &mut Task, successor: &Successor) {
    let enter = successor.place.as_ref().map_or(Ok(()), Place::enter);
    if enter.and_then(|()| start(t, &successor.prepared, &successor.env)).is_err() {
        t.die(Death::Killed(Signal::SIGKILL));
    }
}

/// `AT_EXECFN`: the path, or a name through the descriptor it starts from.
fn executed_name(dir: DirFd, path: &CStr) -> CString {
    if dir.0 == AT_FDCWD || path.to_bytes().starts_with(b"/") {
        return path.to_owned();
    }
    let mut name = format!("/dev/fd/{}", dir.0).into_bytes();
    if !path.is_empty() {
        name.push(b'/');
        name.extend_from_slice(path.to_bytes());
    }
    CString::new(name).unwrap_or_default()
}

/// A null-terminated array of strings; a null pointer is an empty one.
fn strings(t: &Task, array: UserPtr<u64>) -> Result<Vec<CString>, Errno> {
    /// More pointers than the largest stack could hold.
    const MAX: u64 = 1 << 20;
    let mut strings = Vec::new();
    if array.is_null() {
        return Ok(strings);
    }
    for i in 0..MAX {
        let addr = array.add(i)?.read(t.space())?;
        if addr == 0 {
            return Ok(strings);
        }
        let string = mem::UserStr::new(addr).read(t.space(), 131_072);
        strings.push(string.map_err(|errno| match errno {
            Errno::ENAMETOOLONG => Errno::E2BIG,
            other => other,
        })?);
    }
    Err(Errno::E2BIG)
}

/// Opens a program for the command line: an absolute path is the guest's, another one the host's.
fn open_program(t: &Task, path: &CStr) -> Result<File, Errno> {
    if path.to_bytes().starts_with(b"/") {
        return t.open(DirFd(AT_FDCWD), path.to_owned(), TO_EXECUTE, 0);
    }
    Ok(File::new(host::fs::openat(Dir::Cwd, path, TO_EXECUTE, 0)?))
}

/// Finds out all about a program that `file`, known as `path`, is or leads to.
pub fn prepare(
    t: &Task,
    mut file: File,
    path: CString,
    mut args: Vec<CString>,
    env: &[CString],
) -> Result<Prepared, ExecError> {
    let mut name = path.clone();
    for _ in 0..=MAX_INTERPRETERS {
        check_executable(t, &file, &name)?;
        let head = read_head(&file).map_err(|errno| ExecError::new(errno, &name, errno))?;
        if !head.starts_with(b"#!") {
            return prepare_elf(t, file, name, path, args, env);
        }
        let no_interpreter =
            || ExecError::new(Errno::ENOEXEC, &name, "the #! line names no interpreter");
        let script = script::parse(&head).ok_or_else(no_interpreter)?;
        let interpreter = CString::new(script.interpreter).map_err(|_| no_interpreter())?;
        // argv[0] gives way to the interpreter, its argument, and the path of the script.
        let rest = args.drain(..).skip(1).collect::<Vec<_>>();
        args.push(interpreter.clone());
        args.extend(script.argument.and_then(|argument| CString::new(argument).ok()));
        args.push(name.clone());
        args.extend(rest);
        file = t
            .open(DirFd(AT_FDCWD), interpreter.clone(), TO_EXECUTE, 0)
            .map_err(|errno| ExecError::of_interpreter(errno, &name, &interpreter))?;
        name = interpreter;
    }
    Err(ExecError::new(Errno::ELOOP, &path, "too many levels of #! interpreters"))
}

/// The checks that Linux makes before it reads a file: a regular one, with permission to execute.
fn check_executable(t: &Task, file: &File, path: &CStr) -> Result<(), ExecError> {
    let fail = |errno| ExecError::new(errno, path, errno);
    let stat = host::fs::fstat(file.host()).map_err(fail)?;
    if stat.mode & s::IFMT == s::IFDIR {
        return Err(ExecError::new(Errno::EACCES, path, "is a directory"));
    }
    if stat.mode & s::IFMT != s::IFREG {
        return Err(ExecError::new(Errno::EACCES, path, "not a regular file"));
    }
    host::fs::may_execute(file.host()).map_err(fail)?;
    t.check_access(Subject::file(file.host()), access::X_OK).map_err(fail)
}

fn read_head(file: &File) -> Result<Vec<u8>, Errno> {
    let mut head = vec![0; script::HEAD];
    let len = host::io::pread(file.host(), head[..].as_mut().into(), 0)?;
    head.truncate(len);
    Ok(head)
}

fn prepare_elf(
    t: &Task,
    file: File,
    name: CString,
    path: CString,
    mut args: Vec<CString>,
    env: &[CString],
) -> Result<Prepared, ExecError> {
    let limit = t.space().size();
    let image = Image::read(file.host(), limit)
        .map_err(|error| ExecError::new(error.errno(), &name, error))?;
    let interpreter = match &image.interpreter {
        None => None,
        Some(path) => {
            let path = CString::new(path.clone()).unwrap_or_default();
            let file = t
                .open(DirFd(AT_FDCWD), path.clone(), TO_EXECUTE, 0)
                .map_err(|errno| ExecError::of_interpreter(errno, &name, &path))?;
            let image = Image::read(file.host(), limit).map_err(|error| {
                // Linux calls a bad interpreter a bad library.
                ExecError::new(Errno::ELIBBAD, &path, error)
            })?;
            let identity = identity(t, &file, &path).map_err(|e| ExecError::new(e, &path, e))?;
            Some((image, file, identity))
        }
    };
    if args.is_empty() {
        args.push(CString::default());
    }
    stack::check_strings(&args, env, t.space().limits().stack)
        .map_err(|errno| ExecError::new(errno, &path, "the argument list is too long"))?;
    let identity =
        identity(t, &file, &name).map_err(|errno| ExecError::new(errno, &name, errno))?;
    Ok(Prepared { image, file, identity, interpreter, path, args })
}

/// What `/proc/self/maps` and `/proc/self/exe` say about a file.
fn identity(t: &Task, file: &File, name: &CStr) -> Result<Identity, Errno> {
    let stat = host::fs::fstat(file.host())?;
    let path = t.path_of(file).unwrap_or_else(|_| name.to_bytes().to_vec());
    Ok(Identity { dev: stat.dev, ino: stat.ino, path: String::from_utf8_lossy(&path).into() })
}

/// Replaces the program of `t`. After an error nothing is left to return to.
pub fn start(t: &mut Task, prepared: &Prepared, env: &[CString]) -> Result<(), Errno> {
    leave_old_program(t)?;
    let space = t.process.space.clone();
    let mut prot = Prot::READ | Prot::WRITE;
    prot.set(Prot::EXEC, prepared.image.exec_stack);
    let initial = INITIAL_STACK.max(stack_need(prepared, env));
    let stack_range = space.map_stack(initial, prot)?;

    let Prepared { image, file, identity, .. } = prepared;
    let (setuid, setgid) = t.set_ids(file.host());
    if let Some(credentials) = &mut t.credentials {
        credentials.execute(setuid, setgid);
    }
    let loaded = loader::load(&space, image, file.host(), identity, false)?;
    let interpreter = match &prepared.interpreter {
        Some((image, file, identity)) => {
            Some(loader::load(&space, image, file.host(), identity, true)?)
        }
        None => None,
    };
    space.set_brk_start(loaded.end);
    let vdso = map_vdso(t)?;

    let start = stack::Start {
        image,
        loaded: &loaded,
        interpreter_base: interpreter.map_or(0, |loaded| loaded.bias),
        ids: super::identity::ids(t),
        random: super::identity::random_bytes(),
        vdso,
    };
    let (bytes, layout) =
        stack::build(stack_range.end, &prepared.path, &prepared.args, env, &start);
    UserSlice::new(layout.stack_start, bytes.len() as u64).write_from(&space, &bytes)?;

    let entry = interpreter.map_or(loaded.entry, |loaded: Loaded| loaded.entry);
    arch::start_program(&mut t.regs, entry, layout.stack_start);
    show(t, &layout);
    let exe = CString::new(identity.path.as_bytes()).unwrap_or_default();
    let mut program = t.process.program.lock();
    *program = Program { exe, layout, ..program.clone() };
    drop(program);
    super::identity::set_name(prepared.path.to_bytes());
    vfork::release(&t.process);
    Ok(())
}

/// Lets the host show to others what this process runs. Where it cannot, they see the runtime.
pub(crate) fn show(t: &Task, layout: &stack::StackLayout) {
    let base = t.space().slab().base() as u64;
    let at = |start, end| base + start..base + end;
    let layout = host::process::ProcessLayout {
        code: at(layout.code_start, layout.code_end),
        data: at(layout.data_start, layout.data_end),
        stack_start: base + layout.stack_start,
        args: at(layout.args_start, layout.args_end),
        env: at(layout.env_start, layout.env_end),
    };
    let _ = host::process::show_layout(&layout);
}

/// The stack that strings and tables take, rounded up generously.
fn stack_need(prepared: &Prepared, env: &[CString]) -> u64 {
    let strings = prepared.args.iter().chain(env);
    let bytes: usize = strings.map(|string| string.as_bytes_with_nul().len() + 8).sum();
    (bytes as u64 + 64 * 1024).next_multiple_of(host::mm::PAGE_SIZE)
}

/// What an exec ends: memory, handlers, close-on-exec descriptors, the alternate stack.
fn leave_old_program(t: &mut Task) -> Result<(), Errno> {
    robust::exit_robust_list(t);
    t.process.timers.delete_all();
    vfork::leave(t);
    lead::part(&t.process);
    t.clear_child_tid = 0;
    t.fds_mut().close_marked();
    t.process.actions.lock().reset_handlers();
    t.signals.alt_stack = AltStack::DISABLED;
    t.signals.fault = Default::default();
    t.interrupted = None;
    t.process.engine.keep();
    t.executed();
    t.process.space.reset()?;
    if let Some(debug) = t.process.debug.get() {
        debug.executed();
    }
    Ok(())
}

/// Maps the vDSO; returns its address.
fn map_vdso(t: &Task) -> Result<u64, Errno> {
    let space = t.space();
    let vdso = loader::vdso::aarch64();
    let len = (vdso.bytes.len() as u64).next_multiple_of(host::mm::PAGE_SIZE);
    let flags = map::PRIVATE | map::ANONYMOUS;
    let at = space.mmap(0, len, Prot::READ | Prot::WRITE, flags, None)?;
    UserSlice::new(at, len).write_from(space, &vdso.bytes)?;
    space.mprotect(at, len, Prot::READ | Prot::EXEC, false)?;
    space.name(at, "[vdso]");
    t.process.program.lock().vdso_sigreturn = at + vdso.sigreturn;
    Ok(at)
}

/// The file of a process's first program, found before the process moves to where it starts: a
/// relative path is the host's, from the host's current directory.
#[derive(Debug)]
pub struct First {
    file: File,
    path: CString,
}

/// Opens the first program.
pub fn first_file(t: &Task, path: &CStr) -> Result<First, ExecError> {
    let file = open_program(t, path).map_err(|errno| ExecError::new(errno, path, errno))?;
    Ok(First { file, path: path.to_owned() })
}

impl First {
    /// Makes `dir`, an absolute path of the guest, the current directory. The program's path is an
    /// absolute one from then on, because an interpreter may have to open it again.
    pub fn change_directory(&mut self, t: &Task, dir: &CStr) -> Result<(), Errno> {
        if !self.path.to_bytes().starts_with(b"/") {
            self.path = CString::new(t.path_of(&self.file)?).map_err(|_| Errno::ENOENT)?;
        }
        t.change_directory(dir.to_owned())
    }
}

/// Starts the first program of a process.
pub fn first_program(
    t: &mut Task,
    first: First,
    args: Vec<CString>,
    env: &[CString],
) -> Result<(), ExecError> {
    let First { file, path } = first;
    let prepared = prepare(t, file, path.clone(), args, env)?;
    let failed = |errno| ExecError::new(errno, &path, errno);
    start(t, &prepared, env).map_err(failed)?;
    // A relative path is the host's up to here.
    t.root().enter().map_err(failed)
}
