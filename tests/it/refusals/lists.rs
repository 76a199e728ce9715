//! Refusals are found by what is known of them, and read by pages.

use chrono::{DateTime, TimeDelta, Utc};
use talentsoft_partner::audit::Act;
use talentsoft_partner::page::Page;
use talentsoft_partner::refusals::{GroupCursor, GroupFilter, RefusalFilter, list_groups, list_refusals};
use test_support::{OTHER_SECRET, TestApp, TestClient, actor};

use super::{found_by, groups_by, until_counted};

/// A service that refused a call of each of two clients, and two hours later one of the first and one of somebody.
struct Refused {
    app: TestApp,
    acme: TestClient,
    other: TestClient,
    later: DateTime<Utc>,
}

impl Refused {
    async fn four() -> Self {
        let app = TestApp::start().await;
        let acme = app.add_marketplace_client("acme").await;
        let other = app.add_marketplace_client("other").await;
        let guess = async |client: &TestClient| {
            let wrong = TestClient {
                secret: OTHER_SECRET.to_owned(),
                ..client.clone()
            };
            assert_eq!(app.client_credentials(&wrong).await.status, 401);
        };
        guess(&acme).await;
        guess(&other).await;
        app.advance(7200);
        guess(&acme).await;
        assert_eq!(app.get("/videos/campaigns").await.status, 401);
        until_counted(&app, 4).await;
        let later = app.now();
        Self {
            app,
            acme,
            other,
            later,
        }
    }
}

#[tokio::test]
async fn calls_are_found_by_client_reason_address_and_time() {
    let Refused {
        app,
        acme,
        other,
        later,
    } = Refused::four().await;
    let all = RefusalFilter::default();
    let of = |client: &TestClient| RefusalFilter {
        client_id: Some(client.client_id.clone()),
        ..all.clone()
    };
    let because = |reason: &str| RefusalFilter {
        reason: Some(reason.to_owned()),
        ..all.clone()
    };
    let from = |address: &str| RefusalFilter {
        address: Some(address.parse().unwrap()),
        ..all.clone()
    };
    let since = |filter: RefusalFilter| RefusalFilter {
        since: Some(later),
        ..filter
    };
    let until = |filter: RefusalFilter| RefusalFilter {
        until: Some(later),
        ..filter
    };
    for (filter, expected) in [
        (all.clone(), 4),
        (of(&acme), 2),
        (because("token_missing"), 1),
        (because("token_expired"), 0),
        (from("127.0.0.1"), 4),
        (from("::ffff:127.0.0.1"), 4),
        (from("192.0.2.1"), 0),
        (since(all.clone()), 2),
        (until(all.clone()), 2),
        (since(of(&other)), 0),
        (until(of(&other)), 1),
    ] {
        let found = found_by(&app, &app.act(), &filter).await;
        assert_eq!(found.len(), expected, "{filter:?}");
    }
    // Who acts for one customer learns of that customer's clients alone.
    let confined = Act {
        customer_id: acme.customer_id,
        ..Act::new(actor(), app.now())
    };
    assert_eq!(found_by(&app, &confined, &all).await.len(), 2);
    let groups = app
        .db
        .read(async |db| {
            let page = Page {
                after: None,
                limit: 10,
            };
            list_groups(db, &confined, &GroupFilter::default(), &page).await
        })
        .await;
    assert_eq!(groups.unwrap().0.len(), 1);
}

#[tokio::test]
async fn groups_are_found_by_client_reason_network_and_hour() {
    let Refused { app, acme, later, .. } = Refused::four().await;
    let all = GroupFilter::default();
    for (filter, expected) in [
        (all.clone(), 3),
        (
            GroupFilter {
                client_id: Some(acme.client_id.clone()),
                ..all.clone()
            },
            1,
        ),
        (
            GroupFilter {
                reason: Some("token_missing".to_owned()),
                ..all.clone()
            },
            1,
        ),
        (
            GroupFilter {
                address: Some("127.0.0.1".parse().unwrap()),
                ..all.clone()
            },
            1,
        ),
        (
            GroupFilter {
                since: Some(later + TimeDelta::minutes(20)),
                ..all.clone()
            },
            2,
        ),
        (
            GroupFilter {
                until: Some(later - TimeDelta::hours(1)),
                ..all.clone()
            },
            2,
        ),
    ] {
        assert_eq!(groups_by(&app, &filter).await.len(), expected, "{filter:?}");
    }
    let groups = groups_by(&app, &all).await;
    let of_acme = groups
        .iter()
        .find(|group| group.client_id.as_ref() == Some(&acme.client_id));
    let of_acme = of_acme.unwrap();
    assert_eq!((of_acme.refused, of_acme.not_kept), (2, 0));
    let between = of_acme.last_at - of_acme.first_at;
    assert_eq!((of_acme.last_at, between), (later, TimeDelta::hours(2)));
}

#[tokio::test]
async fn both_lists_are_read_by_pages() {
    let Refused { app, .. } = Refused::four().await;
    let act = app.act();
    let (mut calls, mut after) = (Vec::new(), None);
    loop {
        let page = Page { after, limit: 1 };
        let read = app
            .db
            .read(async |db| list_refusals(db, &act, &RefusalFilter::default(), &page).await);
        let (found, next) = read.await.unwrap();
        assert_eq!(found.len(), 1);
        calls.extend(found.into_iter().map(|call| call.refusal_id));
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(calls.len(), 4);
    assert!(calls.is_sorted_by(|one, next| one > next), "newest first");

    let (mut refused, mut after) = (Vec::new(), None::<GroupCursor>);
    loop {
        let page = Page {
            // As it goes through a URL.
            after: after.map(|cursor| cursor.to_string().parse().unwrap()),
            limit: 1,
        };
        let read = app
            .db
            .read(async |db| list_groups(db, &act, &GroupFilter::default(), &page).await);
        let (found, next) = read.await.unwrap();
        assert_eq!(found.len(), 1);
        refused.extend(found.into_iter().map(|group| group.refused));
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((refused.len(), refused.iter().sum::<i64>()), (3, 4));
}
