//! Databases of O*NET that are not as they should be.

use std::ops::ControlFlow;

use market_files::{Problem, Row, Sink, read_onet};

use crate::onet::{OCCUPATIONS, OLD};
use crate::support::{Collected, Folder};

/// What is said of a database with files of its own beside the occupations.
fn refused(files: &[(&str, &str)]) -> String {
    let folder = Folder::with(&[("Occupation Data.txt", OCCUPATIONS)]);
    for (name, text) in files {
        folder.write(name, text);
    }
    let error = read_onet(folder.path(), &mut Collected::default()).unwrap_err();
    folder.said(&error)
}

const SKILLS: &str = "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\tRecommend Suppress\n";
const EDUCATION: &str = "O*NET-SOC Code\tScale ID\tCategory\tData Value\n";
const RELATED: &str = "O*NET-SOC Code\tRelated O*NET-SOC Code\tIndex\n";

/// A file, its header, its rows, and what is said of it.
const CASES: &[(&str, &str, &str, &str)] = &[
    (
        "Occupation Data.txt",
        "O*NET-SOC Code\tTitle\tDescription\n",
        "11-1011.00\tA\t\n11-1011.00\tB\t\n",
        ", line 3, column `O*NET-SOC Code`: `11-1011.00` stands in line 2 already; remove one of the two",
    ),
    (
        "Occupation Data.txt",
        "O*NET-SOC Code\tTitle\tDescription\n",
        "11-1011\tA\t\n",
        ", line 2, column `O*NET-SOC Code`: `11-1011` must be a code like 15-1252.00",
    ),
    (
        "Occupation Data.txt",
        "O*NET-SOC Code\tTitle\tDescription\n",
        "11-1011.0O\tA\t\n",
        ", line 2, column `O*NET-SOC Code`: `11-1011.0O` is not an occupation code; it must be like 15-1252 or 15-1252.00",
    ),
    (
        "Occupation Data.txt",
        "O*NET-SOC Code\tTitle\tDescription\n",
        "11-1011.00\t \t\n",
        ", line 2, column `Title`: the field is empty; fill it in, or remove the row",
    ),
    (
        "Job Titles.txt",
        "O*NET-SOC Code\tTitle\n",
        "",
        ", line 1: the header lacks `Alternate Title` or `Job Title`; it has `O*NET-SOC Code`, `Title`",
    ),
    (
        "Knowledge.txt",
        SKILLS,
        "11-1011.00\t2.C.1\tLaw\tIM\t5.5\tN\n",
        ", line 2, column `Data Value`: `5.5` is not a number from 1 to 5",
    ),
    (
        "Knowledge.txt",
        SKILLS,
        "11-1011.00\t2.C.1\tLaw\tLV\tNaN\tN\n",
        ", line 2, column `Data Value`: `NaN` is not a number from 0 to 7",
    ),
    (
        "Knowledge.txt",
        SKILLS,
        "11-1011.00\t2.C.1\tLaw\tIM\t5\tmaybe\n",
        ", line 2, column `Recommend Suppress`: `maybe` is not one of Y, N, n/a",
    ),
    (
        "Knowledge.txt",
        SKILLS,
        "11-1011.00\t2.C.1\tLaw\tIM\t5\tN\n11-1011.00\t2.C.1\tLaw\tIM\t5\tN\n",
        ", line 3, column `Element ID`: `2.C.1` stands in line 2 already; remove one of the two",
    ),
    (
        "Knowledge.txt",
        SKILLS,
        "11-1011.00\t2.C.1\tLaw\tIM\t5\tN\n15-1252.00\t2.C.1\tLaw\tIM\t5\tN\n11-1011.00\t2.C.1\tLaw\tLV\t5\tN\n",
        ", line 4, column `O*NET-SOC Code`: rows of `11-1011.00` stand further up, apart from this one; sort the file by occupation",
    ),
    (
        "Education.txt",
        EDUCATION,
        "11-1011.00\tRL\t13\t5\n",
        ", line 2, column `Category`: `13` is not a whole number from 1 to 12",
    ),
    (
        "Education.txt",
        EDUCATION,
        "11-1011.00\tRL\t1\t5\n11-1011.00\tRL\t1\t5\n",
        ", line 3, column `Category`: `1` stands in line 2 already; remove one of the two",
    ),
    (
        "Education.txt",
        EDUCATION,
        "11-1011.00\tRL\t1\t100.1\n",
        ", line 2, column `Data Value`: `100.1` is not a number from 0 to 100",
    ),
    (
        "Related Occupations.txt",
        RELATED,
        "11-1011.00\t15-1252.00\t0\n",
        ", line 2, column `Index`: `0` is not a whole number from 1 to 65535",
    ),
    (
        "Job Zones.txt",
        "O*NET-SOC Code\tJob Zone\n",
        "11-1011.00\t6\n",
        ", line 2, column `Job Zone`: `6` is not a whole number from 1 to 5",
    ),
    (
        "Job Zones.txt",
        "O*NET-SOC Code\tJob Zone\n",
        "11-1011.00\t5\n11-1011.00\t5\n",
        ", line 3, column `O*NET-SOC Code`: `11-1011.00` stands in line 2 already; remove one of the two",
    ),
    (
        "Job Zones.txt",
        "O*NET-SOC Code\tJob Zone\n",
        "11-1011.00\n",
        ", line 2: the number of fields is 1, but the header has 2; correct the row, or download the file again",
    ),
];

#[test]
fn a_row_that_is_not_as_it_should_be_is_refused_by_its_column() {
    for (name, header, rows, expected) in CASES {
        assert_eq!(
            refused(&[(name, &format!("{header}{rows}"))]),
            format!("{name}{expected}")
        );
    }
}

#[test]
fn a_folder_without_occupations_says_what_is_there_instead() {
    let advice = "; name the folder or zip of an O*NET database in text files";
    for (file, hint) in [
        ("notes.txt", ""),
        (
            "db_30_3_text.zip",
            ", but `db_30_3_text.zip`, which must be unpacked first",
        ),
        ("Skills.xlsx", ", but `Skills.xlsx`, which is of another format"),
        ("occupation data.txt", ""),
        ("a/b/Occupation Data.txt", ""),
    ] {
        let folder = Folder::with(&[(file, "x")]);
        let error = read_onet(folder.path(), &mut Collected::default()).unwrap_err();
        assert_eq!(
            folder.said(&error),
            format!("FOLDER: there is no `Occupation Data.txt` in it{hint}{advice}")
        );
    }
}

#[test]
fn two_databases_in_one_folder_are_refused() {
    let said = refused(&[("old/Occupation Data.txt", OCCUPATIONS)]);
    assert_eq!(
        said,
        "FOLDER: `Occupation Data.txt` is there twice, as `Occupation Data.txt` and `old/Occupation Data.txt`; keep one database only"
    );
    let said = refused(&[("Skills.txt", "x"), ("Essential Skills.txt", "x")]);
    assert_eq!(
        said,
        "FOLDER: `Skills.txt` is of O*NET 30.2 or before and `Essential Skills.txt` of 30.3 or after; keep one database only"
    );
}

#[test]
fn a_sink_that_has_enough_ends_reading() {
    struct Enough(u32);

    impl Sink for Enough {
        fn row(&mut self, _row: Row) -> ControlFlow<()> {
            self.0 += 1;
            if self.0 == 3 {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        }
    }

    let folder = Folder::with(OLD);
    let mut sink = Enough(0);
    let error = read_onet(folder.path(), &mut sink).unwrap_err();
    assert!(matches!(error.problem(), Problem::Stopped));
    assert_eq!(folder.said(&error), "Alternate Titles.txt: reading was stopped");
    assert_eq!(sink.0, 3);
}
