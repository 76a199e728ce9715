//! What stands before a guarded route.

mod access_matrix;
mod auth_check;
mod dialects;
mod proxies;
