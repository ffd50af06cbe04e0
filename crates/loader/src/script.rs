//! `#!` lines, as `fs/binfmt_script.c` reads them.

/// How much of a file Linux looks at (`BINPRM_BUF_SIZE`).
pub const HEAD: usize = 256;

/// What a script asks to be run by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The interpreter's path.
    pub interpreter: Vec<u8>,
    /// Everything behind it, as one argument.
    pub argument: Option<Vec<u8>>,
}

/// Parses the first bytes (at most [`HEAD`]) of a file. `None` if this is not a script, or one
/// whose first line names no interpreter or cuts its name off.
pub fn parse(head: &[u8]) -> Option<Script> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let line = head.strip_prefix(b"#!")?;
    // A buffer that is not full ends with the file; Linux sees the zeros behind it.
    let full = head.len() >= HEAD;
    let end = line.iter().position(|&byte| byte == b'\n' || byte == 0);
    let line = match end {
        Some(end) => &line[..end],
        None if !full => line,
        // No newline in sight: only an argument may be cut off, not the interpreter.
        None => {
            let start = line.iter().position(|byte| !blank(byte))?;
            line[start..].iter().position(blank)?;
            line
        }
    };
    let start = line.iter().position(|byte| !blank(byte))?;
    let end = line.iter().rposition(|byte| !blank(byte))? + 1;
    let line = &line[start..end];
    let (interpreter, rest) = match line.iter().position(blank) {
        Some(end) => line.split_at(end),
        None => (line, &[][..]),
    };
    let argument = rest.iter().position(|byte| !blank(byte)).map(|at| rest[at..].to_vec());
    Some(Script { interpreter: interpreter.to_vec(), argument })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(interpreter: &str, argument: Option<&str>) -> Option<Script> {
        Some(Script {
            interpreter: interpreter.into(),
            argument: argument.map(|argument| argument.into()),
        })
    }

    #[test]
    fn interpreter_and_argument_are_split_once() {
        assert_eq!(parse(b"#!/bin/sh\necho"), script("/bin/sh", None));
        assert_eq!(parse(b"#! \t/bin/sh  -e -x \t\n"), script("/bin/sh", Some("-e -x")));
        assert_eq!(parse(b"#!/bin/sh"), script("/bin/sh", None));
        assert_eq!(parse(b"#!\n"), None);
        assert_eq!(parse(b"#!   "), None);
        assert_eq!(parse(b"#"), None);
    }

    #[test]
    fn a_cut_off_interpreter_is_refused_but_not_a_cut_off_argument() {
        let mut long = b"#!/".to_vec();
        long.resize(HEAD, b'a');
        assert_eq!(parse(&long), None);
        long[10] = b' ';
        assert_eq!(parse(&long).map(|s| s.interpreter), Some(b"/aaaaaaa".to_vec()));
    }
}
