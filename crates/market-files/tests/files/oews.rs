//! Wages and employment, of four forms.

use std::path::Path;

use market_files::{Area, Estimate, OccupationLevel, Row, SkipReason, Wage, read_oews};

use crate::support::{Collected, Folder, code, read};

const HEADER: &str = "AREA,AREA_TITLE,AREA_TYPE,NAICS,I_GROUP,OCC_CODE,OCC_TITLE,O_GROUP,TOT_EMP,EMP_PRSE,JOBS_1000,\
    LOC_QUOTIENT,H_MEAN,A_MEAN,MEAN_PRSE,H_PCT10,H_PCT25,H_MEDIAN,H_PCT75,H_PCT90,A_PCT10,A_PCT25,A_MEDIAN,A_PCT75,A_PCT90\n";
const ROW: &str = "0010180,\"Abilene, TX\",4,000000,cross-industry,29-1210,Physicians,broad,\"1,230\",5.1,2.5,0.9,\
    **,#,~,50.5,*,#,#,#,100000,,#,#,#\n";

/// A database with small pages, so that its trees have branches and its records go on in other pages.
pub const DATABASE: &[u8] = include_bytes!("oews.sqlite");
pub const AREAS: &str = "state_code\tarea_code\tareatype_code\tarea_name\n\
    00\t0000000\tN\tNational\n48\t4800000\tS\tTexas\n48\t0010180\tM\tAbilene, TX\n\
    01\t0100001\tM\tNorthwest Alabama nonmetropolitan area\n";
pub const OCCUPATIONS: &str = "occupation_code\toccupation_name\tdisplay_level\n\
    000000\tAll Occupations\t0\n110000\tManagement Occupations\t0\n111000\tTop Executives\t1\n\
    111010\tChief Executives\t2\n111011\tChief Executives\t3\n";
const DATA_HEADER: &str = "series_id                     \tyear\tperiod\t       value\tfootnote_codes\n";

/// The estimates of `oews.sql` as a flat file.
pub fn flat_data() -> String {
    let mut text = DATA_HEADER.to_owned();
    let mut cell = 0;
    for area in ["N0000000", "S4800000", "M0010180", "M0100001"] {
        for occupation in ["000000", "110000", "111000", "111010", "111011"] {
            cell += 1;
            for kind in 1..=16 {
                let (value, footnotes) = match kind {
                    3 => ("-".to_owned(), "8"),
                    10 => ("-".to_owned(), "2,5"),
                    _ => (format!("{}.5", cell * 100 + kind), ""),
                };
                text += &format!(
                    "OEU{area}000000{occupation}{kind:02}     \t2025\tA01\t{value:>12}\t{footnotes}\n"
                );
            }
        }
    }
    text + "OEUN000000011--1211101101     \t2025\tA01\t           1\t\n"
}

#[test]
fn signs_stand_for_what_is_missing_and_for_what_is_too_high() {
    let (missing, top) = (Estimate::Missing, Estimate::TopCoded);
    let value = Estimate::Value;
    let industry = ROW.replace("cross-industry", "sector");
    let folder = Folder::with(&[("all.csv", &format!("{HEADER}{ROW}{industry}"))]);
    let (rows, summary) = read(&folder.path().join("all.csv"), read_oews);
    let expected = Wage {
        area: Area::Metropolitan("10180".to_owned()),
        area_title: "Abilene, TX".to_owned(),
        code: code("29-1210"),
        title: "Physicians".to_owned(),
        level: Some(OccupationLevel::Broad),
        employment: value(1230.0),
        employment_rse: value(5.1),
        jobs_1000: value(2.5),
        location_quotient: value(0.9),
        hourly_mean: missing,
        annual_mean: top,
        mean_rse: missing,
        hourly: [value(50.5), missing, top, top, top],
        annual: [value(100_000.0), missing, top, top, top],
    };
    assert_eq!(rows, [Row::Wage(Box::new(expected))]);
    let skipped = &summary.files[0].skipped[0];
    assert_eq!(
        (skipped.reason, &*skipped.first_lines),
        (SkipReason::PartOfEconomy, &[3][..])
    );
}

#[test]
fn a_wage_of_0_is_one_that_is_missing_and_an_employment_of_0_is_not() {
    let row = ROW.replace("1,230", "0").replace(",50.5,*,", ",0,0.00,");
    let folder = Folder::with(&[("all.csv", &format!("{HEADER}{row}"))]);
    let (rows, _) = read(&folder.path().join("all.csv"), read_oews);
    let [Row::Wage(wage)] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!(wage.employment, Estimate::Value(0.0));
    assert_eq!(wage.hourly[..2], [Estimate::Missing; 2]);
    assert_eq!(wage.annual[0], Estimate::Value(100_000.0));
    // In the flat files too.
    let data = flat_data()
        .replace(" 103.5", " 0")
        .replace(" 104.5", "0.00")
        .replace(" 108.5", "    0");
    let folder = Folder::with(&[
        ("oe.area", AREAS),
        ("oe.occupation", OCCUPATIONS),
        ("oe.data.0.Current", &data),
    ]);
    let (rows, _) = read(folder.path(), read_oews);
    let Row::Wage(wage) = &rows[0] else {
        panic!("{rows:?}")
    };
    assert_eq!(
        (wage.annual_mean, wage.hourly[2]),
        (Estimate::Missing, Estimate::Missing)
    );
}

#[test]
fn areas_and_levels_are_what_their_columns_say() {
    let folder = Folder::new();
    for ((kind, area, group), (expected, level)) in [
        (("1", "99", "total"), (Area::Nation, None)),
        (
            ("2", "1", "major"),
            (Area::State("01".to_owned()), Some(OccupationLevel::Major)),
        ),
        (
            ("3", "66", "minor"),
            (Area::State("66".to_owned()), Some(OccupationLevel::Minor)),
        ),
        (
            ("4", "10180", "detailed"),
            (
                Area::Metropolitan("10180".to_owned()),
                Some(OccupationLevel::Detailed),
            ),
        ),
        (
            ("6", "100001", "broad"),
            (Area::Other("0100001".to_owned()), Some(OccupationLevel::Broad)),
        ),
    ] {
        let row = ROW
            .replace("0010180,", &format!("{area},"))
            .replace(",4,0", &format!(",{kind},0"));
        let path = folder.write("all.csv", format!("{HEADER}{}", row.replace("broad", group)));
        let (rows, _) = read(&path, read_oews);
        assert!(
            matches!(&rows[0], Row::Wage(wage) if wage.area == expected && wage.level == level),
            "{rows:?}"
        );
    }
}

#[test]
fn the_flat_files_and_the_database_say_the_same() {
    let folder = Folder::with(&[
        ("oe.area", AREAS),
        ("oe.occupation", OCCUPATIONS),
        ("oe.data.0.Current", &flat_data()),
    ]);
    let (mut from_files, summary) = read(folder.path(), read_oews);
    let data = &summary.files[2];
    assert_eq!((data.rows, data.handed_on, data.skipped[0].rows), (321, 20, 1));
    let database = folder.write("oews.sqlite", DATABASE);
    let mut collected = Collected::default();
    let summary = read_oews(&database, &mut collected).unwrap();
    let table = &summary.files[0];
    assert_eq!((table.rows, table.handed_on, table.skipped[0].rows), (21, 20, 1));
    let last = collected.reports.last().unwrap();
    assert_eq!(
        (last.read_bytes, last.total_bytes),
        (DATABASE.len() as u64, DATABASE.len() as u64)
    );
    let by_place = |row: &Row| match row {
        Row::Wage(wage) => (wage.area.clone(), wage.code),
        other => panic!("{other:?}"),
    };
    from_files.sort_by_key(by_place);
    collected.rows.sort_by_key(by_place);
    assert_eq!(collected.rows, from_files);
    let Row::Wage(wage) = &from_files[4] else {
        panic!("{:?}", from_files[4]);
    };
    let value = Estimate::Value;
    let expected = Wage {
        area: Area::Nation,
        area_title: "National".to_owned(),
        code: code("11-1011"),
        title: "Chief Executives".to_owned(),
        level: Some(OccupationLevel::Detailed),
        employment: value(501.5),
        employment_rse: value(502.5),
        jobs_1000: value(516.5),
        location_quotient: Estimate::Missing,
        hourly_mean: Estimate::Missing,
        annual_mean: value(504.5),
        mean_rse: value(505.5),
        hourly: [
            value(506.5),
            value(507.5),
            value(508.5),
            value(509.5),
            Estimate::TopCoded,
        ],
        annual: [
            value(511.5),
            value(512.5),
            value(513.5),
            value(514.5),
            value(515.5),
        ],
    };
    assert_eq!(**wage, expected);
}

#[test]
fn a_row_that_is_not_as_it_should_be_is_refused_by_its_column() {
    let folder = Folder::new();
    for (from, to, expected) in [
        (
            "50.5",
            "-1",
            "column `H_PCT10`: `-1` is not a number from 0 to 1000000000000",
        ),
        (
            "50.5",
            "inf",
            "column `H_PCT10`: `inf` is not a number from 0 to 1000000000000",
        ),
        (
            ",4,000000",
            ",7,000000",
            "column `AREA_TYPE`: `7` is not a whole number from 1 to 6",
        ),
        (
            "0010180",
            "",
            "column `AREA`: the field is empty; fill it in, or remove the row",
        ),
        (
            "broad",
            "tiny",
            "column `O_GROUP`: `tiny` is not one of total, major, minor, broad, detailed",
        ),
        (
            "29-1210",
            "29-12",
            "column `OCC_CODE`: `29-12` is not an occupation code; it must be like 15-1252 or 15-1252.00",
        ),
        (
            "5.1",
            "5.1",
            "column `OCC_CODE`: `29-1210 in Abilene, TX` stands in line 2 already; remove one of the two",
        ),
    ] {
        let first = if from == to {
            ROW
        } else {
            &ROW.replace("0010180", "99")
        };
        let text = format!("{HEADER}{first}{}", ROW.replace(from, to));
        let said = folder.refused("all.csv", text, read_oews);
        assert_eq!(said, format!("all.csv, line 3, {expected}"));
    }
}

#[test]
fn flat_files_that_are_not_as_they_should_be_are_refused() {
    let row = |series: &str, year: &str, value: &str| format!("{series}\t{year}\tA01\t{value}\t\n");
    let good = row("OEUN000000000000011101101", "2025", "1");
    let other = row("OEUN000000000000011101001", "2025", "1");
    for (rows, expected) in [
        (
            good.clone() + &row("OEUN000000000000011101102", "2024", "1"),
            "oe.data.0.Current, line 3, column `year`: there are estimates of 2025 and of 2024; use the file of the current ones, `oe.data.0.Current`",
        ),
        (
            good.clone() + &other + &row("OEUN000000000000011101102", "2025", "1"),
            "oe.data.0.Current, line 4, column `series_id`: rows of `OEUN0000000000000111011` stand further up, apart from this one; sort the file by occupation",
        ),
        (
            row("OEUN000000000000011101118", "2025", "1"),
            "oe.data.0.Current, line 2, column `series_id`: `OEUN000000000000011101118` is not the code of a series; it must be like OEUN000000000000015125204",
        ),
        (
            row("OEUN000000000000011101101", "2025", "x"),
            "oe.data.0.Current, line 2, column `value`: `x` is not a number or a hyphen",
        ),
        (
            row("OEUN000000000000015125201", "2025", "1"),
            "oe.data.0.Current, line 2: `151252` is not in the list of occupations; use files of one release",
        ),
        (
            row("OEUS010000000000011101101", "2025", "1"),
            "oe.data.0.Current, line 2: `0100000` is not in the list of areas; use files of one release",
        ),
    ] {
        let folder = Folder::with(&[("oe.area", AREAS), ("oe.occupation", OCCUPATIONS)]);
        folder.write("oe.data.0.Current", format!("{DATA_HEADER}{rows}"));
        let error = read_oews(folder.path(), &mut Collected::default()).unwrap_err();
        assert_eq!(folder.said(&error), expected);
    }
    let folder = Folder::with(&[("oe.area", AREAS)]);
    let error = read_oews(folder.path(), &mut Collected::default()).unwrap_err();
    assert_eq!(
        folder.said(&error),
        "FOLDER: there is no `oe.occupation` in it; name the folder of the flat files, or a workbook such as `all_data_M_2025.xlsx`"
    );
}

/// What is said of the database with some bytes changed.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = DATABASE.to_vec();
    change(&mut bytes);
    let folder = Folder::new();
    let path = folder.write("oews.sqlite", bytes);
    let error = read_oews(Path::new(&path), &mut Collected::default()).unwrap_err();
    folder.said(&error)
}

#[test]
fn a_database_that_is_not_as_it_should_be_is_refused() {
    let replaced = |from: &'static str, to: &'static str| {
        changed(|bytes| {
            let mut place = 0;
            while let Some(next) = bytes[place..]
                .windows(from.len())
                .position(|part| part == from.as_bytes())
            {
                bytes[place + next..place + next + to.len()].copy_from_slice(to.as_bytes());
                place += next + to.len();
            }
            assert!(place > 0, "{from}");
        })
    };
    let damaged = |detail: &str| {
        format!("oews.sqlite: the database is damaged or of another kind ({detail}); get it again")
    };
    assert_eq!(changed(|bytes| bytes.truncate(50)), damaged("it is cut off"));
    assert_eq!(
        changed(|bytes| bytes.truncate(1024)),
        damaged("a page is missing, or it is cut off")
    );
    assert_eq!(
        changed(|bytes| bytes[16..18].fill(0)),
        damaged("its pages have no size")
    );
    assert_eq!(
        changed(|bytes| bytes[20] = 200),
        damaged("its pages have no room")
    );
    assert_eq!(
        changed(|bytes| bytes[59] = 2),
        damaged("its text is not in UTF-8")
    );
    assert_eq!(changed(|bytes| bytes[100] = 0), damaged("a page is damaged"));
    assert_eq!(
        replaced("tablearea", "tableArea"),
        damaged("it has no table area")
    );
    assert_eq!(
        replaced("v17 TEXT", "w17 TEXT"),
        damaged("its table cell has no column v17")
    );
    assert_eq!(
        replaced("4800000000000111010", "4x00000000000111010"),
        "oews.sqlite: `OEUS4x00000000000111010` is not the code of a series; it must be like OEUN000000000000015125204"
    );
    assert_eq!(
        replaced("1201.5", "12x1.5"),
        "oews.sqlite: `12x1.5` is not a number or a hyphen, for the series of OEUM0010180000000110000"
    );
}

#[test]
fn a_loop_among_the_pages_of_a_database_comes_to_an_end() {
    let said = changed(|bytes| {
        // Every branch has itself as its last child.
        for page in 0..bytes.len() / 512 {
            let start = page * 512 + if page == 0 { 100 } else { 0 };
            if matches!(bytes[start], 0x02 | 0x05) {
                let number = u32::try_from(page + 1).unwrap().to_be_bytes();
                bytes[start + 8..start + 12].copy_from_slice(&number);
            }
        }
    });
    assert!(
        said.ends_with("(its pages are in a loop); get it again"),
        "{said}"
    );
}

#[test]
fn a_row_that_is_listed_as_broad_and_as_detailed_is_read_once() {
    let detailed = ROW.replace(",broad,", ",detailed,");
    let folder = Folder::with(&[("all.csv", &format!("{HEADER}{ROW}{detailed}"))]);
    let (rows, summary) = read(&folder.path().join("all.csv"), read_oews);
    assert_eq!(rows.len(), 1);
    let skipped = &summary.files[0].skipped[0];
    assert_eq!(
        (skipped.reason, &*skipped.first_lines),
        (SkipReason::Repeated, &[3][..])
    );
    let said = folder.refused("all.csv", format!("{HEADER}{ROW}{ROW}"), read_oews);
    assert!(
        said.contains("line 3") && said.contains("29-1210 in Abilene, TX"),
        "{said}"
    );
}
