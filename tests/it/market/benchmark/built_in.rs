//! The data that come with the service: published figures, and what is said of what is not there.

use serde_json::{Value, json};

use super::{ONET, SOC, Stage, read};

/// Figures that BLS published for the nation in May 2025 (OEWS, `market-data/wages.tsv`), by the paths that answers have them at.
const PUBLISHED: &[(&str, &str, f64)] = &[
    ("15-1252", "/employment", 1_687_890.0),
    ("15-1252", "/employmentRelativeStandardError", 0.6),
    ("15-1252", "/salary/median", 135_980.0),
    ("15-1252", "/salary/mean", 148_100.0),
    ("15-1252", "/salary/annual/percentiles/10", 82_460.0),
    ("15-1252", "/salary/annual/percentiles/90", 214_670.0),
    ("15-1252", "/salary/hourly/mean", 71.2),
    ("15-1252", "/salary/hourly/percentiles/50", 65.38),
    ("15-1252", "/salary/relativeStandardError", 0.4),
    ("15-1252", "/locationQuotient", 1.0),
    ("11-1021", "/employment", 3_503_020.0),
    ("11-1021", "/salary/hourly/percentiles/50", 50.85),
    ("11-0000", "/employment", 11_132_700.0),
    ("11-0000", "/salary/annual/percentiles/75", 176_280.0),
    ("13-1020", "/employment", 491_430.0),
    ("13-1020", "/salary/annual/mean", 83_770.0),
    ("21-1018", "/salary/annual/percentiles/25", 47_100.0),
];

#[tokio::test]
async fn published_figures_are_answered_as_they_were_published() {
    let stage = Stage::new().await;
    let datasets = ["salary", "employment", "locationQuotient"];
    for (id, path, published) in PUBLISHED {
        let (data, warnings) = stage.ask(SOC, id, &datasets).await;
        let answered = data.pointer(path).and_then(Value::as_f64);
        assert_eq!(answered, Some(*published), "{id} {path}");
        assert_eq!(warnings, [""; 0], "{id}");
    }
    let (data, _) = stage.ask(SOC, "15-1252", &datasets).await;
    assert_eq!(data["employment"].to_string(), "1687890");
    assert_eq!(data["salary"]["topCoded"], json!([]));
    let region = json!({ "nation": "us", "level": "nation", "id": "us", "name": "United States" });
    assert_eq!(data["region"], region);
    let (data, warnings) = stage.ask(ONET, "15-1252.00", &datasets).await;
    assert_eq!(data["salary"]["median"], 135_980);
    assert_eq!(
        warnings,
        ["Employment and wages are those of the occupation of SOC, 15-1252."]
    );
}

#[tokio::test]
async fn one_row_for_several_occupations_is_named_and_occupations_without_wages_are_too() {
    let stage = Stage::new().await;
    for (id, row, employment) in [
        ("13-1022", "13-1020 (Buyers and Purchasing Agents)", 491_430),
        (
            "21-1014",
            "21-1018 (Substance Abuse, Behavioral Disorder, and Mental Health Counselors)",
            491_930,
        ),
    ] {
        let (data, warnings) = stage.ask(SOC, id, &["employment"]).await;
        assert_eq!(
            (&data["id"], &data["employment"]),
            (&json!(id), &json!(employment))
        );
        assert!(warnings.len() == 1 && warnings[0].contains(row), "{warnings:?}");
    }
    for id in ["55-1011", "11-1031", "45-3031"] {
        let (data, warnings) = stage
            .ask(SOC, id, &["salary", "employment", "locationQuotient"])
            .await;
        let mut members: Vec<&String> = data.as_object().unwrap().keys().collect();
        members.sort();
        assert_eq!(members, ["description", "id", "name", "region"], "{id}");
        assert!(
            warnings[0].contains("`salary`, `employment`, `locationQuotient`: left out"),
            "{warnings:?}"
        );
    }
}

#[tokio::test]
async fn a_broad_occupation_of_one_detailed_occupation_is_what_that_one_is() {
    let stage = Stage::new().await;
    let list = stage.get(&format!("{SOC}?limit=2000")).await.json();
    let occupations = list["data"]["occupations"].as_array().unwrap();
    let broad = occupations
        .iter()
        .filter(|occupation| occupation["level"] == "broad");
    // As many as SOC has.
    assert_eq!(broad.count(), 459);
    let (data, warnings) = stage.ask(SOC, "11-1010", &["salary", "employment"]).await;
    assert_eq!(
        (
            &data["id"],
            &data["name"],
            &data["employment"],
            &data["salary"]["mean"]
        ),
        (
            &json!("11-1010"),
            &json!("Chief Executives"),
            &json!(204_350),
            &json!(269_630)
        )
    );
    assert_eq!(
        warnings,
        ["11-1010 has one detailed occupation: employment and wages are those of 11-1011."]
    );
    // One of several has a row of its own, and one without wages stays without.
    let (data, warnings) = stage.ask(SOC, "15-1250", &["employment"]).await;
    assert!(data["employment"].is_u64() && warnings.is_empty(), "{warnings:?}");
    let (data, _) = stage.ask(SOC, "11-1030", &["employment"]).await;
    assert_eq!(
        (&data["name"], data.get("employment")),
        (&json!("Legislators"), None)
    );
}

#[tokio::test]
async fn groups_of_the_military_are_there_without_wages() {
    let stage = Stage::new().await;
    for (id, name) in [
        ("55-0000", "Military Specific Occupations"),
        (
            "55-1000",
            "Military Officer Special and Tactical Operations Leaders",
        ),
        ("55-2010", "First-Line Enlisted Military Supervisors"),
        (
            "55-3010",
            "Military Enlisted Tactical Operations and Air/Weapons Specialists and Crew Members",
        ),
    ] {
        let (data, warnings) = stage.ask(SOC, id, &["salary", "employment"]).await;
        assert_eq!((&data["name"], data.get("salary")), (&json!(name), None), "{id}");
        let expected = format!("The source publishes no employment and wages of {id} in United States.");
        assert!(warnings.contains(&expected), "{warnings:?}");
    }
}

#[tokio::test]
async fn what_is_not_published_is_null_and_named_and_never_0() {
    let stage = Stage::new().await;
    // Teachers have annual wages only, actors hourly ones.
    let (data, warnings) = stage.ask(SOC, "11-9032", &["salary"]).await;
    assert!(data["salary"]["mean"].is_number() && data["salary"]["hourly"]["mean"].is_null());
    assert!(
        warnings[0].starts_with("Not published by the source, so null: `salary.hourly.mean`, "),
        "{warnings:?}"
    );
    let (data, warnings) = stage.ask(SOC, "27-2011", &["salary"]).await;
    assert!(data["salary"]["mean"].is_null() && data["salary"]["hourly"]["mean"].is_number());
    assert!(
        warnings[0].contains("`salary.annual.percentiles.90`"),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn skills_are_those_that_are_rated_and_nobody_gets_the_mean_of_his_neighbours() {
    let stage = Stage::new().await;
    let datasets = [
        "commonSkills",
        "necessarySkills",
        "distinguishingSkills",
        "definingSkills",
    ];
    let (data, warnings) = stage.ask(SOC, "29-1141", &datasets).await;
    let skills = data["commonSkills"].as_array().unwrap();
    assert!(skills.len() > 10, "{data}");
    let rated = |skill: &Value| skill["percentage"].as_f64().unwrap() >= 0.5;
    assert!(skills.iter().all(rated));
    let first = skills[0].as_object().unwrap();
    assert!(first["id"].as_str().unwrap().starts_with("ES") && first["count"].is_null());
    assert!(!first["description"].as_str().unwrap().is_empty());
    let knowledge = data["definingSkills"].as_array().unwrap();
    assert!(
        knowledge
            .iter()
            .any(|one| one["name"] == "Medicine and Dentistry"),
        "{data}"
    );
    assert!(
        warnings[0].contains("mean of importance and level"),
        "{warnings:?}"
    );
    for id in ["15-1252", "15-1299", "29-0000"] {
        let (data, warnings) = stage.ask(SOC, id, &datasets).await;
        assert!(data.get("commonSkills").is_none(), "{data}");
        assert!(
            warnings[0].ends_with("`distinguishingSkills`, `necessarySkills`: left out.")
                || warnings[0].contains("`commonSkills`"),
            "{warnings:?}"
        );
    }
}

#[tokio::test]
async fn all_that_is_there_is_answered_where_nothing_is_named() {
    let stage = Stage::new().await;
    let (data, warnings) = read(&stage.post(SOC, &json!({ "id": "29-1141" })).await);
    let mut members: Vec<&String> = data.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(
        members,
        [
            "commonSkills",
            "definingSkills",
            "description",
            "distinguishingSkills",
            "employment",
            "employmentRelativeStandardError",
            "id",
            "locationQuotient",
            "name",
            "necessarySkills",
            "region",
            "salary",
            "titles",
        ]
    );
    assert_eq!(
        warnings[0],
        "No open source has `salaryBoostingSkills`, `riskScore`, `employers`, `demand`: left out."
    );
    assert!(
        warnings[1].contains(
            "`typicalEducation`, `education`, `experience`, `specializedSkills`, `feederOccupations`"
        ),
        "{warnings:?}"
    );
    let titles = data["titles"].as_array().unwrap();
    assert!(
        titles.iter().any(|title| title["name"] == "Registered Nurse"),
        "{titles:?}"
    );
    assert!(titles[0]["id"].as_str().unwrap().starts_with("ET"));
}

#[tokio::test]
async fn every_occupation_that_is_listed_is_answered_with_what_there_is() {
    let stage = Stage::new().await;
    let mut with_wages = 0;
    for path in [SOC, ONET] {
        let list = stage.get(&format!("{path}?limit=2000")).await.json();
        let occupations = list["data"]["occupations"].as_array().unwrap();
        assert!(occupations.len() > 1000, "{path}");
        for id in occupations.iter().map(|occupation| &occupation["id"]) {
            let (data, warnings) = read(&stage.post(path, &json!({ "id": id })).await);
            assert!(!data.to_string().contains("\"mean\":0"), "{data}");
            assert!(!warnings.is_empty());
            with_wages += usize::from(data["employment"].is_u64());
        }
    }
    // 1 103 rows and the 28 occupations in merged ones, and those of O*NET.
    assert!(with_wages > 2000, "{with_wages}");
}
