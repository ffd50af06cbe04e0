//! Suite `cache`: what one run leaves for the next, and that nothing of it can do harm.
//!
//! Each case has a cache of its own. A run is the same program with the same output, whatever is in the
//! cache; what differs is what `--jit-stats` tells.

use super::Context;
use super::process::{End, Program};
use super::runner::{Case, Verdict};
use super::tree::Scratch;
use crate::Result;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Executes a few hundred regions, in the shell and in a child.
const SCRIPT: &str =
    "for i in 1 2 3 4 5 6 7 8 9 10; do x=\"$x$i\"; done; echo \"$x\"; (exit 3); echo $?";
const OUTPUT: &str = "12345678910\n3\n";
/// How long a program must have been left alone for its translations to be kept.
const SETTLED: Duration = Duration::from_millis(2100);

type Body = fn(&Context, &Path) -> Result<()>;

const CASES: &[(&str, Body)] = &[
    ("second-run", second_run),
    ("switched-off", switched_off),
    ("unusable-directories", unusable_directories),
    ("another-user", another_user),
    ("damaged-files", damaged_files),
    ("changed-program", changed_program),
    ("changed-text", changed_text),
    ("at-the-same-time", at_the_same_time),
    ("file-size-limit", file_size_limit),
    ("other-processor", other_processor),
];

/// All cases.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let case = |&(name, body): &(&str, Body)| {
        let context = Arc::clone(context);
        let id = format!("cache/{name}");
        Case::new(id.clone(), move || {
            let scratch = Scratch::new(&context.work, &context.scratch(&id))?;
            Ok(match body(&context, scratch.path()) {
                Ok(()) => Verdict::Passed,
                Err(why) => Verdict::Failed(why.to_string()),
            })
        })
    };
    Ok(CASES.iter().map(case).collect())
}

/// What a run says about itself.
#[derive(Debug)]
struct Told {
    /// How often a translation of an earlier run was found.
    found: u64,
    /// Files written.
    written: u64,
}

fn elfuse(context: &Context, dir: &Path, words: &[&str]) -> Program {
    let elfuse = context.elfuse.display().to_string();
    let words = [&elfuse, "--jit-stats"].into_iter().chain(words.iter().copied());
    let mut program = Program::new(words, dir);
    program.env.push(("XDG_CACHE_HOME".into(), dir.join("cache").into()));
    program
}

/// Runs the script; its output must be right.
fn run(context: &Context, dir: &Path, options: &[&str]) -> Result<Told> {
    let bash = context.fixtures.bash.display().to_string();
    let words = [options, &[&bash, "-c", SCRIPT]].concat();
    told(&elfuse(context, dir, &words), OUTPUT)
}

/// Runs a program whose output must be `output`.
fn told(program: &Program, output: &str) -> Result<Told> {
    let run = program.run()?;
    let text = String::from_utf8_lossy(&run.stderr).into_owned();
    if run.end != End::Exited(0) || run.stdout != output.as_bytes() {
        let said = String::from_utf8_lossy(&run.stdout);
        return Err(format!("{}\n{said}\n{text}", run.end).into());
    }
    // The last report is that of the first process.
    let number = |what: &str| -> Option<u64> {
        let before = &text[..text.rfind(what)?];
        before.split_whitespace().next_back()?.parse().ok()
    };
    let last = |what: &str| -> Result<u64> {
        number(what).ok_or_else(|| format!("no '{what}' in\n{text}").into())
    };
    Ok(Told { found: last(" times found there")?, written: last(" files written")? })
}

fn ensure(condition: bool, what: &str, told: &Told) -> Result<()> {
    if condition { Ok(()) } else { Err(format!("{what}: {told:?}").into()) }
}

/// The files of the cache.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("cache/elfuse")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn second_run(context: &Context, dir: &Path) -> Result<()> {
    let first = run(context, dir, &[])?;
    ensure(first.found == 0 && first.written > 0, "the first run", &first)?;
    let second = run(context, dir, &[])?;
    ensure(second.found > 10, "the second run", &second)?;
    // Each adds something that it has reached as often as those before, until all has been added.
    let mut last = second;
    for _ in 0..20 {
        if last.written == 0 {
            break;
        }
        last = run(context, dir, &[])?;
    }
    ensure(last.found > 10 && last.written == 0, "the last run", &last)
}

fn switched_off(context: &Context, dir: &Path) -> Result<()> {
    let off = run(context, dir, &["--no-cache"])?;
    ensure(off.written == 0 && files(dir).is_empty(), "a run without", &off)?;
    run(context, dir, &[])?;
    let off = run(context, dir, &["--no-cache"])?;
    ensure(off.found == 0 && off.written == 0, "a run without a cache that is there", &off)
}

/// Something that is no directory, or not ours alone; and none at all.
fn unusable_directories(context: &Context, dir: &Path) -> Result<()> {
    let cache = dir.join("cache");
    let expect_none = |what: &str| {
        let none = run(context, dir, &[])?;
        ensure(none.found == 0 && none.written == 0, what, &none)
    };
    fs::write(&cache, "")?;
    expect_none("a file")?;
    fs::remove_file(&cache)?;
    symlink("nowhere", &cache)?;
    expect_none("a link to nothing")?;
    fs::remove_file(&cache)?;
    fs::create_dir_all(cache.join("elfuse"))?;
    for mode in [0o755, 0o777, 0o720] {
        let open = fs::Permissions::from_mode(mode);
        fs::set_permissions(cache.join("elfuse"), open)?;
        expect_none("a directory that others may look into")?;
    }
    fs::set_permissions(cache.join("elfuse"), fs::Permissions::from_mode(0o700))?;
    if std::os::unix::fs::chown(cache.join("elfuse"), Some(12345), None).is_ok() {
        expect_none("another's directory")?;
    }
    let mut program =
        elfuse(context, dir, &[&context.fixtures.bash.display().to_string(), "-c", "echo x"]);
    program.env.retain(|(name, _)| name != "XDG_CACHE_HOME" && name != "HOME");
    let none = told(&program, "x\n")?;
    ensure(none.found == 0 && none.written == 0, "no directory named", &none)
}

/// Run by root with `--user`, elfuse keeps translations as that user, in a directory of theirs.
fn another_user(context: &Context, dir: &Path) -> Result<()> {
    fs::create_dir_all(dir.join("cache/elfuse"))?;
    fs::set_permissions(dir.join("cache/elfuse"), fs::Permissions::from_mode(0o700))?;
    if std::os::unix::fs::chown(dir.join("cache/elfuse"), Some(12345), None).is_err() {
        // Only root can become somebody else.
        return Ok(());
    }
    let first = run(context, dir, &["--user", "12345"])?;
    ensure(first.written > 0, "the first run", &first)?;
    let second = run(context, dir, &["--user", "12345"])?;
    ensure(second.found > 10, "the second run", &second)
}

fn damaged_files(context: &Context, dir: &Path) -> Result<()> {
    run(context, dir, &[])?;
    let paths = files(dir);
    let path = paths.first().ok_or("no file")?;
    let good = fs::read(path)?;
    let size = good.len();
    let mut damaged: Vec<Vec<u8>> =
        [0, 1, 64, 256, 4096, size / 2, size - 1].map(|size| good[..size].to_vec()).into();
    for at in [0, 8, 16, 40, 200, 300, size / 3, size - 1] {
        let mut bytes = good.clone();
        bytes[at] ^= 0x40;
        damaged.push(bytes);
    }
    for bytes in &damaged {
        fs::write(path, bytes)?;
        let told = run(context, dir, &[])?;
        ensure(told.found == 0 && told.written > 0, "a damaged file", &told)?;
    }
    fs::remove_file(path)?;
    fs::create_dir(path)?;
    let told = run(context, dir, &[])?;
    ensure(told.found == 0, "a directory in place of a file", &told)
}

/// The same path, other contents.
fn changed_program(context: &Context, dir: &Path) -> Result<()> {
    let program = dir.join("busybox");
    for round in 0..2 {
        for (from, argument, output) in [
            (&context.fixtures.bash, "-c", "4 bash\n"),
            (&context.fixtures.busybox, "sh", "4 busybox\n"),
        ] {
            let bytes = fs::read(from)?;
            fs::write(&program, bytes)?;
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
            let name = output.trim().rsplit(' ').next().unwrap_or_default();
            let script = format!("echo $((2+2)) {name}");
            let words = match argument {
                "-c" => vec!["./busybox", "-c", &script],
                applet => vec!["./busybox", applet, "-c", &script],
            };
            // At once, and when it has settled.
            for settled in [false, true, true] {
                if settled && round == 0 {
                    std::thread::sleep(SETTLED);
                }
                told(&elfuse(context, dir, &words), output)?;
            }
        }
    }
    Ok(())
}

/// A program that changes its own code, each time.
fn changed_text(context: &Context, dir: &Path) -> Result<()> {
    let source = dir.join("text.c");
    fs::write(&source, CHANGES_ITSELF)?;
    let mut compiler = Command::new("aarch64-linux-gnu-gcc");
    compiler.args(["-O1", "-static", "-o"]).arg(dir.join("text")).arg(&source);
    if !compiler.status()?.success() {
        return Err("the program does not compile".into());
    }
    std::thread::sleep(SETTLED);
    for _ in 0..3 {
        told(&elfuse(context, dir, &["./text"]), "1000 2000 1000\n")?;
    }
    Ok(())
}

const CHANGES_ITSELF: &str = r#"
#include <stdio.h>
#include <sys/mman.h>

__attribute__((noinline, aligned(4096))) int number(void) { __asm__ volatile("" ::: "memory"); return 1; }

static int sum(void)
{
    int sum = 0;
    for (int i = 0; i < 1000; i++)
        sum += number();
    return sum;
}

static void write_number(unsigned number_is)
{
    unsigned *code = (unsigned *)number;
    if (mprotect(code, 4096, PROT_READ | PROT_WRITE | PROT_EXEC))
        perror("mprotect");
    while ((*code & 0xffe0001f) != 0x52800000)  /* mov w0, #... */
        code++;
    *code = 0x52800000 | number_is << 5;
    if (mprotect((void *)number, 4096, PROT_READ | PROT_EXEC))
        perror("mprotect");
    __builtin___clear_cache((char *)number, (char *)number + 4096);
}

int main(void)
{
    int first = sum();
    write_number(2);
    int second = sum();
    write_number(1);
    printf("%d %d %d\n", first, second, sum());
}
"#;

fn at_the_same_time(context: &Context, dir: &Path) -> Result<()> {
    let bash = context.fixtures.bash.display().to_string();
    for _ in 0..3 {
        let mut command = elfuse(context, dir, &[&bash, "-c", SCRIPT]).command();
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let children: Vec<_> = (0..20).map(|_| command.spawn()).collect();
        for child in children {
            let output = child.and_then(|child| child.wait_with_output())?;
            if output.stdout != OUTPUT.as_bytes() || !output.status.success() {
                return Err(format!("{output:?}").into());
            }
        }
    }
    let after = run(context, dir, &[])?;
    ensure(after.found > 10, "after all of them", &after)?;
    let left = files(dir).iter().any(|path| path.to_string_lossy().contains("new-"));
    if left { Err("temporary files are left".into()) } else { Ok(()) }
}

/// A limit that the guest lives under does not kill it for a file of ours.
fn file_size_limit(context: &Context, dir: &Path) -> Result<()> {
    let bash = context.fixtures.bash.display().to_string();
    let script = format!("ulimit -f 1; {SCRIPT}");
    let limited = told(&elfuse(context, dir, &[&bash, "-c", &script]), OUTPUT)?;
    ensure(limited.written == 0, "under a limit", &limited)
}

/// Translations for one processor are not used on another.
fn other_processor(context: &Context, dir: &Path) -> Result<()> {
    run(context, dir, &[])?;
    let bash = context.fixtures.bash.display().to_string();
    let mut program = elfuse(context, dir, &[&bash, "-c", SCRIPT]);
    program.env.push(("ELFUSE_CPU".into(), "x86-64-v3".into()));
    let lesser = told(&program, OUTPUT)?;
    ensure(lesser.found == 0 && lesser.written > 0, "a lesser processor", &lesser)
}
