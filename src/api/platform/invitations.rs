//! `/platform/v1/invitations`: new ones, one of them, and the one of a link.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::campaigns::{OutOfReach, reached};
use crate::api::call::{Reply, acting, answer, read_json};
use crate::api::guard::Access;
use crate::api::guard::scopes::Platform;
use crate::app::App;
use crate::ids::InvitationId;
use crate::recruiting::Error;
use crate::recruiting::inbox::{self, Cursor, Invitation};
use crate::wire::query::Query;

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/platform/v1/invitations")
                .get(get_invitations)
                .head(get_invitations),
        )
        .service(web::resource("/platform/v1/invitations/resolve").post(post_resolve))
        .service(
            web::resource("/platform/v1/invitations/{invitation_id}")
                .get(get_invitation)
                .head(get_invitation),
        );
}

#[derive(Serialize)]
struct InvitationsBody {
    invitations: Vec<Invitation>,
    next_cursor: String,
}

/// `GET /platform/v1/invitations`: the new ones since a cursor; without one, all.
async fn get_invitations(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
) -> HttpResponse {
    answer(&access, &request, async {
        let query = Query::parse(request.query_string(), &["customer_id", "limit", "cursor"])?;
        let after = query.get("cursor").map_or(Ok(Cursor::BEGINNING), str::parse)?;
        let limit = query.limit()?;
        let (invitations, next) = match reached(&acting(&app, &access), query.id("customer_id")?) {
            Ok(customer_id) => inbox::list_invitations(&app.db, customer_id, after, limit).await?,
            Err(OutOfReach) => (Vec::new(), after),
        };
        Reply::ok(&InvitationsBody {
            invitations,
            next_cursor: next.to_string(),
        })
    })
    .await
}

/// The identifier in a path; what is none names nothing.
pub(super) fn invitation_id(path: &str) -> Result<InvitationId, Error> {
    path.parse().map_err(|_| Error::UnknownInvitation)
}

/// `GET /platform/v1/invitations/{id}`.
async fn get_invitation(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
    path: web::Path<String>,
) -> HttpResponse {
    answer(&access, &request, async {
        let acting = acting(&app, &access);
        Reply::ok(&inbox::find_invitation(&app.db, &acting, invitation_id(&path)?).await?)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResolveBody {
    token: String,
}

/// `POST /platform/v1/invitations/resolve`: a read, whose question is secret.
async fn post_resolve(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    answer(&access, &request, async {
        let (body, _) = read_json::<ResolveBody>(&request, payload.into_inner()).await?;
        let acting = acting(&app, &access);
        let token = Zeroizing::new(body.token);
        Reply::ok(&inbox::resolve_link(&app.db, &acting, &token).await?)
    })
    .await
}
