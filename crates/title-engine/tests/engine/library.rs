//! A small library of occupations whose names are easily confused.

use title_engine::library::{CodedTitle, Evidence, Library, Occupation, TitleRow};
use title_engine::{Engine, TitleId};

/// Occupations with their titles.
const ROWS: &[(&str, &str, u64, &[&str])] = &[
    (
        "15-1252.00",
        "Software Developers",
        1_600_000,
        &[
            "Software Developer",
            "Software Engineer",
            "Java Developer",
            "Salesforce Developer",
        ],
    ),
    (
        "29-1141.00",
        "Registered Nurses",
        3_200_000,
        &["Registered Nurse (RN)", "Staff Nurse", "Charge Nurse", "Nurse"],
    ),
    (
        "29-1212.00",
        "Cardiologists",
        17_000,
        &["Cardiologist", "Interventional Cardiologist"],
    ),
    (
        "29-1229.00",
        "Physicians, All Other",
        300_000,
        &["Physician", "Nephrologist", "Hospitalist", "Oncologist"],
    ),
    (
        "25-1071.00",
        "Health Specialties Teachers, Postsecondary",
        220_000,
        &[
            "Professor",
            "Associate Professor of Medicine",
            "Nursing Professor",
        ],
    ),
    (
        "11-9032.00",
        "Education Administrators, Kindergarten through Secondary",
        300_000,
        &[
            "Principal",
            "School Principal",
            "Elementary School Principal",
            "Assistant Principal",
        ],
    ),
    (
        "11-2022.00",
        "Sales Managers",
        600_000,
        &["Sales Manager", "Sales Director", "District Sales Manager"],
    ),
    (
        "43-6011.00",
        "Executive Secretaries and Executive Administrative Assistants",
        480_000,
        &["Executive Assistant", "Executive Secretary"],
    ),
    (
        "53-3032.00",
        "Heavy and Tractor-Trailer Truck Drivers",
        2_000_000,
        &[
            "Truck Driver",
            "CDL Driver",
            "Class A CDL Driver",
            "Tractor Trailer Driver",
        ],
    ),
    (
        "53-3033.00",
        "Light Truck Drivers",
        1_000_000,
        &["Delivery Driver", "Driver", "Van Driver"],
    ),
    (
        "47-2111.00",
        "Electricians",
        700_000,
        &["Electrician", "Industrial Electrician", "Journeyman Electrician"],
    ),
    (
        "47-3013.00",
        "Helpers--Electricians",
        60_000,
        &["Electrician Helper", "Electrical Helper"],
    ),
    (
        "13-2011.00",
        "Accountants and Auditors",
        1_400_000,
        &["Accountant", "Auditor", "Cost Accountant", "Accountant (CPA)"],
    ),
    (
        "41-3091.00",
        "Sales Representatives of Services",
        1_100_000,
        &[
            "Sales Representative",
            "Lead Generation Specialist",
            "Sales Agent",
        ],
    ),
    (
        "35-2014.00",
        "Cooks, Restaurant",
        1_400_000,
        &["Cook", "Line Cook", "Grill Cook"],
    ),
];

/// The rows of the library.
pub fn rows() -> Library {
    let mut library = Library::default();
    for (code, name, people, titles) in ROWS {
        let occupation = code.parse().unwrap();
        library.occupations.push(Occupation {
            code: occupation,
            name: (*name).to_owned(),
            description: String::new(),
            employment: Some(*people),
        });
        for title in titles.iter().chain([name]) {
            let evidence = vec![Evidence {
                occupation,
                weight: 1.0,
            }];
            let id = TitleId::of_name(title);
            library.titles.push(TitleRow {
                id,
                name: (*title).to_owned(),
                evidence,
            });
        }
    }
    library
}

/// A title that an employer coded.
pub fn coded(name: &str, code: &str) -> CodedTitle {
    let evidence = vec![Evidence {
        occupation: code.parse().unwrap(),
        weight: 5.0,
    }];
    CodedTitle {
        name: name.to_owned(),
        evidence,
    }
}

/// The engine of the library.
pub fn engine() -> Engine {
    Engine::build(&rows())
}
