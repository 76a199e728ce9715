//! SOC's workbooks.

use market_files::{FileError, Occupation, OccupationLevel, Row, SkipReason, Title, TitleKind, read_soc};

use crate::support::{Collected, Folder, code, workbook};

const DEFINITIONS: &[&[&str]] = &[
    &["U.S. Bureau of Labor Statistics"],
    &["Multiple occupations", "Multiple occupations"],
    &["SOC Group", "SOC Code", "SOC  Title", "SOC Definition"],
    &["Major", "11-0000", "Management Occupations"],
    &["", "", "", ""],
    &[
        "Detailed",
        "11-1011",
        "Chief Executives",
        "Determine and formulate&#10;policies.",
    ],
];
const MATCHES: &[&[&str]] = &[
    &[
        "2018 SOC Code",
        "2018 SOC Title",
        "2018 SOC Direct Match Title",
        "Illustrative Example",
    ],
    &["11-1011", "Chief Executives", "Admiral", "x"],
    &["11-1011", "Chief Executives", "CEO"],
    &["11-1011", "Chief Executives", "CEO"],
];

fn occupation(text: &str, title: &str, description: Option<&str>, level: OccupationLevel) -> Row {
    Row::Occupation(Occupation {
        code: code(text),
        title: title.to_owned(),
        description: description.map(str::to_owned),
        level,
    })
}

fn title(text: &str, is_illustrative: bool) -> Row {
    Row::Title(Title {
        code: code("11-1011"),
        title: text.to_owned(),
        short_title: None,
        kind: TitleKind::DirectMatch { is_illustrative },
    })
}

#[test]
fn the_workbooks_are_told_apart_by_their_columns_below_the_preamble() {
    let folder = Folder::new();
    let matches = folder.write("a.xlsx", workbook(1, MATCHES));
    let definitions = folder.write("b.xlsx", workbook(6, DEFINITIONS));
    let mut collected = Collected::default();
    let summary = read_soc(&[matches, definitions], &mut collected).unwrap();
    assert_eq!(
        collected.rows,
        [
            title("Admiral", true),
            title("CEO", false),
            occupation("11-0000", "Management Occupations", None, OccupationLevel::Major),
            occupation(
                "11-1011",
                "Chief Executives",
                Some("Determine and formulate policies."),
                OccupationLevel::Detailed
            ),
        ]
    );
    assert_eq!((summary.files[0].rows, summary.files[1].rows), (3, 2));
    let skipped = &summary.files[0].skipped[0];
    assert_eq!(
        (skipped.reason, &*skipped.first_lines),
        (SkipReason::Repeated, &[4][..])
    );
}

#[test]
fn what_is_wrong_is_said_by_sheet_row_and_column() {
    let header = DEFINITIONS[2];
    let row: &[&str] = &["Broad", "11-1010", "A"];
    let cases: &[(&[&[&str]], &str)] = &[
        (
            &[header, row, row],
            ", row 5, column `SOC Code`: `11-1010` stands in line 4 already; remove one of the two",
        ),
        (
            &[header, &["Broad", "11-1010.00", "A"]],
            ", row 4, column `SOC Code`: `11-1010.00` must be a code like 15-1252",
        ),
        (
            &[header, &["", "11-1010", "A"]],
            ", row 4, column `SOC Group`: the field is empty; fill it in, or remove the row",
        ),
        (
            &[header, &["Tiny", "11-1010", "A"]],
            ", row 4, column `SOC Group`: `Tiny` is not one of Major, Minor, Broad, Detailed",
        ),
        (
            &[
                &["Preamble"],
                &["SOC Code", "SOC Title"],
                &["Group", "SOC Code", "SOC Title", "SOC Definition"],
            ],
            ", row 5: the header lacks `SOC Group`; it has `Group`, `SOC Code`, `SOC Title`, `SOC Definition`",
        ),
    ];
    let folder = Folder::new();
    for (rows, expected) in cases {
        let path = folder.write("soc.xlsx", workbook(3, rows));
        let error: FileError = read_soc(&[path], &mut Collected::default()).unwrap_err();
        assert_eq!(
            folder.said(&error),
            format!("soc.xlsx, sheet `Sheet 1`{expected}")
        );
    }
}
