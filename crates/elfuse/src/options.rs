//! Options: each defined once in [`OPTIONS`], from which parsing and help are made.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use jit::Spot;

/// Exit status for a command line that is wrong.
pub const USAGE_STATUS: u8 = 2;

/// What `--address-bits` takes: as much as hosts grant, and as little as a program fits into.
const ADDRESS_BITS: std::ops::RangeInclusive<u32> = 28..=46;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Run a program.
    Run(Box<Run>),
    /// Print this and exit.
    Print(String),
}

/// A program and how to run it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Path of the program: the guest's if it is absolute, else the host's.
    pub program: OsString,
    /// Its arguments, without its name.
    pub args: Vec<OsString>,
    /// `--verbose`.
    pub verbose: bool,
    /// `--jit-stats`.
    pub jit_stats: bool,
    /// `--jit-dump`, in the order given.
    pub jit_dump: Vec<Spot>,
    /// `--isolate`.
    pub isolate: bool,
    /// `--no-cache`.
    pub no_cache: bool,
    /// `--perf-map`.
    pub perf_map: bool,
    /// `--strace`.
    pub strace: Option<Strace>,
    /// `--timeout`, in seconds; 0 is off.
    pub timeout: u64,
    /// `--engine`.
    pub engine: Engine,
    /// `--sysroot`.
    pub sysroot: Option<OsString>,
    /// `--address-bits`.
    pub address_bits: Option<u32>,
    /// `--clear-env`: the environment is what `env` says, and nothing of ours.
    pub clear_env: bool,
    /// `--env`, in the order given.
    pub env: Vec<Variable>,
    /// `--user`: `USER[:GROUP]`.
    pub user: Option<OsString>,
    /// `--fakeroot`.
    pub fakeroot: bool,
    /// `--workdir`: an absolute path of the guest.
    pub workdir: Option<OsString>,
    /// `--gdb`: where a debugger may come.
    pub gdb: Option<gdb::Address>,
    /// `--gdb-stop-on-entry`: not a step without it.
    pub gdb_stop_on_entry: bool,
    /// `--handoff`: the descriptor at which the process is whose child this one is to be.
    pub handoff: Option<i32>,
}

/// What one `--env` says.
#[derive(Debug, PartialEq, Eq)]
pub enum Variable {
    /// `K=V`: this value.
    Set(OsString, OsString),
    /// `K`: the value that it has in our environment; without one the guest has none, either.
    Inherit(OsString),
}

/// Where `--strace` writes.
#[derive(Debug, PartialEq, Eq)]
pub enum Strace {
    /// To standard error.
    Stderr,
    /// To a file, which is created or emptied.
    File(PathBuf),
}

/// `--engine`.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub enum Engine {
    /// The fastest there is.
    #[default]
    Auto,
    /// The reference interpreter.
    Interpreter,
    /// The translator.
    Jit,
    /// The translator, compared with the interpreter as it goes.
    Check,
}

/// An option. `value` is what help calls its value, empty for none; one in brackets is optional
/// and follows an equals sign.
struct Spec {
    short: Option<char>,
    long: &'static str,
    value: &'static str,
    help: &'static str,
    apply: Apply,
}

/// What an option does: changes a run, prints a text, or is not served yet
/// and left out of the help.
enum Apply {
    Set(fn(&mut Run, Option<OsString>) -> Result<(), String>),
    Print(fn() -> String),
    NotYet(&'static str),
}

const OPTIONS: &[Spec] = &[
    Spec {
        short: Some('h'),
        long: "help",
        value: "",
        help: "Print this help",
        apply: Apply::Print(help),
    },
    Spec {
        short: Some('V'),
        long: "version",
        value: "",
        help: "Print the version",
        apply: Apply::Print(version),
    },
    Spec {
        short: Some('v'),
        long: "verbose",
        value: "",
        help: "Tell on standard error what goes on and what is not supported",
        apply: Apply::Set(|run, _| {
            run.verbose = true;
            Ok(())
        }),
    },
    Spec {
        short: Some('t'),
        long: "timeout",
        value: "SECONDS",
        help: "How long guest code may run before the host looks for timers and signals
(default 10, 0 = off); it never ends the guest",
        apply: Apply::Set(|run, value| {
            let text = value.unwrap_or_default();
            let seconds = text.to_str().and_then(|text| text.parse().ok());
            run.timeout = seconds.ok_or(format!(
                "--timeout takes a whole number of seconds, not '{}'",
                text.display()
            ))?;
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "engine",
        value: "NAME",
        help: "What executes guest code: jit, interp, check (both, until they differ),
or auto (default)",
        apply: Apply::Set(|run, value| {
            run.engine = match value.as_deref().and_then(OsStr::to_str) {
                Some("auto") => Engine::Auto,
                Some("interp") => Engine::Interpreter,
                Some("jit") => Engine::Jit,
                Some("check") => Engine::Check,
                _ => return Err("--engine takes interp, jit, check or auto".into()),
            };
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "jit-stats",
        value: "",
        help: "At the end, print what the jit engine has done",
        apply: Apply::Set(|run, _| {
            run.jit_stats = true;
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "jit-dump",
        value: "PLACE",
        help: "When code with PLACE in it is translated, print it and what became of it;
PLACE is an address of the guest, FUNCTION, or FUNCTION+0xOFFSET",
        apply: Apply::Set(|run, value| {
            let text = value.unwrap_or_default();
            let wrong = || {
                format!(
                    "--jit-dump takes an address or a function's name, not '{}'",
                    text.display()
                )
            };
            run.jit_dump.push(text.to_str().and_then(Spot::parse).ok_or_else(wrong)?);
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "isolate",
        value: "",
        help: "Let no access of guest code reach memory of elfuse itself; costs speed",
        apply: Apply::Set(|run, _| {
            run.isolate = true;
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "no-cache",
        value: "",
        help: "Neither use translations of earlier runs nor keep those of this one",
        apply: Apply::Set(|run, _| {
            run.no_cache = true;
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "perf-map",
        value: "",
        help: "Write /tmp/perf-PID.map, by which perf names the guest's functions",
        apply: Apply::Set(|run, _| {
            run.perf_map = true;
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "strace",
        value: "[FILE]",
        help: "Print each system call, to standard error or to FILE",
        apply: Apply::Set(|run, value| {
            run.strace = Some(value.map_or(Strace::Stderr, |file| Strace::File(file.into())));
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "sysroot",
        value: "DIR",
        help: "Look for the guest's absolute paths in DIR first",
        apply: Apply::Set(|run, value| {
            run.sysroot = value;
            Ok(())
        }),
    },
    Spec {
        short: Some('e'),
        long: "env",
        value: "NAME[=VALUE]",
        help: "Set a variable of the guest's environment; without a value, to the one it has here",
        apply: Apply::Set(|run, value| {
            run.env.push(variable(&value.unwrap_or_default())?);
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "clear-env",
        value: "",
        help: "Start from an empty environment: the guest's is what --env says",
        apply: Apply::Set(|run, _| {
            run.clear_env = true;
            Ok(())
        }),
    },
    Spec {
        short: Some('u'),
        long: "user",
        value: "USER[:GROUP]",
        help: "Be this user, by number or by name in the guest's /etc/passwd",
        apply: Apply::Set(|run, value| {
            run.user = value;
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "fakeroot",
        value: "",
        help: "Let the guest be root among its own files, and remember what it does to them",
        apply: Apply::Set(|run, _| {
            run.fakeroot = true;
            Ok(())
        }),
    },
    Spec {
        short: Some('w'),
        long: "workdir",
        value: "DIR",
        help: "Start in this directory, an absolute path of the guest",
        apply: Apply::Set(|run, value| {
            let dir = value.unwrap_or_default();
            if !dir.as_bytes().starts_with(b"/") {
                return Err(format!("--workdir takes an absolute path, not '{}'", dir.display()));
            }
            run.workdir = Some(dir);
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "address-bits",
        value: "BITS",
        help: "How long the guest's addresses are, from 28 to 46 (default) bits;
ThreadSanitizer wants 42",
        apply: Apply::Set(|run, value| {
            let text = value.unwrap_or_default();
            let bits = text.to_str().and_then(|text| text.parse().ok());
            let known = bits.filter(|bits| ADDRESS_BITS.contains(bits));
            run.address_bits = Some(known.ok_or_else(|| {
                format!("--address-bits takes a number from 28 to 46, not '{}'", text.display())
            })?);
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: HANDOFF,
        value: "NUMBER",
        help: "",
        apply: Apply::Set(|run, value| {
            let number =
                value.as_deref().and_then(OsStr::to_str).and_then(|text| text.parse().ok());
            run.handoff = Some(number.ok_or("--handoff is for elfuse itself")?);
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "create-sysroot",
        value: "DIR",
        help: "Make a sysroot",
        apply: Apply::NotYet("sysroots are"),
    },
    Spec {
        short: None,
        long: "no-rosetta",
        value: "",
        help: "Refuse x86-64 programs, which no host runs yet (also ELFUSE_NO_ROSETTA=1)",
        apply: Apply::Set(|_, _| Ok(())),
    },
    Spec {
        short: None,
        long: "gdb",
        value: "PORT",
        help: "Let gdb attach, on a port of this machine or a Unix socket (a path with a slash)",
        apply: Apply::Set(|run, value| {
            let address = value.as_ref().and_then(gdb::Address::parse);
            run.gdb = Some(address.ok_or("--gdb takes a port or the path of a socket")?);
            Ok(())
        }),
    },
    Spec {
        short: None,
        long: "gdb-stop-on-entry",
        value: "",
        help: "With --gdb: wait for it before the first instruction",
        apply: Apply::Set(|run, _| {
            run.gdb_stop_on_entry = true;
            Ok(())
        }),
    },
];

/// What elfuse says to itself when it starts a child of a guest: not in the help.
const HANDOFF: &str = "handoff";

impl Run {
    /// The name and the options with which another elfuse runs guest code as this one does. What else is said here, the
    /// child is told otherwise.
    pub fn of_children(&self, name: OsString) -> Vec<OsString> {
        let engine = match self.engine {
            Engine::Auto => "auto",
            Engine::Interpreter => "interp",
            Engine::Jit => "jit",
            Engine::Check => "check",
        };
        let mut args = vec![name, "--engine".into(), engine.into()];
        let flags = [
            (self.no_cache, "--no-cache"),
            (self.perf_map, "--perf-map"),
            (self.jit_stats, "--jit-stats"),
        ];
        args.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.into()));
        let spots = self.jit_dump.iter().map(|spot| match spot {
            Spot::Address(addr) => format!("--jit-dump={addr:#x}"),
            Spot::Function(name) => format!("--jit-dump={name}"),
            Spot::Inside(name, offset) => format!("--jit-dump={name}+{offset:#x}"),
        });
        args.extend(spots.map(OsString::from));
        args
    }
}

/// What a value of `--env` says.
fn variable(text: &OsStr) -> Result<Variable, String> {
    let bytes = text.as_bytes();
    let end = bytes.iter().position(|&byte| byte == b'=');
    let (name, value) = bytes.split_at(end.unwrap_or(bytes.len()));
    if name.is_empty() {
        return Err(format!("--env takes NAME or NAME=VALUE, not '{}'", text.display()));
    }
    let name = OsString::from_vec(name.to_vec());
    Ok(match value.strip_prefix(b"=") {
        Some(value) => Variable::Set(name, OsString::from_vec(value.to_vec())),
        None => Variable::Inherit(name),
    })
}

/// Reads the command line; the first argument is our own name.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut run = Run { timeout: 10, ..Run::default() };
    let mut args = args.into_iter().skip(1);
    while let Some(arg) = args.next() {
        let bytes = arg.as_bytes();
        if bytes == b"--" {
            return program(run, args.next(), args);
        }
        if !bytes.starts_with(b"-") || bytes == b"-" {
            return program(run, Some(arg), args);
        }
        let mut arg = arg;
        while let Some(next) = match option(&mut run, &arg, &mut args)? {
            Next::Print(text) => return Ok(Command::Print(text)),
            Next::Short(rest) => Some(rest),
            Next::Argument => None,
        } {
            arg = next;
        }
    }
    program(run, None, args)
}

fn program(
    run: Run,
    program: Option<OsString>,
    args: impl Iterator<Item = OsString>,
) -> Result<Command, String> {
    // A child's is in memory already.
    let none = || run.handoff.is_some().then(OsString::new);
    let program = program.or_else(none).ok_or("no program is given")?;
    if run.gdb_stop_on_entry && run.gdb.is_none() {
        return Err("--gdb-stop-on-entry needs --gdb".into());
    }
    Ok(Command::Run(Box::new(Run { program, args: args.collect(), ..run })))
}

/// What comes after an option.
enum Next {
    /// The next argument.
    Argument,
    /// Other options of one letter, behind the one that was applied: `-vt0`.
    Short(OsString),
    /// Nothing: this is printed.
    Print(String),
}

/// Applies one option.
fn option(
    run: &mut Run,
    arg: &OsStr,
    args: &mut impl Iterator<Item = OsString>,
) -> Result<Next, String> {
    let bytes = arg.as_bytes();
    let (spec, attached) = match bytes.strip_prefix(b"--") {
        Some(long) => {
            let end = long.iter().position(|&byte| byte == b'=').unwrap_or(long.len());
            let spec = OPTIONS.iter().find(|spec| spec.long.as_bytes() == &long[..end]);
            (spec, long.get(end + 1..))
        }
        None => {
            let spec =
                OPTIONS.iter().find(|spec| spec.short.map(|c| c as u8) == bytes.get(1).copied());
            (spec, bytes.get(2..).filter(|rest| !rest.is_empty()))
        }
    };
    let spec = spec.ok_or_else(|| format!("unknown option '{}'", arg.display()))?;
    let attached = attached.map(|bytes| OsString::from_vec(bytes.to_vec()));
    let mut next = Next::Argument;
    let value = match (spec.value, attached) {
        ("", Some(rest)) if !bytes.starts_with(b"--") => {
            next = Next::Short([OsStr::new("-"), &rest].into_iter().collect());
            None
        }
        ("", Some(_)) => return Err(format!("--{} takes no value", spec.long)),
        ("", None) => None,
        (_, Some(value)) if value.is_empty() => {
            return Err(format!("--{} needs a value", spec.long));
        }
        (_, Some(value)) => Some(value),
        (optional, None) if optional.starts_with('[') => None,
        (_, None) => Some(args.next().ok_or_else(|| format!("--{} needs a value", spec.long))?),
    };
    match &spec.apply {
        Apply::Set(set) => set(run, value).map(|()| next),
        Apply::Print(text) => Ok(Next::Print(text())),
        Apply::NotYet(what) => {
            Err(format!("--{}: {what} not served by this version yet", spec.long))
        }
    }
}

fn version() -> String {
    format!("elfuse {}\n", env!("CARGO_PKG_VERSION"))
}

fn help() -> String {
    let mut text = String::from(
        "elfuse runs a Linux AArch64 program on this machine.

Usage: elfuse [options] PROGRAM [ARGS...]

PROGRAM is a path; it is not looked up in PATH. Options end where it stands, or at '--'.

Options:
",
    );
    let served = OPTIONS.iter().filter(|spec| !matches!(spec.apply, Apply::NotYet(_)));
    let served = served.filter(|spec| spec.long != HANDOFF);
    for spec in served {
        let short = spec.short.map_or("   ".into(), |c| format!("-{c},"));
        let value = match spec.value {
            "" => String::new(),
            optional if optional.starts_with('[') => {
                format!("[={}]", optional.trim_matches(['[', ']']))
            }
            value => format!(" {value}"),
        };
        let head = format!("  {short} --{}{value}", spec.long);
        let mut lines = spec.help.lines();
        text.push_str(&format!("{head:28} {}\n", lines.next().unwrap_or_default()));
        for line in lines {
            text.push_str(&format!("{:28} {line}\n", ""));
        }
    }
    text.push_str(
        "
The exit status is the program's; a program that dies by a signal makes elfuse die by it.
elfuse's own failures: 125, with a message; 126 if PROGRAM cannot be executed; 127 if there is no
PROGRAM; 2 for a wrong command line.
",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Result<Command, String> {
        parse(std::iter::once("elfuse").chain(args.iter().copied()).map(OsString::from))
    }

    fn run(args: &[&str]) -> Run {
        match parsed(args) {
            Ok(Command::Run(run)) => *run,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_end_at_the_program() {
        let found = run(&["-v", "prog", "-v", "--help"]);
        assert!(found.verbose);
        assert_eq!(
            (found.program, found.args),
            ("prog".into(), vec!["-v".into(), "--help".into()])
        );
        assert_eq!(run(&["--", "-x"]).program, "-x");
    }

    #[test]
    fn places_in_guest_code_are_read() {
        let found = run(&["--jit-dump", "main", "--jit-dump=0x400", "p"]).jit_dump;
        assert_eq!(found, [Spot::Function("main".into()), Spot::Address(0x400)]);
        let wrong = parsed(&["--jit-dump", "+4", "p"]).unwrap_err();
        assert!(wrong.contains("'+4'"), "{wrong}");
    }

    #[test]
    fn values_are_attached_or_follow() {
        assert_eq!(run(&["-t", "3", "p"]).timeout, 3);
        assert_eq!(run(&["-t3", "p"]).timeout, 3);
        assert_eq!(run(&["-vt3", "p"]), run(&["-v", "-t", "3", "p"]));
        assert_eq!(run(&["--timeout=0", "p"]).timeout, 0);
        assert_eq!(run(&["p"]).timeout, 10);
        assert_eq!(run(&["--sysroot", "d", "p"]).sysroot, Some("d".into()));
        assert_eq!(run(&["--strace", "p"]).strace, Some(Strace::Stderr));
        assert_eq!(run(&["--strace=f", "p"]).strace, Some(Strace::File("f".into())));
    }

    #[test]
    fn variables_have_a_name_and_maybe_a_value() {
        let set = |name: &str, value: &str| Variable::Set(name.into(), value.into());
        let found = run(&["-e", "A=1=2", "--env=B=", "--env", "C", "--clear-env", "p"]);
        assert!(found.clear_env);
        assert_eq!(found.env, [set("A", "1=2"), set("B", ""), Variable::Inherit("C".into())]);
        for wrong in ["=", "=V", ""] {
            assert!(parsed(&["--env", wrong, "p"]).unwrap_err().contains("NAME=VALUE"));
        }
    }

    #[test]
    fn children_execute_guest_code_as_their_parents_do() {
        let args = ["--engine", "jit", "--no-cache", "--perf-map", "--jit-stats"];
        let dumps = ["--jit-dump=0x40", "--jit-dump=main", "--jit-dump=main+0x1c"];
        let found = run(&[&args[..], &dumps, &["-v", "p"]].concat());
        let children: Vec<_> = found.of_children("elfuse".into());
        let again = parse(children.into_iter().chain(["--handoff=7".into()]));
        let expected = Run { handoff: Some(7), verbose: false, program: OsString::new(), ..found };
        assert_eq!(again, Ok(Command::Run(Box::new(expected))));
    }

    #[test]
    fn a_directory_to_start_in_is_the_guests() {
        assert_eq!(run(&["-w", "/srv", "p"]).workdir, Some("/srv".into()));
        assert!(parsed(&["--workdir=srv", "p"]).unwrap_err().contains("absolute"));
    }

    #[test]
    fn addresses_have_as_many_bits_as_there_may_be() {
        assert_eq!(run(&["--address-bits", "42", "p"]).address_bits, Some(42));
        for wrong in ["27", "47", "all"] {
            let found = parsed(&[&format!("--address-bits={wrong}"), "p"]).unwrap_err();
            assert!(found.contains("from 28 to 46"), "{found}");
        }
    }

    #[test]
    fn a_debugger_comes_to_a_port_or_a_socket() {
        assert_eq!(run(&["--gdb", "1234", "p"]).gdb, Some(gdb::Address::Port(1234)));
        let path = Some(gdb::Address::Path("./s".into()));
        assert_eq!(run(&["--gdb=./s", "--gdb-stop-on-entry", "p"]).gdb, path);
        assert!(parsed(&["--gdb", "70000", "p"]).unwrap_err().contains("--gdb takes"));
        assert!(parsed(&["--gdb", "host", "p"]).unwrap_err().contains("--gdb takes"));
        assert!(parsed(&["--gdb-stop-on-entry", "p"]).unwrap_err().contains("needs --gdb"));
    }

    #[test]
    fn what_is_not_served_is_refused() {
        let message = parsed(&["--create-sysroot=/x", "p"]).unwrap_err();
        assert!(message.contains("not served by this version yet"), "{message}");
        assert!(parsed(&["--engine", "qemu", "p"]).is_err());
        assert!(parsed(&["--frobnicate", "p"]).unwrap_err().contains("unknown option"));
        assert!(parsed(&["-vx", "p"]).unwrap_err().contains("unknown option '-x'"));
        assert!(parsed(&["--strace=", "p"]).unwrap_err().contains("needs a value"));
        assert!(parsed(&["--help=1", "p"]).unwrap_err().contains("takes no value"));
        assert!(parsed(&[]).is_err());
    }
}
