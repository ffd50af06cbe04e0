//! The command line: `elfuse [options] PROGRAM [ARGS…]`.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), no_main)]

mod options;
mod run;

use std::ffi::OsString;
use std::io::Write;

host::start!(start);

/// Does what the command line asks for; gives the exit status.
fn start(args: Vec<OsString>) -> u8 {
    match options::parse(args) {
        Ok(options::Command::Run(run)) => run::run(*run),
        Ok(options::Command::Print(text)) => {
            let mut out = std::io::stdout();
            match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                Ok(()) => 0,
                Err(error) => {
                    eprintln!("elfuse: cannot write: {error}");
                    run::FAILED
                }
            }
        }
        Err(message) => {
            eprintln!("elfuse: {message}\nTry 'elfuse --help'.");
            options::USAGE_STATUS
        }
    }
}
