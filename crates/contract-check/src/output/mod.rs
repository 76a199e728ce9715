//! The forms in which a report and the checks are printed.

mod json;

pub mod junit;

pub mod reference;

mod text;
