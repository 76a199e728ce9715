//! Files as their publishers offer them, from the command line to the answers.

mod files;

use serde_json::{Value, json};
use talentsoft_partner::clients::Scope;
use test_support::command_line::CommandLine;
use test_support::{Setup, TestApp, database};

use super::{ONET, SOC, Stage, read};

/// A database with what was imported from files, before anything is asked.
struct Import {
    registry: CommandLine,
    database_url: String,
}

impl Import {
    async fn new() -> Self {
        let database_url = database::fresh().await;
        let registry = CommandLine::on(database_url.clone());
        Self {
            registry,
            database_url,
        }
    }

    /// Imports a file or a folder of this name.
    fn import(&self, kind: &str, name: &str) -> Value {
        let path = self.registry.dir.path().join(name);
        self.registry
            .json(&["market", "import", kind, path.to_str().unwrap()])
    }

    async fn serve(&self) -> Stage {
        let app = TestApp::start_on(self.database_url.clone(), Setup::default()).await;
        let client = app.add_data_client("benchmark", Scope::OccupationBenchmark).await;
        let token = app.application_token(&client).await;
        Stage { app, token }
    }
}

/// A service with a small O\*NET database, and the wages that come with the service.
async fn with_onet() -> Stage {
    let import = Import::new().await;
    files::onet(&import.registry.dir.path().join("onet"));
    import.import("onet", "onet");
    import.registry.json(&["market", "publish"]);
    import.serve().await
}

/// A service with a small O\*NET database, and wages of the nation and of the metropolitan area 19820.
pub async fn with_areas() -> Stage {
    let import = Import::new().await;
    files::onet(&import.registry.dir.path().join("onet"));
    import.registry.file("all_data_M_2025.csv", &files::walked_csv());
    import.import("onet", "onet");
    import.import("oews", "all_data_M_2025.csv");
    import.registry.json(&["market", "publish"]);
    import.serve().await
}

/// A request for datasets in an area.
fn in_area(id: &str, level: &str, area: &str, datasets: &[&str]) -> Value {
    json!({ "id": id, "region": { "nation": "us", "level": level, "id": area }, "datasets": datasets })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_form_of_oews_is_answered_alike_for_the_nation_a_state_and_a_metropolitan_area() {
    let mut answers: Vec<Vec<Value>> = Vec::new();
    for (name, write) in files::OEWS {
        let import = Import::new().await;
        write(import.registry.dir.path());
        let imported = import.import("oews", name);
        assert_eq!(
            imported["wages"],
            json!({ "rows": 15, "areas": 3, "skipped": 5 }),
            "{imported}"
        );
        assert_eq!(imported["release"], "May 2025", "{name}");
        import.registry.json(&["market", "publish"]);
        let stage = import.serve().await;
        let mut answered = Vec::new();
        for (level, area) in [("nation", "us"), ("state", "48"), ("msa", "10180")] {
            let datasets = ["salary", "employment", "locationQuotient"];
            let (data, warnings) = read(&stage.post(SOC, &in_area("11-1011", level, area, &datasets)).await);
            answered.push(json!({ "data": data, "warnings": warnings }));
        }
        // What was asked for is in memory.
        sqlx::query("delete from market_wage")
            .execute(&stage.app.sql)
            .await
            .unwrap();
        let datasets = ["salary", "employment", "locationQuotient"];
        let (data, _) = read(
            &stage
                .post(SOC, &in_area("11-1011", "msa", "10180", &datasets))
                .await,
        );
        assert_eq!(answered[2]["data"], data);
        let meta = stage.get("/occupation-benchmark/meta").await.json()["data"].clone();
        assert_eq!(meta["regions"]["levels"], json!(["nation", "state", "msa"]));
        assert_eq!(meta["regions"]["areas"][2]["name"], "Abilene, TX");
        answers.push(answered);
    }
    for other in &answers[1..] {
        assert_eq!(other, &answers[0]);
    }
    // Of the nation the quotient is 1; of others it is missing in these files.
    let [nation, state, msa] = answers[0].as_slice() else {
        panic!("{answers:?}");
    };
    assert_eq!(nation["data"]["employment"], 501);
    assert_eq!(nation["data"]["locationQuotient"], 1);
    assert_eq!(nation["data"]["salary"]["hourly"]["mean"], Value::Null);
    assert_eq!(
        nation["data"]["salary"]["topCoded"],
        json!(["hourly.percentiles.90"])
    );
    assert_eq!(state["data"]["salary"]["mean"], 1004.25);
    assert_eq!(
        (&msa["data"]["region"]["name"], &msa["data"]["salary"]["mean"]),
        (&json!("Abilene, TX"), &json!(1504.25))
    );
    assert_eq!(msa["data"]["locationQuotient"], Value::Null);
    let warnings = msa["warnings"].to_string();
    assert!(
        warnings.contains("so null: `salary.hourly.percentiles.90`."),
        "{warnings}"
    );
    assert!(
        warnings.contains("so null: `salary.hourly.mean`, `locationQuotient`."),
        "{warnings}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wages_that_cannot_be_read_are_named_in_one_line_and_nothing_is_imported() {
    let import = Import::new().await;
    let folder = import.registry.dir.path();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let csv = files::csv();
    let without_nation: String = csv
        .lines()
        .filter(|line| !line.contains(",1,000000,"))
        .map(|line| format!("{line}\n"))
        .collect();
    import.registry.file("state_M2025.csv", &without_nation);
    import.registry.file("all_data_M_2025.csv", &csv);
    import.registry.file("cut.csv", &csv[..csv.len() - 30]);
    import
        .registry
        .file("no-wages.csv", "AREA,OCC_CODE\n99,11-1011\n");
    for (files, words) in [
        (vec!["state_M2025.csv"], "the files have no wages of the nation"),
        (
            vec!["all_data_M_2025.csv", "state_M2025.csv"],
            "two files have the wages of ",
        ),
        (vec!["cut.csv"], "cut.csv"),
        (vec!["no-wages.csv"], "no-wages.csv"),
        (vec!["nothing.csv"], "nothing.csv"),
    ] {
        let paths: Vec<String> = files.iter().map(|name| path(name)).collect();
        let mut args = vec!["market", "import", "oews"];
        args.extend(paths.iter().map(String::as_str));
        let error = import.registry.error(&args);
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
    }
    import
        .registry
        .execute("do $$ begin assert (select count(*) from market_source) = 0; end $$");
    import
        .registry
        .execute("do $$ begin assert (select count(*) from market_wage) = 0; end $$");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_of_benchmarks_never_changes_and_a_draft_says_what_it_would() {
    let import = Import::new().await;
    files::OEWS[0].1(import.registry.dir.path());
    import.import("oews", files::OEWS[0].0);
    import.registry.json(&["market", "publish"]);
    let stage = import.serve().await;
    let ask = async || {
        let (data, _) = read(
            &stage
                .post(SOC, &in_area("11-1011", "state", "48", &["employment"]))
                .await,
        );
        data["employment"].clone()
    };
    assert_eq!(ask().await, 1001);
    let csv = files::csv()
        .replace("1001.25", "7")
        .replace("Abilene", "Abilene-Sweetwater");
    let less: String = csv
        .lines()
        .filter(|line| !line.contains(",11-1010,"))
        .map(|line| format!("{line}\n"))
        .collect();
    import.registry.file("all_data_M_2026.csv", &less);
    let imported = import.import("oews", "all_data_M_2026.csv");
    assert_eq!(
        (&imported["release"], &imported["draft"]["version"]),
        (&json!("May 2026"), &json!("1.1"))
    );
    // Nobody sees a draft.
    assert_eq!(ask().await, 1001);
    let difference = import.registry.json(&["market", "diff", "1.0", "1.1"]);
    assert_eq!(
        difference["wages"],
        json!({ "additions": 0, "removals": 3, "alterations": 1 })
    );
    assert!(difference.get("facts").is_none(), "{difference}");
    let text = import.registry.text(&["market", "diff", "1.0", "1.1"]);
    assert!(text.contains("wages: 0 added, 3 removed, 1 altered"), "{text}");
    import.registry.json(&["market", "publish"]);
    test_support::eventually("the new version is answered", async || ask().await == 7).await;
    // The same content is no new version.
    assert_eq!(import.import("oews", "all_data_M_2026.csv")["draft"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn education_and_experience_come_from_onet() {
    let stage = with_onet().await;
    let (data, warnings) = stage
        .ask(SOC, "15-1252", &["education", "typicalEducation", "experience"])
        .await;
    let level = |id: u32, name: &str, percentage: Value| json!({ "id": id, "name": name, "count": null, "percentage": percentage });
    assert_eq!(
        data["education"],
        json!([
            level(0, "High school or GED", json!(0.05)),
            level(1, "Associate's degree", json!(0.1)),
            level(2, "Bachelor's degree", json!(0.65)),
            level(3, "Master's degree", json!(0.2)),
            level(4, "Ph.D. or professional degree", json!(0.0)),
        ])
    );
    assert_eq!(
        data["typicalEducation"],
        json!({ "id": 2, "name": "Bachelor's degree" })
    );
    let part = |key: &str, value: f64| json!({ "key": key, "value": value });
    assert_eq!(
        data["experience"],
        json!({
            "mean": 4.1,
            "distribution": [part("0 to 2 years", 0.35), part("3 to 5 years", 0.45), part("6 to 8 years", 0.15), part("9+ years", 0.05)],
        })
    );
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("do not fit the labels")),
        "{warnings:?}"
    );
    // What O*NET recommends not to use is null.
    let (data, warnings) = stage
        .ask(ONET, "29-1141.00", &["education", "typicalEducation"])
        .await;
    assert_eq!(data["education"][0]["percentage"], Value::Null);
    assert_eq!(data["education"][2]["percentage"], 0.3);
    assert_eq!(data["typicalEducation"], Value::Null);
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("recommends not to use")),
        "{warnings:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn skills_knowledge_and_software_come_from_onet() {
    let stage = with_onet().await;
    let names = |skills: &Value| -> Vec<(String, Value)> {
        let skills = skills.as_array().unwrap().iter();
        skills
            .map(|skill| {
                (
                    skill["name"].as_str().unwrap().to_owned(),
                    skill["percentage"].clone(),
                )
            })
            .collect()
    };
    let all = [
        "commonSkills",
        "necessarySkills",
        "distinguishingSkills",
        "definingSkills",
        "specializedSkills",
    ];
    let (data, warnings) = stage.ask(SOC, "15-1252", &all).await;
    let skill = |name: &str, percentage: f64| (name.to_owned(), json!(percentage));
    assert_eq!(
        names(&data["commonSkills"]),
        [skill("Programming", 0.88), skill("Reading Comprehension", 0.5)]
    );
    assert_eq!(names(&data["necessarySkills"]), [skill("Programming", 0.88)]);
    assert_eq!(names(&data["distinguishingSkills"]), [skill("Programming", 0.88)]);
    assert_eq!(
        names(&data["definingSkills"]),
        [skill("Computers and Electronics", 0.625)]
    );
    assert_eq!(
        names(&data["specializedSkills"]),
        [
            ("Rust".to_owned(), Value::Null),
            ("Python".to_owned(), Value::Null)
        ]
    );
    // Descriptions are known for O*NET's elements.
    assert!(
        !data["commonSkills"][0]["description"]
            .as_str()
            .unwrap()
            .is_empty()
    );
    assert!(warnings[0].contains("is its importance"), "{warnings:?}");
    // What is not relevant or suppressed there is no skill.
    let (data, _) = stage.ask(ONET, "29-1141.00", &["commonSkills"]).await;
    assert_eq!(
        names(&data["commonSkills"]),
        [skill("Reading Comprehension", 0.75)]
    );
    // An occupation that O*NET does not rate has none, and not those of its neighbours.
    let (data, warnings) = stage.ask(ONET, "15-1299.08", &all).await;
    assert!(
        data.get("commonSkills").is_none() && warnings[0].ends_with("left out."),
        "{data}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_between_occupations_are_judged_by_wages_job_zones_and_major_groups() {
    let stage = with_onet().await;
    let steps = ["feederOccupations", "nextStepOccupations", "similarOccupations"];
    // Wages are those that come with the service.
    let (data, warnings) = stage.ask(SOC, "15-1252", &steps).await;
    assert_eq!(
        data["similarOccupations"],
        json!([
            { "id": "15-1211", "name": "Computer Systems Analysts", "score": 1 },
            { "id": "15-1253", "name": "Software Quality Assurance Analysts and Testers", "score": 0.67 },
            { "id": "29-1141", "name": "Registered Nurses", "score": 0.33 },
        ])
    );
    let feeders = data["feederOccupations"].as_array().unwrap();
    let first = &feeders[0];
    let gain = 148_100 - first["meanSalary"].as_i64().unwrap();
    assert_eq!(
        (&first["category"], &first["meanSalaryDiff"]),
        (&json!("Advancement"), &json!(gain))
    );
    assert_eq!(feeders[2]["category"], "LateralAdvancement");
    assert_eq!(data["nextStepOccupations"], json!([]));
    assert!(
        warnings[0].contains("not moves that were observed"),
        "{warnings:?}"
    );
    let (data, _) = stage.ask(ONET, "15-1253.00", &steps).await;
    let next = &data["nextStepOccupations"][0];
    assert_eq!(
        (&next["id"], &next["category"]),
        (&json!("15-1252.00"), &json!("Advancement"))
    );
    assert!(next["meanSalaryDiff"].as_f64().unwrap() > 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_to_an_occupation_without_annual_wages_says_so() {
    let stage = with_onet().await;
    // Actors have hourly wages only.
    let (data, warnings) = stage.ask(SOC, "29-1141", &["nextStepOccupations"]).await;
    let step = &data["nextStepOccupations"][0];
    assert_eq!(
        (&step["id"], &step["meanSalary"], &step["meanSalaryDiff"]),
        (&json!("27-2011"), &Value::Null, &Value::Null)
    );
    let of_nulls = |warning: &&String| warning.contains("`meanSalary` or `meanSalaryDiff` is null: 27-2011.");
    assert_eq!(warnings.iter().filter(of_nulls).count(), 1, "{warnings:?}");
    let (_, warnings) = stage.ask(SOC, "15-1252", &["feederOccupations"]).await;
    assert!(
        !warnings.iter().any(|warning| warning.contains("meanSalary")),
        "{warnings:?}"
    );
}
