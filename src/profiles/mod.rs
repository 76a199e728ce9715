//! Career Coach Profiles (Lightcast contract s4): the people at a customer's subdomains, as the partner's platform writes them
//! and as the customer's clients list them.
//!
//! Nothing of a profile is kept in memory, and nothing of it goes to the log or to the audit trail. A list of fifty is as fast
//! among a million as among ten: `listing` says how.

mod count;
mod document;
mod erase;
mod error;
mod key;
mod listing;
mod profile;
mod segment;
mod store;
mod subdomain;
mod write;

pub use document::{Document, InvalidDocument};
pub use erase::{
    HeldProfile, addresses_of, erase_addresses, erase_profile, erase_quiet, erase_subdomain, list_held,
};
pub use error::Error;
pub use listing::{
    Direction, InvalidSearch, InvalidSort, Listing, PROFILES_PER_READ, ProfileIds, Search, Sort, SortKey,
    list_profile_ids, read_profile, read_profiles,
};
pub use profile::{
    Attributes, InstitutionUserId, InvalidAttributes, InvalidInstitutionUserId, InvalidUserRoles, Profile,
    ProfileContent, ResumeApproval, UserRoles,
};
pub use segment::ProfileFilter;
pub use subdomain::{
    InvalidSubdomainName, Subdomain, SubdomainId, SubdomainName, add_subdomain, describe_subdomain,
    find_subdomain, list_subdomains, lock_subdomain, remove_subdomain,
};
pub use write::{Put, PutProfile, delete_profile, find_profile, lock_profile, put_profiles};
