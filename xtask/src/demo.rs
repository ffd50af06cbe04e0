//! `cargo xtask demo`: a short tour in unmodified arm64 programs from Debian.

use crate::{Result, fixtures, sysroot, workspace};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitCode};

/// What is shown: a caption, and a script for the shell.
const TOUR: &[(&str, &str)] = &[
    ("What machine does the guest see?", "uname -sm; grep -m1 Features /proc/cpuinfo"),
    (
        "A pipeline over this machine's own files",
        "ls /usr/bin | cut -c1 | sort | uniq -c | sort -rn | head -5",
    ),
    (
        "Functions and sub-shells",
        "greet() { echo \"hello from $1, process $$\"; }\n\
         greet shell; (greet sub-shell; exit 3); echo \"the sub-shell's status was $?\"",
    ),
    (
        "A computation",
        "seq 1 2000 | awk '{ sum += $1 * $1 } END { print \"sum of squares:\", sum }'",
    ),
    ("A signal handler", "trap 'echo caught SIGUSR1' USR1; kill -USR1 $$; echo and went on"),
];

/// What bash shows that a plain shell cannot.
const BASH: &str = "declare -A capital=([France]=Paris [Japan]=Tokyo)\n\
    for country in \"${!capital[@]}\"; do echo \"$country: ${capital[$country]}\"; done\n\
    while read -r line; do echo \"read: $line\"; done < <(printf '%s\\n' one two)\n\
    echo \"bash $BASH_VERSION on $MACHTYPE\"";

/// What a dynamically linked Python, of a Debian tree, shows.
const PYTHON: &str = "import hashlib, json, platform, subprocess, threading\n\
    print(json.dumps({'machine': platform.machine(), 'python': platform.python_version()}))\n\
    threads = [threading.Thread(target=print, args=('hello from thread', n)) for n in range(3)]\n\
    for thread in threads: thread.start(); thread.join()\n\
    print(subprocess.run(['sha256sum', '/bin/true'], capture_output=True, text=True).stdout[:16],\n\
          hashlib.sha256(open('/bin/true', 'rb').read()).hexdigest()[:16])";

/// The command line's entry.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    fixtures::install_host_tools()?;
    let fixtures = fixtures::fetch()?;
    let elfuse = workspace::build_elfuse()?;
    let busybox = [fixtures.busybox.as_os_str(), "sh".as_ref(), "-c".as_ref()];
    for (caption, script) in TOUR {
        show(caption, &elfuse, &busybox, script)?;
    }
    show("And bash", &elfuse, &[fixtures.bash.as_os_str(), "-c".as_ref()], BASH)?;
    let tree = sysroot::fetch()?;
    let python =
        ["--sysroot".as_ref(), tree.as_os_str(), "/usr/bin/python3".as_ref(), "-c".as_ref()];
    show("And Python, with its libraries from a Debian tree", &elfuse, &python, PYTHON)?;
    println!(
        "\nTry it by hand:\n  {} {} sh",
        relative(&elfuse).display(),
        relative(&fixtures.busybox).display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Has `guest`, options and a program that takes a script for its last argument, run `script`.
fn show(caption: &str, elfuse: &Path, guest: &[&OsStr], script: &str) -> Result<()> {
    println!("\n== {caption}");
    for line in script.lines() {
        println!("   {line}");
    }
    let mut command = Command::new(elfuse);
    let status = command.args(guest).arg(script).current_dir(workspace::root()).status()?;
    if status.success() { Ok(()) } else { Err(format!("the guest ended with {status}").into()) }
}

/// A path as a person would type it from the project's directory.
fn relative(path: &Path) -> &Path {
    path.strip_prefix(workspace::root()).unwrap_or(path)
}
