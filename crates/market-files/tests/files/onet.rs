//! O*NET's databases of both layouts, as folders and zips, and what of their rows is skipped.

use market_files::{
    Education, EducationScale, JobZone, Occupation, OccupationLevel, Related, Row, Skill, SkillKind,
    SkipReason, Software, Title, TitleKind, read_onet,
};

use crate::support::{Collected, Folder, code, read, workbook, zip};

pub const OCCUPATIONS: &str = "O*NET-SOC Code\tTitle\tDescription\n\
    11-1011.00\tChief Executives\tDetermine \"policies\".\n\
    15-1252.00\tSoftware Developers\t\n";
const RATINGS: &str = "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\tN\tRecommend Suppress\tNot Relevant\n\
    11-1011.00\t2.A.1.a\tReading Comprehension\tIM\t4.12\t8\tN\tn/a\n\
    11-1011.00\t2.A.1.a\tReading Comprehension\tLV\t4.75\t8\tN\tN\n\
    11-1011.00\t2.A.1.b\tActive Listening\tIM\t1.50\t8\tY\tn/a\n\
    11-1011.00\t2.A.1.b\tActive Listening\tLV\t0.25\t8\tY\tY\n\
    15-1252.00\t2.A.1.a\tReading Comprehension\tIM\tn/a\t8\tN\tn/a\n\
    15-1252.00\t2.A.1.a\tReading Comprehension\tXX\t9\t8\tN\tn/a\n\
    99-9999.00\t2.A.1.a\tReading Comprehension\tIM\t2\t8\tN\tn/a\n";
const RELATED: &str = "O*NET-SOC Code\tRelated O*NET-SOC Code\tRelatedness Tier\tIndex\n\
    11-1011.00\t15-1252.00\tPrimary-Short\t1\n\
    11-1011.00\t11-1011.00\tPrimary-Short\t2\n\
    11-1011.00\t15-1252.00\tPrimary-Short\t3\n\
    11-1011.00\t99-9999.00\tPrimary-Short\t4\n";
const ZONES: &str = "O*NET-SOC Code\tJob Zone\tDate\n11-1011.00\t5\t07/2014\n";

/// A database up to release 30.2.
pub const OLD: &[(&str, &str)] = &[
    ("Read Me.txt", "O*NET 27.0 Database\nAugust 2022 Release\n"),
    ("Occupation Data.txt", OCCUPATIONS),
    (
        "Alternate Titles.txt",
        "O*NET-SOC Code\tAlternate Title\tShort Title\tSource(s)\n\
         11-1011.00\tChief Executive Officer\tCEO\t04,06\n\
         11-1011.00\tPresident\tn/a\t08\n\
         11-1011.00\tPresident\tn/a\t09\n\
         99-9999.00\tNobody\tn/a\t08\n",
    ),
    (
        "Sample of Reported Titles.txt",
        "O*NET-SOC Code\tReported Job Title\tShown in My Next Move\n11-1011.00\tCEO\tY\n11-1011.00\tBoss\tN\n",
    ),
    ("Skills.txt", RATINGS),
    (
        "Technology Skills.txt",
        "O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\tHot Technology\n\
         15-1252.00\tGit\t43232202\tVersion control\tY\n",
    ),
    (
        "Education, Training, and Experience.txt",
        "O*NET-SOC Code\tElement ID\tScale ID\tCategory\tData Value\tRecommend Suppress\n\
         11-1011.00\t2.D.1\tRL\t6\t45.5\tN\n\
         11-1011.00\t3.A.1\tRW\t11\t100\tY\n\
         11-1011.00\t3.A.2\tPT\t9\t0\tN\n\
         11-1011.00\t3.A.3\tOJ\t1\t3\tN\n\
         11-1011.00\t3.A.3\tIM\t1\t3\tN\n\
         11-1011.00\t3.A.3\tOJ\t2\tn/a\tN\n",
    ),
    ("Related Occupations.txt", RELATED),
    ("Job Zones.txt", ZONES),
];

/// A database since release 30.3.
const NEW: &[(&str, &str)] = &[
    ("db_30_3_text/Occupation Data.txt", OCCUPATIONS),
    (
        "db_30_3_text/Job Titles.txt",
        "O*NET-SOC Code\tJob Title\tShort Title\tSource(s)\n11-1011.00\tChief Executive Officer\tCEO\t04\n",
    ),
    ("db_30_3_text/Essential Skills.txt", RATINGS),
    ("db_30_3_text/Transferable Skills.txt", RATINGS),
    ("db_30_3_text/Knowledge.txt", RATINGS),
    (
        "db_30_3_text/Software Skills.txt",
        "O*NET-SOC Code\tWorkplace Example\tElement ID\tElement Name\tHot Technology\tIn Demand\n\
         15-1252.00\tGit\t2.E.1\tVersion control\tN\tY\n15-1252.00\tn/a\t2.E.2\tCompilers\tN\tN\n",
    ),
    (
        "db_30_3_text/Education.txt",
        "O*NET-SOC Code\tScale ID\tCategory\tData Value\n11-1011.00\tRL\t6\t45.5\n",
    ),
    (
        "db_30_3_text/Training and Experience.txt",
        "O*NET-SOC Code\tScale ID\tCategory\tData Value\n11-1011.00\tRW\t11\t100\n",
    ),
    ("__MACOSX/db_30_3_text/Occupation Data.txt", "x"),
];

fn occupation(text: &str, title: &str, description: Option<&str>) -> Row {
    Row::Occupation(Occupation {
        code: code(text),
        title: title.to_owned(),
        description: description.map(str::to_owned),
        level: OccupationLevel::Onet,
    })
}

fn title(text: &str, short_title: Option<&str>, kind: TitleKind) -> Row {
    Row::Title(Title {
        code: code("11-1011.00"),
        title: text.to_owned(),
        short_title: short_title.map(str::to_owned),
        kind,
    })
}

fn skill(
    element_id: &str,
    name: &str,
    kind: SkillKind,
    ratings: (f32, Option<f32>),
    is_doubtful: bool,
) -> Row {
    Row::Skill(Skill {
        code: code("11-1011.00"),
        element_id: element_id.to_owned(),
        name: name.to_owned(),
        kind,
        importance: Some(ratings.0),
        level: ratings.1,
        is_not_relevant: is_doubtful,
        is_suppressed: is_doubtful,
    })
}

fn software(name: &str, category: &str, element_id: Option<&str>, is_hot: bool, is_in_demand: bool) -> Row {
    Row::Software(Software {
        code: code("15-1252.00"),
        name: name.to_owned(),
        category: category.to_owned(),
        element_id: element_id.map(str::to_owned),
        is_hot,
        is_in_demand,
    })
}

fn education(scale: EducationScale, category: u8, percent: f32, is_suppressed: bool) -> Row {
    Row::Education(Education {
        code: code("11-1011.00"),
        scale,
        category,
        percent,
        is_suppressed,
    })
}

fn skills(kind: SkillKind) -> [Row; 2] {
    [
        skill(
            "2.A.1.a",
            "Reading Comprehension",
            kind,
            (4.12, Some(4.75)),
            false,
        ),
        skill("2.A.1.b", "Active Listening", kind, (1.5, None), true),
    ]
}

fn expected_of_old() -> Vec<Row> {
    let mut rows = vec![
        occupation("11-1011.00", "Chief Executives", Some("Determine \"policies\".")),
        occupation("15-1252.00", "Software Developers", None),
        title("Chief Executive Officer", Some("CEO"), TitleKind::Alternate),
        title("President", None, TitleKind::Alternate),
        title("CEO", None, TitleKind::Reported { is_shown: true }),
        title("Boss", None, TitleKind::Reported { is_shown: false }),
    ];
    rows.extend(skills(SkillKind::Skill));
    rows.extend([
        software("Git", "Version control", None, true, false),
        education(EducationScale::Education, 6, 45.5, false),
        education(EducationScale::Experience, 11, 100.0, true),
        education(EducationScale::OnSiteTraining, 9, 0.0, false),
        education(EducationScale::OnTheJobTraining, 1, 3.0, false),
        Row::Related(Related {
            code: code("11-1011.00"),
            other: code("15-1252.00"),
            tier: Some("Primary-Short".to_owned()),
            index: 1,
        }),
        Row::JobZone(JobZone {
            code: code("11-1011.00"),
            zone: 5,
        }),
    ]);
    rows
}

#[test]
fn a_database_up_to_30_2_is_read_from_a_folder_and_from_a_zip() {
    let folder = Folder::with(OLD);
    let packed = Folder::new();
    let packed = packed.write("db_27_0_text.zip", zip(OLD));
    let (from_folder, summary) = read(folder.path(), read_onet);
    assert_eq!(from_folder, expected_of_old());
    assert_eq!(summary.release.as_deref(), Some("27.0"));
    let missing: Vec<String> = summary.missing.iter().map(ToString::to_string).collect();
    assert_eq!(missing, ["Knowledge.txt is missing: no knowledge of occupations"]);
    let skipped: Vec<(SkipReason, u64)> = summary
        .files
        .iter()
        .flat_map(|file| &file.skipped)
        .map(|skipped| (skipped.reason, skipped.first_lines[0]))
        .collect();
    assert_eq!(
        skipped,
        [
            (SkipReason::Repeated, 4),
            (SkipReason::UnknownOccupation, 5),
            (SkipReason::NoValue, 6),
            (SkipReason::OtherScale, 7),
            (SkipReason::UnknownOccupation, 8),
            (SkipReason::OtherScale, 6),
            (SkipReason::NoValue, 7),
            (SkipReason::Itself, 3),
            (SkipReason::Repeated, 4),
            (SkipReason::UnknownOccupation, 5),
        ]
    );
    for file in &summary.files {
        let skipped: u64 = file.skipped.iter().map(|skipped| skipped.rows).sum();
        let merged = if file.file.ends_with("/Skills.txt") { 2 } else { 0 };
        assert_eq!(file.rows, file.handed_on + skipped + merged, "{}", file.file);
    }
    let mut collected = Collected::default();
    read_onet(&packed, &mut collected).unwrap();
    assert_eq!(collected.rows, from_folder);
    let last = collected.reports.last().unwrap();
    assert_eq!(last.read_bytes, last.total_bytes);
    let size: usize = OLD[1..].iter().map(|(_, text)| text.len()).sum();
    assert_eq!(
        last.total_bytes, size as u64,
        "of what is read, Read Me.txt left out"
    );
}

#[test]
fn a_database_since_30_3_is_read_wherever_in_the_zip_it_lies() {
    let folder = Folder::new();
    let path = folder.write("db_30_3_text.zip", zip(NEW));
    let (rows, summary) = read(&path, read_onet);
    let mut expected = vec![
        occupation("11-1011.00", "Chief Executives", Some("Determine \"policies\".")),
        occupation("15-1252.00", "Software Developers", None),
        title("Chief Executive Officer", Some("CEO"), TitleKind::Alternate),
    ];
    expected.extend(skills(SkillKind::Essential));
    expected.extend(skills(SkillKind::Transferable));
    expected.extend(skills(SkillKind::Knowledge));
    expected.extend([
        software("Git", "Version control", Some("2.E.1"), false, true),
        software("Compilers", "Compilers", Some("2.E.2"), false, false),
        education(EducationScale::Education, 6, 45.5, false),
        education(EducationScale::Experience, 11, 100.0, false),
    ]);
    assert_eq!(rows, expected);
    assert_eq!(summary.release, None);
    let missing: Vec<&str> = summary.missing.iter().map(|missing| missing.file).collect();
    assert_eq!(
        missing,
        [
            "Sample of Reported Titles.txt",
            "Related Occupations.txt",
            "Job Zones.txt"
        ]
    );
    assert!(
        summary.files[0]
            .file
            .ends_with("db_30_3_text.zip: db_30_3_text/Occupation Data.txt")
    );
    let unpacked = Folder::with(&NEW[..NEW.len() - 1]);
    assert_eq!(
        read(unpacked.path(), read_onet).0,
        rows,
        "from the folder that it was unpacked to"
    );
}

#[test]
fn a_workbook_of_titles_brings_its_occupations() {
    let folder = Folder::new();
    let header: &[&str] = &[
        "O*NET-SOC Code",
        "Title",
        "Alternate Title",
        "Short Title",
        "Source(s)",
    ];
    let rows: &[&[&str]] = &[
        header,
        &[
            "11-1011.00",
            "Chief Executives",
            "Chief Executive Officer",
            "CEO",
            "08",
        ],
        &["11-1011.00", "Chief Executives", "President", "", "08"],
        &["11-1011.00", "Chief Executives", "President", "n/a", "08"],
    ];
    let path = folder.write("Alternate Titles.xlsx", workbook(1, rows));
    let expected = [
        occupation("11-1011.00", "Chief Executives", None),
        title("Chief Executive Officer", Some("CEO"), TitleKind::Alternate),
        title("President", None, TitleKind::Alternate),
    ];
    assert_eq!(read(&path, read_onet).0, expected);
    // The same workbook beside a text file of occupations.
    folder.write("Occupation Data.txt", OCCUPATIONS);
    let (rows, _) = read(folder.path(), read_onet);
    assert_eq!(rows[2..], expected[1..]);
}

#[test]
fn a_text_with_a_byte_order_mark_is_read() {
    let folder = Folder::with(&[("Occupation Data.txt", &format!("\u{feff}{OCCUPATIONS}"))]);
    assert_eq!(read(folder.path(), read_onet).0.len(), 2);
}
