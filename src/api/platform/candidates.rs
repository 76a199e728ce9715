//! `/platform/v1/customers/{customer_id}/candidates/{applicant_id}`: forgetting a candidate.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::call::{Reply, acting, answer};
use crate::api::guard::Access;
use crate::api::guard::scopes::Platform;
use crate::app::App;
use crate::recruiting::Error;
use crate::recruiting::people::{Person, erase};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/platform/v1/customers/{customer_id}/candidates/{applicant_id}")
            .delete(delete_candidate),
    );
}

/// `DELETE /platform/v1/customers/{customer_id}/candidates/{applicant_id}`.
async fn delete_candidate(
    app: web::Data<App>,
    access: Access<Platform>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    answer(&access, &request, async {
        let customer_id = path.0.parse().map_err(|_| Error::UnknownCandidate)?;
        let applicant_id = path.1.parse().map_err(|_| Error::UnknownCandidate)?;
        let person = Person::Applicant(customer_id, applicant_id);
        let acting = acting(&app, &access);
        if erase(&app.db, &acting, &person).await? == 0 {
            return Err(Error::UnknownCandidate.into());
        }
        Ok(Reply::no_content())
    })
    .await
}
