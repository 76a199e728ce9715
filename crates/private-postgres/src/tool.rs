//! Runs the programs that prepare a cluster, and finds in the log what went wrong.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::layout;

/// A log longer than this, in bytes, is renamed when the next server starts.
const ROTATE_ABOVE: u64 = 8 * 1024 * 1024;

/// The words with which the programs begin a message about a failure.
const FAILURE_WORDS: [&str; 4] = ["PANIC:", "FATAL:", "ERROR:", "error:"];

/// The log that the server and the tools append to, and the offset at which this process began to append.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    begin: u64,
}

impl Log {
    /// Opens the log to append to it.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        if path
            .metadata()
            .is_ok_and(|metadata| metadata.len() > ROTATE_ABOVE)
        {
            fs::rename(path, path.with_extension("log.1")).map_err(Error::io("rename", path))?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(layout::NO_FOLLOW)
            .open(path);
        let file = file.map_err(Error::io("open", path))?;
        let begin = file.metadata().map_err(Error::io("read", path))?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            begin,
        })
    }

    /// A descriptor for a child's output.
    pub(crate) fn as_output(&self) -> Result<Stdio, Error> {
        self.file
            .try_clone()
            .map(Stdio::from)
            .map_err(Error::io("open", &self.path))
    }

    /// The line that best explains why a program failed.
    pub(crate) fn reason(&self) -> String {
        let text = self.read_new().unwrap_or_default();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let failure = lines.clone().find_map(|line| {
            let begin = FAILURE_WORDS.iter().find_map(|word| line.find(word))?;
            line.get(begin..)
        });
        failure
            .or_else(|| lines.next_back())
            .unwrap_or("it gave no reason")
            .to_owned()
    }

    fn read_new(&self) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.begin))?;
        let mut bytes = Vec::new();
        file.take(1024 * 1024).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Runs a program to its end with `input` on its standard input and its output in the log.
pub(crate) fn run(
    mut command: Command,
    program: &'static str,
    input: &str,
    log_file: &Path,
) -> Result<(), Error> {
    let log = Log::open(log_file)?;
    command
        .stdin(Stdio::piped())
        .stdout(log.as_output()?)
        .stderr(log.as_output()?);
    let path = PathBuf::from(command.get_program());
    let mut child = command.spawn().map_err(Error::io("run", &path))?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input.as_bytes()) {
            // A program that ended early wrote the reason to the log.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                return Err(Error::io("write to", &path)(error));
            }
            _ => {}
        }
    }
    let status = child.wait().map_err(Error::io("wait for", &path))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::ToolFailed {
        program,
        reason: log.reason(),
        log: log_file.to_owned(),
    })
}
