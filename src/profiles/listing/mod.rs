//! Lists of profiles: filtered, searched, sorted, with what they have in total, and as fast among a million as among ten.
//!
//! - What a list has in total is looked up in the counts, by segment and by the beginning that is searched for. It is counted
//!   only for several terms, or for one of more than eight characters: by what the rarest term finds, or, where that is much,
//!   by the indexes of pairs, in which what begins with two terms stands together.
//! - A list reads the identifiers of its window, in order, from the index of its first sort key: from each segment that its
//!   filter admits as many as the window takes, and these are merged.
//! - What is searched for is gathered and sorted where it is rare, and met on the way through the sorted index where it is
//!   frequent; [`plan`] chooses by the counts, and the database's planner has nothing to guess.
//! - Where no index is in the order of all its keys, [`steps`] finds what is within the window key by key.
//! - The profiles themselves are read by their identifiers, some at a time, so a long list needs no memory, and one that was
//!   erased meanwhile is left out.

mod plan;
mod search;
mod sort;
mod statement;
mod steps;
mod store;
mod way;

use sqlx::PgConnection;

use super::error::Error;
use super::profile::{InstitutionUserId, Profile};
use super::segment::{ProfileFilter, Segment};
use super::subdomain::{SubdomainId, SubdomainName, find_subdomain};
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::ProfileId;

use self::plan::{Counted, Plan, SegmentCount, Window};
pub use self::search::{InvalidSearch, Search};
pub use self::sort::{Direction, InvalidSort, Sort, SortKey};
use self::steps::Steps;
use self::way::Field;

/// Most profiles that are read by one statement: with the longest attributes they take 13 MiB.
pub const PROFILES_PER_READ: usize = 200;

/// Which profiles are listed, and how.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Only the one of this institution user.
    pub institution_user_id: Option<InstitutionUserId>,
    /// Only those that it admits.
    pub filter: ProfileFilter,
    /// Only those that it finds.
    pub search: Search,
    /// In which order.
    pub sort: Sort,
    /// How many of them come before the list; not negative.
    pub skip: i64,
    /// Most profiles of the list; from 1.
    pub limit: i64,
}

/// What a list has: some identifiers in order.
#[derive(Clone, Debug)]
pub struct ProfileIds {
    /// Where they are.
    pub subdomain_id: SubdomainId,
    /// How many profiles there are without `skip` and `limit`.
    pub total: i64,
    /// Those of the list.
    pub profile_ids: Vec<ProfileId>,
}

/// The identifiers of a list at a subdomain that the actor reaches.
pub async fn list_profile_ids(
    db: &mut PgConnection,
    act: &Act,
    subdomain: &SubdomainName,
    listing: &Listing,
) -> Result<ProfileIds, Error> {
    let subdomain_id = find_subdomain(db, act, subdomain).await?;
    let (total, profile_ids) = match &listing.institution_user_id {
        Some(user_id) => only(db, subdomain_id, listing, user_id).await?,
        None => window(db, subdomain_id, listing).await?,
    };
    Ok(ProfileIds {
        subdomain_id,
        total,
        profile_ids,
    })
}

/// The profiles with these identifiers, in their order; those that were deleted meanwhile are left out. At most
/// [`PROFILES_PER_READ`] at a time.
pub async fn read_profiles(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    profile_ids: &[ProfileId],
) -> Result<Vec<Profile>, Failure> {
    Ok(super::store::list_profiles(db, subdomain_id, profile_ids).await?)
}

/// One profile; `None`: what was asked for is no identifier.
pub async fn read_profile(
    db: &mut PgConnection,
    act: &Act,
    subdomain: &SubdomainName,
    profile_id: Option<ProfileId>,
) -> Result<Profile, Error> {
    let subdomain_id = find_subdomain(db, act, subdomain).await?;
    let profile_id = profile_id.ok_or(Error::UnknownProfile)?;
    let found = read_profiles(db, subdomain_id, &[profile_id]).await?;
    found.into_iter().next().ok_or(Error::UnknownProfile)
}

/// A list of one profile at most.
async fn only(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    listing: &Listing,
    user_id: &InstitutionUserId,
) -> Result<(i64, Vec<ProfileId>), Failure> {
    let present = super::store::find_present(db, subdomain_id, &[user_id.as_str()]).await?;
    let found = present
        .get(user_id)
        .filter(|present| listing.filter.admits(present.segment) && listing.search.finds(&present.keys));
    let total = i64::from(found.is_some());
    let listed = found.filter(|_| listing.skip == 0);
    Ok((
        total,
        listed.map(|present| present.profile_id).into_iter().collect(),
    ))
}

async fn window(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    listing: &Listing,
) -> Result<(i64, Vec<ProfileId>), Failure> {
    let segments = listing.filter.segments();
    let counts = store::list_counts(db, subdomain_id, &listing.search.counted_prefixes(), &segments).await?;
    let found = Found::of(subdomain_id, &listing.search, &counts);
    let counted = match found.total {
        Some(total) => Counted {
            total,
            ways: Vec::new(),
        },
        None => {
            let ways = found.ways(Field::sorted_by(listing.sort.first()));
            store::count_found(db, &found, ways).await?
        }
    };
    let Some(window) = Window::of(listing.skip, listing.limit, counted.total) else {
        return Ok((counted.total, Vec::new()));
    };
    let plan = Plan::of(&found, &listing.sort, &window, &counted);
    let mut profile_ids = if plan.is_gathered() || listing.sort.is_of_index() {
        store::list_ids(db, &found, &listing.sort, &window, &plan).await?
    } else {
        let steps = Steps::take(db, &found, &listing.sort, &window, &plan).await?;
        store::list_stepped_ids(db, &found, &listing.sort, &window, &steps).await?
    };
    if window.is_from_end {
        profile_ids.reverse();
    }
    Ok((counted.total, profile_ids))
}

/// What is known of the profiles that a list is about before any of them is read.
struct Found<'a> {
    /// Where.
    subdomain_id: SubdomainId,
    /// What is searched for, the rarest term first; none: everything.
    terms: Vec<&'a str>,
    /// The segments in which the first term may find something.
    segments: Vec<Segment>,
    /// How many profiles these have.
    population: i64,
    /// What the first term finds, or more where it is longer than what is counted.
    bound: SegmentCount,
    /// How many there are, where that is known.
    total: Option<i64>,
}

impl<'a> Found<'a> {
    fn of(subdomain_id: SubdomainId, search: &'a Search, counts: &[SegmentCount]) -> Self {
        let sum = |prefix: &str| {
            let of_prefix = counts.iter().filter(|count| count.prefix == prefix);
            of_prefix.fold(SegmentCount::default(), SegmentCount::plus)
        };
        let mut terms: Vec<(SegmentCount, &str)> = search
            .terms()
            .map(|term| (sum(search::counted_prefix(term)), term))
            .collect();
        terms.sort_by_key(|(count, _)| count.profiles);
        let first = terms.first().map(|(_, term)| search::counted_prefix(term));
        let first = first.unwrap_or_default();
        let segments: Vec<Segment> = counts
            .iter()
            .filter(|count| count.prefix == first)
            .map(|count| count.segment)
            .collect();
        let of_segments = counts
            .iter()
            .filter(|count| count.prefix.is_empty() && segments.contains(&count.segment));
        let bound = sum(first);
        let is_counted = match terms.as_slice() {
            [] => true,
            [(_, term)] => *term == search::counted_prefix(term),
            _ => false,
        };
        let bound = if search.is_hopeless() {
            SegmentCount::default()
        } else {
            bound
        };
        Self {
            subdomain_id,
            population: of_segments.map(|count| count.profiles).sum(),
            total: (is_counted || bound.profiles == 0).then_some(bound.profiles),
            terms: terms.into_iter().map(|(_, term)| term).collect(),
            segments,
            bound,
        }
    }
}
