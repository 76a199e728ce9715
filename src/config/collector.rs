//! The collector that spans are sent to, by the variables that OpenTelemetry defines for OTLP.
//!
//! A variable of traces alone comes before the one of all signals. What a program with more of OpenTelemetry does, and this one
//! does not, is refused.

use anyhow::{Context, bail};
use clap::Args;
use url::Url;

use super::parse;
use crate::telemetry::trace::ExportHeaders;

/// The path of spans below `OTEL_EXPORTER_OTLP_ENDPOINT`.
const TRACES_PATH: &str = "v1/traces";
/// The one protocol that is spoken.
const PROTOCOL: &str = "http/protobuf";
/// What to do instead of naming an authority.
const TRUSTED: &str = "but the collector is checked against the authorities that this machine trusts: add the certificate to those \
                       (on Debian by update-ca-certificates), and remove the variable";
/// What to do instead of naming a certificate of this service.
const UNCERTIFIED: &str = "but spans are sent without a certificate of the sender: send them to a collector that asks for none, \
                           or for a header field of OTEL_EXPORTER_OTLP_HEADERS, and remove the variable";

/// Where spans go, and how.
#[derive(Args, Clone)]
#[expect(
    clippy::struct_field_names,
    reason = "they are named like the standard variables"
)]
pub(super) struct CollectorConfig {
    /// Collector that spans are sent to by OTLP, such as `http://localhost:4318`; they go to /v1/traces below it; absent: nothing
    /// is traced
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    otel_exporter_otlp_endpoint: Option<String>,

    /// The same for spans alone, with its whole path
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    otel_exporter_otlp_traces_endpoint: Option<String>,

    /// Header fields for the collector, as name=value,name=value
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_HEADERS",
        hide_env_values = true,
        value_name = "FIELDS"
    )]
    otel_exporter_otlp_headers: Option<String>,

    /// The same for spans alone, instead of the others
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        hide_env_values = true,
        value_name = "FIELDS"
    )]
    otel_exporter_otlp_traces_headers: Option<String>,

    /// Protocol of the collector: http/protobuf
    #[arg(long, env = "OTEL_EXPORTER_OTLP_PROTOCOL", default_value = PROTOCOL, value_name = "PROTOCOL")]
    otel_exporter_otlp_protocol: String,

    /// The same for spans alone
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", value_name = "PROTOCOL")]
    otel_exporter_otlp_traces_protocol: Option<String>,

    /// Compression of what is sent: none
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_COMPRESSION",
        default_value = "none",
        value_name = "COMPRESSION"
    )]
    otel_exporter_otlp_compression: String,

    /// The same for spans alone
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
        value_name = "COMPRESSION"
    )]
    otel_exporter_otlp_traces_compression: Option<String>,

    /// Milliseconds that the export of a batch of spans may take, with all its attempts
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TIMEOUT", default_value = "10000", value_name = "MILLISECONDS",
          value_parser = |text: &str| parse::number(text, "OTEL_EXPORTER_OTLP_TIMEOUT", 1, 600_000))]
    otel_exporter_otlp_timeout: u32,

    /// The same for spans alone
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", value_name = "MILLISECONDS",
          value_parser = |text: &str| parse::number(text, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", 1, 600_000))]
    otel_exporter_otlp_traces_timeout: Option<u32>,

    /// Refused.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_CERTIFICATE", hide = true)]
    otel_exporter_otlp_certificate: Option<String>,

    /// Refused.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", hide = true)]
    otel_exporter_otlp_traces_certificate: Option<String>,

    /// Refused.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_CLIENT_KEY", hide = true)]
    otel_exporter_otlp_client_key: Option<String>,

    /// Refused.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", hide = true)]
    otel_exporter_otlp_traces_client_key: Option<String>,

    /// Refused.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", hide = true)]
    otel_exporter_otlp_client_certificate: Option<String>,

    /// Refused.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", hide = true)]
    otel_exporter_otlp_traces_client_certificate: Option<String>,
}

impl CollectorConfig {
    /// Refuses what is asked for and not done.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let (variable, protocol) = match &self.otel_exporter_otlp_traces_protocol {
            Some(protocol) => ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", protocol),
            None => ("OTEL_EXPORTER_OTLP_PROTOCOL", &self.otel_exporter_otlp_protocol),
        };
        if protocol != PROTOCOL {
            bail!("{variable} is `{protocol}`, and should be {PROTOCOL}: collectors take it at port 4318");
        }
        let (variable, compression) = match &self.otel_exporter_otlp_traces_compression {
            Some(compression) => ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", compression),
            None => (
                "OTEL_EXPORTER_OTLP_COMPRESSION",
                &self.otel_exporter_otlp_compression,
            ),
        };
        if !compression.eq_ignore_ascii_case("none") {
            bail!(
                "{variable} is `{compression}`, and should be none: spans are sent uncompressed (where other programs share the \
                 variable, set OTEL_EXPORTER_OTLP_TRACES_COMPRESSION to none for this one)"
            );
        }
        self.check_certificates()
    }

    fn check_certificates(&self) -> anyhow::Result<()> {
        for (file, variable, remedy) in [
            (
                &self.otel_exporter_otlp_certificate,
                "OTEL_EXPORTER_OTLP_CERTIFICATE",
                TRUSTED,
            ),
            (
                &self.otel_exporter_otlp_traces_certificate,
                "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
                TRUSTED,
            ),
            (
                &self.otel_exporter_otlp_client_key,
                "OTEL_EXPORTER_OTLP_CLIENT_KEY",
                UNCERTIFIED,
            ),
            (
                &self.otel_exporter_otlp_traces_client_key,
                "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
                UNCERTIFIED,
            ),
            (
                &self.otel_exporter_otlp_client_certificate,
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
                UNCERTIFIED,
            ),
            (
                &self.otel_exporter_otlp_traces_client_certificate,
                "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
                UNCERTIFIED,
            ),
        ] {
            if file.is_some() {
                bail!("{variable} is set, {remedy}");
            }
        }
        Ok(())
    }

    /// Header fields to send with spans.
    pub(super) fn headers(&self) -> anyhow::Result<ExportHeaders> {
        let (variable, text) = match &self.otel_exporter_otlp_traces_headers {
            Some(text) => ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", Some(text)),
            None => (
                "OTEL_EXPORTER_OTLP_HEADERS",
                self.otel_exporter_otlp_headers.as_ref(),
            ),
        };
        let text = text.map(String::as_str).unwrap_or_default();
        Ok(ExportHeaders::parse(text, variable)?)
    }

    /// How long the export of a batch may take, in milliseconds.
    pub(super) fn timeout_millis(&self) -> u32 {
        let of_traces = self.otel_exporter_otlp_traces_timeout;
        of_traces.unwrap_or(self.otel_exporter_otlp_timeout)
    }

    /// Where spans are posted to; `None`: nowhere.
    pub(super) fn endpoint(&self) -> anyhow::Result<Option<Url>> {
        let whole = self.otel_exporter_otlp_traces_endpoint.as_deref();
        let base = self.otel_exporter_otlp_endpoint.as_deref();
        let (variable, text, path) = match (whole, base) {
            (Some(whole), _) => ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", whole, ""),
            (None, Some(base)) => ("OTEL_EXPORTER_OTLP_ENDPOINT", base, TRACES_PATH),
            (None, None) => return Ok(None),
        };
        // The value is not shown, for it may hold a password.
        let invalid = || format!("{variable} should be an http or https URL, such as http://localhost:4318");
        let mut url = Url::parse(text).with_context(invalid)?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            bail!(invalid());
        }
        if !path.is_empty() {
            let below = format!("{}/{path}", url.path().trim_end_matches('/'));
            url.set_path(&below);
        }
        Ok(Some(url))
    }
}
