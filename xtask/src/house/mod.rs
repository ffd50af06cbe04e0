//! `cargo xtask house`: the rules of the project that a machine can check.
//!
//! A rule is a function from the tree of tracked files to findings, each with its place and what to
//! do. Rules read text: they hold in files that do not compile on this host, and need no second
//! parser of Rust. What the compiler and clippy can deny is left to them; then the rule is that the
//! lint stays on.

mod code;
mod comments;
mod coverage;
mod documents;
mod layers;
mod length;
mod paths;
mod ratchet;
mod tree;
mod unfinished;
mod unsafety;

use crate::Result;
use std::process::ExitCode;
use tree::Tree;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, from the root of the checkout.
    file: String,
    /// The line, from 1.
    line: usize,
    /// What is wrong and what to do.
    message: String,
}

impl Finding {
    fn new(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into() }
    }
}

/// A rule's name and the rule.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

const RULES: [Rule; 9] = [
    ("crates depend downwards", layers::check),
    ("unsafe code stays where it may be", unsafety::check),
    ("unsafe code and global state only shrink", ratchet::check),
    ("modules say what they are for", comments::check),
    ("files are short", length::check),
    ("nothing is left unfinished", unfinished::check),
    ("the checkout is complete and fits any machine", paths::check),
    ("documents lead somewhere", documents::check),
    ("every system call has a guest test", coverage::check),
];

/// The command line's entry.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    let tree = Tree::tracked()?;
    let mut broken = false;
    for (name, rule) in RULES {
        let mut findings = rule(&tree);
        findings.sort();
        if !findings.is_empty() {
            broken = true;
            println!("{name}:");
        }
        for Finding { file, line, message } in findings {
            println!("  {file}:{line}: {message}");
        }
    }
    if broken {
        return Ok(ExitCode::FAILURE);
    }
    println!("house: {} rules hold in {} files", RULES.len(), tree.len());
    Ok(ExitCode::SUCCESS)
}
