//! Zips that are damaged, or were made to do harm.

use std::io::{Cursor, Write as _};

use market_files::read_onet;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::onet::{OCCUPATIONS, OLD};
use crate::support::{Folder, zip};

/// The signature of a file in a zip, and of its entry in the list.
const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";

/// Writes bytes at an offset from each signature.
fn patched(mut zip: Vec<u8>, signature: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let places: Vec<usize> = (0..zip.len())
        .filter(|place| zip[*place..].starts_with(signature))
        .collect();
    assert!(!places.is_empty());
    for place in places {
        zip[place + offset..place + offset + bytes.len()].copy_from_slice(bytes);
    }
    zip
}

fn occupations() -> Vec<u8> {
    zip(&[("Occupation Data.txt", OCCUPATIONS)])
}

/// A text of valid rows that expands a hundredfold and more.
fn repetitive() -> String {
    let mut text = "O*NET-SOC Code\tTitle\tDescription\n".to_owned();
    for code in 0..6_000 {
        text += &format!("11-{code:04}.00\tA\t{}\n", "a".repeat(1_000));
    }
    text
}

#[test]
fn a_zip_bomb_is_refused_by_what_it_says_and_by_what_it_does() {
    let folder = Folder::new();
    let bomb = zip(&[("Occupation Data.txt", repetitive())]);
    let expected =
        "this expands to more than 100 times its size, which no official file does; the zip is not read";
    let said = folder.refused("db.zip", &bomb, read_onet);
    assert_eq!(said, format!("db.zip: Occupation Data.txt: {expected}"));
    // The same, but it says that it is small.
    let small = 100_u32.to_le_bytes();
    let lies = patched(patched(bomb, LOCAL, 22, &small), CENTRAL, 24, &small);
    let said = folder.refused("db.zip", lies, read_onet);
    assert_eq!(
        said,
        "db.zip: Occupation Data.txt, line 1: the zip is cut off or damaged (File is larger than its declared uncompressed size); download it again"
    );
    let huge = 0xF000_0000_u32.to_le_bytes();
    let said = folder.refused("db.zip", patched(occupations(), CENTRAL, 24, &huge), read_onet);
    assert_eq!(
        said,
        "db.zip: Occupation Data.txt: this expands to more than 2048 MiB, which no official file does; the zip is not read"
    );
}

#[test]
fn a_zip_that_is_cut_off_is_refused_wherever_it_was_cut() {
    let folder = Folder::new();
    let whole = zip(OLD);
    for end in (4..whole.len()).step_by(37).chain([whole.len() - 1]) {
        let said = folder.refused("db.zip", &whole[..end], read_onet);
        assert!(
            said.starts_with("db.zip: the zip is cut off or damaged (")
                && said.ends_with("); download it again"),
            "{end}: {said}"
        );
    }
    let said = folder.refused("db.zip", &whole[..whole.len() / 2], read_onet);
    assert_eq!(
        said,
        "db.zip: the zip is cut off or damaged (its end is missing); download it again"
    );
}

#[test]
fn a_zip_whose_content_was_changed_is_refused() {
    let folder = Folder::new();
    let said = folder.refused(
        "db.zip",
        patched(occupations(), CENTRAL, 16, b"\0\0\0\0"),
        read_onet,
    );
    assert!(
        said.starts_with("db.zip: Occupation Data.txt, line ")
            && said.contains(": the zip is cut off or damaged ("),
        "{said}"
    );
}

#[test]
fn names_that_lead_out_of_the_zip_are_refused() {
    let folder = Folder::new();
    for name in ["../Occupation Data.txt", "/etc/passwd", "a/../../b"] {
        let said = folder.refused("db.zip", zip(&[(name, "x")]), read_onet);
        let expected = format!(
            "db.zip: the zip names a file `{name}`, which leads out of the zip; download the official file"
        );
        assert_eq!(said, expected);
    }
}

#[test]
fn a_zip_in_a_zip_must_be_unpacked() {
    let folder = Folder::new();
    let advice = "name the folder or zip of an O*NET database in text files";
    let said = folder.refused("db.zip", zip(&[("x/inner.ZIP", occupations())]), read_onet);
    assert_eq!(
        said,
        format!(
            "db.zip: there is no `Occupation Data.txt` in it, but `inner.ZIP`, which must be unpacked first; {advice}"
        )
    );
    let said = folder.refused("db.zip", zip(&[("db/Skills.xlsx", "x")]), read_onet);
    assert_eq!(
        said,
        format!(
            "db.zip: there is no `Occupation Data.txt` in it, but `Skills.xlsx`, which is of another format; {advice}"
        )
    );
    let empty: [(&str, &str); 0] = [];
    let said = folder.refused("db.zip", zip(&empty), read_onet);
    assert_eq!(
        said,
        format!("db.zip: there is no `Occupation Data.txt` in it; {advice}")
    );
}

#[test]
fn two_files_of_one_name_are_refused() {
    let folder = Folder::new();
    let twice = zip(&[
        ("a/Occupation Data.txt", OCCUPATIONS),
        ("b/Occupation Data.txt", OCCUPATIONS),
    ]);
    assert_eq!(
        folder.refused("db.zip", twice, read_onet),
        "db.zip: `Occupation Data.txt` is there twice, as `a/Occupation Data.txt` and `b/Occupation Data.txt`; keep one database only"
    );
    let twice = zip(&[
        ("Occupation Data.txt", OCCUPATIONS),
        ("Occupation Data.tyt", OCCUPATIONS),
    ]);
    let name = b"Occupation Data.txt";
    let twice = patched(twice, b"Occupation Data.tyt", 0, name);
    assert_eq!(
        folder.refused("db.zip", twice, read_onet),
        "db.zip: the zip is cut off or damaged (two of its entries have the same name); download it again"
    );
}

#[test]
fn parts_that_are_encrypted_or_packed_otherwise_are_refused() {
    let folder = Folder::new();
    let encrypted = patched(patched(occupations(), LOCAL, 6, b"\x01"), CENTRAL, 8, b"\x01");
    let said = folder.refused("db.zip", encrypted, read_onet);
    assert_eq!(
        said,
        "db.zip: Occupation Data.txt: this is encrypted; remove the password"
    );
    let bzip2 = patched(patched(occupations(), LOCAL, 8, b"\x0C"), CENTRAL, 10, b"\x0C");
    let said = folder.refused("db.zip", bzip2, read_onet);
    assert_eq!(
        said,
        "db.zip: Occupation Data.txt: this is compressed by another method than deflate; pack it again as an ordinary zip"
    );
}

#[test]
fn a_link_in_a_zip_is_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer
        .add_symlink("Occupation Data.txt", "/etc/passwd", options)
        .unwrap();
    let zip = writer.finish().unwrap().into_inner();
    let said = Folder::new().refused("db.zip", zip, read_onet);
    assert_eq!(
        said,
        "db.zip: Occupation Data.txt: this is a symbolic link; put the file itself in its place"
    );
}

#[test]
fn a_zip_of_too_many_entries_is_refused_before_they_are_listed() {
    let folder = Folder::new();
    let expected =
        "db.zip: the zip has more than 2000 entries, or is in the ZIP64 format; download the official file";
    let names: Vec<String> = (0..2_001).map(|number| number.to_string()).collect();
    let entries: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(folder.refused("db.zip", zip(&entries), read_onet), expected);
    let zip64 = patched(
        occupations(),
        b"PK\x05\x06",
        8,
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
    );
    assert_eq!(folder.refused("db.zip", zip64, read_onet), expected);
}

#[test]
fn a_zip_without_compression_and_with_a_comment_is_read() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file("Occupation Data.txt", options).unwrap();
    writer.write_all(OCCUPATIONS.as_bytes()).unwrap();
    writer.set_comment("O*NET").unwrap();
    let zip = writer.finish().unwrap().into_inner();
    let folder = Folder::new();
    let path = folder.write("db.zip", zip);
    assert_eq!(crate::support::read(&path, read_onet).0.len(), 2);
}
