//! `cargo xtask demo`: a short tour in unmodified arm64 programs from Debian.

use crate::{Result, fixtures, workspace};
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

/// The command line's entry.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    fixtures::install_host_tools()?;
    let fixtures = fixtures::fetch()?;
    let elfuse = workspace::build_elfuse()?;
    for (caption, script) in TOUR {
        show(caption, &elfuse, &fixtures.busybox, "sh", script)?;
    }
    show("And bash", &elfuse, &fixtures.bash, "bash", BASH)?;
    println!(
        "\nTry it by hand:\n  {} {} sh",
        relative(&elfuse).display(),
        relative(&fixtures.busybox).display()
    );
    Ok(ExitCode::SUCCESS)
}

fn show(caption: &str, elfuse: &Path, program: &Path, shell: &str, script: &str) -> Result<()> {
    println!("\n== {caption}");
    for line in script.lines() {
        println!("   {line}");
    }
    let mut command = Command::new(elfuse);
    command.arg(program);
    if shell == "sh" {
        command.arg("sh");
    }
    let status = command.args(["-c", script]).current_dir(workspace::root()).status()?;
    if status.success() { Ok(()) } else { Err(format!("the guest ended with {status}").into()) }
}

/// A path as a person would type it from the project's directory.
fn relative(path: &Path) -> &Path {
    path.strip_prefix(workspace::root()).unwrap_or(path)
}
