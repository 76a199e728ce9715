//! What a child process of this crate does between `fork` and `exec`; the only unsafe code of the service.
//!
//! The server must end when its owner ends, also when that is killed: the kernel sends it SIGINT (a fast shutdown) when
//! the *thread* that forked it ends. A change of user or namespace clears that setting, so it is made last.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::{self, Pid, UnlinkatFlags, getppid};

use crate::identity::Identity;

/// Makes a command run as its identity, without the service's environment and terminal, and end with this thread.
///
/// The thread that spawns it must live for as long as the process should.
pub(crate) fn prepare(command: &mut Command, identity: &Identity) {
    // The service's environment has secrets in it, and PG* variables that would change what the programs do.
    command
        .env_clear()
        .env("LC_ALL", "C")
        .current_dir("/")
        .process_group(0);
    if let Identity::Account(account) = identity {
        command.uid(account.uid.as_raw()).gid(account.gid.as_raw());
    }
    let is_namespaced = matches!(identity, Identity::Namespace);
    let owner = Pid::this();
    #[expect(
        unsafe_code,
        reason = "the signal at the end of the parent can only be asked for in the child"
    )]
    // SAFETY: after `fork` the closure makes three system calls and neither allocates nor takes a lock.
    unsafe {
        command.pre_exec(move || {
            if is_namespaced {
                unshare(CloneFlags::CLONE_NEWUSER)?;
            }
            prctl::set_pdeathsig(Signal::SIGINT)?;
            // The owner may have ended before the signal was asked for.
            if getppid() == owner {
                Ok(())
            } else {
                Err(io::Error::from(Errno::ESRCH))
            }
        });
    }
}

/// Whether the host lets a child process have a user namespace, and lets it write in a directory of ours from there.
pub(crate) fn allows_namespace(dir: &Path) -> bool {
    let Ok(probe) = CString::new(dir.join(".namespace-probe").as_os_str().as_bytes()) else {
        return false;
    };
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", ":"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    #[expect(
        unsafe_code,
        reason = "only a child can try a namespace without changing this process"
    )]
    // SAFETY: after `fork` the closure makes three system calls on a path made before, and neither allocates nor locks.
    unsafe {
        command.pre_exec(move || {
            unshare(CloneFlags::CLONE_NEWUSER)?;
            make_and_remove(&probe)
        });
    }
    command.status().is_ok_and(|status| status.success())
}

/// Makes and removes a directory that other processes may be making and removing at the same time.
fn make_and_remove(dir: &CString) -> io::Result<()> {
    match unistd::mkdir(dir.as_c_str(), Mode::S_IRWXU) {
        // A probe that was killed in between left it.
        Ok(()) | Err(Errno::EEXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    match unistd::unlinkat(AT_FDCWD, dir.as_c_str(), UnlinkatFlags::RemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
