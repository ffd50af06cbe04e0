//! Suite `options`: what the command line changes for the guest, as a shell of the guest sees it.
//!
//! Each case is a line of [`CASES`]: options, a script for busybox's `sh` in a sysroot, what it
//! prints and how elfuse ends. `unit` shows how options are read; this, that they arrive.

use super::Context;
use super::process::{End, Program};
use super::runner::{Case, Verdict};
use super::tree::Scratch;
use crate::Result;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Options and a script, in which `@` stands for the directory of the case; the status and the
/// output.
struct Line {
    name: &'static str,
    options: &'static [&'static str],
    script: &'static str,
    status: i32,
    output: &'static str,
}

const CASES: &[Line] = &[
    Line {
        name: "env-sets",
        options: &["--env", "A=1=2", "-e", "EMPTY=", "--env=TZ=XYZ1", "-e", "A=3"],
        script: "echo \"$A\" \"${EMPTY-none}\" $TZ ${HOME+home}; env | grep -c ^A=",
        status: 0,
        output: "3  XYZ1 home\n1\n",
    },
    Line {
        name: "env-inherits",
        options: &["--clear-env", "--env", "TZ", "--env", "NO_SUCH_VARIABLE"],
        script: "env | grep -v -e PWD -e SHLVL -e PATH",
        status: 0,
        output: "TZ=UTC0\n",
    },
    Line {
        name: "clear-env",
        options: &["-e", "A=1", "--clear-env", "-e", "B=2"],
        script: "env | grep -v -e PWD -e SHLVL -e PATH",
        status: 0,
        output: "A=1\nB=2\n",
    },
    Line {
        name: "user-by-name",
        options: &["--clear-env", "--user", "daemon"],
        script: "id; echo $HOME; id -G",
        status: 0,
        output: "uid=2(daemon) gid=3(daemons) groups=3(daemons),7(audio)\n/srv\n3 7\n",
    },
    Line {
        name: "user-by-number",
        options: &["-u", "1234:daemons"],
        script: "id; id -G; grep -e ^Uid -e ^Gid -e ^CapEff /proc/self/status",
        status: 0,
        output: "uid=1234 gid=3(daemons)\n3\nUid:\t1234\t1234\t1234\t1234\n\
                 Gid:\t3\t3\t3\t3\nCapEff:\t0000000000000000\n",
    },
    Line {
        name: "user-unknown",
        options: &["--user", "nobody"],
        script: "echo not reached",
        status: 125,
        output: "elfuse: --user nobody: unable to find nobody: no such entry in the guest's /etc/passwd\n",
    },
    Line {
        name: "fakeroot",
        options: &["--fakeroot", "--workdir", "/srv"],
        script: "id -u; touch f; chown 5:6 f; chmod 4755 f; mknod n b 8 1; mkdir shut; chmod 0 shut;\
                 echo x >shut/x; stat -c '%n %u:%g %a %F' f n shut; cat shut/x",
        status: 0,
        output: "0\nf 5:6 4755 regular empty file\nn 0:0 644 block special file\n\
                 shut 0:0 0 directory\nx\n",
    },
    Line {
        name: "fakeroot-user",
        options: &["--fakeroot", "--user", "daemon"],
        script: "id -u; stat -c %u /; echo x 2>&1 >/srv/x || echo refused",
        status: 0,
        output: "2\n0\n/bin/sh: can't create /srv/x: Permission denied\nrefused\n",
    },
    Line {
        name: "perf-map",
        options: &["--perf-map"],
        // Without another process, which would leave a file of its own.
        script: "i=0; while [ $i -lt 999 ]; do i=$((i+1)); done; read -r line </tmp/perf-$$.map;\
                 case $line in *x?0x*) echo named;; *) echo \"$line\";; esac;\
                 exec rm /tmp/perf-$$.map",
        status: 0,
        output: "named\n",
    },
    Line {
        name: "workdir",
        options: &["--workdir", "/srv/link/.."],
        script: "pwd; ls; cd ..; ls -d srv",
        status: 0,
        output: "/srv\ndir\nlink\nsrv\n",
    },
    Line {
        name: "workdir-on-the-host",
        options: &["--workdir", "@"],
        script: "ls -d root",
        status: 0,
        output: "root\n",
    },
    Line {
        name: "workdir-missing",
        options: &["-w", "/srv/missing"],
        script: "echo not reached",
        status: 125,
        output: "elfuse: --workdir /srv/missing: No such file or directory\n",
    },
    Line {
        name: "workdir-is-a-file",
        options: &["-w", "/bin/sh"],
        script: "echo not reached",
        status: 125,
        output: "elfuse: --workdir /bin/sh: Not a directory\n",
    },
    Line {
        name: "workdir-relative",
        options: &["-w", "srv"],
        script: "echo not reached",
        status: 2,
        output: "elfuse: --workdir takes an absolute path, not 'srv'\nTry 'elfuse --help'.\n",
    },
    Line {
        name: "address-bits",
        options: &["--address-bits", "42"],
        script: "while read range rest; do case $rest in *stack*) echo ${range#*-}; esac; done < /proc/self/maps",
        status: 0,
        output: "3fffffff000\n",
    },
    Line {
        name: "address-bits-too-many",
        options: &["--address-bits=47"],
        script: "echo not reached",
        status: 2,
        output: "elfuse: --address-bits takes a number from 28 to 46, not '47'\nTry 'elfuse --help'.\n",
    },
];

/// All cases.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for line in CASES {
        let context = Arc::clone(context);
        let id = format!("options/{}", line.name);
        cases.push(Case::new(id.clone(), move || {
            let scratch = Scratch::new(&context.work, &context.scratch(&id))?;
            make_sysroot(&context, scratch.path())?;
            run(&context, scratch.path(), line)
        }));
    }
    cases.push(script_moves(context));
    Ok(cases)
}

/// A small sysroot, `root`.
fn make_sysroot(context: &Context, dir: &Path) -> Result<()> {
    let root = dir.join("root");
    for name in ["bin", "etc", "srv/dir"] {
        fs::create_dir_all(root.join(name))?;
    }
    std::os::unix::fs::symlink("/srv/dir", root.join("srv/link"))?;
    fs::write(root.join("etc/passwd"), "root:x:0:0::/root:\ndaemon:x:2:3::/srv:/bin/sh\n")?;
    fs::write(root.join("etc/group"), "root:x:0:\ndaemons:x:3:\naudio:x:7:daemon\n")?;
    fs::copy(&context.fixtures.busybox, root.join("bin/busybox"))?;
    let applets = ["cat", "chmod", "chown", "env", "grep", "id", "ls", "mkdir", "mknod", "sh"];
    for applet in applets.iter().chain(&["stat", "touch"]) {
        std::os::unix::fs::symlink("busybox", root.join("bin").join(applet))?;
    }
    Ok(())
}

fn run(context: &Context, dir: &Path, line: &Line) -> Result<Verdict> {
    let here = dir.display().to_string();
    let place = |text: &str| text.replace('@', &here);
    let mut words = ["--sysroot", "@/root"].map(place).to_vec();
    words.extend(line.options.iter().copied().map(place));
    words.extend(["/bin/sh".to_owned(), "-c".to_owned(), place(line.script)]);
    let run = Program::new(context.command_line(words), dir).run()?;
    let found = [run.stdout, run.stderr].concat();
    let found = String::from_utf8_lossy(&found);
    if run.end == End::Exited(line.status) && found == place(line.output) {
        return Ok(Verdict::Passed);
    }
    Ok(Verdict::Failed(format!("{}\n{found}", run.end)))
}

/// A script of the host, named by a relative path, is found by its interpreter elsewhere, too.
fn script_moves(context: &Arc<Context>) -> Case {
    let context = Arc::clone(context);
    let id = "options/workdir-of-a-script";
    Case::new(id, move || {
        let scratch = Scratch::new(&context.work, &context.scratch(id))?;
        make_sysroot(&context, scratch.path())?;
        let script = scratch.path().join("script");
        fs::write(&script, "#!/bin/sh\npwd\n")?;
        fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let words = ["--sysroot", "root", "--workdir", "/srv", "./script"];
        let run = Program::new(context.command_line(words), scratch.path()).run()?;
        let passed = run.end == End::Exited(0) && run.stdout == b"/srv\n";
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        Ok(if passed { Verdict::Passed } else { Verdict::Failed(format!("{}\n{said}", run.end)) })
    })
}
