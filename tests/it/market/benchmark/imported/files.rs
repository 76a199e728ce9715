//! Small files in the official formats, with numbers that are easy to tell apart.

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Writes files into a folder.
pub type Writer = fn(&Path);

/// The same wages in each form: the name of the file or folder, and what writes it.
pub const OEWS: [(&str, Writer); 4] = [
    ("all_data_M_2025.csv", |folder| {
        write(folder, "all_data_M_2025.csv", csv());
    }),
    ("all_data_M_2025.xlsx", |folder| {
        write(folder, "all_data_M_2025.xlsx", workbook());
    }),
    ("oews-2025", flat_files),
    ("oews-2025.sqlite", |folder| {
        write(folder, "oews-2025.sqlite", DATABASE);
    }),
];

const DATABASE: &[u8] = include_bytes!("oews.sqlite");

const AREAS: [(&str, &str, &str, &str); 4] = [
    ("N0000000", "99", "1", "National"),
    ("S4800000", "48", "2", "Texas"),
    ("M0010180", "10180", "4", "Abilene, TX"),
    (
        "M0100001",
        "0100001",
        "6",
        "Northwest Alabama nonmetropolitan area",
    ),
];
const OCCUPATIONS: [(&str, &str, &str, u32); 5] = [
    ("000000", "All Occupations", "total", 0),
    ("110000", "Management Occupations", "major", 0),
    ("111000", "Top Executives", "minor", 1),
    ("111010", "Chief Executives and Others", "broad", 2),
    ("111011", "Chief Executives", "detailed", 3),
];

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), content).unwrap();
}

/// The estimates of each area and occupation: 17 of them, of which the third is missing, the tenth too high and the last
/// not there.
fn cells() -> impl Iterator<Item = (usize, usize, Vec<String>)> {
    (0..20).map(|cell| {
        let estimate = |kind: usize| match kind {
            3 => "*".to_owned(),
            10 => "#".to_owned(),
            17 => String::new(),
            _ => format!("{}.25", (cell + 1) * 100 + kind),
        };
        (cell / 5, cell % 5, (1..=17).map(estimate).collect())
    })
}

/// A row for each area and occupation, as the workbook has it.
fn rows() -> Vec<Vec<String>> {
    let header = "AREA,AREA_TITLE,AREA_TYPE,NAICS,I_GROUP,OCC_CODE,OCC_TITLE,O_GROUP,TOT_EMP,EMP_PRSE,H_MEAN,A_MEAN,\
                  MEAN_PRSE,H_PCT10,H_PCT25,H_MEDIAN,H_PCT75,H_PCT90,A_PCT10,A_PCT25,A_MEDIAN,A_PCT75,A_PCT90,JOBS_1000,LOC_QUOTIENT";
    let mut rows = vec![header.split(',').map(str::to_owned).collect::<Vec<_>>()];
    for (area, occupation, estimates) in cells() {
        let (_, area, kind, title) = AREAS[area];
        let (code, name, group, _) = OCCUPATIONS[occupation];
        let code = format!("{}-{}", &code[..2], &code[2..]);
        let fields = [area, title, kind, "000000", "cross-industry", &code, name, group];
        let mut row: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        row.extend(estimates);
        rows.push(row);
    }
    rows
}

/// The workbook as CSV.
pub fn csv() -> String {
    let field = |field: &String| {
        if field.contains(',') {
            format!("\"{field}\"")
        } else {
            field.clone()
        }
    };
    let line = |row: Vec<String>| row.iter().map(field).collect::<Vec<_>>().join(",") + "\n";
    rows().into_iter().map(line).collect()
}

/// The same for some occupations of the small O\*NET database too, and for another metropolitan area.
pub fn walked_csv() -> String {
    let csv = csv().replace("10180,\"Abilene, TX\"", "19820,\"Detroit-Warren-Dearborn, MI\"");
    let executives = ",11-1011,Chief Executives,";
    let more = |occupation: &'static str| {
        let lines = csv.lines().filter(|line| line.contains(executives));
        lines.map(move |line| line.replace(executives, occupation) + "\n")
    };
    let developers = more(",15-1252,Software Developers,");
    let analysts = more(",15-1211,Computer Systems Analysts,");
    let nurses = more(",29-1141,Registered Nurses,");
    let more: String = developers.chain(analysts).chain(nurses).collect();
    csv + &more
}

/// The workbook as xlsx, with text in its cells.
fn workbook() -> Vec<u8> {
    let mut data = String::new();
    for row in rows() {
        data += "<row>";
        for field in row {
            write!(data, "<c t=\"inlineStr\"><is><t>{field}</t></is></c>").unwrap();
        }
        data += "</row>";
    }
    let kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, xml) in [
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name=\"All\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
                .to_owned(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships><Relationship Id=\"r1\" Type=\"{kinds}/worksheet\" Target=\"/xl/worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet><sheetData>{data}</sheetData></worksheet>"),
        ),
    ] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(xml.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The flat files.
fn flat_files(folder: &Path) {
    let folder = folder.join("oews-2025");
    let mut areas = "state_code\tarea_code\tareatype_code\tarea_name\n".to_owned();
    for (code, _, _, name) in AREAS {
        writeln!(areas, "00\t{}\t{}\t{name}", &code[1..], &code[..1]).unwrap();
    }
    let mut occupations = "occupation_code\toccupation_name\tdisplay_level\n".to_owned();
    for (code, name, _, level) in OCCUPATIONS {
        writeln!(occupations, "{code}\t{name}\t{level}").unwrap();
    }
    let mut data = "series_id                     \tyear\tperiod\t       value\tfootnote_codes\n".to_owned();
    for (area, occupation, estimates) in cells() {
        for (kind, estimate) in (1..).zip(&estimates).filter(|(_, estimate)| !estimate.is_empty()) {
            let (value, footnotes) = match estimate.as_str() {
                "*" => ("-", "8"),
                "#" => ("-", "5"),
                number => (number, ""),
            };
            let (area, occupation) = (AREAS[area].0, OCCUPATIONS[occupation].0);
            writeln!(
                data,
                "OEU{area}000000{occupation}{kind:02}     \t2025\tA01\t{value:>12}\t{footnotes}"
            )
            .unwrap();
        }
    }
    write(&folder, "oe.area", areas);
    write(&folder, "oe.occupation", occupations);
    write(&folder, "oe.data.0.Current", data);
}

/// A small O\*NET database of release 30.
pub fn onet(folder: &Path) {
    let rated = "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\tN\tRecommend Suppress\tNot Relevant\n";
    let mut skills = rated.to_owned();
    for (code, programming, reading) in [
        ("15-1211.00", "2.00", "3.50"),
        ("15-1252.00", "4.52", "3.00"),
        ("15-1253.00", "2.00", "3.00"),
        ("29-1141.00", "1.50", "4.00"),
    ] {
        // It would be a skill of both, if O*NET did not say that it does not matter, or is not known well.
        let (listening, suppress, not_relevant) = match code {
            "29-1141.00" => ("4.50", "Y", "N"),
            "15-1252.00" => ("4.60", "N", "Y"),
            _ => ("2.90", "N", "N"),
        };
        for (element, value, suppress, not_relevant) in [
            ("2.A.1.a\tReading Comprehension", reading, "N", "N"),
            ("2.B.3.e\tProgramming", programming, "N", "N"),
            ("2.A.1.b\tActive Listening", listening, suppress, not_relevant),
        ] {
            writeln!(
                skills,
                "{code}\t{element}\tIM\t{value}\t8\t{suppress}\t{not_relevant}"
            )
            .unwrap();
        }
    }
    let knowledge = format!(
        "{rated}15-1252.00\t2.C.3.a\tComputers and Electronics\tIM\t3.50\t8\tN\tN\n15-1252.00\t2.C.1.a\tAdministration and Management\tIM\t3.49\t8\tN\tN\n"
    );
    let mut education =
        "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tCategory\tData Value\tRecommend Suppress\n"
            .to_owned();
    for (code, scale, category, percent, suppress) in [
        ("15-1252.00", "RL", 2, "5.00", "N"),
        ("15-1252.00", "RL", 5, "10.00", "N"),
        ("15-1252.00", "RL", 6, "60.00", "N"),
        ("15-1252.00", "RL", 7, "5.00", "N"),
        ("15-1252.00", "RL", 8, "20.00", "N"),
        ("15-1252.00", "RW", 1, "10.00", "N"),
        ("15-1252.00", "RW", 7, "50.00", "N"),
        ("15-1252.00", "RW", 8, "20.00", "N"),
        ("15-1252.00", "RW", 9, "10.00", "N"),
        ("15-1252.00", "RW", 10, "10.00", "N"),
        ("29-1141.00", "RL", 2, "70.00", "Y"),
        ("29-1141.00", "RL", 6, "30.00", "N"),
        ("29-1141.00", "RL", 7, "0.00", "N"),
    ] {
        writeln!(
            education,
            "{code}\t2.D.1\tX\t{scale}\t{category}\t{percent}\t{suppress}"
        )
        .unwrap();
    }
    write(folder, "Skills.txt", skills);
    write(folder, "Knowledge.txt", knowledge);
    write(folder, "Education, Training, and Experience.txt", education);
    for (name, text) in TEXTS {
        write(folder, name, text);
    }
}

/// The files whose rows are as they are.
const TEXTS: [(&str, &str); 6] = [
    ("Read Me.txt", "O*NET 30.1 Database\n"),
    (
        "Occupation Data.txt",
        "O*NET-SOC Code\tTitle\tDescription\n15-1211.00\tComputer Systems Analysts\tAnalyze.\n15-1252.00\tSoftware Developers\tDevelop.\n\
         15-1253.00\tSoftware Quality Assurance Analysts and Testers\tTest.\n15-1299.08\tComputer Systems Engineers/Architects\tDesign.\n\
         27-2011.00\tActors\tPlay.\n29-1141.00\tRegistered Nurses\tAssess.\n",
    ),
    (
        "Alternate Titles.txt",
        "O*NET-SOC Code\tAlternate Title\tShort Title\tSource(s)\n15-1252.00\tSoftware Engineer\tn/a\t01\n",
    ),
    (
        "Technology Skills.txt",
        "O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\tHot Technology\tIn Demand\n\
         15-1252.00\tPython\t1\tA\tY\tN\n15-1252.00\tPython\t2\tB\tY\tN\n15-1252.00\tRust\t1\tA\tN\tY\n15-1252.00\tOld\t1\tA\tN\tN\n",
    ),
    (
        "Related Occupations.txt",
        "O*NET-SOC Code\tRelated O*NET-SOC Code\tRelatedness Tier\tIndex\n15-1252.00\t15-1211.00\tPrimary-Short\t1\n\
         15-1252.00\t15-1253.00\tPrimary-Short\t2\n15-1252.00\t29-1141.00\tSupplemental\t3\n15-1253.00\t15-1252.00\tPrimary-Short\t1\n\
         29-1141.00\t27-2011.00\tPrimary-Short\t1\n",
    ),
    (
        "Job Zones.txt",
        "O*NET-SOC Code\tJob Zone\n15-1211.00\t4\n15-1252.00\t4\n15-1253.00\t4\n29-1141.00\t3\n",
    ),
];
