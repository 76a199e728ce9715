//! Texts that are not as they should be: encodings, lines, quotes, fields, columns.

use market_files::{Row, read_coded_titles, read_titles};

use crate::support::{Folder, read};

#[test]
fn a_text_that_is_not_as_it_should_be_is_refused_in_one_line() {
    let long_line = format!("name,socs\n{},15-1252\n", "x".repeat(256 * 1024));
    let long_row = format!(
        "name,socs\n\"{}\",15-1252\n",
        "x\n".repeat(99) + &"y".repeat(256 * 1024 - 50)
    );
    let many_lines = format!("name,socs\n\n\"{}", "x\n".repeat(200));
    let wide = ",".repeat(300);
    let long_name = format!("name,socs\n{},15-1252\n", "é".repeat(301));
    let long_list = format!("name,socs\nA,{}\n", "15-1252;".repeat(101));
    let long_skill = format!("name,socs,skills\nA,15-1252,a;{}\n", "é".repeat(301));
    let cases: &[(&[u8], &str)] = &[
        (b"", ": the file is empty; download it again"),
        (b"\n \r\n", ": the file is empty; download it again"),
        (
            b"\xFF\xFEn\0a\0",
            ": the file is in UTF-16; save it as UTF-8 (in Excel: \"CSV UTF-8\")",
        ),
        (
            b"\xFE\xFF\0n\0a",
            ": the file is in UTF-16; save it as UTF-8 (in Excel: \"CSV UTF-8\")",
        ),
        (
            b"n\0a\0m\0e\0",
            ", line 1: a zero byte stands at character 2, so this is not a text in UTF-8; save it as UTF-8",
        ),
        (
            b"name,socs\nA,15-1252\nIng\xE9nieur,15-1252\n",
            ", line 3: byte 0xE9 at character 4 is not UTF-8 (is the file in Latin-1 or Windows-1252?); save it as UTF-8",
        ),
        (
            b"name,socs\n\xC3\x89\xC3\x89\xE9,15-1252\n",
            ", line 2: byte 0xE9 at character 3 is not UTF-8 (is the file in Latin-1 or Windows-1252?); save it as UTF-8",
        ),
        (
            "name,socs\n\"Ä\nÖ\u{e9}".as_bytes(),
            ", line 2: a quote that opens in this row is not closed before the end of the file; close it, or double it if it is part of the text",
        ),
        (
            many_lines.as_bytes(),
            ", line 3: a quote that opens in this row is not closed within 100 lines; close it, or double it if it is part of the text",
        ),
        (
            b"name,socs\nA,15-1252\n\"",
            ", line 3: a quote that opens in this row is not closed before the end of the file; close it, or double it if it is part of the text",
        ),
        (
            long_line.as_bytes(),
            ", line 2: the line is longer than 256 KiB; check that each row stands on a line of its own",
        ),
        (
            long_row.as_bytes(),
            ", line 2: the row is longer than 256 KiB; check its fields, and that each quote that opens is closed",
        ),
        (
            b"name,socs\nA,15-1252\rB,15-1252\n",
            ", line 2: a carriage return stands within the line; save the file with line ends of Unix or Windows",
        ),
        (
            wide.as_bytes(),
            ", line 1: the row has more than 256 fields; check what separates them",
        ),
        (
            b"name,code\nA,15-1252\n",
            ", line 1: the header lacks `socs`; it has `name`, `code`",
        ),
        (
            b"\n\na;b\n",
            ", line 3: the header lacks `name`, `socs`; it has `a`, `b`",
        ),
        (
            b"name,socs,Name\nA,15-1252,B\n",
            ", line 1, column `Name`: the header has this column twice; remove or rename one",
        ),
        (
            b"name,socs\nA,15-1252\nB\n",
            ", line 3: the number of fields is 1, but the header has 2; correct the row, or download the file again",
        ),
        (
            b"name,socs\nManager, Sales,15-1252\n",
            ", line 2: the number of fields is 3, but the header has 2; correct the row, or download the file again",
        ),
        (
            long_name.as_bytes(),
            ", line 2, column `name`: the field has more than 300 characters; shorten it",
        ),
        (
            long_skill.as_bytes(),
            ", line 2, column `skills`: the field has more than 300 characters; shorten it",
        ),
        (
            long_list.as_bytes(),
            ", line 2, column `socs`: the list has more than 100 values; shorten it",
        ),
    ];
    let folder = Folder::new();
    for (content, expected) in cases {
        let said = folder.refused("titles.csv", content, read_titles);
        assert_eq!(said, format!("titles.csv{expected}"));
    }
}

#[test]
fn a_byte_order_mark_and_every_end_of_line_are_read() {
    let folder = Folder::new();
    for text in [
        "\u{feff}name,socs\nA,15-1252",
        "name,socs\r\nA,15-1252\r\n",
        "\n\nname,socs\n\nA,15-1252\n\n",
        "socs;name\n15-1252;A\n",
        "Name\tSOCS\nA\t15-1252\n",
        "\"name\",\"socs\"\n\"A\",\"15-1252\"\n",
    ] {
        let path = folder.write("titles.csv", text);
        let (rows, _) = read(&path, read_titles);
        let [Row::OwnTitle(title)] = rows.as_slice() else {
            panic!("{text:?}: {rows:?}");
        };
        assert_eq!(
            (title.name.as_str(), title.codes[0].as_str()),
            ("A", "15-1252"),
            "{text:?}"
        );
    }
}

#[test]
fn a_quoted_field_may_hold_separators_quotes_and_lines() {
    let folder = Folder::new();
    let path = folder.write(
        "coded.csv",
        "title,soc\n\"Manager, \"\"Sales\"\"\nand \u{e9}\",11-2022\nB,1\n",
    );
    let error = read_coded_titles(&path, &mut crate::support::Collected::default()).unwrap_err();
    assert_eq!(
        folder.said(&error),
        "coded.csv, line 4, column `soc`: `1` is not an occupation code; it must be like 15-1252 or 15-1252.00",
        "the lines of the field count"
    );
    let path = folder.write(
        "coded.csv",
        "title,soc\n\"Manager, \"\"Sales\"\"\nand \u{e9}\",11-2022\n",
    );
    let (rows, _) = read(&path, read_coded_titles);
    let Row::CodedTitle(title) = &rows[0] else {
        panic!("{rows:?}");
    };
    assert_eq!(title.title, "Manager, \"Sales\" and \u{e9}");
}
