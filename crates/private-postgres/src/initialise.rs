//! Creates a cluster at first use, whole or not at all.
//!
//! `initdb` works in a directory beside the final one, a single-user server creates the database there, and only then is
//! the directory renamed: a process that is killed in between leaves no cluster that is only half there.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::identity::Identity;
use crate::layout::{self, Layout};
use crate::locate::{self, Programs};
use crate::options::Durability;
use crate::{spawn, tool, url};

/// Prefix of the directories in which clusters are being created.
const UNFINISHED: &str = "postgres.new-";

/// Creates the cluster unless it exists. The caller holds the owner lock.
pub(crate) fn ensure(
    layout: &Layout,
    programs: &Programs,
    identity: &Identity,
    durability: Durability,
) -> Result<(), Error> {
    remove_unfinished(layout);
    let exists = locate::cluster_version(layout)?.is_some();
    match durability {
        // From now on the cluster holds data that must be kept.
        Durability::Full => layout::remove_if_present(&layout.disposable_marker())?,
        Durability::Disposable if exists => {}
        Durability::Disposable => {
            let marker = layout.disposable_marker();
            File::create(&marker).map_err(Error::io("create", &marker))?;
        }
    }
    if exists {
        return Ok(());
    }
    let unfinished = create_unfinished(layout)?;
    let created = create(layout, programs, identity, durability, &unfinished);
    if created.is_err() {
        remove_unfinished(layout);
    }
    created
}

fn create(
    layout: &Layout,
    programs: &Programs,
    identity: &Identity,
    durability: Durability,
    unfinished: &Path,
) -> Result<(), Error> {
    identity.hand_over(unfinished)?;
    run_initdb(layout, programs, identity, durability, unfinished)?;
    create_database(layout, programs, identity, durability, unfinished)?;
    let cluster = layout.cluster();
    fs::rename(unfinished, &cluster).map_err(Error::io("create", &cluster))?;
    let data_dir = layout.data_dir();
    File::open(data_dir)
        .and_then(|dir| dir.sync_all())
        .map_err(Error::io("write", data_dir))
}

fn run_initdb(
    layout: &Layout,
    programs: &Programs,
    identity: &Identity,
    durability: Durability,
    dir: &Path,
) -> Result<(), Error> {
    let mut initdb = Command::new(programs.initdb());
    initdb
        .arg("-D")
        .arg(dir)
        .args(["-U", "postgres", "-E", "UTF8", "--no-locale", "--auth=trust"]);
    if durability == Durability::Disposable {
        initdb.arg("--no-sync");
    }
    spawn::prepare(&mut initdb, identity);
    tool::run(initdb, "initdb", "", &layout.log())
}

/// Creates the database with a single-user server, which needs neither a socket nor a client.
fn create_database(
    layout: &Layout,
    programs: &Programs,
    identity: &Identity,
    durability: Durability,
    dir: &Path,
) -> Result<(), Error> {
    let mut postgres = Command::new(programs.postgres());
    postgres.args(["--single", "-c", "exit_on_error=on"]);
    if durability == Durability::Disposable {
        postgres.arg("-F");
    }
    postgres.arg("-D").arg(dir).arg("postgres");
    spawn::prepare(&mut postgres, identity);
    tool::run(
        postgres,
        "postgres",
        &format!("create database {}\n", url::DATABASE),
        &layout.log(),
    )
}

/// Creates a new directory: the `initdb` of a killed owner may still be writing to an earlier one.
fn create_unfinished(layout: &Layout) -> Result<PathBuf, Error> {
    let mut number = 0_u32;
    loop {
        let path = layout.data_dir().join(format!("{UNFINISHED}{number}"));
        match layout::create_private_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(Error::io("create", &path)(error)),
        }
    }
}

/// Removes what killed owners left; a directory that cannot be removed does no harm.
fn remove_unfinished(layout: &Layout) {
    for entry in fs::read_dir(layout.data_dir()).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "cannot remove an unfinished cluster");
        }
    }
}
