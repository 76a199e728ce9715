//! Workbooks as programs write them, and as nobody should.

use std::fmt::Write as _;

use market_files::{Row, read_coded_titles};

use crate::support::{Folder, read, workbook, workbook_of};

const HEADER: &str = r#"<row><c t="inlineStr"><is><t>title</t></is></c><c t="str"><v>soc</v></c></row>"#;

fn sheet(rows: &str) -> String {
    format!("<worksheet><cols><col/></cols><sheetData>{HEADER}{rows}</sheetData><x/></worksheet>")
}

fn titles<'a>(rows: &'a [Row]) -> Vec<(&'a str, &'a str)> {
    let title = |row: &'a Row| match row {
        Row::CodedTitle(title) => (title.title.as_str(), title.code.as_str()),
        other => panic!("{other:?}"),
    };
    rows.iter().map(title).collect()
}

#[test]
fn cells_are_read_as_programs_write_them() {
    let shared = "<sst><si><r><rPr><b/></rPr><t>Sr. </t></r><r><t xml:space=\"preserve\">Dev &amp; Co</t></r>\
                  <rPh><t>no</t></rPh></si><si><t/></si><si><t><![CDATA[<A>]]>&#233;</t></si></sst>";
    let rows = r#"
        <row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3" t="str"><f>A1&amp;"x"</f><v>15-1252</v></c></row>
        <row r="5"><c r="B5" t="inlineStr"><is><t>15-1253</t></is></c><c r="XFD5"><v>1</v></c></row>
        <row r="1048576"><c t="s"><v>2</v></c><c t="str"><v> 15-1254 </v></c><c><v>7</v></c></row>"#;
    let prefixed = sheet(rows).replace("</", "</x:").replace("<x/>", "");
    let prefixed = prefixed.replace('<', "<x:").replace("<x:/x:", "</x:");
    let folder = Folder::new();
    for xml in [sheet(rows), prefixed] {
        let other = "<worksheet><sheetData><row><c><v>Notes</v></c></row></sheetData></worksheet>";
        let path = folder.write(
            "coded.xlsx",
            workbook_of(
                &[("Empty", "<chartsheet/>"), ("Notes", other), ("Data", &xml)],
                shared,
            ),
        );
        let (rows, summary) = read(&path, read_coded_titles);
        assert_eq!(
            titles(&rows),
            [("Sr. Dev & Co", "15-1252"), ("<A>é", "15-1254")],
            "{xml}"
        );
        let skipped = &summary.files[0].skipped[0];
        assert_eq!(skipped.to_string(), "1 row skipped: there is no title (line 5)");
    }
}

#[test]
fn a_workbook_is_recognised_without_its_ending() {
    let folder = Folder::new();
    let path = folder.write("coded", workbook(1, &[&["title", "soc"], &["A", "15-1252"]]));
    assert_eq!(titles(&read(&path, read_coded_titles).0), [("A", "15-1252")]);
}

#[test]
fn a_workbook_without_the_columns_is_refused() {
    let folder = Folder::new();
    let said = folder.refused("a.xlsx", workbook(1, &[&["x", "y"]]), read_coded_titles);
    let expected = "a.xlsx: none of the first 50 rows of a sheet names the columns `title`, `soc`; check that it is the right file";
    assert_eq!(said, expected);
    let nearly = workbook(1, &[&["x", "y"], &["title", "y"]]);
    let said = folder.refused("a.xlsx", nearly, read_coded_titles);
    assert_eq!(
        said,
        "a.xlsx, sheet `Sheet 1`, row 2: the header lacks `soc`; it has `title`, `y`"
    );
}

#[test]
fn xml_that_no_program_writes_is_refused() {
    let advice = "; open it in a spreadsheet program and save it as XLSX";
    let deep = "<a>".repeat(40);
    let long = "x".repeat(2 * 1024 * 1024);
    let mut noise = 1_u32;
    // Text that hardly compresses, so that no other limit is met first.
    let long: String = long
        .chars()
        .map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'a' + u8::try_from(noise >> 24).unwrap() % 26)
        })
        .collect();
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>";
    let cell = |text: &str| format!("<row r=\"2\"><c t=\"str\"><v>{text}</v></c></row>");
    let cases: &[(String, &str)] = &[
        (sheet("<row r=\"1\"/>"), "rows are out of order"),
        (sheet("<row r=\"1048577\"/>"), "rows are out of order"),
        (sheet("<row r=\"x\"/>"), "a row has no number"),
        (
            sheet("<row><c r=\"B2\"/><c r=\"A2\"/></row>"),
            "cells are out of order",
        ),
        (sheet("<row><c r=\"2\"/></row>"), "a cell has no place"),
        (
            sheet("<row><c t=\"s\"><v>1</v></c></row>"),
            "a cell names a text that is not there",
        ),
        (
            sheet("<row><c t=\"s\"><v>-1</v></c></row>"),
            "a cell names a text that is not there",
        ),
        (sheet(&deep), "its elements are nested too deep"),
        (
            format!("{bomb}{}", sheet(&cell("&b;"))),
            "it uses an entity that XML does not define",
        ),
        (
            sheet("<row><c/>").replace("</sheetData><x/></worksheet>", ""),
            "a sheet is cut off",
        ),
    ];
    let folder = Folder::new();
    for (xml, expected) in cases {
        let workbook = workbook_of(&[("S", xml)], "<sst><si><t>A</t></si></sst>");
        let said = folder.refused("a.xlsx", workbook, read_coded_titles);
        assert!(
            said.ends_with(&format!(
                ": the workbook is damaged or not XLSX ({expected}){advice}"
            )),
            "{said}"
        );
        assert!(said.starts_with("a.xlsx, sheet `S`, row "), "{said}");
    }
    let workbook = workbook_of(&[("S", &sheet(&cell(&long)))], "<sst/>");
    let said = folder.refused("a.xlsx", workbook, read_coded_titles);
    let expected = "the workbook is damaged or not XLSX (a tag or text in it is too long)";
    assert_eq!(said, format!("a.xlsx, sheet `S`, row 2: {expected}{advice}"));
}

#[test]
fn a_sheet_that_is_not_xml_is_refused() {
    let folder = Folder::new();
    for xml in [
        "<worksheet",
        "<a></b>",
        "<sheetData><row r=\"1\"><c a=></sheetData>",
        "\u{0}\u{1}<<>>&&",
    ] {
        let said = folder.refused("a.xlsx", workbook_of(&[("S", xml)], "<sst/>"), read_coded_titles);
        assert!(said.starts_with("a.xlsx") && !said.contains('\n'), "{said}");
    }
}

#[test]
fn a_row_of_too_much_text_is_refused() {
    let shared = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(100 * 1024));
    let mut row = String::from("<row>");
    for _ in 0..20 {
        write!(row, "<c t=\"s\"><v>0</v></c>").unwrap();
    }
    let folder = Folder::new();
    let workbook = workbook_of(&[("S", &sheet(&(row + "</row>")))], &shared);
    let said = folder.refused("a.xlsx", workbook, read_coded_titles);
    assert_eq!(
        said,
        "a.xlsx, sheet `S`, row 2: the row is longer than 256 KiB; check its fields, and that each quote that opens is closed"
    );
}
