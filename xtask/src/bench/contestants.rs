//! Who runs the benchmarks, and their builds of the programs.
//!
//! Both builds have the same flags. Contraction of floating-point expressions is off because
//! x86-64's base level has no fused multiply-add: with it on, the two builds would compute different
//! numbers, and no checksum could be compared. The native build is for x86-64's base level, as
//! Debian's packages are.

use super::Options;
use super::plan::{Benchmark, How};
use crate::test::binfmt::{Launcher, QEMU};
use crate::test::process::{End, Program};
use crate::{Result, workspace};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Somebody who runs benchmarks.
#[derive(Clone, Debug)]
pub struct Contestant {
    /// `native`, `qemu`, or the name of an engine of elfuse.
    pub name: String,
    /// Whether it is elfuse.
    pub ours: bool,
    /// Where its build of our programs is.
    pub programs: PathBuf,
    /// What it needs before it, so that guests can execute guests; nothing if it cannot be had.
    pub namespace: Option<Vec<OsString>>,
    /// What stands before the guest's command line.
    pub emulator: Vec<OsString>,
    /// The arm64 tree for the programs that need one.
    pub in_sysroot: Option<PathBuf>,
}

impl Contestant {
    /// Whether it runs arm64 programs.
    pub fn emulates(&self) -> bool {
        !self.emulator.is_empty()
    }

    /// The emulator and the guest's command line, for a program in the sysroot.
    pub fn sysroot_command(&self, argv: &[OsString]) -> Option<Vec<OsString>> {
        let sysroot = self.in_sysroot.as_ref().filter(|_| self.emulates())?;
        let mut words = self.emulator.clone();
        let mut argv = argv.to_vec();
        if self.ours {
            words.push("--sysroot".into());
        } else {
            // qemu finds libraries in the tree, but opens the program itself as it is named.
            words.push("-L".into());
            argv[0] = sysroot.join(Path::new(&argv[0]).strip_prefix("/").ok()?).into();
        }
        words.push(sysroot.into());
        words.extend(argv);
        Some(words)
    }
}

/// Native, qemu and elfuse with each engine.
pub fn all(options: &Options) -> Result<Vec<Contestant>> {
    let out = std::path::absolute(&options.out)?;
    let elfuse = workspace::build_elfuse()?;
    let launcher = Launcher::qemu();
    let contestant = |name: &str, ours, build: &str, namespace, emulator| Contestant {
        name: name.to_owned(),
        ours,
        programs: out.join(build),
        namespace,
        emulator,
        in_sysroot: options.sysroot.clone(),
    };
    let namespace = launcher.execs.then(|| launcher.parts().0.to_vec());
    let mut all = vec![
        contestant("native", false, "native", Some(vec![]), vec![]),
        contestant("qemu", false, "arm64", namespace, vec![QEMU.into()]),
    ];
    for engine in &options.engines {
        let emulator = vec![elfuse.clone().into(), "--engine".into(), engine.into()];
        let ours = contestant(engine, true, "arm64", Some(vec![]), emulator);
        // An engine that does not exist is an error of the command line, not of each benchmark.
        let argv = ours.emulator.iter().cloned().chain([ours.programs.join("true").into()]);
        let run = Program::new(argv, &out).run()?;
        if run.end != End::Exited(0) {
            let message = String::from_utf8_lossy(&run.stderr).into_owned();
            return Err(format!("engine {engine}: {}\n{message}", run.end).into());
        }
        all.push(ours);
    }
    Ok(all)
}

/// Builds what the plan needs, for both machines, and the stop-watch for this one.
pub fn build_programs(out: &Path, plan: &[Benchmark]) -> Result<()> {
    let mut programs: BTreeSet<(&str, &str)> = [("true", "-O2")].into();
    for benchmark in plan {
        if let How::Kernel { program, level, .. } = &benchmark.how {
            programs.insert((program, level));
        }
    }
    for (compiler, name) in [("gcc", "native"), ("aarch64-linux-gnu-gcc", "arm64")] {
        std::fs::create_dir_all(out.join(name).join("kernels"))?;
        for &(program, level) in &programs {
            build(compiler, &out.join(name), program, level)?;
        }
    }
    build("gcc", &out.join("native"), "timer", "-O2")
}

fn build(compiler: &str, dir: &Path, program: &str, level: &str) -> Result<()> {
    let bench = workspace::root().join("bench");
    let (source, binary) = (bench.join(format!("{program}.c")), dir.join(program));
    let modified = |path: &Path| std::fs::metadata(path).and_then(|status| status.modified()).ok();
    // Headers count: all of them, because they are few.
    let headers = std::fs::read_dir(bench.join("kernels"))?.filter_map(|entry| {
        let path = entry.ok()?.path();
        path.extension().is_some_and(|ext| ext == "h").then_some(path)
    });
    let newest =
        headers.chain([source.clone(), bench.join("kernels.txt")]).map(|path| modified(&path));
    if modified(&binary).is_some() && modified(&binary) > newest.max().flatten() {
        return Ok(());
    }
    let mut command = Command::new(compiler);
    command.args([level, "-Wall", "-Wextra", "-ffp-contract=off", "-fno-math-errno", "-static"]);
    command.arg("-o").arg(&binary).arg(&source).arg("-lm");
    match command.status()?.success() {
        true => Ok(()),
        false => Err(format!("{compiler} fails on {}", source.display()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contestant(ours: bool, emulator: &[&str]) -> Contestant {
        Contestant {
            name: "someone".into(),
            ours,
            programs: "programs".into(),
            namespace: None,
            emulator: emulator.iter().map(OsString::from).collect(),
            in_sysroot: Some("/tree".into()),
        }
    }

    #[test]
    fn each_emulator_is_told_of_the_sysroot_in_its_own_way() {
        let argv = ["/usr/bin/lua".into(), "-v".into()];
        let ours = contestant(true, &["elfuse"]).sysroot_command(&argv).unwrap();
        assert_eq!(ours, ["elfuse", "--sysroot", "/tree", "/usr/bin/lua", "-v"]);
        let qemu = contestant(false, &["qemu"]).sysroot_command(&argv).unwrap();
        assert_eq!(qemu, ["qemu", "-L", "/tree", "/tree/usr/bin/lua", "-v"]);
        assert_eq!(contestant(false, &[]).sysroot_command(&argv), None);
    }
}
