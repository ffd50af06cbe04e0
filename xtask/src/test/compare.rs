//! What differs between the oracle and the subject, for a person to read.

use super::process::{End, Run};
use super::tree::Snapshot;
use std::fmt::Write;

/// At most this many lines of a difference are shown on each side.
const SHOWN: usize = 20;

/// Everything observable of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The streams and the end.
    pub run: Run,
    /// The working directory afterwards.
    pub files: Snapshot,
}

/// Describes the differences; empty when there are none. A time-out is a difference even when both
/// sides have it: it shows nothing.
pub fn differences(oracle: &Observed, subject: &Observed) -> String {
    let mut text = String::new();
    if oracle.run.end != subject.run.end || oracle.run.end == End::TimedOut {
        writeln!(text, "end: oracle {}, subject {}", oracle.run.end, subject.run.end).ok();
        for (side, run) in [("oracle", &oracle.run), ("subject", &subject.run)] {
            if run.end == End::TimedOut {
                let output = &run.stdout[run.stdout.len().saturating_sub(400)..];
                writeln!(text, "{side} until then: ...{}", output.escape_ascii()).ok();
            }
        }
    }
    lines(&mut text, "standard output", &oracle.run.stdout, &subject.run.stdout);
    lines(&mut text, "standard error", &oracle.run.stderr, &subject.run.stderr);
    for (path, entry) in &oracle.files {
        match subject.files.get(path) {
            Some(other) if other == entry => {}
            Some(other) => {
                writeln!(text, "{}:\n- {entry}\n+ {other}", path.display()).ok();
            }
            None => {
                writeln!(text, "{}:\n- {entry}\n+ missing", path.display()).ok();
            }
        }
    }
    for (path, entry) in subject.files.iter().filter(|(path, _)| !oracle.files.contains_key(*path))
    {
        writeln!(text, "{}:\n- missing\n+ {entry}", path.display()).ok();
    }
    text
}

/// Appends the lines that differ: `-` is the oracle's, `+` the subject's.
pub fn lines(text: &mut String, what: &str, oracle: &[u8], subject: &[u8]) {
    if oracle == subject {
        return;
    }
    let split = |bytes: &[u8]| -> Vec<String> {
        bytes.split_inclusive(|&b| b == b'\n').map(|line| line.escape_ascii().to_string()).collect()
    };
    let (old, new) = (split(oracle), split(subject));
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = tail.take_while(|(a, b)| a == b).count();
    writeln!(text, "{what} differs from line {}:", head + 1).ok();
    for (sign, side) in [('-', &old), ('+', &new)] {
        let changed = &side[head..side.len() - tail];
        for line in changed.iter().take(SHOWN) {
            writeln!(text, "{sign} {line}").ok();
        }
        if changed.len() > SHOWN {
            writeln!(text, "{sign} ... {} more lines", changed.len() - SHOWN).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(stdout: &str, end: End) -> Observed {
        let run = Run { end, stdout: stdout.into(), stderr: Vec::new() };
        Observed { run, files: Snapshot::new() }
    }

    #[test]
    fn only_the_changed_lines_are_shown() {
        let a = observed("1\n2\n3\n", End::Exited(0));
        let b = observed("1\nx\ny\n3\n", End::Exited(1));
        assert_eq!(
            differences(&a, &b),
            "end: oracle exit status 0, subject exit status 1\n\
             standard output differs from line 2:\n- 2\\n\n+ x\\n\n+ y\\n\n"
        );
        assert_eq!(differences(&a, &a), "");
    }

    #[test]
    fn two_time_outs_are_not_equal() {
        let hung = observed("", End::TimedOut);
        assert_ne!(differences(&hung, &hung), "");
    }
}
