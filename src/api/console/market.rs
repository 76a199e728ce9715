//! Libraries of titles: their versions, published and retired, and a title tried.

use actix_web::{HttpResponse, web};
use console_pages::pages::{
    FoundTitle, Library, LibraryVersion, Market, Paging, TitleDifference, TryTitle, VersionAction,
    VersionState,
};
use console_pages::{Form, Message, Offer, Section, errors, flashes, paths};
use serde::{Deserialize, Serialize};

use super::libraries::{Libraries, SHARED, VersionCursor, library_path, owner};
use super::market_imports::imports_shown;
use super::words::InWords;
use super::{Admin, Error, Viewer, Visit, page};
use crate::ids::CustomerId;
use crate::market;
use crate::market::publishing::{self, ListedVersion};
use crate::market::versions::{VersionNumber, VersionStatus};

/// Versions of one page: each may be of a library of its own, which has a heading and a table.
const ROWS: usize = 20;
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

/// `GET /market`: the versions of all libraries, page by page.
async fn get_market(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&["cursor"])?;
    let after: Option<VersionCursor> = visit.cursor(&query, paths::MARKET)?;
    let libraries = Libraries::read(&visit).await?;
    let (listed, next) = libraries.page(after.as_ref(), ROWS).ok_or(Error::Invalid)?;
    let path = |cursor: &str| paths::with_query(paths::MARKET, &[("cursor", cursor)]);
    let library = |versions: &[ListedVersion]| {
        let owner = versions.first().and_then(|version| version.customer_id);
        let current = libraries.current(owner);
        Library {
            library: library_path(owner),
            customer: libraries.name(owner),
            versions: versions.iter().map(|version| row(version, current)).collect(),
        }
    };
    let is_same = |one: &ListedVersion, other: &ListedVersion| one.customer_id == other.customer_id;
    let page = Market {
        libraries: listed.chunk_by(is_same).map(library).collect(),
        paging: Paging {
            newer: after.is_some().then(|| path("")),
            older: visit.older(next, paths::MARKET, path)?,
        },
        imports: imports_shown(&visit).await?,
    };
    visit.page(Section::Market, &page)
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
    let libraries = Libraries::read(&visit).await?;
    let offer = libraries.offer();
    let wanted = query.get("library").unwrap_or_default();
    let shown = match &offer {
        Offer::All(_) if wanted.is_empty() => SHARED,
        _ => wanted,
    };
    let mut page = TryTitle {
        form: Form::new().with("library", shown),
        libraries: offer,
        found: None,
    };
    let is_typed = matches!(page.libraries, Offer::First(_));
    let owner = match libraries.owner_of(wanted) {
        Err(error) if !is_typed => return Err(error),
        owner => owner,
    };
    if owner.is_err() {
        page.form = page.form.error("library", Message::text(errors::LIBRARY));
    }
    if let Some(title) = query.get("title") {
        page.form = page.form.with("title", title);
        if title.len() > MAX_TITLE_BYTES {
            page.form = page.form.error("title", Message::text(errors::TITLE));
        } else if let Ok(owner) = owner {
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
