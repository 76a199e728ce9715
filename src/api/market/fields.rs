//! Which fields of a title a caller may see, and how they are written.

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::error::Error;
use crate::api::call::Call;
use crate::api::guard::{Caller, ScopeMarker};
use crate::clients::Entitlement;
use crate::market::titles::{Field, Fields, Mapping, MappingTable, Title};
use crate::market::versions::PublishedVersion;
use crate::text::PublicUrl;

/// The fields that the caller may ask for.
pub(super) fn allowed(caller: &Caller) -> Fields {
    if caller.entitlements.contains(Entitlement::TitleMapping) {
        Fields::ALL
    } else {
        Fields::WITHOUT_MAPPING
    }
}

/// What titles are written with: some of their fields.
pub(super) struct TitleWriter {
    fields: Fields,
    /// Where URLs of titles lead.
    public_url: PublicUrl,
    /// Only where the mapping is among the fields.
    mapping: Option<Arc<MappingTable>>,
}

impl TitleWriter {
    /// For titles of the version; refuses a mapping for whoever is not entitled to it.
    pub async fn new<S: ScopeMarker>(
        call: &Call<S>,
        version: &PublishedVersion,
        fields: Fields,
    ) -> Result<Self, Error> {
        let mut mapping = None;
        if fields.contains(Field::Mapping) {
            call.caller().require(Entitlement::TitleMapping)?;
            mapping = Some(call.app().market.mappings.table(call.db(), version).await?);
        }
        Ok(Self {
            fields,
            public_url: call.app().settings.public_url.clone(),
            mapping,
        })
    }

    /// A title, to be serialized.
    pub fn title<'a>(&'a self, title: &'a Title) -> TitleBody<'a> {
        TitleBody { writer: self, title }
    }
}

/// A title with some of its fields.
pub(super) struct TitleBody<'a> {
    writer: &'a TitleWriter,
    title: &'a Title,
}

impl TitleBody<'_> {
    fn mapping(&self) -> Option<Mapping<'_>> {
        self.writer
            .mapping
            .as_ref()
            .map(|table| table.mapping(self.title))
    }
}

impl Serialize for TitleBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (title, fields) = (self.title, self.writer.fields);
        let mut map = serializer.serialize_map(None)?;
        for field in fields.iter() {
            let name = <&str>::from(field);
            match field {
                Field::Id => map.serialize_entry(name, &format_args!("{}", title.title_id))?,
                Field::Name => map.serialize_entry(name, &title.name)?,
                Field::PluralName => map.serialize_entry(name, &title.plural_name)?,
                Field::IsSupervisor => map.serialize_entry(name, &title.is_supervisor)?,
                Field::LevelBand => map.serialize_entry(name, &title.level_band)?,
                Field::InfoUrl => {
                    let path = format!("/titles/versions/latest/titles/{}", title.title_id);
                    map.serialize_entry(name, &self.writer.public_url.join(&path))?;
                }
                Field::AddedVersion => map.serialize_entry(name, &title.added_in)?,
                Field::RemovedVersion => map.serialize_entry(name, &title.removed_in)?,
                Field::Mapping => map.serialize_entry(name, &self.mapping())?,
            }
        }
        map.end()
    }
}
