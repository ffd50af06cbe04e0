//! `cargo xtask syscalls`: the page of served system calls and the guest tests that cover them.
//!
//! Each guest test names its calls on its first line (`// syscalls: openat close`). A list kept
//! apart from the tests would say what somebody once meant, so the names stand in the test itself,
//! and the suite `guests` runs each test under `--strace` to see that it makes the calls it names.
//! Whether a test asserts enough about a call is for its reader to judge.

use crate::{Result, workspace};
use abi::aarch64::Sysno;
use kernel::syscall::table::TABLE;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The page, below the root of the checkout.
pub const PAGE: &str = "docs/syscalls.md";

/// Above the number of every call.
const NUMBERS: usize = 512;

/// Calls with a 64-bit `time_t` for 32-bit machines (include/uapi/asm-generic/unistd.h).
const TIME64: RangeInclusive<usize> = 403..=423;

/// The calls that each guest test covers, by its name: `fs/openat`.
pub type Claims = BTreeMap<String, Vec<String>>;

/// The command line's entry: writes the page.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    fs::write(workspace::root().join(PAGE), page(&claims()?))?;
    println!("wrote {PAGE}");
    Ok(ExitCode::SUCCESS)
}

/// The sources of all guest tests, sorted.
pub fn sources() -> Result<Vec<PathBuf>> {
    fn find(dir: &Path, sources: &mut Vec<PathBuf>) -> Result<()> {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                find(&path, sources)?;
            } else if path.extension().is_some_and(|extension| extension == "c") {
                sources.push(path);
            }
        }
        Ok(())
    }
    let mut sources = Vec::new();
    find(&workspace::root().join("guests"), &mut sources)?;
    sources.sort();
    Ok(sources)
}

/// `fs/openat` for `.../guests/fs/openat.c`.
pub fn name(source: &Path) -> PathBuf {
    let guests = workspace::root().join("guests");
    source.strip_prefix(guests).expect("sources are below guests").with_extension("")
}

/// What all guest tests say that they cover.
pub fn claims() -> Result<Claims> {
    let mut claims = Claims::new();
    for source in sources()? {
        let name = name(&source).display().to_string();
        let calls = first_line(&fs::read_to_string(&source)?).ok_or_else(|| {
            format!("guests/{name}.c:1: begin with `// syscalls:` and the calls that it tests")
        })?;
        claims.insert(name, calls);
    }
    Ok(claims)
}

/// The calls on the first line of a source.
fn first_line(text: &str) -> Option<Vec<String>> {
    let list = text.lines().next()?.strip_prefix("// syscalls: ")?;
    Some(list.split_whitespace().map(str::to_owned).collect())
}

/// The claims of the tests that are green under elfuse: not in the list of known deviations.
pub fn green(claims: &Claims, deviations: &str) -> Claims {
    let listed: BTreeSet<&str> = deviations
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.strip_prefix("guests/arm64/"))
        .collect();
    let mut claims = claims.clone();
    claims.retain(|test, _| !listed.contains(test.as_str()));
    claims
}

/// What is wrong with the coverage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// This call has no guest test.
    Untested(String),
    /// This test names this call, which is not served.
    Unknown(String, String),
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untested(call) => write!(
                f,
                "{call} has no guest test: write one under guests/, name the call on its first line"
            ),
            Self::Unknown(test, call) => {
                write!(f, "guests/{test}.c names {call}, which is not in the table of system calls")
            }
        }
    }
}

/// What is wrong with the coverage of `table`, a list of names. Tests that are known to fail
/// cover nothing: see [`green`].
pub fn gaps<'a>(table: impl IntoIterator<Item = &'a str>, claims: &Claims) -> Vec<Gap> {
    let table: BTreeSet<&str> = table.into_iter().collect();
    let covered: BTreeSet<&str> = claims.values().flatten().map(String::as_str).collect();
    let untested = table.difference(&covered).map(|&call| Gap::Untested(call.to_owned()));
    let unknown = claims.iter().flat_map(|(test, calls)| {
        let unknown = calls.iter().filter(|call| !table.contains(call.as_str()));
        unknown.map(|call| Gap::Unknown(test.clone(), call.clone()))
    });
    untested.chain(unknown).collect()
}

/// The names of the calls that are served.
pub fn served() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|entry| entry.name)
}

/// The text of the page.
pub fn page(claims: &Claims) -> String {
    let mut tests: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (test, calls) in claims {
        for call in calls {
            tests.entry(call).or_default().push(format!("[{test}](../guests/{test}.c)"));
        }
    }
    let mut entries: Vec<_> = TABLE.iter().collect();
    entries.sort_by_key(|entry| entry.number);
    let missing: Vec<&str> = (0..NUMBERS)
        .filter(|number| !TIME64.contains(number))
        .filter_map(Sysno::new)
        .map(|call| call.name())
        .filter(|call| served().all(|name| name != *call))
        .collect();
    let mut page = format!(
        "# System calls\n\n\
         Generated by `cargo xtask syscalls` from the table in\n\
         [crates/kernel/src/syscall/table.rs](../crates/kernel/src/syscall/table.rs) and the first lines of the\n\
         tests under `guests/`; `cargo xtask house` fails when it is not current.\n\n\
         Served: {} of the {} calls of AArch64 Linux. The others return `ENOSYS` and are named once under\n\
         `--verbose`. Numbers are AArch64's.\n\n\
         | number | call | guest tests |\n|---|---|---|\n",
        entries.len(),
        entries.len() + missing.len(),
    );
    for entry in entries {
        let args: Vec<&str> = entry.args.iter().map(|arg| arg.name).collect();
        let tests = tests.get(entry.name).map_or_else(String::new, |tests| tests.join(", "));
        let _ = writeln!(
            page,
            "| {} | `{}({})` | {tests} |",
            entry.number,
            entry.name,
            args.join(", ")
        );
    }
    let _ = writeln!(page, "\n## Not served\n\n`{}`", missing.join("`, `"));
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims_of(test: &str, calls: &[&str]) -> Claims {
        Claims::from([(test.to_owned(), calls.iter().map(|&call| call.to_owned()).collect())])
    }

    #[test]
    fn a_call_without_a_test_is_found() {
        let gaps = gaps(["close", "openat"], &claims_of("fs/x", &["close"]));
        assert_eq!(gaps, [Gap::Untested("openat".into())]);
    }

    #[test]
    fn a_name_that_is_no_call_is_found() {
        let gaps = gaps(["close"], &claims_of("fs/x", &["close", "clsoe"]));
        assert_eq!(gaps, [Gap::Unknown("fs/x".into(), "clsoe".into())]);
    }

    #[test]
    fn a_known_deviation_covers_nothing() {
        let claims = claims_of("fs/x", &["close"]);
        assert_eq!(green(&claims, "# guests/arm64/fs/x\nguests/arm64/fs/xx why\n"), claims);
        assert_eq!(green(&claims, "guests/arm64/fs/x  no close\n"), Claims::new());
    }

    #[test]
    fn calls_are_named_on_the_first_line_only() {
        assert_eq!(first_line("// syscalls: a b\n").unwrap(), ["a", "b"]);
        assert_eq!(first_line("\n// syscalls: a b\n"), None);
    }
}
