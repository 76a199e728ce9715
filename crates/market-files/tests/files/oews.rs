//! Wages and employment.

use market_files::{Estimate, Row, SkipReason, Wage, read_oews};

use crate::support::{Folder, code, read};

const HEADER: &str = "AREA,AREA_TITLE,AREA_TYPE,NAICS,I_GROUP,OCC_CODE,OCC_TITLE,O_GROUP,TOT_EMP,EMP_PRSE,JOBS_1000,\
    LOC_QUOTIENT,H_MEAN,A_MEAN,MEAN_PRSE,H_PCT10,H_PCT25,H_MEDIAN,H_PCT75,H_PCT90,A_PCT10,A_PCT25,A_MEDIAN,A_PCT75,A_PCT90\n";
const ROW: &str = "0010180,\"Abilene, TX\",4,000000,cross-industry,29-1210,Physicians,broad,\"1,230\",5.1,2.5,0.9,\
    **,#,~,50.5,*,#,#,#,100000,,#,#,#\n";

#[test]
fn signs_stand_for_what_is_missing_and_for_what_is_too_high() {
    let (missing, top) = (Estimate::Missing, Estimate::TopCoded);
    let value = Estimate::Value;
    let industry = ROW.replace("cross-industry", "sector");
    let folder = Folder::with(&[("all.csv", &format!("{HEADER}{ROW}{industry}"))]);
    let (rows, summary) = read(&folder.path().join("all.csv"), read_oews);
    let expected = Wage {
        area_type: 4,
        area: "0010180".to_owned(),
        area_title: "Abilene, TX".to_owned(),
        code: code("29-1210"),
        title: "Physicians".to_owned(),
        group: "broad".to_owned(),
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
            "29-1210",
            "29-12",
            "column `OCC_CODE`: `29-12` is not an occupation code; it must be like 15-1252 or 15-1252.00",
        ),
        (
            "5.1",
            "5.1",
            "column `OCC_CODE`: `29-1210 in area 0010180` stands in line 2 already; remove one of the two",
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
