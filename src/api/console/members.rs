//! The people who may sign in: everybody sees who they are, admins add and change them.

use actix_web::{HttpResponse, web};
use console_pages::pages::{Member, Paging, StaffList, StaffMember, StaffNew, role_choices, staff_errors};
use console_pages::{Form, Message, Section, flashes, paths};

use super::elevation::Kept;
use super::state::role;
use super::{Admin, Error, Fields, Viewer, Visit, page};
use crate::ids::StaffId;
use crate::page::Page;
use crate::staff::accounts::{self, NewAccount};
use crate::staff::{self, Account, HashedPassword, Role, SignInName, hash_password, second_factor, sessions};

/// People on one page.
const ROWS: i64 = 50;

const NEW: (&str, &[&str]) = ("staff-new", &["name", "sign_in_name", "role", "new_password"]);
const ROLE: (&str, &[&str]) = ("staff-role", &["role"]);
const PASSWORD: (&str, &[&str]) = ("staff-password", &["new_password"]);
const STATE: (&str, &[&str]) = ("staff-state", &["action"]);

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::STAFF).get(get_staff).head(get_staff))
        .service(page(paths::STAFF_NEW).get(get_new).head(get_new).post(post_new))
        .service(
            page(paths::STAFF_MEMBER)
                .get(get_member)
                .head(get_member)
                .post(post_member),
        );
}

/// `GET /staff`: by sign-in name, page by page.
async fn get_staff(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&["cursor"])?;
    let after: Option<SignInName> = visit.cursor(&query, paths::STAFF)?;
    let is_first = after.is_none();
    let listed = Page { after, limit: ROWS };
    let (accounts, next) = visit.read(async |db| accounts::page(db, &listed).await).await?;
    let path = |cursor: &str| paths::with_query(paths::STAFF, &[("cursor", cursor)]);
    let list = StaffList {
        members: accounts.iter().map(member).collect(),
        paging: Paging {
            newer: (!is_first).then(|| path("")),
            older: visit.older(next, paths::STAFF, path)?,
        },
    };
    visit.page(Section::Staff, &list)
}

/// `GET /staff/new`
async fn get_new(visit: Visit<Admin>) -> Result<HttpResponse, Error> {
    show_new(&visit, Form::new())
}

fn show_new(visit: &Visit<Admin>, form: Form) -> Result<HttpResponse, Error> {
    let roles = role_choices();
    visit.page(Section::Staff, &StaffNew { form, roles })
}

/// `POST /staff/new`
async fn post_new(mut visit: Visit<Admin>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let kept: &[&str] = &["name", "sign_in_name", "role"];
    let fields = visit.form(payload, NEW.0, NEW.1).await?;
    let there = visit
        .require_elevation(Section::Staff, &fields, (NEW.0, kept))
        .await?;
    if there == Kept::WithoutSecrets {
        return show_new(&visit, fields.shown(kept));
    }
    let new = match read_new(&visit, &fields).await? {
        Ok(new) => new,
        Err((field, text)) => return show_new(&visit, fields.shown(kept).error(field, Message::text(text))),
    };
    let act = visit.act();
    let added = visit.change_once(&fields, async |db| {
        let account = accounts::add(db, &act, &new).await?;
        Ok::<_, staff::Error>(account.staff_id)
    });
    match added.await {
        Err(staff::Error::AccountExists(_)) => {
            let taken = Message::text(staff_errors::NAME_TAKEN);
            show_new(&visit, fields.shown(kept).error("sign_in_name", taken))
        }
        added => {
            let path = paths::staff_member(&added?.to_string());
            Ok(visit.see_other(&path, Some(flashes::STAFF_ADDED)))
        }
    }
}

/// The account that a form describes, or the field that is wrong and what is said of it.
async fn read_new(
    visit: &Visit<Admin>,
    fields: &Fields,
) -> Result<Result<NewAccount, (&'static str, &'static str)>, Error> {
    let Ok(name) = fields.get("name").parse() else {
        return Ok(Err(("name", staff_errors::DISPLAY_NAME_FORM)));
    };
    let Ok(sign_in_name) = fields.get("sign_in_name").parse() else {
        return Ok(Err(("sign_in_name", staff_errors::NAME_FORM)));
    };
    let Ok(role) = fields.get("role").parse() else {
        return Ok(Err(("role", staff_errors::ROLE_MISSING)));
    };
    let password = match read_password(visit, fields).await? {
        NewPassword::None => None,
        NewPassword::Weak => return Ok(Err(("new_password", staff_errors::PASSWORD_WEAK))),
        NewPassword::Hashed(password) => Some(password),
    };
    Ok(Ok(NewAccount {
        sign_in_name,
        name,
        role,
        password,
    }))
}

/// The password of a form.
enum NewPassword {
    /// There is none.
    None,
    /// It is too short.
    Weak,
    /// It is hashed.
    Hashed(HashedPassword),
}

async fn read_password(visit: &Visit<Admin>, fields: &Fields) -> Result<NewPassword, Error> {
    if fields.get("new_password").is_empty() {
        return Ok(NewPassword::None);
    }
    let Some(password) = fields.secret("new_password") else {
        return Ok(NewPassword::Weak);
    };
    match hash_password(&visit.app().sign_in.passwords, password).await {
        Err(staff::Error::WeakPassword) => Ok(NewPassword::Weak),
        hashed => Ok(NewPassword::Hashed(hashed?)),
    }
}

/// The person that a path names.
async fn find(visit: &Visit<Admin>, staff_id: &str) -> Result<Account, Error> {
    let staff_id: StaffId = staff_id.parse().map_err(|_| Error::NotFound)?;
    Ok(visit.read(async |db| accounts::find(db, staff_id).await).await?)
}

/// `GET /staff/{staff_id}`
async fn get_member(visit: Visit<Admin>, staff_id: web::Path<String>) -> Result<HttpResponse, Error> {
    let account = find(&visit, &staff_id).await?;
    show_member(&visit, &account, Form::new())
}

fn show_member(visit: &Visit<Admin>, account: &Account, form: Form) -> Result<HttpResponse, Error> {
    let page = StaffMember {
        member: member(account),
        is_self: account.staff_id == visit.session().account.staff_id,
        form: form.with("role", account.role.into()),
        roles: role_choices(),
    };
    visit.page(Section::Staff, &page)
}

/// `POST /staff/{staff_id}`: one's own account is changed elsewhere, so that nobody raises or loses a role by oneself.
async fn post_member(
    mut visit: Visit<Admin>,
    staff_id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let fields = visit.one_of_forms(payload, &[ROLE, PASSWORD, STATE]).await?;
    let account = find(&visit, &staff_id).await?;
    if account.staff_id == visit.session().account.staff_id {
        return Err(Error::Invalid);
    }
    let kept: (&str, &[&str]) = (fields.form(), &["role", "action"]);
    let there = visit.require_elevation(Section::Staff, &fields, kept).await?;
    if there == Kept::WithoutSecrets && fields.form() == PASSWORD.0 {
        return show_member(&visit, &account, Form::new());
    }
    let changed = match fields.form() {
        form if form == ROLE.0 => set_role(&visit, &account, &fields).await?,
        form if form == PASSWORD.0 => set_password(&visit, &account, &fields).await?,
        _ => change_state(&visit, &account, fields.get("action")).await?,
    };
    match changed {
        None => Ok(visit.see_other(&paths::staff_member(&staff_id), Some(flashes::SAVED))),
        Some((field, text)) => show_member(&visit, &account, Form::new().error(field, Message::text(text))),
    }
}

/// The field that is wrong, and what is said of it.
type Wrong = Option<(&'static str, &'static str)>;

/// What is said of an error that the page can cause.
fn wrong(result: Result<(), staff::Error>) -> Result<Wrong, Error> {
    match result {
        Err(staff::Error::LastAdmin(_)) => Ok(Some(("role", staff_errors::LAST_ADMIN))),
        result => Ok(result.map(|()| None)?),
    }
}

async fn set_role(visit: &Visit<Admin>, account: &Account, fields: &Fields) -> Result<Wrong, Error> {
    let Ok(role) = fields.get("role").parse::<Role>() else {
        return Ok(Some(("role", staff_errors::ROLE_MISSING)));
    };
    let act = visit.act();
    let set = visit.change(async |db| accounts::set_role(db, &act, account.staff_id, role).await);
    wrong(set.await.map(|_| ()))
}

async fn set_password(visit: &Visit<Admin>, account: &Account, fields: &Fields) -> Result<Wrong, Error> {
    let NewPassword::Hashed(password) = read_password(visit, fields).await? else {
        return Ok(Some(("new_password", staff_errors::PASSWORD_WEAK)));
    };
    let (act, id) = (visit.act(), account.staff_id);
    let set = visit.change(async |db| accounts::set_password(db, &act, id, Some(&password), None).await);
    wrong(set.await)
}

async fn change_state(visit: &Visit<Admin>, account: &Account, action: &str) -> Result<Wrong, Error> {
    let (act, id) = (visit.act(), account.staff_id);
    let changed = visit
        .change(async |db| {
            match action {
                "enable" => accounts::enable(db, &act, id).await.map(|_| ())?,
                "disable" => accounts::disable(db, &act, id).await.map(|_| ())?,
                "unlock" => accounts::unlock(db, &act, id).await?,
                "unlink" => accounts::unlink(db, &act, id).await?,
                "end-sessions" => {
                    let ended = sessions::end_all(db, id).await?;
                    sessions::record_ended(db, &act, account, ended).await?;
                }
                "reset-second-factor" => {
                    second_factor::remove(db, &act, account).await?;
                    sessions::end_all(db, id).await?;
                }
                _ => return Ok(false),
            }
            Ok::<_, staff::Error>(true)
        })
        .await;
    match changed {
        Ok(false) => Err(Error::Invalid),
        changed => wrong(changed.map(|_| ())),
    }
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
