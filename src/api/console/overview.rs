//! The overview: is it well?

use actix_web::{HttpResponse, web};
use console_pages::pages::{
    CallbackCounts, DatabaseRole, Overview, Panel, RefusedCaller, Replica, SecretNotice, SecretNoticeKind,
};
use console_pages::{Section, paths};

use super::shown::{HOURS, caller_of, hourly, panel, reason};
use super::{Error, Viewer, Visit, page};
use crate::clients;
use crate::hours::last_hours;
use crate::oauth;
use crate::refusals::{self, RefusalGroup};
use crate::replica::{self, ReplicaInfo};

/// Most rows of each list.
const ROWS: i64 = 8;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(page(paths::OVERVIEW).get(get_overview).head(get_overview));
}

/// `GET /`
async fn get_overview(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let hours = last_hours(visit.app().clock.database_now(), HOURS);
    let since = hours.first().copied().unwrap_or_default();
    let act = visit.act();
    let issued = visit.read(async |db| oauth::list_issued(db, None, since).await);
    let tokens = panel(async { Ok(hourly(&hours, &issued.await?)) }).await;
    let refused = visit.read(async |db| refusals::list_by_hour(db, None, since).await);
    let refusals = panel(async { Ok(hourly(&hours, &refused.await?)) }).await;
    let replicas = panel(visit.read(async |db| replica::list_replicas(db).await)).await;
    let most = panel(visit.read(async |db| refusals::list_most_refused(db, since, ROWS).await)).await;
    let secrets = panel(visit.read(async |db| clients::list_secret_notices(db, &act, ROWS).await)).await;
    let backlog = visit.app().webhooks.backlog();
    let overview = Overview {
        tokens,
        refusals,
        replicas: each(replicas, shown_replica),
        most_refused: each(most, refused_caller),
        secrets: each(secrets, secret_notice),
        callbacks: Panel::Ready(CallbackCounts {
            waiting: backlog.pending,
            parked: backlog.parked,
        }),
    };
    visit.page(Section::Overview, &overview)
}

/// The rows of a panel.
fn each<T, U>(panel: Panel<Vec<T>>, show: impl Fn(&T) -> U) -> Panel<Vec<U>> {
    match panel {
        Panel::Ready(rows) => Panel::Ready(rows.iter().map(show).collect()),
        Panel::Unavailable => Panel::Unavailable,
    }
}

fn shown_replica(info: &ReplicaInfo) -> Replica {
    let id = info.replica_id.to_string();
    Replica {
        name: id.split('-').next().unwrap_or_default().to_owned(),
        version: info.version.clone().unwrap_or_default(),
        database: match info.database_state.as_deref() {
            Some("up") => DatabaseRole::Primary,
            Some("standby") => DatabaseRole::Standby,
            _ => DatabaseRole::Unknown,
        },
        lag_seconds: info.feed_lag_ms.map(|millis| millis / 1_000),
        started_at: info.started_at,
        seen_at: info.seen_at,
    }
}

fn refused_caller(group: &RefusalGroup) -> RefusedCaller {
    RefusedCaller {
        caller: caller_of(group),
        reason: reason(&group.reason, &group.meaning),
        refused: group.refused,
        last_at: group.last_at,
    }
}

fn secret_notice(notice: &clients::SecretNotice) -> SecretNotice {
    SecretNotice {
        client_id: notice.client_id.to_string(),
        kind: match notice.expires_at {
            Some(at) => SecretNoticeKind::Expires(at),
            None => SecretNoticeKind::NeverUsed(notice.created_at),
        },
    }
}
