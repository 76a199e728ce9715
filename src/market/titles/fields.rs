//! Which fields of a title a caller asks for.

use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// A field of a title (Lightcast contract s2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase", parse_err_ty = InvalidField, parse_err_fn = InvalidField::of)]
pub enum Field {
    /// The identifier.
    Id,
    /// The name.
    Name,
    /// The name for more than one.
    PluralName,
    /// Whether who has it leads others.
    IsSupervisor,
    /// The level that a word of it names.
    LevelBand,
    /// The URL of the title.
    InfoUrl,
    /// The first version that had it.
    AddedVersion,
    /// The first version that had it no more.
    RemovedVersion,
    /// Occupations and skills; for whoever is entitled.
    Mapping,
}

/// The text is not a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a field")]
pub struct InvalidField(String);

impl InvalidField {
    fn of(text: &str) -> Self {
        Self(text.chars().take(40).collect())
    }
}

impl Field {
    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of fields. They are written in the order of [`Field`], whatever the order in which they were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fields(u16);

impl Fields {
    /// Every field but the mapping, which needs an entitlement.
    pub const WITHOUT_MAPPING: Self = Self(Field::Mapping.bit() - 1);
    /// Every field.
    pub const ALL: Self = Self((Field::Mapping.bit() << 1) - 1);
    /// What a list has unless told otherwise.
    pub const OF_LIST: Self = Self(Field::Id.bit() | Field::Name.bit());

    /// What a normalized title has unless told otherwise.
    pub const OF_NORMALIZED: Self = Self(Field::AddedVersion.bit() - 1);

    /// Whether the field is in it.
    #[must_use]
    pub const fn contains(self, field: Field) -> bool {
        self.0 & field.bit() != 0
    }

    /// The fields of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Its members, in order.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::VARIANTS
            .iter()
            .copied()
            .filter(move |field| self.contains(*field))
    }

    /// Reads a list with commas between, such as `id,name`; white space around a name is ignored.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        text.split(',').map(|name| name.trim().parse::<Field>()).collect()
    }

    /// The names of its members.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(<&str>::from).collect()
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        Self(fields.into_iter().fold(0, |bits, field| bits | field.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_from_a_list_and_unknown_ones_are_named() {
        assert_eq!(Fields::parse("name,id"), Ok(Fields::OF_LIST));
        assert_eq!(
            Fields::parse(" id , pluralName ").unwrap().names(),
            ["id", "pluralName"]
        );
        assert_eq!(
            Fields::parse("id,nme").unwrap_err().to_string(),
            "`nme` is not a field"
        );
        assert!(Fields::parse("").is_err() && Fields::parse("id,").is_err() && Fields::parse("ID").is_err());
        assert!(Fields::ALL.contains(Field::Mapping) && !Fields::WITHOUT_MAPPING.contains(Field::Mapping));
        assert_eq!(Fields::WITHOUT_MAPPING.iter().count(), Field::VARIANTS.len() - 1);
        assert_eq!(
            Fields::ALL.names(),
            Field::VARIANTS.iter().map(<&str>::from).collect::<Vec<_>>()
        );
    }
}
