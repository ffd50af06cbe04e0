//! Running the machine's own tools.

use crate::Result;
use std::process::{Command, Output, Stdio};

/// Runs a command and shows its output only when it fails.
pub fn quietly(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

/// Runs a command to the end and returns what it wrote; a failure is an error that shows it all.
pub fn output(command: &mut Command) -> Result<Output> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(output);
    }
    let words: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
    Err(format!(
        "`{} {}` failed ({}):\n{}{}",
        command.get_program().display(),
        words.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}
