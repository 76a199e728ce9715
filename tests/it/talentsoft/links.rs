//! Invitation links: how they are stored, and that they outlive the keys that seal them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sqlx::Row;
use talentsoft_partner::keys::Purpose;

use super::inviting::{count, invitations, start};
use test_support::candidate::{FIRSTNAME, VIDEOS, candidate, candidates};
use test_support::eventually;

#[tokio::test]
async fn the_database_has_a_links_digest_and_seal_and_never_the_link() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    let answer = app
        .post_json(VIDEOS.path, &token, &json!([candidate(campaign, 1)]))
        .await;
    let link = VIDEOS.links(&answer).remove(0);
    let token = link.rsplit_once('/').unwrap().1;
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    assert_eq!(bytes.len(), 16, "128 bits");
    let row =
        sqlx::query("select invitation::text as text, link_digest, sealed_link, expires_at from invitation")
            .fetch_one(&app.sql)
            .await
            .unwrap();
    let text: String = row.get("text");
    assert!(text.contains(FIRSTNAME), "the whole row is looked at: {text}");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!text.contains(token) && !text.contains(&hex), "{text}");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    assert_eq!(row.get::<Vec<u8>, _>("link_digest"), digest.as_ref());
    assert_eq!(
        row.get::<Vec<u8>, _>("sealed_link").len(),
        12 + 16 + 16,
        "nonce, token, tag"
    );
    let expires_at: chrono::DateTime<chrono::Utc> = row.get("expires_at");
    assert_eq!(expires_at, app.now() + chrono::TimeDelta::days(30));
}

#[tokio::test]
async fn links_are_the_same_after_rotations_of_the_keys() {
    let (app, client, token) = start().await;
    let beside = app.beside().await;
    let campaign = app.add_campaign(client.customer_id.unwrap(), "One", "en").await;
    let rotate = async || {
        for purpose in [Purpose::Link, Purpose::Secret] {
            app.rotate_keys(purpose).await;
        }
    };
    let batch = |numbers| json!(candidates(campaign.campaign_id, numbers));
    let first = VIDEOS.links(&app.post_json(VIDEOS.path, &token, &batch(0..3)).await);
    rotate().await;
    // Neither may have heard of the new keys yet.
    let both = VIDEOS.links(&beside.post_json(VIDEOS.path, &token, &batch(0..6)).await);
    assert_eq!(first, both[..3]);
    eventually("the new key seals", async || {
        let number = 100 + u32::try_from(invitations(&app).await).unwrap();
        app.post_json(
            VIDEOS.path,
            &token,
            &json!([candidate(campaign.campaign_id, number)]),
        )
        .await;
        count(&app, "select count(distinct sealing_key_id) from invitation").await == 2
    })
    .await;
    rotate().await;
    for instance in [&app, &beside] {
        let again = instance.post_json(VIDEOS.path, &token, &batch(0..6)).await;
        assert_eq!(both, VIDEOS.links(&again));
    }
}
