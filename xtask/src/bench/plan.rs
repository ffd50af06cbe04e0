//! What is measured: the tables in bench/, and the start-up benchmarks that need no table.

use crate::fixtures::Fixtures;
use crate::{Result, workspace};
use std::ffi::OsString;
use std::path::Path;

/// One benchmark.
#[derive(Clone, Debug)]
pub struct Benchmark {
    /// The group that its ratios are averaged in.
    pub class: String,
    /// Unique among all benchmarks.
    pub name: String,
    /// How it is run.
    pub how: How,
}

/// How a benchmark is run and timed.
#[derive(Clone, Debug)]
pub enum How {
    /// A program of ours that repeats its work as often as it is told and times itself.
    Kernel {
        /// The program, and the source file of the same name below bench/.
        program: String,
        /// The compiler's level of optimisation.
        level: String,
        /// Arguments before the count.
        args: Vec<String>,
        /// Whether it executes other guest programs.
        execs: bool,
    },
    /// A program timed from outside, start-up included.
    Whole {
        /// The guest's command line. The first word is a path, or a name among our own programs.
        argv: Vec<OsString>,
        /// Whether its result is its resident size and not its time.
        memory: bool,
        /// Where the program is from.
        place: Place,
        /// Whether elfuse does without translations of earlier runs.
        cold: bool,
    },
}

/// Where a program that is timed from outside is from, and so who can run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// We build it, for the host, too.
    Ours,
    /// One static arm64 file.
    Fixture,
    /// The tree of `--sysroot`, which is all that qemu needs to know: it starts no other program.
    Sysroot,
    /// The same tree, in which qemu has to be rooted; there are files for it in `/tmp`.
    Chroot,
}

impl Benchmark {
    /// Whether it measures generated code alone.
    pub fn is_cpu(&self) -> bool {
        matches!(&self.how, How::Kernel { program, .. } if program.starts_with("kernels/"))
    }

    /// Whether it runs in namespaces of [`super::chroot`].
    pub fn in_chroot(&self) -> bool {
        matches!(self.how, How::Whole { place: Place::Chroot, .. })
    }

    /// Whether its result is in bytes and not in nanoseconds.
    pub fn is_memory(&self) -> bool {
        matches!(self.how, How::Whole { memory: true, .. })
    }
}

/// The lines of a table: fields separated by `|`, comments after `#` at the start.
pub fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split('|').map(str::trim).collect())
}

fn table(name: &str) -> Result<String> {
    let path = workspace::root().join("bench").join(name);
    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn malformed(table: &str, row: &[&str]) -> Box<dyn std::error::Error + Send + Sync> {
    format!("bench/{table}: malformed line: {}", row.join(" | ")).into()
}

/// All benchmarks, in the order of the report.
pub fn read(fixtures: &Fixtures, sysroot: Option<&Path>) -> Result<Vec<Benchmark>> {
    let mut plan = Vec::new();
    for row in rows(&table("kernels.txt")?) {
        let [class, name, level] = row[..] else { return Err(malformed("kernels.txt", &row)) };
        let program = format!("kernels/{name}");
        plan.push(kernel(class, name, program, level, vec![], false));
    }
    for row in rows(&table("system.txt")?) {
        let [class, name] = row[..] else { return Err(malformed("system.txt", &row)) };
        let args = vec![name.to_owned()];
        plan.push(kernel(class, name, "system".into(), "-O2", args, name == "spawn"));
    }
    plan.extend(start_up(fixtures));
    for row in rows(&table("programs.txt")?) {
        let [name, place, ref words @ ..] = row[..] else {
            return Err(malformed("programs.txt", &row));
        };
        let mut argv: Vec<OsString> = words.iter().map(|word| in_checkout(word)).collect();
        let place = match place {
            "sysroot" | "chroot" if sysroot.is_none() => continue,
            "sysroot" => Place::Sysroot,
            "chroot" => Place::Chroot,
            "busybox" => {
                argv.insert(0, fixtures.busybox.clone().into());
                Place::Fixture
            }
            "bash" => {
                argv.insert(0, fixtures.bash.clone().into());
                Place::Fixture
            }
            _ => return Err(malformed("programs.txt", &row)),
        };
        let class = if place == Place::Chroot { "in a chroot" } else { "programs" };
        plan.push(whole(class, name, argv, place));
    }
    Ok(plan)
}

/// An argument of a program; a file of the checkout by its whole path, because programs run elsewhere.
fn in_checkout(word: &str) -> OsString {
    match word.starts_with("bench/") {
        true => workspace::root().join(word).into(),
        false => word.into(),
    }
}

fn kernel(
    class: &str,
    name: &str,
    program: String,
    level: &str,
    args: Vec<String>,
    execs: bool,
) -> Benchmark {
    let how = How::Kernel { program, level: level.to_owned(), args, execs };
    Benchmark { class: class.to_owned(), name: name.to_owned(), how }
}

fn whole(class: &str, name: &str, argv: Vec<OsString>, place: Place) -> Benchmark {
    let cold = name.ends_with("_cold");
    let how = How::Whole { argv, memory: false, place, cold };
    Benchmark { class: class.to_owned(), name: name.to_owned(), how }
}

/// A hundred commands, each executed by the shell: `true` lies where `$0` says.
const SCRIPT: &str = "for i in {1..100}; do \"$0\" $i; done";

fn start_up(fixtures: &Fixtures) -> Vec<Benchmark> {
    let bash = |words: &[&str]| -> Vec<OsString> {
        let words = words.iter().map(OsString::from);
        [fixtures.bash.clone().into_os_string()].into_iter().chain(words).collect()
    };
    let mut size = whole("memory size", "resident_bash", bash(&["-c", "x=$(:)"]), Place::Fixture);
    if let How::Whole { memory, .. } = &mut size.how {
        *memory = true;
    }
    vec![
        whole("start-up", "start_true", vec!["true".into()], Place::Ours),
        whole("start-up", "start_true_cold", vec!["true".into()], Place::Ours),
        whole("start-up", "start_bash", bash(&["-c", ":"]), Place::Fixture),
        whole("start-up", "start_bash_cold", bash(&["-c", ":"]), Place::Fixture),
        whole("start-up", "bash_100_commands", bash(&["-c", SCRIPT, "true"]), Place::Fixture),
        size,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Vec<Benchmark> {
        let fixtures = Fixtures { busybox: "busybox".into(), bash: "bash".into() };
        read(&fixtures, None).unwrap()
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<String> = plan().into_iter().map(|benchmark| benchmark.name).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn every_kernel_has_a_line_and_every_line_a_kernel() {
        let dir = workspace::root().join("bench/kernels");
        let mut files: Vec<String> = std::fs::read_dir(dir)
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
            .filter_map(|file| Some(format!("kernels/{}", file.strip_suffix(".c")?)))
            .collect();
        files.sort();
        let mut lines: Vec<String> = plan()
            .into_iter()
            .filter_map(|benchmark| match benchmark.how {
                How::Kernel { program, .. } if program != "system" => Some(program),
                _ => None,
            })
            .collect();
        lines.sort();
        assert_eq!(files, lines);
    }

    #[test]
    fn rows_leave_out_comments_and_trim() {
        let rows: Vec<_> = rows("# no\n\n a | b c |d\n").collect();
        assert_eq!(rows, [["a", "b c", "d"]]);
    }
}
