//! A desired state is applied as infrastructure tools do: the second time nothing changes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::stage::AdminStage;
use test_support::log;

/// The state that is wanted of a customer and what belongs to it.
#[derive(Clone)]
struct Desired {
    key: &'static str,
    name: &'static str,
    client: (&'static str, Value),
    campaign: Value,
    /// The link for video interviews; none where it is null.
    link: Option<&'static str>,
}

/// A tool that remembers what it has created, by names of its own.
struct Tool<'a> {
    stage: &'a AdminStage,
    known: BTreeMap<String, String>,
}

impl Tool<'_> {
    /// Creates a thing, or changes the one that it has created; returns its identifier.
    async fn bring(
        &mut self,
        key: &str,
        (paths, id_name): (&str, &str),
        new: &Value,
        state: &Value,
    ) -> String {
        if let Some(id) = self.known.get(key) {
            let changed = self.stage.patch(&format!("{paths}/{id}"), state).await;
            assert_eq!(changed.status, 200, "{changed:?}");
            return id.clone();
        }
        let added = self.stage.post_under(key, paths, new).await;
        assert_eq!(added.status, 201, "{added:?}");
        let added = added.json();
        if let Some(secret) = added["secret"]["client_secret"].as_str() {
            log::never(secret);
        }
        let id = added[id_name].as_str().unwrap().to_owned();
        self.known.insert(key.to_owned(), id.clone());
        id
    }

    /// Brings customers, clients, campaigns and creation links to the state that is wanted.
    async fn apply(&mut self, desired: &[Desired]) {
        for wanted in desired {
            let customer = json!({ "name": wanted.name });
            let kind = ("/customers", "customer_id");
            let customer_id = self.bring(wanted.key, kind, &customer, &customer).await;
            let (client_id, settings) = &wanted.client;
            let new = json!({ "client_id": client_id, "customer_id": customer_id, "settings": settings });
            let state = json!({ "is_enabled": true, "settings": settings });
            self.bring(client_id, ("/clients", "client_id"), &new, &state)
                .await;
            let mut new = wanted.campaign.clone();
            new["customer_id"] = json!(customer_id);
            new["kind"] = json!("video");
            let key = format!("{}/campaign", wanted.key);
            self.bring(&key, ("/campaigns", "campaign_id"), &new, &wanted.campaign)
                .await;
            let path = format!("/customers/{customer_id}/creation-links/video");
            let set = match wanted.link {
                Some(link) => self.stage.put(&path, &json!({ "url_template": link })).await,
                None => self.stage.delete(&path).await,
            };
            assert_eq!(set.status, 200, "{set:?}");
        }
    }
}

fn desired() -> Vec<Desired> {
    vec![
        Desired {
            key: "acme",
            name: "Acme",
            client: (
                "of-acme",
                json!({ "scopes": ["assessments"], "clock_skew_seconds": 30 }),
            ),
            campaign: json!({ "name": "Sales", "language": "fr" }),
            link: Some("https://partner.example/new"),
        },
        Desired {
            key: "zeta",
            name: "Zeta",
            client: (
                "of-zeta",
                json!({ "callback_hosts": ["ATS.example"], "quota": "50/year" }),
            ),
            campaign: json!({ "name": "Support", "language": "en-GB" }),
            link: None,
        },
    ]
}

/// All rows of what can be changed, with the transaction that wrote each.
async fn rows(stage: &AdminStage) -> Vec<(&'static str, Value)> {
    let mut rows = Vec::new();
    for table in ["customer", "client", "campaign", "creation_link", "audit_event"] {
        let sql = format!(
            "select coalesce(jsonb_agg(jsonb_build_array(kept.xmin::text, to_jsonb(kept)) order by to_jsonb(kept)::text), '[]')
             from {table} as kept"
        );
        let kept = sqlx::query_scalar(AssertSqlSafe(sql));
        rows.push((table, kept.fetch_one(&stage.app.sql).await.unwrap()));
    }
    rows
}

#[tokio::test]
async fn applying_the_same_state_twice_changes_nothing_the_second_time() {
    let stage = AdminStage::new().await;
    let mut tool = Tool {
        stage: &stage,
        known: BTreeMap::new(),
    };
    let desired = desired();
    tool.apply(&desired).await;
    let trail: Vec<String> = stage.trail().await.into_iter().map(|event| event.0).collect();
    let of_acme = ["added", "added", "added", "set_creation_link"];
    assert_eq!(trail, [&of_acme[..], &["added"; 3]].concat());
    let first = rows(&stage).await;
    stage.app.advance(60);
    tool.apply(&desired).await;
    assert_eq!(rows(&stage).await, first);
}

#[tokio::test]
async fn what_is_so_already_is_no_change_and_a_change_says_what_was_before() {
    let stage = AdminStage::new().await;
    let mut tool = Tool {
        stage: &stage,
        known: BTreeMap::new(),
    };
    let mut desired = desired();
    tool.apply(&desired).await;
    let before = stage.trail().await.len();
    desired[0].name = "Acme Europe";
    desired[0].client.1["clock_skew_seconds"] = json!(10);
    desired[0].campaign["language"] = json!("de");
    desired[0].link = None;
    desired[1].link = Some("https://partner.example/{customer_id}");
    tool.apply(&desired).await;
    tool.apply(&desired).await;
    let sql = "select action, jsonb_build_array(detail->'before', detail->'after') from audit_event
        where actor = 'admin' and address = '203.0.113.7' order by audit_event_id offset $1";
    let done: Vec<(String, Value)> = sqlx::query_as(sql)
        .bind(i64::try_from(before).unwrap())
        .fetch_all(&stage.app.sql)
        .await
        .unwrap();
    let actions: Vec<&str> = done.iter().map(|event| event.0.as_str()).collect();
    assert_eq!(
        actions,
        [
            "updated",
            "updated",
            "changed",
            "cleared_creation_link",
            "set_creation_link"
        ]
    );
    assert_eq!(done[0].1, json!([{ "name": "Acme" }, { "name": "Acme Europe" }]));
    let skew = |at: usize| done[1].1[at]["clock_skew_seconds"].clone();
    assert_eq!((skew(0), skew(1)), (json!(30), json!(10)));
    assert_eq!(
        done[2].1,
        json!([{ "name": "Sales", "language": "fr" }, { "name": "Sales", "language": "de" }])
    );
    let link = |url: Value| json!({ "url_template": url });
    assert_eq!(
        done[3].1,
        json!([link(json!("https://partner.example/new")), link(Value::Null)])
    );
    assert_eq!(
        done[4].1,
        json!([
            link(Value::Null),
            link(json!("https://partner.example/{customer_id}"))
        ])
    );
}
