//! What a template passes: a small value or a reference to one, as it comes out of a field, a loop or a call.

use chrono::{DateTime, Utc};

use crate::chart::Hue;
use crate::components::Tone;
use crate::frame::Section;

/// A small value, or a reference to one.
pub trait Given<T> {
    /// The value.
    fn given(&self) -> T;
}

impl<T, G: Given<T>> Given<T> for &G {
    fn given(&self) -> T {
        (**self).given()
    }
}

macro_rules! values {
    ($($value:ty),*) => {
        $(impl Given<$value> for $value {
            fn given(&self) -> $value {
                *self
            }
        })*
    };
}

values!(DateTime<Utc>, Hue, Section, Tone, i64);
