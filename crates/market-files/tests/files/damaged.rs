//! Whatever bytes a file has: nothing panics, and what is refused is refused in one line.

use std::path::Path;

use market_files::{Row, Sink, read_coded_titles, read_oews, read_onet, read_soc, read_titles};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::oews::{AREAS, DATABASE, OCCUPATIONS, flat_data};
use crate::onet::OLD;
use crate::support::{Collected, Folder, Read, read, workbook, zip};

/// A change of a file.
#[derive(Debug, Clone)]
enum Damage {
    Set(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>().prop_map(|index| index.index(1 << 16));
    let bytes = prop_oneof![
        vec(any::<u8>(), 1..8),
        prop::sample::select(vec![
            "\"",
            "\t",
            "\n",
            "\r",
            ",",
            "<",
            ">",
            "&",
            "PK\x05\x06",
            "\u{feff}",
            "\0"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop_oneof![
        4 => (place.clone(), any::<u8>()).prop_map(|(place, byte)| Damage::Set(place, byte)),
        2 => (place.clone(), bytes).prop_map(|(place, bytes)| Damage::Insert(place, bytes)),
        1 => (place.clone(), 1..400_usize).prop_map(|(place, len)| Damage::Remove(place, len)),
        1 => (place, 1..400_usize).prop_map(|(place, len)| Damage::Repeat(place, len)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        let len = bytes.len();
        if len == 0 {
            break;
        }
        match damage {
            Damage::Set(place, byte) => bytes[place % len] = *byte,
            Damage::Insert(place, inserted) => {
                bytes.splice(place % len..place % len, inserted.iter().copied());
            }
            Damage::Remove(place, count) => {
                bytes.drain(place % len..(place % len + count).min(len));
            }
            Damage::Repeat(place, count) => {
                let part = bytes[place % len..(place % len + count).min(len)].to_vec();
                bytes.splice(place % len..place % len, part);
            }
        }
    }
    bytes
}

/// Reads a file that may be readable or not.
fn survive(name: &str, bytes: &[u8], read: Read) {
    let folder = Folder::new();
    let path = folder.write(name, bytes);
    if let Err(error) = read(&path, &mut Collected::default()) {
        let said = error.to_string();
        assert!(
            said.contains(name) && !said.contains(char::is_control),
            "{said:?}"
        );
        assert!(said.chars().count() < 2_500, "{said}");
    }
}

fn soc(path: &Path, sink: &mut dyn Sink) -> Result<market_files::Summary, market_files::FileError> {
    read_soc(&[path.to_owned()], sink)
}

fn sheet() -> Vec<u8> {
    workbook(
        3,
        &[
            &["title", "soc", "n"],
            &["Manager &amp; Co", "11-2022", "1"],
            &["Dev", "15-1252", "2"],
        ],
    )
}

/// The parts of a workbook, uncompressed so that damage reaches the XML and the checksums do not.
fn unpacked_sheet(damages: &[Damage]) -> Vec<u8> {
    let data = b"<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"str\"><v>soc</v></c></row>\
        <row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><r><t>Dev &amp; &#233;</t></r></is></c><c r=\"B2\"><v>15-1252</v></c></row></sheetData></worksheet>";
    let shared = b"<sst><si><t>title</t></si></sst>";
    let relations = b"<Relationships><Relationship Id=\"a\" Type=\"x/worksheet\" Target=\"s.xml\"/>\
        <Relationship Id=\"b\" Type=\"x/sharedStrings\" Target=\"t.xml\"/></Relationships>";
    zip(&[
        (
            "xl/workbook.xml",
            &b"<workbook><sheets><sheet name=\"S\" r:id=\"a\"/></sheets></workbook>"[..],
        ),
        ("xl/_rels/workbook.xml.rels", relations),
        ("xl/s.xml", &damaged(data.to_vec(), damages)),
        (
            "xl/t.xml",
            &damaged(shared.to_vec(), damages.get(2..).unwrap_or_default()),
        ),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..400), start in prop::sample::select(vec![
        &b""[..], b"SQLite format 3\0", b"PK\x03\x04", b"PK\x05\x06", b"title,soc\n", b"name\tsocs\n", b"\xEF\xBB\xBF", b"\xD0\xCF\x11\xE0",
    ])) {
        let bytes = [start, &bytes].concat();
        for read in [read_onet as Read, soc, read_coded_titles, read_titles, read_oews] {
            survive("file", &bytes, read);
            survive("file.xlsx", &bytes, read);
        }
    }

    #[test]
    fn damaged_texts_are_read_or_refused(damages in vec(damage(), 1..6)) {
        let text = "name,socs,id,skills\n\"Manager, Sales\",11-2022;11-1011,ET0000000000000001,\"a;b\"\n\"D\"\"é\"\"v\",15-1252,ET0000000000000002,\n";
        survive("titles.csv", &damaged(text.into(), &damages), read_titles);
        let text = "title\tsoc\tn\tshare\tsocs\nDev\t15-1252\t3\t0.5\t15-1252:2|15-1251:1\nB\t11-1011\t\t\t\n";
        survive("coded.tsv", &damaged(text.into(), &damages), read_coded_titles);
    }

    #[test]
    fn damaged_databases_are_read_or_refused(damages in vec(damage(), 1..6), file in 0..OLD.len()) {
        survive("db.zip", &damaged(zip(OLD), &damages), read_onet);
        let folder = Folder::with(OLD);
        let (name, text) = OLD[file];
        folder.write(name, damaged(text.into(), &damages));
        if let Err(error) = read_onet(folder.path(), &mut Collected::default()) {
            let said = error.to_string();
            assert!(said.contains(folder.path().to_str().unwrap()) && !said.contains(char::is_control), "{said:?}");
        }
    }

    #[test]
    fn damaged_workbooks_are_read_or_refused(damages in vec(damage(), 1..6)) {
        survive("coded.xlsx", &damaged(sheet(), &damages), read_coded_titles);
        survive("coded.xlsx", &unpacked_sheet(&damages), read_coded_titles);
    }

    #[test]
    fn damaged_wages_are_read_or_refused(damages in vec(damage(), 1..6), file in 0..3_usize) {
        survive("oews.sqlite", &damaged(DATABASE.into(), &damages), read_oews);
        let data = flat_data();
        let mut files = [("oe.area", AREAS), ("oe.occupation", OCCUPATIONS), ("oe.data.0.Current", &data)]
            .map(|(name, text)| (name, text.as_bytes().to_vec()));
        files[file].1 = damaged(files[file].1.clone(), &damages);
        let folder = Folder::new();
        for (name, bytes) in files {
            folder.write(name, bytes);
        }
        if let Err(error) = read_oews(folder.path(), &mut Collected::default()) {
            let said = error.to_string();
            assert!(said.contains("oe.") && !said.contains(char::is_control), "{said:?}");
        }
    }

    #[test]
    fn what_was_written_as_csv_is_read_back(
        titles in vec("[ a-zé,;\"\t\n|]{0,12}x", 1..8),
        separator in prop::sample::select(vec![',', ';', '\t']),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        is_always_quoted in any::<bool>(),
    ) {
        let mut text = format!("title{separator}soc{end}");
        for title in &titles {
            let needs_quotes = is_always_quoted || title.contains([separator, '"', '\n']);
            let field = if needs_quotes { format!("\"{}\"", title.replace('"', "\"\"")) } else { title.clone() };
            text += &format!("{field}{separator}15-1252{end}");
        }
        let folder = Folder::with(&[("coded.csv", &text)]);
        let (rows, _) = read(&folder.path().join("coded.csv"), read_coded_titles);
        let found: Vec<String> = rows
            .into_iter()
            .map(|row| match row {
                Row::CodedTitle(title) => title.title,
                other => panic!("{other:?}"),
            })
            .collect();
        let words = |title: &String| title.split_whitespace().collect::<Vec<_>>().join(" ");
        let expected: Vec<String> = titles.iter().map(words).collect();
        prop_assert_eq!(found, expected);
    }
}
