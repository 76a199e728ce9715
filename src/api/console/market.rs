//! Libraries of titles: their versions, published and retired, and a title tried.

use actix_web::{HttpResponse, web};
use console_pages::pages::{
    FoundTitle, Library, LibraryVersion, Market, TitleDifference, TryTitle, VersionAction, VersionState,
};
use console_pages::{Choice, Form, Message, Section, errors, flashes, paths};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::market_imports::imports_shown;
use super::words::InWords;
use super::{Admin, Error, Viewer, Visit, page};
use crate::clients::{self, Customer};
use crate::ids::CustomerId;
use crate::market;
use crate::market::publishing::{self, ListedVersion};
use crate::market::versions::{VersionNumber, VersionStatus};

/// How paths name the library that all share.
const SHARED: &str = "shared";
/// The longest raw title that is tried, in bytes.
const MAX_TITLE_BYTES: usize = 1024;
/// Most titles that a raw one may stand for.
const MOST_FOUND: usize = 5;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::MARKET).get(get_market).head(get_market))
        .service(page(paths::MARKET_TRY).get(get_try).head(get_try))
        .service(
            page(paths::MARKET_VERSION)
                .get(get_action)
                .head(get_action)
                .post(post_action),
        );
}

/// All versions, and the customers who have a library of their own.
struct Libraries {
    versions: Vec<ListedVersion>,
    customers: Vec<Customer>,
}

impl Libraries {
    async fn read<R: super::RoleMarker>(visit: &Visit<R>) -> Result<Self, Error> {
        let read = visit.read(async |db| {
            let versions = publishing::list_versions(db).await?;
            let owners = versions.iter().filter_map(|version| version.customer_id);
            let customers = find_customers(db, owners).await?;
            Ok(Self { versions, customers })
        });
        read.await
    }

    /// Whose library there is, that of all first.
    fn owners(&self) -> Vec<Option<CustomerId>> {
        let mut owners: Vec<Option<CustomerId>> = Vec::new();
        for version in &self.versions {
            if !owners.contains(&version.customer_id) {
                owners.push(version.customer_id);
            }
        }
        owners
    }

    fn name(&self, owner: Option<CustomerId>) -> Option<String> {
        name(&self.customers, owner)
    }

    fn of(&self, owner: Option<CustomerId>) -> impl Iterator<Item = &ListedVersion> {
        self.versions
            .iter()
            .filter(move |version| version.customer_id == owner)
    }

    /// The version that callers get who name none.
    fn current(&self, owner: Option<CustomerId>) -> Option<VersionNumber> {
        self.published(owner).next()
    }

    /// The version that they get once this one is retired.
    fn next(&self, owner: Option<CustomerId>, retired: VersionNumber) -> Option<VersionNumber> {
        self.published(owner).find(|number| *number != retired)
    }

    /// The numbers of what is published, the newest first.
    fn published(&self, owner: Option<CustomerId>) -> impl Iterator<Item = VersionNumber> {
        let versions = self.of(owner);
        versions
            .filter(|version| version.status == VersionStatus::Published)
            .map(|version| version.version)
    }
}

/// The customers of these identifiers, each once.
pub(super) async fn find_customers(
    db: &mut PgConnection,
    owners: impl Iterator<Item = CustomerId>,
) -> Result<Vec<Customer>, Error> {
    let mut customers: Vec<Customer> = Vec::new();
    for customer_id in owners {
        if customers.iter().all(|known| known.customer_id != customer_id) {
            customers.push(clients::find_customer_by_id(db, customer_id).await?);
        }
    }
    Ok(customers)
}

/// The name of the customer whose library it is.
pub(super) fn name(customers: &[Customer], owner: Option<CustomerId>) -> Option<String> {
    let customer = customers
        .iter()
        .find(|customer| Some(customer.customer_id) == owner);
    customer.map(|customer| customer.name.clone())
}

/// A library's name in paths.
fn library_path(owner: Option<CustomerId>) -> String {
    owner.map_or_else(|| SHARED.to_owned(), |id| id.to_string())
}

/// Whose library a path names.
fn owner(library: &str) -> Result<Option<CustomerId>, Error> {
    match library {
        SHARED => Ok(None),
        id => id.parse().map(Some).map_err(|_| Error::NotFound),
    }
}

/// `GET /market`
async fn get_market(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let libraries = Libraries::read(&visit).await?;
    let library = |owner: Option<CustomerId>| {
        let current = libraries.current(owner);
        Library {
            library: library_path(owner),
            customer: libraries.name(owner),
            versions: libraries.of(owner).map(|version| row(version, current)).collect(),
        }
    };
    let shown = libraries.owners().into_iter().map(library).collect();
    visit.page(
        Section::Market,
        &Market {
            libraries: shown,
            imports: imports_shown(&visit).await?,
        },
    )
}

fn row(version: &ListedVersion, current: Option<VersionNumber>) -> LibraryVersion {
    LibraryVersion {
        version: version.version.to_string(),
        state: match version.status {
            VersionStatus::Draft => VersionState::Draft,
            VersionStatus::Published => VersionState::Published,
            VersionStatus::Retired => VersionState::Retired,
        },
        titles: version.titles.into(),
        sources: version.sources.clone(),
        created_at: version.created_at,
        published_at: version.published_at,
        is_current: current == Some(version.version),
    }
}

/// What is to be done with a version.
struct Action {
    owner: Option<CustomerId>,
    number: VersionNumber,
    retires: bool,
    page: VersionAction,
}

impl Action {
    /// Reads it from a path; what cannot be done is not found.
    async fn read(visit: &Visit<Admin>, path: &web::Path<(String, String, String)>) -> Result<Self, Error> {
        let (library, version, action) = &**path;
        let owner = owner(library)?;
        let number: VersionNumber = version.parse().map_err(|_| Error::NotFound)?;
        let libraries = Libraries::read(visit).await?;
        let found = libraries.of(owner).find(|known| known.version == number);
        let found = found.ok_or(Error::NotFound)?;
        let current = libraries.current(owner);
        let retires = match (action.as_str(), found.status) {
            ("publish", VersionStatus::Draft) => false,
            ("retire", VersionStatus::Published) => true,
            _ => return Err(Error::NotFound),
        };
        Ok(Self {
            owner,
            number,
            retires,
            page: VersionAction {
                library: library.clone(),
                customer: libraries.name(owner),
                version: version.clone(),
                action: action.clone(),
                current: current.map(|number| number.to_string()),
                next: libraries.next(owner, number).map(|number| number.to_string()),
                difference: match current.filter(|_| !retires) {
                    Some(current) => Some(difference(visit, owner, (current, number)).await?),
                    None => None,
                },
                form: Form::new(),
            },
        })
    }
}

/// How the titles of a draft differ from those that callers get now.
async fn difference(
    visit: &Visit<Admin>,
    owner: Option<CustomerId>,
    (current, draft): (VersionNumber, VersionNumber),
) -> Result<TitleDifference, Error> {
    let counted = visit
        .read(async |db| {
            let library_id = publishing::find_library(db, owner).await?;
            publishing::count_title_differences(db, library_id, current, draft).await
        })
        .await;
    match counted {
        Ok(counted) => Ok(TitleDifference {
            more: counted.additions,
            fewer: counted.removals,
            altered: counted.alterations,
        }),
        Err(publishing::Error::Failure(failure)) => Err(failure.into()),
        // It is gone since it was listed.
        Err(_) => Err(Error::NotFound),
    }
}

/// `GET /market/{library}/{version}/{action}`
async fn get_action(
    visit: Visit<Admin>,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, Error> {
    let action = Action::read(&visit, &path).await?;
    visit.page(Section::Market, &action.page)
}

/// `POST /market/{library}/{version}/{action}`: publishes the draft, or retires a version.
async fn post_action(
    visit: Visit<Admin>,
    path: web::Path<(String, String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let fields = visit.form(payload, "market-version", &["reference"]).await?;
    let mut action = match Action::read(&visit, &path).await {
        Ok(action) => action,
        Err(error) => return Ok(see_done(&visit, visit.came_of(&fields, error).await?)),
    };
    let form = fields.shown(&["reference"]);
    if fields.get("reference").trim() != action.page.version {
        action.page.form = form.error("reference", Message::text(errors::REFERENCE));
        return visit.page(Section::Market, &action.page);
    }
    let act = visit.act();
    let done = visit
        .change_once(&fields, async |db| {
            let library_id = publishing::find_library(db, action.owner).await?;
            if action.retires {
                publishing::retire_version(db, &act, library_id, action.number).await?;
            } else {
                publishing::publish_version(db, &act, library_id, None).await?;
            }
            Ok(Done {
                retires: action.retires,
            })
        })
        .await;
    match done {
        Ok(done) => Ok(see_done(&visit, done)),
        Err(publishing::Error::Failure(failure)) => Err(failure.into()),
        Err(error) => {
            action.page.form = form.error("reference", error.in_words());
            visit.page(Section::Market, &action.page)
        }
    }
}

/// What was done with a version.
#[derive(Clone, Copy, Deserialize, Serialize)]
struct Done {
    retires: bool,
}

fn see_done(visit: &Visit<Admin>, done: Done) -> HttpResponse {
    let flash = if done.retires {
        flashes::VERSION_RETIRED
    } else {
        flashes::VERSION_PUBLISHED
    };
    visit.see_other(paths::MARKET, Some(flash))
}

/// `GET /market/try`: what a raw title stands for, in the latest version of a library. It counts against no quota.
async fn get_try(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&["title", "library"])?;
    let library = query.get("library").unwrap_or(SHARED);
    let owner = owner(library)?;
    let libraries = Libraries::read(&visit).await?;
    let choices = libraries.owners().into_iter().map(|owner| {
        let label = match libraries.name(owner) {
            Some(name) => Message::Words(name),
            None => Message::text("library-shared"),
        };
        Choice::new(&library_path(owner), label)
    });
    let mut page = TryTitle {
        form: Form::new().with("library", library),
        libraries: choices.collect(),
        found: None,
    };
    if let Some(title) = query.get("title") {
        page.form = page.form.with("title", title);
        if title.len() > MAX_TITLE_BYTES {
            page.form = page.form.error("title", Message::text(errors::TITLE));
        } else {
            page.found = Some(find_titles(&visit, owner, title).await?);
        }
    }
    visit.page(Section::Market, &page)
}

async fn find_titles(
    visit: &Visit<Viewer>,
    owner: Option<CustomerId>,
    raw: &str,
) -> Result<Vec<FoundTitle>, Error> {
    let market = &visit.app().market;
    let version = market.catalogue.version(visit.db(), owner, "latest").await?;
    let index = market.indexes.index(visit.db(), &version).await?;
    let mappings = market.mappings.table(visit.db(), &version).await?;
    let normalized = index.normalize(raw, MOST_FOUND);
    let found = normalized.candidates.iter().map(|candidate| {
        let mapping = mappings.mapping(candidate.title);
        FoundTitle {
            title: candidate.title.name.clone(),
            title_id: candidate.title.title_id.to_string(),
            occupation: mapping.occupation().map(|soc| (soc.id.clone(), soc.name.clone())),
            confidence: thousandths(candidate.confidence),
        }
    });
    Ok(found.collect())
}

/// A probability in thousandths.
fn thousandths(probability: f32) -> i64 {
    format!("{:.0}", probability * 1000.0).parse().unwrap_or_default()
}

impl From<market::Error> for Error {
    fn from(error: market::Error) -> Self {
        match error {
            market::Error::Failure(failure) => Self::Failure(failure),
            _ => Self::NotFound,
        }
    }
}
