//! The people who may sign in.

use actix_web::{HttpResponse, web};
use console_pages::pages::{Member, StaffList};
use console_pages::{Section, paths};

use super::state::role;
use super::{Error, Viewer, Visit, page};
use crate::staff::Account;
use crate::staff::accounts;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(page(paths::STAFF).get(get_staff).head(get_staff));
}

/// `GET /staff`
async fn get_staff(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let accounts = visit.read(async |db| accounts::list(db).await).await?;
    let members = accounts.iter().map(member).collect();
    visit.page(Section::Staff, &StaffList { members })
}

fn member(account: &Account) -> Member {
    Member {
        staff_id: account.staff_id.to_string(),
        sign_in_name: account.sign_in_name.to_string(),
        name: account.name.to_string(),
        role: role(account.role),
        is_enabled: account.is_enabled,
        has_password: account.has_password,
        has_second_factor: account.has_second_factor,
        is_linked: account.is_linked,
        signed_in_at: account.signed_in_at,
    }
}
