//! `/admin/v1/audit-events`.

use serde_json::{Value, json};
use talentsoft_partner::clients::Scope;

use super::stage::AdminStage;

/// What was done to which kind of thing.
fn deeds(page: &Value) -> Vec<String> {
    let events = page["audit_events"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    events
        .map(|event| format!("{} {}", text(&event["subject_kind"]), text(&event["action"])))
        .collect()
}

#[tokio::test]
async fn the_trail_is_read_newest_first_by_pages_and_by_what_is_asked() {
    let stage = AdminStage::new().await;
    stage.app.add_own_client("platform", &[Scope::Platform]).await;
    let change = json!({ "is_enabled": false, "settings": { "clock_skew_seconds": 5 } });
    assert_eq!(stage.patch("/clients/platform", &change).await.status, 200);
    let of_admin = stage.get("/audit-events?actor=admin").await.json();
    assert_eq!(deeds(&of_admin), ["client disabled", "client updated"]);
    let newest = &of_admin["audit_events"][0];
    assert_eq!(
        (&newest["actor_kind"], &newest["address"], &newest["subject"]),
        (&json!("client"), &json!("203.0.113.7"), &json!("platform"))
    );
    assert_eq!(
        newest["detail"],
        json!({ "customer_id": null, "before": { "is_enabled": true }, "after": { "is_enabled": false } })
    );
    for (query, expected) in [
        ("subject=platform&action=updated", vec!["client updated"]),
        ("subject=platform&actor=tester", vec!["client added"]),
        ("subject_kind=customer", vec![]),
    ] {
        let page = stage.get(&format!("/audit-events?{query}")).await.json();
        assert_eq!(deeds(&page), expected, "{query}");
    }
    let client = stage.app.add_marketplace_client("acme").await;
    let change = json!({ "is_enabled": false, "settings": { "clock_skew_seconds": 5 } });
    let path = format!("/clients/{}", client.client_id);
    assert_eq!(stage.patch(&path, &change).await.status, 200);
    let customer_id = client.customer_id.unwrap();
    let of_customer = stage.get(&format!("/audit-events?subject={customer_id}")).await;
    assert_eq!(
        deeds(&of_customer.json()),
        [
            "client disabled",
            "client updated",
            "client added",
            "customer added"
        ]
    );
    let all = deeds(&stage.get("/audit-events").await.json());
    let mut paged = Vec::new();
    let mut path = "/audit-events?limit=2".to_owned();
    loop {
        let page = stage.get(&path).await.json();
        paged.extend(deeds(&page));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/audit-events?limit=2&cursor={cursor}");
    }
    assert!(all.len() > 3);
    assert_eq!(paged, all);
    let refused = stage.get("/audit-events?cursor=x").await.problem();
    assert_eq!(refused, (400, "invalid-cursor".to_owned()));
    for path in [
        "/audit-events?subject=%00",
        "/customers?name=a%00",
        "/clients?text=%00b",
        "/refusals?reason=%00",
        "/refusal-groups?reason=%00",
    ] {
        let refused = stage.get(path).await.problem();
        assert_eq!(refused, (400, "invalid-text".to_owned()), "{path}");
    }
}
