//! From options to a running guest, and from its death to our exit status.

use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
#[cfg(target_arch = "x86_64")]
use std::path::PathBuf;
use std::sync::Arc;

use ::engine::Engine;
use abi::Errno;
use jit::Interpreter;
use kernel::debug::Debug;
use kernel::fs::Root;
use kernel::process::account::Account;
use kernel::process::exec::{self, ExecError};
use kernel::{Config, Diagnostics, Task};
use mem::{AddressSpace, Slab};

use crate::options::{self, Run, Strace, Variable};

/// elfuse itself failed.
pub const FAILED: u8 = 125;
/// The program is there but cannot be executed.
const NOT_EXECUTABLE: u8 = 126;
/// There is no such program.
const NOT_FOUND: u8 = 127;

/// Runs a guest. Returns the exit status only if that failed.
pub fn run(options: Run) -> u8 {
    let booted = match options.handoff {
        Some(number) => go_on(&options, number),
        None => boot(options),
    };
    match booted {
        Ok(task) => task.run_process(),
        Err(Reported(status)) => status,
    }
}

/// A failure that the person has been told of, and the exit status for it.
struct Reported(u8);

/// Tells of a failure. At once, because the guest's descriptors, standard error among them, are
/// closed with the process that failed to start.
fn report(status: u8, message: &str) -> Reported {
    eprintln!("elfuse: {message}");
    Reported(status)
}

/// A child of a guest, which the parent tells what it is. Descriptors are the guest's: nothing is printed, and the
/// parent learns what fails.
fn go_on(options: &Run, number: i32) -> Result<Task, Reported> {
    host::fault::set_sent_hook(host::signal::record);
    let make = |space: &_, diagnostics: &Diagnostics| {
        let chosen = engine(options, space).map_err(|reason| {
            diagnostics.note(&reason);
            Errno::ENOMEM
        })?;
        chosen.keep(diagnostics);
        Ok(chosen.engine)
    };
    kernel::handoff::arrive(number, make).map_err(|_| Reported(FAILED))
}

/// What starts children of the guest, if `ELFUSE_FORK` says that the host's `fork` does not.
fn respawn(options: &Run) -> Result<Option<Vec<CString>>, Reported> {
    let how = std::env::var_os("ELFUSE_FORK").unwrap_or_default();
    match how.as_bytes() {
        b"" | b"fork" => Ok(None),
        b"spawn" => options
            .of_children("elfuse".into())
            .into_iter()
            .map(c_string)
            .collect::<Result<_, _>>()
            .map(Some),
        _ => {
            Err(report(FAILED, &format!("ELFUSE_FORK={} is neither fork nor spawn", how.display())))
        }
    }
}

fn boot(options: Run) -> Result<Task, Reported> {
    let failed = |message: String| report(FAILED, &message);
    // Before anything is opened that the guest must not see.
    let fds = host::fs::inherited();
    let respawn = respawn(&options)?;
    let slab = match options.address_bits {
        Some(bits) => Slab::reserve_size(1 << bits),
        None => Slab::reserve(),
    };
    let slab = slab.map_err(|e| failed(format!("cannot reserve guest memory: {e}")))?;
    host::fault::install().map_err(|e| failed(format!("cannot handle faults: {e}")))?;
    host::fault::set_sent_hook(host::signal::record);
    let diagnostics = diagnostics(&options).map_err(failed)?;
    let space = AddressSpace::new(Arc::new(slab));
    let space = Arc::new(if respawn.is_some() { space.keeping() } else { space });
    let chosen = engine(&options, &space).map_err(failed)?;
    let engine = chosen.engine.clone();
    let root = root(options.sysroot.as_deref())?;
    let debugger = debugger(&options)?;
    let debug = debugger.as_ref().map(|_| Debug::new(options.gdb_stop_on_entry));
    let config = Config { space, engine, diagnostics, fds, root, respawn, debug };
    let mut task =
        Task::first(config).map_err(|e| failed(format!("cannot run guest code: {e}")))?;
    let account = account(&options, &task).map_err(failed)?;
    become_user(&mut task, account.as_ref(), options.fakeroot)?;
    chosen.keep(&task.process.diagnostics);

    let path = c_string(options.program.clone())?;
    let mut args = vec![path.clone()];
    for arg in options.args {
        args.push(c_string(arg)?);
    }
    let home = account.and_then(|account| account.home);
    let env = environment(options.clear_env, options.env, home)?;
    let has_sysroot = options.sysroot.is_some();
    let failure = |error: &ExecError| exec_failure(error, &path, has_sysroot);
    let mut start = exec::first_file(&task, &path).map_err(|e| failure(&e))?;
    if let Some(dir) = options.workdir {
        let failed = |errno| report(FAILED, &format!("--workdir {}: {errno}", dir.display()));
        start.change_directory(&task, &c_string(dir.clone())?).map_err(failed)?;
    }
    exec::first_program(&mut task, start, args, &env).map_err(|e| failure(&e))?;
    if let Some((debugger, control)) = debugger.zip(task.process.control()) {
        eprintln!("elfuse: gdb can attach: {}", debugger.command());
        debugger.serve(control).map_err(|e| failed(format!("--gdb: {e}")))?;
    }
    Ok(task)
}

/// What listens for a debugger, if one is wanted.
fn debugger(options: &Run) -> Result<Option<gdb::Server>, Reported> {
    let Some(address) = &options.gdb else { return Ok(None) };
    let failed = |error| report(FAILED, &format!("--gdb {address}: {}", reason(&error)));
    gdb::Server::listen(address).map(Some).map_err(failed)
}

/// What an error of the host's is called here.
fn reason(error: &io::Error) -> String {
    let number = error.raw_os_error().and_then(|number| u16::try_from(number).ok());
    number.map_or_else(|| error.to_string(), |number| Errno::from_raw(number).to_string())
}

/// Who the guest is to be; `None` if it is whoever elfuse is.
fn account(options: &Run, task: &Task) -> Result<Option<Account>, String> {
    let Some(user) = &options.user else {
        return Ok(options.fakeroot.then(Account::root));
    };
    let found = Account::find(task, user.as_bytes());
    found.map(Some).map_err(|message| format!("--user {}: {message}", user.display()))
}

fn become_user(task: &mut Task, account: Option<&Account>, fakeroot: bool) -> Result<(), Reported> {
    let (option, result) = match account {
        None => return Ok(()),
        Some(account) if fakeroot => ("--fakeroot", task.become_in_fakeroot(account)),
        Some(account) => ("--user", task.become_user(account)),
    };
    result.map_err(|errno| report(FAILED, &format!("{option}: {errno}")))
}

/// What executes guest code.
struct Chosen {
    engine: Arc<dyn Engine>,
    /// Makes it use the translations of earlier runs, if it is to; fails in words.
    keep: Option<Box<dyn Fn() -> Result<(), String>>>,
}

impl Chosen {
    fn plain(engine: Arc<dyn Engine>) -> Self {
        Self { engine, keep: None }
    }

    /// To be called by the user that `--user` names: files of another's could neither be read nor written.
    fn keep(&self, diagnostics: &Diagnostics) {
        if let Some(keep) = &self.keep
            && let Err(why) = keep()
        {
            diagnostics.note(&format!("translations are not kept: {why}"));
        }
    }
}

/// What `--engine` asks for; `auto` is the translator wherever that works.
fn engine(options: &Run, space: &Arc<AddressSpace>) -> Result<Chosen, String> {
    let interpreter = || Chosen::plain(Arc::new(Interpreter::new(space.clone())));
    match options.engine {
        options::Engine::Jit | options::Engine::Check => jit(options, space),
        options::Engine::Interpreter => Ok(interpreter()),
        options::Engine::Auto => Ok(jit(options, space).unwrap_or_else(|reason| {
            if cfg!(target_arch = "x86_64") && options.handoff.is_none() {
                eprintln!("elfuse: slow, because {reason}");
            }
            interpreter()
        })),
    }
}

#[cfg(target_arch = "x86_64")]
fn jit(options: &Run, space: &Arc<AddressSpace>) -> Result<Chosen, String> {
    // For developers: a lesser processor than this one.
    let cpu = std::env::var("ELFUSE_CPU").unwrap_or_else(|_| "native".into());
    let features = jit::Features::of_host_as(&cpu)
        .ok_or_else(|| format!("ELFUSE_CPU={cpu} is no processor that is known"))?
        .ok_or("the jit engine needs a processor of level x86-64-v3")?;
    let mut jit = jit::Jit::new(space.clone(), features)
        .map_err(|e| format!("the jit engine cannot have memory for code: {e}"))?;
    if options.isolate {
        jit = jit.isolate();
    }
    if !options.jit_dump.is_empty() {
        jit = jit.dump(options.jit_dump.clone(), Box::new(to_stderr()?));
    }
    if options.engine == options::Engine::Check {
        // Translations of earlier runs cannot be compared: it is not known what they are made of.
        return Ok(Chosen::plain(Arc::new(jit.checked(stop_at_difference()?))));
    }
    if options.jit_stats {
        jit = jit.count();
    }
    // `perf` has to be told of each translation when it is made, and breakpoints are in the code.
    let alone = options.perf_map || options.no_cache || options.gdb.is_some();
    if options.perf_map {
        jit = jit.map_for_perf();
    }
    let jit = Arc::new(jit);
    let mut chosen = Chosen::plain(jit.clone());
    if !alone {
        chosen.keep = Some(Box::new(move || cache_directory().and_then(|dir| jit.keep_in(&dir))));
    }
    Ok(chosen)
}

/// Where translations are kept (XDG Base Directory Specification).
#[cfg(target_arch = "x86_64")]
fn cache_directory() -> Result<PathBuf, String> {
    if host::process::is_privileged() {
        return Err("elfuse has rights that its user has not".into());
    }
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let base = variable("XDG_CACHE_HOME").filter(|base| base.is_absolute());
    let base = base.or_else(|| Some(variable("HOME")?.join(".cache")));
    Ok(base.ok_or("neither XDG_CACHE_HOME nor HOME is set")?.join("elfuse"))
}

/// Tells of the first difference between the engines, and ends the process.
#[cfg(target_arch = "x86_64")]
fn stop_at_difference() -> Result<Arc<jit::OnDifference>, String> {
    let tell = to_stderr()?;
    Ok(Arc::new(move |difference: &str| {
        tell(&format!(
            "elfuse: --engine check: {difference}\
             This is a bug of elfuse: please report all of the above, and the program.\n"
        ));
        std::process::exit(FAILED.into());
    }))
}

/// Writes to the standard error that elfuse was started with, whatever the guest does to its own.
#[cfg(target_arch = "x86_64")]
fn to_stderr() -> Result<impl Fn(&str) + Send + Sync, String> {
    let to = stderr()?;
    Ok(move |text: &str| host::io::write_line(to.as_fd(), text.as_bytes()))
}

#[cfg(not(target_arch = "x86_64"))]
fn jit(_: &Run, _: &Arc<AddressSpace>) -> Result<Chosen, String> {
    Err("the jit engine is for x86-64 hosts only".into())
}

fn root(sysroot: Option<&OsStr>) -> Result<Root, Reported> {
    let Some(dir) = sysroot else { return Ok(Root::host()) };
    let path = c_string(dir.to_owned())?;
    let failed = |errno| report(FAILED, &format!("--sysroot {}: {errno}", dir.display()));
    Root::sysroot(&path).map_err(failed)
}

fn c_string(text: OsString) -> Result<CString, Reported> {
    CString::new(text.into_vec()).map_err(|_| report(FAILED, "an argument contains a NUL byte"))
}

/// The guest's environment: ours, unless it is cleared, changed by what `--env` says, of which the
/// last word on a name counts. A user of `--user` without a `HOME` gets its own. Of what is not `KEY=VALUE` the standard library does not tell.
fn environment(
    clear: bool,
    changes: Vec<Variable>,
    home: Option<Vec<u8>>,
) -> Result<Vec<CString>, Reported> {
    let mut env: Vec<(OsString, OsString)> =
        if clear { Vec::new() } else { std::env::vars_os().collect() };
    for change in changes {
        let (name, value) = match change {
            Variable::Set(name, value) => (name, Some(value)),
            Variable::Inherit(name) => {
                let value = std::env::var_os(&name);
                (name, value)
            }
        };
        env.retain(|(known, _)| *known != name);
        env.extend(value.map(|value| (name, value)));
    }
    if let Some(home) = home
        && env.iter().all(|(name, _)| name != "HOME")
    {
        env.push(("HOME".into(), OsString::from_vec(home)));
    }
    env.into_iter().map(|(name, value)| c_string([name, value].join("=".as_ref()))).collect()
}

fn stderr() -> Result<OwnedFd, String> {
    std::io::stderr().as_fd().try_clone_to_owned().map_err(|e| format!("standard error: {e}"))
}

/// Copies of standard error, or a file, at numbers that are out of a guest's sight anyway: guest
/// descriptors are not the host's.
fn diagnostics(options: &Run) -> Result<Diagnostics, String> {
    let verbose = if options.verbose { Some(stderr()?) } else { None };
    let strace = match &options.strace {
        None => None,
        Some(Strace::Stderr) => Some(stderr()?),
        Some(Strace::File(path)) => {
            let file = File::create(path)
                .map_err(|e| format!("--strace {}: {}", path.display(), reason(&e)))?;
            Some(file.into())
        }
    };
    let statistics = if options.jit_stats { Some(stderr()?) } else { None };
    Ok(Diagnostics::new(verbose, strace, statistics))
}

fn exec_failure(error: &ExecError, program: &CStr, has_sysroot: bool) -> Reported {
    let status = match error.errno {
        Errno::ENOENT | Errno::ENOTDIR if !error.is_interpreter => NOT_FOUND,
        _ => NOT_EXECUTABLE,
    };
    let bare = !program.is_empty() && !program.to_bytes().contains(&b'/');
    let hint = if status == NOT_FOUND && bare {
        "; PROGRAM is a path, and is not looked up in PATH"
    } else if error.is_interpreter && error.errno == Errno::ENOENT && !has_sysroot {
        "; --sysroot DIR names a tree of arm64 files to look in"
    } else {
        ""
    };
    report(status, &format!("{}{hint}", error.message))
}
