//! What is no regular file, and what is another kind of file.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use market_files::{read_onet, read_soc, read_titles};

use crate::support::{Collected, Folder, read};

#[test]
fn devices_sockets_folders_and_nothing_are_refused_before_they_are_opened() {
    let folder = Folder::new();
    let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
    folder.write("inner/file", "x");
    for (path, expected) in [
        (
            Path::new("/dev/zero"),
            "/dev/zero: this is a device, pipe or socket, not a regular file; name what was downloaded",
        ),
        (
            &folder.path().join("socket"),
            "socket: this is a device, pipe or socket, not a regular file; name what was downloaded",
        ),
        (
            &folder.path().join("inner"),
            "inner: this is a folder, not a regular file; name what was downloaded",
        ),
        (
            &folder.path().join("absent"),
            "absent: cannot find this: No such file or directory (os error 2)",
        ),
    ] {
        let error = read_titles(path, &mut Collected::default()).unwrap_err();
        assert_eq!(folder.said(&error), expected);
    }
}

#[test]
fn a_link_that_the_user_names_is_followed() {
    let folder = Folder::with(&[("titles.csv", "name,socs\nA,15-1252\n")]);
    let link = folder.path().join("link.csv");
    symlink(folder.path().join("titles.csv"), &link).unwrap();
    assert_eq!(read(&link, read_titles).0.len(), 1);
}

#[test]
fn a_link_in_a_folder_is_not_followed() {
    let folder = Folder::with(&[("elsewhere/secret", "O*NET-SOC Code\tTitle\tDescription\n")]);
    let database = folder.path().join("database");
    std::fs::create_dir(&database).unwrap();
    symlink(
        folder.path().join("elsewhere/secret"),
        database.join("Occupation Data.txt"),
    )
    .unwrap();
    let error = read_onet(&database, &mut Collected::default()).unwrap_err();
    assert_eq!(
        folder.said(&error),
        "database/Occupation Data.txt: this is a symbolic link; put the file itself in its place"
    );
}

#[test]
fn another_kind_of_file_is_named_where_a_zip_is_needed() {
    let advice = "not a zip or a folder; download the O*NET database in text files";
    let cases: &[(&[u8], &str)] = &[
        (b"O*NET-SOC Code\tTitle", "another kind of file"),
        (b"\n<!DOCTYPE html>", "an HTML or XML page"),
        (b"\x1F\x8B\x08", "a gzip file"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
        (b"Rar!", "a RAR archive"),
        (b"%PDF-1.7", "a PDF"),
    ];
    let folder = Folder::new();
    for (content, kind) in cases {
        let said = folder.refused("db.zip", content, read_onet);
        assert_eq!(said, format!("db.zip: this is {kind}, {advice}"));
    }
    assert_eq!(
        folder.refused("db.zip", b"", read_onet),
        "db.zip: the file is empty; download it again"
    );
}

#[test]
fn another_kind_of_file_is_named_where_a_workbook_is_needed() {
    let advice =
        "not an XLSX workbook; open it in a spreadsheet program and save it as XLSX, without a password";
    let ods = crate::support::zip(&[("mimetype", "x"), ("content.xml", "<x/>")]);
    let xlsb = crate::support::zip(&[("xl/workbook.bin", "x")]);
    let other = crate::support::zip(&[("a.txt", "x")]);
    let cases: &[(&[u8], &str)] = &[
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            "an old or encrypted Excel workbook",
        ),
        (b"SOC Group,SOC Code", "another kind of file"),
        (&ods, "an OpenDocument file"),
        (&xlsb, "an XLSB workbook"),
        (&other, "a zip of something else"),
    ];
    let folder = Folder::new();
    let read: crate::support::Read = |path, sink| read_soc(&[path.to_owned()], sink);
    for (content, kind) in cases {
        let said = folder.refused("soc.xlsx", content, read);
        assert_eq!(said, format!("soc.xlsx: this is {kind}, {advice}"));
    }
    let said = folder.refused("soc.csv", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", read);
    assert_eq!(
        said,
        format!("soc.csv: this is an old or encrypted Excel workbook, {advice}")
    );
}
