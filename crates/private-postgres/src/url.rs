//! The URL of a database behind the socket.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::socket_dir::PORT;

/// The database that every new cluster has.
pub(crate) const DATABASE: &str = "partner";

/// The URL of a database behind the socket in a directory.
///
/// It names the port and the SSL mode, which sqlx and libpq would otherwise take from `PGPORT` and `PGSSLMODE`.
pub(crate) fn of(socket_dir: &Path, database: &str) -> String {
    let (database, host) = (
        encode(database.as_bytes(), ""),
        encode(socket_dir.as_os_str().as_bytes(), "/"),
    );
    format!("postgres:///{database}?host={host}&port={PORT}&user=postgres&sslmode=disable")
}

fn encode(bytes: &[u8], also_plain: &str) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len()), |mut out, &byte| {
            if byte.is_ascii_alphanumeric()
                || b"-._~".contains(&byte)
                || also_plain.as_bytes().contains(&byte)
            {
                out.push(char::from(byte));
            } else {
                // Writing to a String does not fail.
                _ = write!(out, "%{byte:02X}");
            }
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_and_the_name_are_percent_encoded() {
        let url = of(Path::new("/home/a b+c/é"), "x/y?");
        assert_eq!(
            url,
            "postgres:///x%2Fy%3F?host=/home/a%20b%2Bc/%C3%A9&port=5432&user=postgres&sslmode=disable"
        );
    }
}
