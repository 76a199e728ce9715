//! A batch of profiles, read row by row: what is wrong in one row is told with that row, and changes nothing of the others.
//!
//! The answer is kept under the idempotency key, so it names rows by their place and has nothing of a person in it.

use std::collections::HashSet;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::error::Error;
use crate::ids::ProfileId;
use crate::profiles::{Document, InvalidDocument, Put, PutProfile};

/// Most bytes of a batch.
pub(super) const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Most profiles of a batch.
const MAX_PROFILES: usize = 500;

/// A batch as it came.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch<'a> {
    #[serde(borrow)]
    profiles: Rows<'a>,
}

/// The rows of a batch, at most one more than it may have.
struct Rows<'a>(Vec<&'a RawValue>);

/// By hand for its bound: a vector of all elements of a body could be eight times as large as the body.
impl<'de: 'a, 'a> Deserialize<'de> for Rows<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RowsVisitor)
    }
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = Rows<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of profiles")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Rows<'de>, A::Error> {
        let mut rows = Vec::new();
        while rows.len() <= MAX_PROFILES {
            match sequence.next_element()? {
                Some(row) => rows.push(row),
                None => return Ok(Rows(rows)),
            }
        }
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Rows(rows))
    }
}

/// A batch that was read: the profiles of its good rows, and for each row which of these it is, or what is wrong with it.
pub(super) struct ReadBatch {
    profiles: Vec<PutProfile>,
    rows: Vec<Result<usize, String>>,
}

/// What became of a row.
#[derive(Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(super) enum RowResult<'a> {
    Created { id: ProfileId },
    Replaced { id: ProfileId },
    Error { error: &'a str },
}

/// The answer to a batch: a result for each row, in their order.
#[derive(Serialize)]
pub(super) struct Results<'a> {
    results: Vec<RowResult<'a>>,
}

impl<'a> Batch<'a> {
    /// Reads a body, whose rows are read later.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let batch: Self = serde_json::from_slice(bytes).map_err(|_| Error::InvalidBatch)?;
        if batch.profiles.0.len() > MAX_PROFILES {
            return Err(Error::InvalidBatch);
        }
        Ok(batch)
    }

    /// Reads the rows.
    pub(super) fn read(&self, now: DateTime<Utc>) -> ReadBatch {
        let mut read = ReadBatch {
            profiles: Vec::new(),
            rows: Vec::new(),
        };
        let mut seen = HashSet::new();
        for row in &self.profiles.0 {
            let row = match read_row(row, now) {
                Ok(profile) if seen.insert(profile.institution_user_id.clone()) => {
                    read.profiles.push(profile);
                    Ok(read.profiles.len() - 1)
                }
                Ok(_) => Err("an earlier row of this batch has the same institution-user-id".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            read.rows.push(row);
        }
        read
    }
}

fn read_row(row: &RawValue, now: DateTime<Utc>) -> Result<PutProfile, InvalidDocument> {
    let document = Document::parse(row.get())?;
    let user_id = document.institution_user_id()?;
    Ok(PutProfile {
        institution_user_id: user_id.ok_or(InvalidDocument::Missing("institution-user-id"))?,
        content: document.content(now)?,
    })
}

impl ReadBatch {
    /// The profiles of the good rows.
    pub(super) fn profiles(&self) -> &[PutProfile] {
        &self.profiles
    }

    /// What became of the rows; `put` is what became of the good ones.
    pub(super) fn results(&self, put: &[Put]) -> Results<'_> {
        let result = |row: &'_ Result<usize, String>| match row {
            Ok(at) => put.get(*at).map(|put| {
                let id = put.profile_id;
                if put.is_new {
                    RowResult::Created { id }
                } else {
                    RowResult::Replaced { id }
                }
            }),
            Err(_) => None,
        };
        let results = self.rows.iter().map(|row| {
            result(row).unwrap_or(RowResult::Error {
                error: row.as_ref().err().map_or("it was not written", String::as_str),
            })
        });
        Results {
            results: results.collect(),
        }
    }
}
