//! Grant types, and which of them a client may use.

use serde::{Serialize, Serializer};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// A grant type of the token endpoint. Its text is the short name in the database, on the command line and in metrics;
/// the value of `grant_type` is read as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(
    serialize_all = "snake_case",
    parse_err_ty = InvalidGrant,
    parse_err_fn = InvalidGrant::of
)]
pub enum Grant {
    /// RFC 6749 s4.4.
    ClientCredentials,
    /// RFC 7523 s2.1.
    #[strum(
        to_string = "jwt_bearer",
        serialize = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    )]
    JwtBearer,
}

/// The text is not a grant.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a grant; the grants are client_credentials and jwt_bearer")]
pub struct InvalidGrant(String);

impl InvalidGrant {
    fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Grant {
    /// The value of `grant_type`.
    #[must_use]
    pub const fn grant_type(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }

    /// The short name in the database, on the command line and in metrics.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        self.into()
    }
}

/// The grants that a client may use; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grants {
    client_credentials: bool,
    jwt_bearer: bool,
}

/// No grant was given.
#[derive(Debug, thiserror::Error)]
#[error("the list of grants should be at least one of client_credentials, jwt_bearer")]
pub struct NoGrant;

impl Grants {
    /// Whether the client may use this grant.
    #[must_use]
    pub fn contains(self, grant: Grant) -> bool {
        match grant {
            Grant::ClientCredentials => self.client_credentials,
            Grant::JwtBearer => self.jwt_bearer,
        }
    }

    /// Both grants, as the Talentsoft marketplace uses them.
    #[must_use]
    pub fn both() -> Self {
        Self {
            client_credentials: true,
            jwt_bearer: true,
        }
    }

    /// This grant and no other.
    #[must_use]
    pub fn only(grant: Grant) -> Self {
        Self {
            client_credentials: grant == Grant::ClientCredentials,
            jwt_bearer: grant == Grant::JwtBearer,
        }
    }

    /// The grants in the set.
    pub fn iter(self) -> impl Iterator<Item = Grant> {
        Grant::VARIANTS
            .iter()
            .copied()
            .filter(move |grant| self.contains(*grant))
    }

    /// The short names of the grants, as the database holds them.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        self.iter().map(|grant| grant.to_string()).collect()
    }
}

impl Default for Grants {
    fn default() -> Self {
        Self::both()
    }
}

impl TryFrom<&[Grant]> for Grants {
    type Error = NoGrant;

    fn try_from(grants: &[Grant]) -> Result<Self, Self::Error> {
        if grants.is_empty() {
            return Err(NoGrant);
        }
        Ok(Self {
            client_credentials: grants.contains(&Grant::ClientCredentials),
            jwt_bearer: grants.contains(&Grant::JwtBearer),
        })
    }
}

impl TryFrom<Vec<String>> for Grants {
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn try_from(names: Vec<String>) -> Result<Self, Self::Error> {
        let grants: Vec<Grant> = names
            .iter()
            .map(|name| name.parse())
            .collect::<Result<_, InvalidGrant>>()?;
        Ok(Self::try_from(grants.as_slice())?)
    }
}

impl Serialize for Grants {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Grant::short_name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_have_the_names_of_the_rfcs_and_short_ones() {
        assert_eq!(Grant::ClientCredentials.grant_type(), "client_credentials");
        assert_eq!(
            Grant::JwtBearer.grant_type(),
            "urn:ietf:params:oauth:grant-type:jwt-bearer"
        );
        assert_eq!(Grant::ClientCredentials.short_name(), "client_credentials");
        assert_eq!(Grant::JwtBearer.short_name(), "jwt_bearer");
    }

    #[test]
    fn a_client_may_use_the_grants_of_its_set_and_no_other() {
        for (grants, names) in [
            (Grants::both(), &["client_credentials", "jwt_bearer"][..]),
            (Grants::only(Grant::ClientCredentials), &["client_credentials"]),
            (Grants::only(Grant::JwtBearer), &["jwt_bearer"]),
        ] {
            assert_eq!(grants.names(), names);
            for grant in Grant::VARIANTS {
                assert_eq!(grants.contains(*grant), names.contains(&grant.short_name()));
            }
            let listed: Vec<Grant> = grants.iter().collect();
            assert_eq!(Grants::try_from(listed.as_slice()).unwrap(), grants);
            assert_eq!(Grants::try_from(grants.names()).unwrap(), grants);
        }
        assert!(Grants::try_from(&[][..]).is_err());
        assert!(Grants::try_from(Vec::<String>::new()).is_err());
        assert!(Grants::try_from(vec!["password".to_owned()]).is_err());
    }
}
