//! Statements that are put together, because the way to the rows depends on what is listed: of fixed words and of the names of
//! columns alone, and everything that comes from outside is bound.

mod store;

pub(super) use self::store::{Statement, columns_of};
