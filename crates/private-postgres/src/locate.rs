//! Finds the server programs on the host, in the version that the cluster needs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::layout::Layout;

/// Directory in which Debian and its derivatives have one directory per major version.
const VERSIONED_ROOT: &str = "/usr/lib/postgresql";

/// A directory with `initdb` and `postgres`, and their version.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    bin_dir: PathBuf,
    major: u32,
}

impl Programs {
    pub(crate) fn initdb(&self) -> PathBuf {
        self.bin_dir.join("initdb")
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.bin_dir.join("postgres")
    }

    /// The programs in a directory, if it has them and they run.
    fn in_dir(bin_dir: PathBuf) -> Option<Self> {
        let postgres = bin_dir.join("postgres");
        if !postgres.is_file() || !bin_dir.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(postgres)
            .arg("--version")
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let major = parse_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { bin_dir, major })
    }
}

/// Finds the programs: in the directory given, else on the `PATH`, else the newest of the versioned directories.
///
/// An existing cluster decides the version, so that it goes on working when a newer version is installed beside the old.
pub(crate) fn find(given: Option<&Path>, layout: &Layout) -> Result<Programs, Error> {
    let cluster = cluster_version(layout)?;
    let mut others = Vec::new();
    for bin_dir in candidates(given) {
        let Some(programs) = Programs::in_dir(bin_dir) else {
            continue;
        };
        if cluster.is_none_or(|major| major == programs.major) {
            return Ok(programs);
        }
        others.push(programs.major);
    }
    match (cluster, given) {
        (Some(cluster), _) if !others.is_empty() => Err(Error::VersionMismatch {
            cluster_dir: layout.cluster(),
            cluster,
            found: list(others),
        }),
        (_, Some(bin_dir)) => Err(Error::ProgramsNotIn {
            bin_dir: bin_dir.to_owned(),
        }),
        (_, None) => Err(Error::ProgramsNotFound),
    }
}

/// The directory that has the server programs of this host and all the tools that come with them, such as `pg_rewind`.
///
/// # Errors
/// When the programs are not found.
pub fn tools_dir() -> Result<PathBuf, Error> {
    let programs = candidates(None).into_iter().find_map(Programs::in_dir);
    let postgres = programs.ok_or(Error::ProgramsNotFound)?.postgres();
    // On the PATH there may be only links, and to some of the programs.
    let postgres = postgres.canonicalize().map_err(Error::io("open", &postgres))?;
    postgres
        .parent()
        .map(Path::to_owned)
        .ok_or(Error::ProgramsNotFound)
}

/// The major version that made the cluster; `None` where there is no cluster yet.
pub(crate) fn cluster_version(layout: &Layout) -> Result<Option<u32>, Error> {
    let cluster_dir = layout.cluster();
    let path = cluster_dir.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| Error::NotACluster { cluster_dir }),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("read", &path)(error)),
        Err(_) if fs::read_dir(&cluster_dir).is_ok_and(|mut entries| entries.next().is_some()) => {
            Err(Error::NotACluster { cluster_dir })
        }
        Err(_) => Ok(None),
    }
}

fn candidates(given: Option<&Path>) -> Vec<PathBuf> {
    if let Some(given) = given {
        // The programs are started from another working directory.
        return std::path::absolute(given).into_iter().collect();
    }
    let path = search_path();
    let on_path = std::env::split_paths(&path).filter(|entry| entry.is_absolute());
    on_path.chain(versioned_dirs(Path::new(VERSIONED_ROOT))).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "PATH is where programs are found, not a setting of the service"
)]
fn search_path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// `<root>/<major>/bin` of every major version, newest first.
fn versioned_dirs(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut majors: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    majors
        .into_iter()
        .map(|major| root.join(major.to_string()).join("bin"))
        .collect()
}

/// The major version in `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`, also of `16beta1`.
fn parse_version(line: &str) -> Option<u32> {
    let (_, version) = line.split_once("(PostgreSQL) ")?;
    let end = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    version.get(..end)?.parse().ok()
}

fn list(mut majors: Vec<u32>) -> String {
    majors.sort_unstable();
    majors.dedup();
    majors
        .iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(
            parse_version("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(parse_version("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(parse_version("busybox"), None);
    }

    #[test]
    fn the_newest_version_comes_first_by_number() {
        let root = tempfile::tempdir().unwrap();
        for name in ["9", "15", "16", "common"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        let expected = ["16/bin", "15/bin", "9/bin"].map(|dir| root.path().join(dir));
        assert_eq!(versioned_dirs(root.path()), expected);
    }
}
