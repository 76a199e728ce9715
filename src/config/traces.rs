//! Settings of traces, by the variables that OpenTelemetry defines for every program.
//!
//! Where it leaves it open what a wrong value does, it is an error here: who writes one wants to be told.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use url::Url;

use super::parse;
use crate::telemetry::trace::{Sampling, TraceSettings, pairs};

/// The path of spans below `OTEL_EXPORTER_OTLP_ENDPOINT`.
const TRACES_PATH: &str = "v1/traces";
/// The one protocol that is spoken.
const PROTOCOL: &str = "http/protobuf";

/// Where spans go, and which.
#[derive(Args, Clone)]
#[expect(
    clippy::struct_field_names,
    reason = "they are named like the standard variables"
)]
pub struct TraceConfig {
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

    /// Protocol of the collector: http/protobuf
    #[arg(long, env = "OTEL_EXPORTER_OTLP_PROTOCOL", default_value = PROTOCOL, value_name = "PROTOCOL")]
    otel_exporter_otlp_protocol: String,

    /// Milliseconds that the export of a batch of spans may take, with all its attempts
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TIMEOUT", default_value = "10000", value_name = "MILLISECONDS",
          value_parser = |text: &str| parse::number(text, "OTEL_EXPORTER_OTLP_TIMEOUT", 1, 600_000))]
    otel_exporter_otlp_timeout: u32,

    /// Name of the service in its spans
    #[arg(
        long,
        env = "OTEL_SERVICE_NAME",
        default_value = "talentsoft-partner",
        value_name = "NAME"
    )]
    otel_service_name: String,

    /// What else all spans say, as name=value,name=value
    #[arg(long, env = "OTEL_RESOURCE_ATTRIBUTES", value_name = "ATTRIBUTES")]
    otel_resource_attributes: Option<String>,

    /// Which requests are traced: `always_on`, `always_off`, `traceidratio`, or these after `parentbased_`, where the caller's
    /// decision comes first
    #[arg(
        long,
        env = "OTEL_TRACES_SAMPLER",
        default_value = "parentbased_always_on",
        value_name = "SAMPLER"
    )]
    otel_traces_sampler: String,

    /// Share of the traces, from 0 to 1, for the samplers with traceidratio; absent: all
    #[arg(long, env = "OTEL_TRACES_SAMPLER_ARG", value_name = "NUMBER")]
    otel_traces_sampler_arg: Option<String>,

    /// Milliseconds that a span waits at most until it is sent
    #[arg(long, env = "OTEL_BSP_SCHEDULE_DELAY", default_value = "5000", value_name = "MILLISECONDS",
          value_parser = |text: &str| parse::number(text, "OTEL_BSP_SCHEDULE_DELAY", 1, 600_000))]
    otel_bsp_schedule_delay: u32,

    /// Spans that may wait; further ones are lost
    #[arg(long, env = "OTEL_BSP_MAX_QUEUE_SIZE", default_value = "2048", value_name = "NUMBER",
          value_parser = |text: &str| parse::number(text, "OTEL_BSP_MAX_QUEUE_SIZE", 1, 1_000_000))]
    otel_bsp_max_queue_size: u32,

    /// Spans that are sent together at most
    #[arg(long, env = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", default_value = "512", value_name = "NUMBER",
          value_parser = |text: &str| parse::number(text, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, 1_000_000))]
    otel_bsp_max_export_batch_size: u32,

    /// `true` turns traces off whatever else is set
    #[arg(long, env = "OTEL_SDK_DISABLED", default_value = "false", value_name = "WHETHER", value_parser = parse::boolean_of_otel,
          action = clap::ArgAction::Set)]
    otel_sdk_disabled: bool,
}

impl TraceConfig {
    /// The settings. Where nothing is traced, the others are not looked at.
    pub fn settings(&self) -> anyhow::Result<TraceSettings> {
        let Some(endpoint) = self.endpoint()? else {
            return Ok(TraceSettings::default());
        };
        if self.otel_exporter_otlp_protocol != PROTOCOL {
            bail!(
                "OTEL_EXPORTER_OTLP_PROTOCOL is `{}`, and should be {PROTOCOL}: collectors take it at port 4318",
                self.otel_exporter_otlp_protocol
            );
        }
        let attributes = self.otel_resource_attributes.as_deref().unwrap_or_default();
        let attributes = pairs(attributes).context(
            "OTEL_RESOURCE_ATTRIBUTES should be name=value pairs with commas between, their values percent-encoded",
        )?;
        let headers = self.otel_exporter_otlp_headers.as_deref().unwrap_or_default();
        let millis = |number: u32| Duration::from_millis(number.into());
        let max_queue = usize::try_from(self.otel_bsp_max_queue_size)?;
        Ok(TraceSettings {
            endpoint: Some(endpoint),
            headers: headers.parse()?,
            timeout: millis(self.otel_exporter_otlp_timeout),
            service_name: self.service_name(&attributes),
            resource_attributes: attributes,
            sampling: Sampling::parse(&self.otel_traces_sampler, self.otel_traces_sampler_arg.as_deref())?,
            schedule_delay: millis(self.otel_bsp_schedule_delay),
            max_queue,
            max_batch: usize::try_from(self.otel_bsp_max_export_batch_size)?.min(max_queue),
        })
    }

    /// The name of the service; `None` where only an attribute names it.
    fn service_name(&self, attributes: &[(String, String)]) -> Option<String> {
        let is_default = self.otel_service_name == TraceSettings::DEFAULT_SERVICE_NAME;
        let is_named = attributes.iter().any(|(name, _)| name == "service.name");
        (!(is_default && is_named)).then(|| self.otel_service_name.clone())
    }

    /// Where spans are posted to; `None`: nothing is traced.
    fn endpoint(&self) -> anyhow::Result<Option<Url>> {
        if self.otel_sdk_disabled {
            return Ok(None);
        }
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

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    fn settings(arguments: &[&str]) -> anyhow::Result<TraceSettings> {
        let command = TraceConfig::augment_args(clap::Command::new("test"));
        // What this process is told must not count.
        let command = command.mut_args(|argument| argument.env(None::<&str>));
        let matches = command.try_get_matches_from([&["test"], arguments].concat())?;
        TraceConfig::from_arg_matches(&matches)?.settings()
    }

    #[test]
    fn spans_go_below_the_endpoint_or_to_their_own() {
        for (arguments, endpoint) in [
            (&[][..], None),
            (
                &["--otel-exporter-otlp-endpoint=http://h:4318"],
                Some("http://h:4318/v1/traces"),
            ),
            (
                &["--otel-exporter-otlp-endpoint=https://h/otlp/"],
                Some("https://h/otlp/v1/traces"),
            ),
            (
                &[
                    "--otel-exporter-otlp-endpoint=http://h:4318",
                    "--otel-exporter-otlp-traces-endpoint=http://t/x",
                ],
                Some("http://t/x"),
            ),
            (
                &[
                    "--otel-exporter-otlp-endpoint=http://h:4318",
                    "--otel-sdk-disabled=TRUE",
                ],
                None,
            ),
        ] {
            let settings = settings(arguments).unwrap();
            assert_eq!(
                settings.endpoint.as_ref().map(Url::as_str),
                endpoint,
                "{arguments:?}"
            );
        }
    }

    #[test]
    fn a_wrong_value_is_explained() {
        let endpoint = "--otel-exporter-otlp-endpoint=http://h:4318";
        for (argument, words) in [
            ("--otel-exporter-otlp-protocol=grpc", "should be http/protobuf"),
            ("--otel-traces-sampler=sometimes", "parentbased_always_on"),
            ("--otel-resource-attributes=a", "name=value pairs"),
            ("--otel-exporter-otlp-headers=a", "name=value pairs"),
            (
                "--otel-exporter-otlp-traces-endpoint=h:4318",
                "an http or https URL",
            ),
            ("--otel-bsp-max-queue-size=0", "OTEL_BSP_MAX_QUEUE_SIZE"),
        ] {
            let error = format!("{:#}", settings(&[endpoint, argument]).unwrap_err());
            assert!(error.contains(words), "{argument}: {error}");
        }
        // Without an endpoint they are of another program, which shares the environment.
        assert!(settings(&["--otel-exporter-otlp-protocol=grpc"]).is_ok());
    }

    #[test]
    fn the_service_is_named_by_the_most_specific_variable() {
        let name = |arguments: &[&str]| {
            let endpoint = "--otel-exporter-otlp-endpoint=http://h:4318";
            settings(&[&[endpoint], arguments].concat()).unwrap().service_name
        };
        assert_eq!(name(&[]).as_deref(), Some("talentsoft-partner"));
        assert_eq!(name(&["--otel-resource-attributes=service.name=one"]), None);
        let both = [
            "--otel-resource-attributes=service.name=one",
            "--otel-service-name=two",
        ];
        assert_eq!(name(&both).as_deref(), Some("two"));
    }
}
