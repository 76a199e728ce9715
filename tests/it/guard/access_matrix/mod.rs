//! Who is let in where: every registered route, asked by everybody who may come.
//!
//! A route that is registered and not in [`routes::ROUTES`] fails the suite, as does one that stands there and is gone.

mod coverage;
mod credentials;
mod parameters;
mod routes;
mod service;
mod tokens;
