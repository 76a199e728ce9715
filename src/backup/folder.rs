//! A backup as a folder: `manifest.json`, its seal, and a file for each table.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::Error;
use super::manifest::{Manifest, TableInfo, hex, is_sealed, seal};
use crate::crypto::seal::MasterKey;

/// The file that is written last.
const MANIFEST: &str = "manifest.json";
/// The file with the seal of the manifest.
const SEAL: &str = "manifest.seal";
/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;

/// The folder of a backup.
pub struct BackupFolder(PathBuf);

impl BackupFolder {
    /// Makes a folder that only its owner may enter; it must not be there yet.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let made = DirBuilder::new().mode(0o700).create(path);
        made.map_err(Error::of_file(path))?;
        Ok(Self(path.to_owned()))
    }

    /// The folder of a backup that is there.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Removes a folder that was made here, with what is in it. What failed before is what is told, whether or not this does.
    pub(super) fn discard(self) {
        let _ = fs::remove_dir_all(self.0);
    }

    fn create_file(&self, name: &str) -> Result<File, Error> {
        let path = self.0.join(name);
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        file.map_err(Error::of_file(&path))
    }

    /// Begins the file of a table.
    pub(super) fn create_table(&self, name: &str, columns: &[String]) -> Result<TableWriter, Error> {
        let table = TableInfo {
            name: name.to_owned(),
            columns: columns.to_owned(),
            rows: 0,
            bytes: 0,
            sha256: String::new(),
        };
        let file = Hashed {
            file: BufWriter::new(self.create_file(&table.file())?),
            hash: Context::new(&SHA256),
            bytes: 0,
        };
        Ok(TableWriter {
            path: self.0.join(table.file()),
            table,
            output: GzEncoder::new(file, Compression::fast()),
        })
    }

    /// Writes the seal and the manifest, by which the backup is complete, and waits until they are on the disk.
    pub(super) fn complete(&self, manifest: &Manifest, master_key: &MasterKey) -> Result<(), Error> {
        let mut text = serde_json::to_vec_pretty(manifest).map_err(Error::Manifest)?;
        text.push(b'\n');
        let seal = format!("{}\n", seal(master_key, &text)?);
        for (name, content) in [(SEAL, seal.as_bytes()), (MANIFEST, text.as_slice())] {
            let mut file = self.create_file(name)?;
            let written = file.write_all(content).and_then(|()| file.sync_all());
            written.map_err(Error::of_file(&self.0.join(name)))?;
        }
        let synced = File::open(&self.0).and_then(|folder| folder.sync_all());
        synced.map_err(Error::of_file(&self.0))
    }

    fn read_file(&self, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.0.join(name);
        fs::read(&path).map_err(Error::of_file(&path))
    }

    /// What the backup says of itself.
    pub fn manifest(&self) -> Result<Manifest, Error> {
        if !self.0.join(MANIFEST).exists() {
            return Err(Error::NoManifest(self.0.display().to_string()));
        }
        Manifest::parse(&self.read_file(MANIFEST)?)
    }

    /// Whether the manifest was sealed under this master key, and is as it was then.
    pub(super) fn check_seal(&self, manifest: &Manifest, master_key: &MasterKey) -> Result<(), Error> {
        let seal = self.read_file(SEAL)?;
        let seal = String::from_utf8_lossy(&seal);
        if is_sealed(master_key, &self.read_file(MANIFEST)?, &seal) {
            return Ok(());
        }
        Err(Error::OtherSeal {
            given: master_key.id().to_owned(),
            needed: manifest.master_key_id.clone(),
        })
    }

    /// Whether the file of a table is what the manifest says, read to its end.
    pub(super) fn check_table(&self, table: &TableInfo) -> Result<(), Error> {
        let damaged = |what| Error::Damaged {
            file: table.file(),
            what,
        };
        let path = self.0.join(table.file());
        let mut file = File::open(&path).map_err(Error::of_file(&path))?;
        let mut hash = Context::new(&SHA256);
        let mut length = 0;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = file.read(&mut chunk).map_err(Error::of_file(&path))?;
            if read == 0 {
                break;
            }
            length += u64::try_from(read).unwrap_or_default();
            hash.update(chunk.get(..read).unwrap_or_default());
        }
        if length != table.bytes {
            return Err(damaged("its length is another one"));
        }
        if hex(hash.finish().as_ref()) != table.sha256 {
            return Err(damaged("its SHA-256 is another one"));
        }
        let mut rows = 0;
        self.read_table(table, |text| {
            rows += count_rows(text);
            Ok(())
        })?;
        if rows == table.rows {
            Ok(())
        } else {
            Err(damaged("it has another number of rows"))
        }
    }

    /// Hands the text of a table to `take`, part by part.
    pub(super) fn read_table(
        &self,
        table: &TableInfo,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut reader = self.open_table(table)?;
        while let Some(text) = reader.next()? {
            take(text)?;
        }
        Ok(())
    }

    /// Opens the text of a table, to be read part by part.
    pub(super) fn open_table(&self, table: &TableInfo) -> Result<TableReader, Error> {
        let path = self.0.join(table.file());
        let file = File::open(&path).map_err(Error::of_file(&path))?;
        Ok(TableReader {
            text: GzDecoder::new(BufReader::new(file)),
            path,
            chunk: vec![0; CHUNK],
        })
    }
}

/// The number of rows in a part of what COPY writes: a line end in a value is written as `\n` in two characters.
fn count_rows(text: &[u8]) -> u64 {
    text.iter().fold(0, |rows, byte| rows + u64::from(*byte == b'\n'))
}

/// Reads the text of a table.
pub(super) struct TableReader {
    text: GzDecoder<BufReader<File>>,
    path: PathBuf,
    chunk: Vec<u8>,
}

impl TableReader {
    /// The next part; `None` at the end.
    pub fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        let read = self
            .text
            .read(&mut self.chunk)
            .map_err(Error::of_file(&self.path))?;
        Ok((read > 0).then(|| self.chunk.get(..read).unwrap_or_default()))
    }
}

/// Writes the text of a table.
pub(super) struct TableWriter {
    table: TableInfo,
    path: PathBuf,
    output: GzEncoder<Hashed>,
}

impl TableWriter {
    pub fn write(&mut self, text: &[u8]) -> Result<(), Error> {
        self.table.rows += count_rows(text);
        self.output.write_all(text).map_err(Error::of_file(&self.path))
    }

    /// Waits until it is on the disk, and says what was written.
    pub fn finish(self) -> Result<TableInfo, Error> {
        let cannot = Error::of_file(&self.path);
        let finished = self.output.finish().and_then(|mut hashed| {
            hashed.file.flush()?;
            hashed.file.get_ref().sync_all()?;
            Ok(hashed)
        });
        let hashed = finished.map_err(cannot)?;
        Ok(TableInfo {
            bytes: hashed.bytes,
            sha256: hex(hashed.hash.finish().as_ref()),
            ..self.table
        })
    }
}

/// A file, and the hash of what is written to it.
struct Hashed {
    file: BufWriter<File>,
    hash: Context,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += u64::try_from(written).unwrap_or_default();
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
