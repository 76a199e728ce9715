//! Printing a report, and the descriptions of the checks.

mod json;

pub mod junit;

pub mod reference;

mod text;
