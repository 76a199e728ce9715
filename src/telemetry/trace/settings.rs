//! What the service is told about traces, by the variables that OpenTelemetry defines for it.

use std::fmt;
use std::time::Duration;

use opentelemetry_sdk::trace::Sampler;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// What the service is told about traces.
#[derive(Clone)]
pub struct TraceSettings {
    /// The URL that spans are posted to; `None`: nothing is traced.
    pub endpoint: Option<Url>,
    /// Header fields to send with them.
    pub headers: ExportHeaders,
    /// How long the export of a batch may take, with all its attempts.
    pub timeout: Duration,
    /// `OTEL_SERVICE_NAME`
    pub service_name: Option<String>,
    /// `OTEL_RESOURCE_ATTRIBUTES`
    pub resource_attributes: Vec<(String, String)>,
    /// Which requests are traced.
    pub sampling: Sampling,
    /// How long a span waits at most until it is sent.
    pub schedule_delay: Duration,
    /// How many spans may wait; further ones are lost.
    pub max_queue: usize,
    /// How many are sent together at most.
    pub max_batch: usize,
}

impl fmt::Debug for TraceSettings {
    /// Without the endpoint, which may hold a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TraceSettings")
            .field("is_on", &self.endpoint.is_some())
            .field("sampling", &self.sampling)
            .finish_non_exhaustive()
    }
}

impl Default for TraceSettings {
    fn default() -> Self {
        Self {
            endpoint: None,
            headers: ExportHeaders::default(),
            timeout: Duration::from_secs(10),
            service_name: None,
            resource_attributes: Vec::new(),
            sampling: Sampling::default(),
            schedule_delay: Duration::from_secs(5),
            max_queue: 2048,
            max_batch: 512,
        }
    }
}

impl TraceSettings {
    /// The name of the service where none is given.
    pub const DEFAULT_SERVICE_NAME: &str = "talentsoft-partner";

    /// The name of the service: `service.name` among the attributes counts where there is no other.
    pub(super) fn service_name(&self) -> &str {
        let attributes = self.resource_attributes.iter();
        let mut named = attributes.filter(|(name, _)| name == "service.name");
        let named = named.next().map(|(_, value)| value.as_str());
        self.service_name
            .as_deref()
            .or(named)
            .unwrap_or(Self::DEFAULT_SERVICE_NAME)
    }
}

/// A setting of OpenTelemetry is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSetting(String);

/// `OTEL_TRACES_SAMPLER`, with `OTEL_TRACES_SAMPLER_ARG`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Sampling {
    /// Every request.
    Always,
    /// None.
    Never,
    /// This share of the traces.
    Ratio(f64),
    /// As the caller has decided; every request where none has.
    #[default]
    ParentOrAlways,
    /// As the caller has decided; none where none has.
    ParentOrNever,
    /// As the caller has decided; this share where none has.
    ParentOrRatio(f64),
}

impl Sampling {
    /// The sampler with this name, and its argument.
    pub fn parse(name: &str, argument: Option<&str>) -> Result<Self, InvalidSetting> {
        let ratio = || match argument {
            None => Ok(1.0),
            Some(text) => text
                .parse()
                .ok()
                .filter(|ratio| (0.0..=1.0).contains(ratio))
                .ok_or_else(|| {
                    InvalidSetting(format!(
                        "OTEL_TRACES_SAMPLER_ARG is `{text}`, and should be a number from 0 to 1"
                    ))
                }),
        };
        match name {
            "always_on" => Ok(Self::Always),
            "always_off" => Ok(Self::Never),
            "traceidratio" => ratio().map(Self::Ratio),
            "parentbased_always_on" => Ok(Self::ParentOrAlways),
            "parentbased_always_off" => Ok(Self::ParentOrNever),
            "parentbased_traceidratio" => ratio().map(Self::ParentOrRatio),
            _ => Err(InvalidSetting(format!(
                "OTEL_TRACES_SAMPLER is `{name}`, and should be always_on, always_off, traceidratio, parentbased_always_on, \
                 parentbased_always_off or parentbased_traceidratio"
            ))),
        }
    }

    pub(super) fn sampler(self) -> Sampler {
        let parent_or = |root| Sampler::ParentBased(Box::new(root));
        match self {
            Self::Always => Sampler::AlwaysOn,
            Self::Never => Sampler::AlwaysOff,
            Self::Ratio(ratio) => Sampler::TraceIdRatioBased(ratio),
            Self::ParentOrAlways => parent_or(Sampler::AlwaysOn),
            Self::ParentOrNever => parent_or(Sampler::AlwaysOff),
            Self::ParentOrRatio(ratio) => parent_or(Sampler::TraceIdRatioBased(ratio)),
        }
    }
}

/// Header fields for the receiver of spans; their values may be secret.
#[derive(Clone, Default)]
pub struct ExportHeaders(Vec<(String, SecretString)>);

impl ExportHeaders {
    /// Reads `name=value,name=value`, the values percent-encoded. The error names the variable, and does not quote the fields.
    pub fn parse(text: &str, variable: &str) -> Result<Self, InvalidSetting> {
        let pairs = pairs(text).and_then(|pairs| {
            let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            let is_plain = |c: char| c == ' ' || c.is_ascii_graphic();
            let are_fields = pairs
                .iter()
                .all(|(name, value)| name.chars().all(is_token) && value.chars().all(is_plain));
            are_fields.then_some(pairs)
        });
        let pairs = pairs.ok_or_else(|| {
            InvalidSetting(format!(
                "{variable} should be name=value pairs with commas between, their values percent-encoded \
                 (they are not shown, for they may be secret)"
            ))
        })?;
        let secret = |(name, value)| (name, SecretString::from(value));
        Ok(Self(pairs.into_iter().map(secret).collect()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.0.iter();
        fields.map(|(name, value)| (name.as_str(), value.expose_secret()))
    }
}

impl fmt::Debug for ExportHeaders {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        formatter.debug_list().entries(names).finish()
    }
}

/// The pairs of a list such as `OTEL_RESOURCE_ATTRIBUTES`: `name=value,name=value`, the values percent-encoded.
#[must_use]
pub fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
    };
    parts.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_never_shown() {
        let headers = ExportHeaders::parse("api-key=s3cret, x=a%20b%3D,", "HEADERS").unwrap();
        assert_eq!(
            headers.iter().collect::<Vec<_>>(),
            [("api-key", "s3cret"), ("x", "a b=")]
        );
        assert!(!format!("{headers:?}").contains("s3cret"));
        for odd in ["s3cret", "=s3cret", "a b=s3cret", "a=s3cret%0a", "a=s3cret%ff"] {
            let error = ExportHeaders::parse(odd, "HEADERS").unwrap_err().to_string();
            assert!(
                error.contains("HEADERS should be") && !error.contains("s3cret"),
                "{error}"
            );
        }
    }

    #[test]
    fn samplers_are_those_of_opentelemetry() {
        for (name, argument, sampling) in [
            ("always_on", None, Sampling::Always),
            ("always_off", Some("x"), Sampling::Never),
            ("traceidratio", Some("0.25"), Sampling::Ratio(0.25)),
            ("parentbased_always_on", None, Sampling::ParentOrAlways),
            ("parentbased_always_off", None, Sampling::ParentOrNever),
            ("parentbased_traceidratio", None, Sampling::ParentOrRatio(1.0)),
        ] {
            assert_eq!(Sampling::parse(name, argument), Ok(sampling), "{name}");
        }
        for (name, argument) in [
            ("jaeger_remote", None),
            ("traceidratio", Some("2")),
            ("parentbased_traceidratio", Some("-1")),
            ("traceidratio", Some("NaN")),
        ] {
            assert!(Sampling::parse(name, argument).is_err(), "{name} {argument:?}");
        }
    }

    #[test]
    fn the_name_of_the_service_is_the_most_specific_one() {
        let mut settings = TraceSettings::default();
        assert_eq!(settings.service_name(), "talentsoft-partner");
        settings.resource_attributes = pairs("service.name=one,a=b").unwrap();
        assert_eq!(settings.service_name(), "one");
        settings.service_name = Some("two".to_owned());
        assert_eq!(settings.service_name(), "two");
    }
}
