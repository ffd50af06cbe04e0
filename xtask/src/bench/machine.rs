//! What the numbers were measured on.

use crate::command::output;
use crate::{Result, workspace};
use std::fmt::Write;
use std::process::Command;

/// The value after `key` and a colon in a file of such lines.
fn value(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_line(command: &mut Command) -> String {
    match output(command) {
        Ok(output) => {
            String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
        }
        Err(_) => "unknown".into(),
    }
}

/// The head of the report.
pub fn describe(rounds: u32, engines: &[&str]) -> Result<String> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo")?;
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let model = value(&cpu, "model name").unwrap_or_else(|| "unknown processor".into());
    let cpus = std::thread::available_parallelism()?;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let mut git = Command::new("git");
    git.arg("-C").arg(workspace::root()).args(["describe", "--always", "--dirty"]);
    let mut text = String::from("# What cargo xtask bench measured\n\n");
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "* {name}: {}", value.trim());
    };
    line("machine", &format!("{model}, {cpus} CPUs, Linux {}", kernel.trim()));
    line("load when it ended", &load.split(' ').take(3).collect::<Vec<_>>().join(" "));
    let engines = engines.join(", ");
    line("elfuse", &format!("{}; a column for each engine: {engines}", first_line(&mut git)));
    line("qemu", &first_line(Command::new("qemu-aarch64").arg("--version")));
    line("native compiler", &first_line(Command::new("gcc").arg("--version")));
    line("arm64 compiler", &first_line(Command::new("aarch64-linux-gnu-gcc").arg("--version")));
    line("translations", "those of earlier runs are used, but for names that end in _cold");
    line("rounds", &format!("{rounds}, interleaved; medians"));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_follows_the_colon() {
        let text = "processor\t: 0\nmodel name\t: Some CPU: fast\n";
        assert_eq!(value(text, "model name").as_deref(), Some("Some CPU: fast"));
        assert_eq!(value(text, "bogomips"), None);
    }
}
