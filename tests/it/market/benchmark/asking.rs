//! What can be asked for, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::Scope;

use super::super::error;
use super::{ONET, SOC, Stage};
use test_support::send;

#[tokio::test]
async fn status_and_meta_say_what_there_is() {
    let stage = Stage::new().await;
    let healthy = json!({ "data": { "message": "Service is healthy", "healthy": true } });
    assert_eq!(stage.get("/occupation-benchmark/status").await.json(), healthy);
    let path = "/occupation-benchmark/meta?nation=us&lot_version=7";
    let meta = stage.get(path).await.json()["data"].clone();
    assert_eq!(meta["dimensions"], json!(["onet", "soc"]));
    assert_eq!(
        meta["taxonomies"][1],
        json!({ "id": "soc", "title": "Standard Occupational Classification", "version": "2018" })
    );
    assert_eq!(
        (&meta["regions"]["nations"], &meta["regions"]["levels"]),
        (&json!(["us"]), &json!(["nation"]))
    );
    let datasets = meta["datasets"].as_array().unwrap();
    assert!(datasets.contains(&json!("salary")) && !datasets.contains(&json!("education")));
    let attribution = meta["attribution"]["body"].as_str().unwrap();
    assert!(attribution.contains("U.S. Bureau of Labor Statistics") && attribution.contains("CC BY 4.0"));
    assert_eq!(
        meta["sources"],
        json!([
            "built-in O*NET 29.2 and 26.1, OEWS May 2025",
            "built-in-benchmark OEWS May 2025, O*NET 26.1"
        ])
    );
    let (status, title, detail) = error(&stage.get("/occupation-benchmark/meta?nation=uk").await);
    assert_eq!((status, title.as_str()), (400, "Invalid request"));
    assert!(detail.starts_with("Unrecognized region: uk"), "{detail}");
}

#[tokio::test]
async fn dimensions_list_their_occupations_by_pages_and_by_what_is_searched_for() {
    let stage = Stage::new().await;
    let dimensions = stage.get("/occupation-benchmark/dimensions").await.json();
    assert_eq!(dimensions, json!({ "data": ["onet", "soc"] }));
    let list = async |path: &str| stage.get(path).await.json()["data"].clone();
    let ids = |list: &Value| -> Vec<String> {
        let occupations = list["occupations"].as_array().unwrap();
        occupations
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = list(SOC).await;
    assert_eq!(first["occupations"].as_array().map(Vec::len), Some(100));
    assert_eq!(
        first["occupations"][0],
        json!({ "id": "11-0000", "name": "Management Occupations", "level": "major" })
    );
    let all = list(&format!("{SOC}?limit=2000")).await;
    assert_eq!(ids(&all).len(), all["occupationCount"]);
    assert_eq!(
        ids(&list(&format!("{SOC}?limit=10&page=3")).await),
        ids(&all)[20..30]
    );
    assert_eq!(ids(&list(&format!("{SOC}?page=2000")).await), [""; 0]);
    assert_eq!(
        ids(&list(&format!("{SOC}?q=15-125&limit=2")).await),
        ["15-1250", "15-1251"]
    );
    let nurses = list(&format!("{SOC}?q=NURSE%20regist")).await;
    assert_eq!(
        (ids(&nurses), &nurses["occupationCount"]),
        (vec!["29-1140".to_owned(), "29-1141".to_owned()], &json!(2))
    );
    assert_eq!(ids(&list(&format!("{SOC}?q=-")).await), [""; 0]);
    let finer = list(&format!("{ONET}?q=15-1299")).await;
    assert!(ids(&finer).contains(&"15-1299.08".to_owned()), "{finer}");
    assert_eq!(list(ONET).await["taxonomyVersion"], "2019");
    // Everything that is listed can be asked for.
    for id in ids(&all).iter().step_by(97) {
        assert_eq!(stage.post(SOC, &json!({ "id": id })).await.status, 200, "{id}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_in_lightcasts_words() {
    let stage = Stage::new().await;
    let lotocc = "/occupation-benchmark/dimensions/lotocc";
    let id = |id: &str| json!({ "id": id });
    let region = |region: Value| json!({ "id": "15-1252", "region": region });
    let of_nation = |level: &str, id: &str| region(json!({ "nation": "us", "level": level, "id": id }));
    let datasets = |names: Value| json!({ "id": "15-1252", "datasets": names });
    // What these begin with is enough.
    let occupation = "Unrecognized occupation: ";
    for (path, body, words) in [
        (
            SOC,
            id("15-9999"),
            "Unrecognized occupation: 15-9999 is not in dimension soc",
        ),
        (SOC, id("15-1252.00"), occupation),
        (SOC, id("00-0000"), occupation),
        (ONET, id("15-1252"), occupation),
        (SOC, of_nation("msa", "19820"), "Unrecognized region: msa 19820"),
        (SOC, of_nation("state", "us"), "Unrecognized region: state us"),
        (SOC, of_nation("nation", "48"), "Unrecognized region: nation 48"),
        (
            SOC,
            of_nation("county", "1"),
            "Invalid request body: region.level must be",
        ),
        (
            SOC,
            region(json!({ "nation": "uk" })),
            "Unrecognized region: nation uk",
        ),
        (
            SOC,
            region(json!({ "nation": "us", "level": "msa" })),
            "Invalid request body: region.id must be",
        ),
        (
            SOC,
            region(json!({ "nation": "us", "zip": "1" })),
            "Invalid request body: region.zip: unknown field",
        ),
        (
            SOC,
            region(json!({})),
            "Invalid request body: region: missing field `nation`",
        ),
        (SOC, region(Value::Null), "Invalid request body: region: "),
        (
            SOC,
            datasets(json!([])),
            "Invalid request body: `datasets` must have at least one",
        ),
        (
            SOC,
            datasets(json!(["x"])),
            "Invalid request body: datasets: `x` is not a dataset; the datasets are salary, ",
        ),
        (
            SOC,
            json!({ "id": "15-1252", "more": 1 }),
            "Invalid request body: unknown field `more`",
        ),
        (SOC, json!({ "id": 15 }), "Invalid request body: id: invalid type"),
        (SOC, json!({}), "Invalid request body: missing field `id`"),
        (SOC, json!([]), "Invalid request body: it must be a JSON object"),
    ] {
        let (status, title, detail) = error(&stage.post(path, &body).await);
        assert_eq!(
            (status, title.as_str()),
            (400, "Invalid request"),
            "{body}: {detail}"
        );
        assert!(detail.starts_with(words), "{body}: {detail}");
    }
    let (status, title, detail) = error(&stage.post(lotocc, &id("1")).await);
    assert_eq!((status, title.as_str()), (404, "URL not found"));
    assert!(detail.starts_with("Unrecognized dimension: lotocc"), "{detail}");
    assert_eq!(error(&stage.get(lotocc).await).0, 404);
    assert_eq!(error(&stage.post(SOC, &id(&"x".repeat(20_000))).await).0, 413);
    for query in ["limit=0", "limit=2001", "page=0", "limit=x", "name=x"] {
        let refused = error(&stage.get(&format!("{SOC}?{query}")).await);
        assert_eq!(refused.0, 400, "{query}: {}", refused.2);
    }
    let text = stage.app.request(Method::POST, SOC).bearer_auth(&stage.token);
    assert_eq!(error(&send(text.body("{}")).await).0, 415);
    assert_eq!(error(&stage.get("/occupation-benchmark/nothing").await).0, 404);
}

#[tokio::test]
async fn the_scope_is_named_that_would_do_and_requests_are_limited_for_each_api() {
    let stage = Stage::new().await;
    let titles = stage.app.add_data_client("titles", Scope::EmsiOpen).await;
    let token = stage.app.application_token(&titles).await;
    let (status, title, detail) = error(&stage.app.get_with("/occupation-benchmark/meta", &token).await);
    assert_eq!((status, title.as_str()), (401, "Unauthorized"));
    assert!(
        detail.ends_with("opens this API: occupation-benchmark."),
        "{detail}"
    );
    // Five requests a second where nothing else is set.
    let scopes = [Scope::OccupationBenchmark, Scope::EmsiOpen]
        .into_iter()
        .collect();
    let settings = talentsoft_partner::clients::ClientSettings::new(
        None,
        talentsoft_partner::clients::Grants::both(),
        scopes,
    );
    let client = stage
        .app
        .add_client("limited", test_support::SECRET, settings)
        .await;
    let token = stage.app.application_token(&client).await;
    for _ in 0..5 {
        assert_eq!(
            stage
                .app
                .get_with("/occupation-benchmark/meta", &token)
                .await
                .status,
            200
        );
    }
    let refused = stage.app.get_with("/occupation-benchmark/meta", &token).await;
    assert_eq!(error(&refused).0, 429);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(stage.app.get_with("/titles/versions", &token).await.status, 200);
}

#[tokio::test]
async fn two_replicas_that_are_asked_first_at_once_publish_the_built_in_data_once() {
    let stage = Stage::new().await;
    let other = stage.app.beside().await;
    let body = json!({ "id": "15-1252", "datasets": ["employment"] });
    let there = other
        .request(Method::POST, SOC)
        .bearer_auth(&stage.token)
        .json(&body);
    let (here, there) = tokio::join!(stage.post(SOC, &body), send(there));
    assert_eq!(here.json(), there.json());
    assert_eq!(here.json()["data"]["employment"], 1_687_890);
    let versions: i64 = sqlx::query_scalar("select count(*) from market_version")
        .fetch_one(&stage.app.sql)
        .await
        .unwrap();
    assert_eq!(versions, 1);
}
