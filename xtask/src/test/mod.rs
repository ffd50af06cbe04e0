//! `cargo xtask test`: everything that shows that elfuse works, in one count.
//!
//! A suite is a module with a function that returns its cases; `runner` runs them all.

mod applets;
mod bad_input;
mod bash;
pub mod binfmt;
mod cache;
mod check;
mod compare;
mod difftest;
mod engine;
mod gdb;
pub mod guests;
mod handoff;
mod macos;
mod options;
mod paths;
pub mod process;
mod pty;
pub mod python;
mod runner;
mod sysroot;
pub mod tree;
mod unit;

use crate::fixtures::{self, Fixtures};
use crate::{Result, workspace};
use binfmt::Launcher;
use lexopt::prelude::*;
use runner::{Case, Deviations};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

const USAGE: &str = "\
Usage: cargo xtask test [OPTIONS]

  --suite NAME      run this suite only (may be repeated):
                    unit, difftest, guests, applets, bash, check, interp,
                    bad-input, handoff, options, gdb, cache, paths, sysroot, python,
                    macos; and
                    three that only run when named: software (compilers, git,
                    databases: fetches 200 MB), paths-all (10,000 trees),
                    python-all (an hour)
  --filter TEXT     run only cases whose name contains TEXT (may be repeated)
  --subject PROGRAM put PROGRAM in elfuse's place; with /usr/bin/qemu-aarch64 the
                    comparisons show whether the tests themselves are deterministic
  --engine NAME     run guests by interp, jit or check
  --isolate         run guests with elfuse's --isolate
  --fork spawn      run guests with ELFUSE_FORK=spawn: their children are not forked
  --list            print the names of the cases
";

/// The list of known deviations, below the root of the checkout.
pub const DEVIATIONS: &str = "xtask/data/deviations.txt";

/// What every suite needs to know.
#[derive(Clone)]
pub struct Context {
    /// `qemu-aarch64`.
    pub oracle: Launcher,
    /// elfuse.
    pub subject: Launcher,
    /// The program behind it.
    pub elfuse: PathBuf,
    /// Options that every run of it has: `--engine`, and which, or `--isolate`.
    pub options: Vec<&'static str>,
    /// The programs from Debian.
    pub fixtures: Fixtures,
    /// A directory of links to busybox, one per applet.
    pub applets: PathBuf,
    /// Where scratch directories are made.
    pub work: PathBuf,
    /// How many times as long as usual one program may take.
    pub patience: u32,
}

impl Context {
    /// How long one program may take.
    fn limit(&self) -> Duration {
        Duration::from_secs(60) * self.patience
    }

    /// elfuse and its options, and behind them `words`.
    fn command_line<S: Into<OsString>>(&self, words: impl IntoIterator<Item = S>) -> Vec<OsString> {
        let options = self.options.iter().map(OsString::from);
        let elfuse = std::iter::once(self.elfuse.clone().into_os_string());
        elfuse.chain(options).chain(words.into_iter().map(Into::into)).collect()
    }

    /// The name of the scratch directory of a case.
    fn scratch(&self, id: &str) -> String {
        id.replace('/', "-")
    }
}

#[derive(Default)]
struct Options {
    suites: Vec<String>,
    filters: Vec<String>,
    subject: Option<PathBuf>,
    way: Option<engine::Way>,
    hands_over: bool,
    list: bool,
}

/// A suite's name and its cases.
type Suite = (&'static str, fn(&Arc<Context>) -> Result<Vec<Case>>);

/// Suites that take long, or fetch much: they run only when named.
const ON_REQUEST: [&str; 3] = ["paths-all", "python-all", "software"];

const SUITES: [Suite; 19] = [
    ("unit", unit::cases),
    ("difftest", difftest::cases),
    ("guests", guests::cases),
    ("applets", applets::cases),
    ("bash", bash::cases),
    ("check", check::cases),
    ("interp", engine::interpreter_cases),
    ("handoff", handoff::cases),
    ("bad-input", bad_input::cases),
    ("options", options::cases),
    ("gdb", gdb::cases),
    ("cache", cache::cases),
    ("paths", paths::cases),
    ("paths-all", paths::all_cases),
    ("sysroot", sysroot::cases),
    ("software", sysroot::software_cases),
    ("python", python::cases),
    ("python-all", python::all_cases),
    ("macos", macos::cases),
];

/// The command line's entry.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut options = Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("suite") => options.suites.push(args.value()?.string()?),
            Long("filter") => options.filters.push(args.value()?.string()?),
            Long("subject") => options.subject = Some(args.value()?.into()),
            Long("engine") => options.way = Some(engine::named(&args.value()?.string()?)?),
            Long("isolate") => options.way = Some(engine::ISOLATED),
            Long("fork") => match args.value()?.string()?.as_str() {
                "spawn" => options.hands_over = true,
                "fork" => options.hands_over = false,
                other => return Err(format!("--fork takes fork or spawn, not {other}").into()),
            },
            Long("list") => options.list = true,
            Long("help") | Short('h') => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    if let Some(name) = options.suites.iter().find(|name| SUITES.iter().all(|s| s.0 != **name)) {
        return Err(format!("no suite {name}\n\n{USAGE}").into());
    }
    if let Some(name) = options.suites.iter().find(|name| !engine::has_choice(&options, name)) {
        return Err(format!("suite {name} chooses by itself how guests run").into());
    }
    let context = Arc::new(prepare(&options)?);
    let deviations = workspace::root().join(DEVIATIONS);
    let mut deviations = Deviations::parse(&std::fs::read_to_string(deviations)?)?;
    let mut cases = Vec::new();
    for (name, suite) in SUITES {
        let wanted = match options.suites.is_empty() {
            true if options.way.is_some() => engine::SUITES.contains(&name),
            true => !ON_REQUEST.contains(&name),
            false => options.suites.iter().any(|wanted| wanted == name),
        };
        if wanted {
            cases.extend(suite(&context)?);
        }
    }
    if let Some(way) = options.way {
        cases = engine::limit(cases, way)?;
        deviations = deviations.within(way.name);
    } else if options.suites.is_empty() {
        deviations.check(&cases)?;
    }
    if !options.filters.is_empty() {
        cases.retain(|case| options.filters.iter().any(|text| case.id.contains(text)));
    }
    if options.list {
        cases.iter().for_each(|case| println!("{}", case.id));
        return Ok(ExitCode::SUCCESS);
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let totals = runner::run(&cases, &deviations, threads);
    std::fs::remove_dir_all(&context.work).ok();
    println!("{totals}");
    Ok(if totals.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Fetches and builds what the cases need.
fn prepare(options: &Options) -> Result<Context> {
    // A guest that dies by a signal as it should must not leave a core file in the tree.
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    rustix::process::setrlimit(rustix::process::Resource::Core, none)?;
    fixtures::install_host_tools()?;
    let fixtures = fixtures::fetch()?;
    let subject = match &options.subject {
        Some(path) => path.clone(),
        None => workspace::build_elfuse()?,
    };
    let work = process::work_directory();
    let oracle = Launcher::qemu();
    let mut launcher = Launcher::new(&subject);
    if options.hands_over {
        launcher = launcher.handing_over().ok_or("only elfuse knows --fork spawn")?;
    }
    let applets = link_applets(&oracle, &fixtures, &work)?;
    let context = Context {
        oracle,
        applets,
        subject: launcher,
        elfuse: subject,
        options: Vec::new(),
        fixtures,
        work,
        patience: 1,
    };
    match options.way {
        None => Ok(context),
        Some(way) => engine::with(&context, way).ok_or("qemu has no such option".into()),
    }
}

/// Makes a directory for `PATH`, with a link to busybox for every applet.
fn link_applets(oracle: &Launcher, fixtures: &Fixtures, work: &Path) -> Result<PathBuf> {
    let dir = work.join("bin");
    std::fs::create_dir_all(&dir)?;
    let list = oracle.program([fixtures.busybox.as_os_str(), "--list".as_ref()], &dir).run()?;
    for name in String::from_utf8(list.stdout)?.lines() {
        std::os::unix::fs::symlink(&fixtures.busybox, dir.join(name))?;
    }
    Ok(dir)
}
