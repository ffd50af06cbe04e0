//! The command line: `elfuse [options] PROGRAM [ARGS…]`.

#![forbid(unsafe_code)]

mod options;
mod run;

use std::process::ExitCode;

fn main() -> ExitCode {
    match options::parse(std::env::args_os()) {
        Ok(options::Command::Run(run)) => run::run(run),
        Ok(options::Command::Print(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("elfuse: {message}\nTry 'elfuse --help'.");
            ExitCode::from(options::USAGE_STATUS)
        }
    }
}
