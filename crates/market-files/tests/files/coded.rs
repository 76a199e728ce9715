//! Titles that people coded.

use market_files::{CodedTitle, Row, SkipReason, read_coded_titles};

use crate::support::{Collected, Folder, code, read};

fn coded(title: &str, text: &str, weight: u32) -> Row {
    Row::CodedTitle(CodedTitle {
        title: title.to_owned(),
        code: code(text),
        weight,
    })
}

#[test]
fn a_title_is_a_row_for_each_of_its_codes() {
    let folder = Folder::with(&[(
        "coded.tsv",
        "title\tsoc\tn\tshare\tsocs\n\
         ACCOUNTS  MANAGER\t13-1199\t3\t0.67\t13-1199:2|13-1211:1\n\
         \"=\"\"A\"\"\"\t25-2011\t1\t1.0\t\n\
         B\t25-2011.00\t\t\t\n\
         \t25-2011\t1\t1.0\t25-2011:1\n\
         C\t\t1\t1.0\t\n",
    )]);
    let (rows, summary) = read(&folder.path().join("coded.tsv"), read_coded_titles);
    assert_eq!(
        rows,
        [
            coded("ACCOUNTS MANAGER", "13-1199", 2),
            coded("ACCOUNTS MANAGER", "13-1211", 1),
            coded("=\"A\"", "25-2011", 1),
            coded("B", "25-2011.00", 1),
        ]
    );
    let file = &summary.files[0];
    assert_eq!((file.rows, file.handed_on), (5, 4));
    let skipped: Vec<_> = file
        .skipped
        .iter()
        .map(|skipped| (skipped.reason, &*skipped.first_lines))
        .collect();
    assert_eq!(
        skipped,
        [(SkipReason::NoTitle, &[5][..]), (SkipReason::NoCode, &[6][..])]
    );
}

#[test]
fn a_title_and_a_code_are_enough() {
    let folder = Folder::with(&[("coded.csv", "SOC,Title\n15-1252,\"Dev, Sr.\"\n")]);
    let (rows, _) = read(&folder.path().join("coded.csv"), read_coded_titles);
    assert_eq!(rows, [coded("Dev, Sr.", "15-1252", 1)]);
}

#[test]
fn a_row_that_is_not_as_it_should_be_is_refused_by_its_column() {
    let folder = Folder::new();
    let long = format!("{}\t15-1252\t1\t", "x".repeat(301));
    for (row, expected) in [
        (
            "A\t151252\t1\t",
            "column `soc`: `151252` is not an occupation code; it must be like 15-1252 or 15-1252.00",
        ),
        (
            "A\t15-1252\t0\t",
            "column `n`: `0` is not a whole number from 1 to 1000000000",
        ),
        (
            "A\t15-1252\t1.5\t",
            "column `n`: `1.5` is not a whole number from 1 to 1000000000",
        ),
        (
            "A\t15-1252\t1\t15-1252:1|x:1",
            "column `socs`: `x` is not an occupation code; it must be like 15-1252 or 15-1252.00",
        ),
        (
            "A\t15-1252\t1\t15-1252:-1",
            "column `socs`: `-1` is not a whole number from 1 to 1000000000",
        ),
        (
            &long,
            "column `title`: the field has more than 300 characters; shorten it",
        ),
    ] {
        let said = folder.refused(
            "coded.tsv",
            format!("title\tsoc\tn\tsocs\n{row}\n"),
            read_coded_titles,
        );
        assert_eq!(said, format!("coded.tsv, line 2, {expected}"));
    }
}

#[test]
fn progress_goes_up_to_all_bytes() {
    let text = "title,soc\n".to_owned() + &"Title,15-1252\n".repeat(20_000);
    let folder = Folder::with(&[("coded.csv", &text)]);
    let mut collected = Collected::default();
    read_coded_titles(&folder.path().join("coded.csv"), &mut collected).unwrap();
    let reports = collected.reports;
    assert!(
        (10..100).contains(&reports.len()) && reports.is_sorted_by_key(|report| report.read_bytes),
        "{reports:?}"
    );
    let last = reports.last().unwrap();
    assert_eq!(
        (last.read_bytes, last.total_bytes),
        (text.len() as u64, text.len() as u64)
    );
    assert!(reports[1].read_bytes < last.total_bytes, "{reports:?}");
}
