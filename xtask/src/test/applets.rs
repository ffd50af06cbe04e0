//! Suite `applets`: Debian's arm64 busybox, applet by applet, compared with `qemu-aarch64`.
//!
//! The cases are one data file, one line each; all start in a copy of the same small directory.
//! stdout, stderr, exit status and the directory afterwards must be equal byte for byte.

use super::Context;
use super::compare::{self, Observed};
use super::runner::{Case, Verdict};
use super::tree::{self, Scratch};
use crate::{Result, workspace};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The fewest distinct applets that the data file may cover.
const ENOUGH: usize = 150;

/// One line of the data file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    /// The applet, and a number from its second case on.
    name: String,
    applet: String,
    command: Command,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Command {
    /// The applet's own command line, and the file on its standard input.
    Direct(Vec<String>, Option<String>),
    /// A script for busybox's shell.
    Shell(String),
}

/// The cases of the data file, and one that checks how much they cover.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let path = workspace::root().join("xtask/data/applets.txt");
    let lines = parse(&std::fs::read_to_string(&path)?)?;
    let covered: BTreeSet<String> = lines.iter().map(|line| line.applet.clone()).collect();
    let mut cases = vec![Case::new("applets/coverage", move || {
        Ok(match covered.len() {
            ENOUGH.. => Verdict::Passed,
            few => Verdict::Failed(format!("{few} applets are covered, not {ENOUGH}")),
        })
    })];
    for line in lines {
        let context = Arc::clone(context);
        cases.push(Case::new(format!("applets/{}", line.name), move || compare(&context, &line)));
    }
    Ok(cases)
}

fn compare(context: &Context, line: &Line) -> Result<Verdict> {
    if matches!(line.command, Command::Shell(_)) && !context.oracle.execs {
        return Ok(Verdict::Skipped("the oracle cannot start arm64 programs here".into()));
    }
    let scratch = context.scratch(&format!("applets/{}", line.name));
    let busybox = context.fixtures.busybox.as_os_str();
    let mut observed = Vec::new();
    for side in [&context.oracle, &context.subject] {
        let dir = Scratch::new(&context.work, &scratch)?;
        tree::copy(&workspace::root().join("xtask/data/files"), dir.path())?;
        let mut argv = vec![busybox.to_owned()];
        let mut stdin = None;
        match &line.command {
            Command::Direct(words, input) => {
                argv.extend(words.iter().map(Into::into));
                stdin = input.as_ref().map(|name| dir.path().join(name));
            }
            Command::Shell(script) => argv.extend(["sh", "-c", script].map(Into::into)),
        }
        let mut program = side.program(argv, dir.path());
        // What an applet starts by name must be for arm64, too: busybox's own applets.
        program.env.retain(|(name, _)| name != "PATH");
        program.env.push(("PATH".into(), context.applets.clone().into()));
        program.stdin = stdin;
        program.limit = context.limit();
        let run = program.run()?;
        observed.push(Observed { run, files: tree::snapshot(dir.path())? });
    }
    let text = compare::differences(&observed[0], &observed[1]);
    Ok(if text.is_empty() { Verdict::Passed } else { Verdict::Failed(text) })
}

/// Parses the data file; see its head for the format.
fn parse(text: &str) -> Result<Vec<Line>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (applet, command) = match first.strip_suffix('$') {
            Some(applet) => (applet, Command::Shell(rest.trim().to_owned())),
            None => {
                let (words, stdin) = direct(line).ok_or_else(|| format!("bad line: {line}"))?;
                (first, Command::Direct(words, stdin))
            }
        };
        let count = counts.entry(applet.to_owned()).or_default();
        *count += 1;
        let name = if *count == 1 { applet.into() } else { format!("{applet}-{count}") };
        lines.push(Line { name, applet: applet.into(), command });
    }
    Ok(lines)
}

/// Splits a command line at spaces outside of '...' and "..."; a last `< FILE` is the input.
fn direct(line: &str) -> Option<(Vec<String>, Option<String>)> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c == ' ' => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word.take());
    if quote.is_some() {
        return None;
    }
    let mut stdin = None;
    if words.len() > 2 && words[words.len() - 2] == "<" {
        stdin = words.pop();
        words.pop();
    }
    Some((words, stdin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_applets_and_number_repeats() {
        let lines = parse("# c\nsort -t: -k 'a b' < f\n\nsort$ echo x | sort\ntrue\n").unwrap();
        assert_eq!(
            lines.iter().map(|line| &*line.name).collect::<Vec<_>>(),
            ["sort", "sort-2", "true"]
        );
        let words = ["sort", "-t:", "-k", "a b"].map(String::from).to_vec();
        assert_eq!(lines[0].command, Command::Direct(words, Some("f".into())));
        assert_eq!(lines[1].command, Command::Shell("echo x | sort".into()));
        assert!(parse("echo 'open").is_err());
    }
}
