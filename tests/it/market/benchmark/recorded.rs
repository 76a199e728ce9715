//! Requests as public scripts for this API send them, answered in the shapes that these read.
//!
//! What each sends and reads was seen in its source: one that asks for what there is, one that asks for a single occupation,
//! and one that walks over all codes for 14 datasets of a metropolitan area, and makes tables of the answers.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use serde_json::Value;
use test_support::{Answer, send};

use super::imported::with_areas;
use super::{SOC, Stage};

/// As Python's `requests` writes the body of a walk, `{id}` being the code.
const WALK: &str = r#"{"id": "{id}", "datasets": ["commonSkills", "definingSkills", "distinguishingSkills", "typicalEducation", "education", "riskScore", "salary", "salaryBoostingSkills", "feederOccupations", "locationQuotient", "experience", "employment", "employers", "demand"], "region": {"nation": "us", "level": "msa", "id": "19820"}}"#;

/// One occupation of the nation, all datasets.
const CARPENTERS: &str = r#"{"id": "47-2031", "region": {"nation": "us"}}"#;

/// A request with the header fields of Python's `requests`.
async fn replay(stage: &Stage, method: Method, path: &str, body: Option<String>) -> Answer {
    let mut request = stage
        .app
        .request(method, path)
        .bearer_auth(&stage.token)
        .header(USER_AGENT, "python-requests/2.32.3")
        .header(ACCEPT, "*/*")
        .header(CONTENT_TYPE, "application/json");
    if let Some(body) = body {
        request = request.body(body);
    }
    send(request).await
}

#[tokio::test]
async fn scripts_that_ask_for_what_there_is_and_for_one_occupation_are_answered() {
    let stage = Stage::new().await;
    let meta = replay(&stage, Method::GET, "/occupation-benchmark/meta", None).await;
    assert!(meta.json()["data"].is_object());
    // It reads the dimension, and then an occupation of it.
    let dimension = replay(&stage, Method::GET, SOC, None).await;
    assert_eq!(dimension.json()["data"]["dimension"], "soc");
    let carpenters = replay(&stage, Method::POST, SOC, Some(CARPENTERS.to_owned())).await;
    let data = carpenters.json()["data"].clone();
    assert_eq!(
        (&data["id"], &data["name"]),
        (&"47-2031".into(), &"Carpenters".into())
    );
    assert!(data["salary"]["mean"].as_f64().unwrap() > 50_000.0);
}

/// What the walk's tables are made of; fails where a value is of another kind than the script takes.
#[derive(Default)]
struct Tables {
    salaries: usize,
    without_salary: usize,
    skills: usize,
    feeders: usize,
    educations: usize,
    experiences: usize,
}

/// A list under a key that may be missing.
fn list(data: &Value, key: &str) -> Vec<Value> {
    data.get(key)
        .map_or_else(Vec::new, |list| list.as_array().unwrap().clone())
}

fn is_number_or_null(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value.is_number() || value.is_null())
}

impl Tables {
    /// As the script does it: what is missing is skipped, what is there must have its members.
    fn read(&mut self, data: &Value) {
        assert_eq!(data["region"]["id"], "19820");
        assert!(data["name"].is_string() && data["description"].is_string());
        match data.get("salary").map(|salary| salary.get("mean")) {
            None => self.without_salary += 1,
            Some(mean) => {
                assert!(is_number_or_null(mean), "{data}");
                self.salaries += 1;
            }
        }
        assert!(
            data.get("locationQuotient")
                .is_none_or(|quotient| is_number_or_null(Some(quotient)))
        );
        for key in [
            "commonSkills",
            "definingSkills",
            "distinguishingSkills",
            "salaryBoostingSkills",
        ] {
            for skill in list(data, key) {
                assert!(
                    skill["id"].is_string() && skill["name"].is_string() && skill["description"].is_string()
                );
                assert!(is_number_or_null(skill.get("count")) && is_number_or_null(skill.get("percentage")));
                self.skills += 1;
            }
        }
        for feeder in list(data, "feederOccupations") {
            let categories = [
                "Advancement",
                "LateralAdvancement",
                "Similar",
                "LateralTransition",
            ];
            assert!(categories.iter().any(|category| feeder["category"] == *category));
            assert!(feeder["id"].is_string() && feeder["score"].is_number());
            assert!(is_number_or_null(feeder.get("meanSalaryDiff")));
            self.feeders += 1;
        }
        for level in list(data, "education") {
            assert!((0..=4).any(|id| level["id"] == id));
            assert!(is_number_or_null(level.get("count")) && is_number_or_null(level.get("percentage")));
            assert!(data["typicalEducation"].is_null() || data["typicalEducation"]["id"].is_u64());
            self.educations += 1;
        }
        if let Some(experience) = data.get("experience") {
            let labels = BTreeMap::from([
                ("0 to 2 years", 1),
                ("3 to 5 years", 2),
                ("6 to 8 years", 3),
                ("9+ years", 4),
            ]);
            assert!(is_number_or_null(experience.get("mean")));
            for part in experience["distribution"].as_array().unwrap() {
                assert!(labels.contains_key(part["key"].as_str().unwrap()) && part["value"].is_number());
            }
            self.experiences += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_over_all_codes_for_14_datasets_of_a_metropolitan_area_never_fails() {
    let stage = with_areas().await;
    let all = stage.get(&format!("{SOC}?limit=2000")).await.json();
    let mut tables = Tables::default();
    for occupation in all["data"]["occupations"].as_array().unwrap() {
        let body = WALK.replace("{id}", occupation["id"].as_str().unwrap());
        let answer = replay(&stage, Method::POST, SOC, Some(body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        let warnings = answer["warnings"].to_string();
        assert!(
            warnings.contains("`riskScore`, `employers`, `demand`: left out"),
            "{warnings}"
        );
        tables.read(&answer["data"]);
    }
    assert_eq!((tables.salaries, tables.without_salary), (9, 3));
    assert_eq!(
        (tables.educations, tables.experiences, tables.feeders),
        (10, 1, 5)
    );
    assert!(tables.skills > 4);
    // A code that there is not is an error that says so, and the walk goes on.
    let answer = replay(&stage, Method::POST, SOC, Some(WALK.replace("{id}", "15-9999"))).await;
    assert_eq!(answer.status, 400);
    assert!(answer.json().get("data").is_none());
}
