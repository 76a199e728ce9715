//! `market import` of files that are wrong: one line that says where, and nothing of them in the database.

use std::io::{Cursor, Write};
use std::path::PathBuf;

use test_support::command_line::CommandLine;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const OCCUPATIONS: &str = "O*NET-SOC Code\tTitle\tDescription
15-1252.00\tSoftware Developers\tResearch, design, and develop software.
";
const TITLES: &str = "O*NET-SOC Code\tAlternate Title\tShort Title
15-1252.00\tApplication Developer\tn/a
";

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Something that is wrong: the command, the file, its content, and what the line says of it.
struct Wrong {
    command: &'static str,
    name: &'static str,
    content: Vec<u8>,
    says: &'static [&'static str],
}

fn wrong(
    command: &'static str,
    name: &'static str,
    content: impl Into<Vec<u8>>,
    says: &'static [&'static str],
) -> Wrong {
    Wrong {
        command,
        name,
        content: content.into(),
        says,
    }
}

/// Zips that are no database of O*NET, or were made to do harm; and a workbook that is none.
fn zips() -> Vec<Wrong> {
    let whole = zip(&[
        ("Occupation Data.txt", OCCUPATIONS),
        ("Alternate Titles.txt", TITLES),
    ]);
    let bomb = format!("{OCCUPATIONS}15-1253.00\tA\t{}\n", "a".repeat(200)).repeat(40_000);
    vec![
        wrong(
            "onet",
            "bomb.zip",
            zip(&[("Occupation Data.txt", &bomb)]),
            &["bomb.zip: Occupation Data.txt", "expands to more than 100 times"],
        ),
        wrong(
            "onet",
            "cut.zip",
            &whole[..whole.len() / 2],
            &["cut.zip", "cut off or damaged"],
        ),
        wrong(
            "onet",
            "other.zip",
            zip(&[("Alternate Titles.txt", TITLES)]),
            &["other.zip", "`Occupation Data.txt`"],
        ),
        wrong("soc", "soc.xlsx", zip(&[("x", "y")]), &["soc.xlsx"]),
    ]
}

/// Texts that are wrong before their rows are read.
fn texts() -> Vec<Wrong> {
    let utf16 = "\u{feff}name,socs\n".encode_utf16();
    let utf16: Vec<u8> = utf16.flat_map(u16::to_le_bytes).collect();
    let latin = b"name,socs\nInfirmi\xe8re,29-1141\n".to_vec();
    vec![
        wrong(
            "titles",
            "lacks.csv",
            "name,codes\nNurse,29-1141\n",
            &["lacks.csv", "line 1", "lacks `socs`", "`codes`"],
        ),
        wrong(
            "titles",
            "utf16.csv",
            utf16,
            &["utf16.csv", "UTF-16", "save it as UTF-8"],
        ),
        wrong(
            "titles",
            "latin.csv",
            latin,
            &["latin.csv, line 2", "0xE8 at character 8", "save it as UTF-8"],
        ),
        wrong(
            "titles",
            "zero.csv",
            "name,socs\nNur\0se,29-1141\n",
            &["zero.csv, line 2", "zero byte"],
        ),
        wrong(
            "coded-titles",
            "twice.tsv",
            "title\tsoc\tTitle\nx\t15-1252\ty\n",
            &["twice.tsv, line 1, column `Title`", "twice"],
        ),
    ]
}

/// Lists whose last row is wrong, behind far more rows than are written at a time.
fn lists() -> Vec<Wrong> {
    type Case = (&'static str, &'static str, &'static [&'static str]);
    const OWN: [Case; 5] = [
        (
            "twice.csv",
            "TITLE 7,15-1252,",
            &["twice.csv, line 5002, column `name`", "line 9"],
        ),
        (
            "id.csv",
            "Other,15-1252,ET0000000000000007",
            &["id.csv, line 5002, column `id`", "line 9"],
        ),
        (
            "code.csv",
            "Other,15-12,",
            &[
                "code.csv, line 5002, column `socs`",
                "`15-12` is not an occupation code",
            ],
        ),
        (
            "quote.csv",
            "\"Other,15-1252,",
            &["quote.csv, line 5002", "a quote that opens in this row"],
        ),
        (
            "fields.csv",
            "Other,15-1252",
            &[
                "fields.csv, line 5002",
                "the number of fields is 2, but the header has 3",
            ],
        ),
    ];
    let own = (0..5_000).map(|n| format!("Title {n},15-1252,ET{n:016X}\n"));
    let own = format!("name,socs,id\n{}", own.collect::<String>());
    let coded = (0..5_000).map(|n| format!("Title {n}\t15-1252\t1\n"));
    let coded = format!("title\tsoc\tn\n{}Other\t15-1252\t-1\n", coded.collect::<String>());
    let words = &["n.tsv, line 5002, column `n`", "`-1` is not a whole number"];
    OWN.into_iter()
        .map(|(name, last, says)| wrong("titles", name, format!("{own}{last}\n"), says))
        .chain([wrong("coded-titles", "n.tsv", coded, words)])
        .collect()
}

fn write(registry: &CommandLine, name: &str, content: &[u8]) -> PathBuf {
    let path = registry.dir.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

const NOTHING_IS_IMPORTED: &str = "do $$ begin
    assert (select count(*) from market_source) = 0;
    assert (select count(*) from market_job_title) = 0;
    assert (select count(*) from market_own_title) = 0;
    assert (select count(*) from market_occupation) = 0;
    assert (select count(*) from market_version) = 0;
    assert (select count(*) from audit_event where action in ('imported', 'composed')) = 0;
end $$";

#[test]
fn a_file_that_is_wrong_is_refused_where_it_is_and_nothing_of_it_is_imported() {
    let registry = CommandLine::new();
    for Wrong {
        command,
        name,
        content,
        says,
    } in zips().into_iter().chain(texts()).chain(lists())
    {
        let path = write(&registry, name, &content);
        let line = registry.error(&["market", "import", command, path.to_str().unwrap()]);
        for words in says {
            assert!(line.contains(words), "{name}: no `{words}` in {line}");
        }
    }
    registry.execute(NOTHING_IS_IMPORTED);
    // Afterwards one that is right is taken.
    let path = write(&registry, "good.csv", b"name,socs\nNurse,29-1141\n");
    let imported = registry.json(&["market", "import", "titles", path.to_str().unwrap()]);
    assert_eq!(imported["draft"]["version"], "1.0");
}
