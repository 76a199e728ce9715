//! Every page, from fixtures, in both languages and for every role: what must hold for all of them.

#[path = "../fixtures/mod.rs"]
mod fixtures;
mod markup;
mod style;
mod texts;
