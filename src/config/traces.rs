//! Settings of traces, by the variables that OpenTelemetry defines for every program.
//!
//! Where it leaves it open what a wrong value does, it is an error here: who writes one wants to be told.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use url::Url;

use super::collector::CollectorConfig;
use super::parse;
use crate::telemetry::trace::{Sampling, TraceSettings, pairs};

/// The one exporter that there is.
const EXPORTER: &str = "otlp";

/// Where spans go, and which.
#[derive(Args, Clone)]
pub struct TraceConfig {
    /// How spans are exported: otlp, where there is an endpoint, or none
    #[arg(long, env = "OTEL_TRACES_EXPORTER", default_value = EXPORTER, value_name = "EXPORTER")]
    otel_traces_exporter: String,

    #[command(flatten)]
    collector: CollectorConfig,

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

    /// Milliseconds that the export of a batch of spans may take, as `OTEL_EXPORTER_OTLP_TIMEOUT`; the shorter one counts
    #[arg(long, env = "OTEL_BSP_EXPORT_TIMEOUT", value_name = "MILLISECONDS",
          value_parser = |text: &str| parse::number(text, "OTEL_BSP_EXPORT_TIMEOUT", 1, 600_000))]
    otel_bsp_export_timeout: Option<u32>,

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
        self.collector.check()?;
        let attributes = self.otel_resource_attributes.as_deref().unwrap_or_default();
        let attributes = pairs(attributes).context(
            "OTEL_RESOURCE_ATTRIBUTES should be name=value pairs with commas between, their values percent-encoded",
        )?;
        let millis = |number: u32| Duration::from_millis(number.into());
        let max_queue = usize::try_from(self.otel_bsp_max_queue_size)?;
        Ok(TraceSettings {
            endpoint: Some(endpoint),
            headers: self.collector.headers()?,
            timeout: self.export_timeout(),
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

    /// How long the export of a batch may take: the shorter one of the limits of the exporter and of the batch.
    fn export_timeout(&self) -> Duration {
        let of_collector = self.collector.timeout_millis();
        let limit = self.otel_bsp_export_timeout.unwrap_or(of_collector);
        Duration::from_millis(of_collector.min(limit).into())
    }

    /// Where spans are posted to; `None`: nothing is traced.
    fn endpoint(&self) -> anyhow::Result<Option<Url>> {
        let exporter = &self.otel_traces_exporter;
        if self.otel_sdk_disabled || exporter.eq_ignore_ascii_case("none") {
            return Ok(None);
        }
        if !exporter.eq_ignore_ascii_case(EXPORTER) {
            bail!(
                "OTEL_TRACES_EXPORTER is `{exporter}`, and should be {EXPORTER}, or none to trace nothing: an OpenTelemetry \
                 collector takes spans by OTLP and passes them on"
            );
        }
        self.collector.endpoint()
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
            (
                &[
                    "--otel-exporter-otlp-endpoint=http://h:4318",
                    "--otel-traces-exporter=none",
                ],
                None,
            ),
            (
                &[
                    "--otel-exporter-otlp-endpoint=http://h:4318",
                    "--otel-traces-exporter=otlp",
                ],
                Some("http://h:4318/v1/traces"),
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
            (
                "--otel-exporter-otlp-protocol=grpc",
                "OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`, and should be http/protobuf",
            ),
            (
                "--otel-exporter-otlp-traces-protocol=http/json",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is `http/json`, and should be http/protobuf",
            ),
            (
                "--otel-exporter-otlp-compression=gzip",
                "OTEL_EXPORTER_OTLP_COMPRESSION is `gzip`, and should be none",
            ),
            (
                "--otel-exporter-otlp-traces-compression=gzip",
                "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION is `gzip`, and should be none",
            ),
            (
                "--otel-traces-exporter=zipkin",
                "OTEL_TRACES_EXPORTER is `zipkin`, and should be otlp, or none",
            ),
            (
                "--otel-traces-exporter=otlp,console",
                "OTEL_TRACES_EXPORTER is `otlp,console`",
            ),
            ("--otel-traces-sampler=sometimes", "parentbased_always_on"),
            ("--otel-resource-attributes=a", "name=value pairs"),
            (
                "--otel-exporter-otlp-headers=a",
                "OTEL_EXPORTER_OTLP_HEADERS should be name=value pairs",
            ),
            (
                "--otel-exporter-otlp-traces-headers=a",
                "OTEL_EXPORTER_OTLP_TRACES_HEADERS should be name=value pairs",
            ),
            (
                "--otel-exporter-otlp-traces-timeout=0",
                "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
            ),
            ("--otel-bsp-export-timeout=soon", "OTEL_BSP_EXPORT_TIMEOUT"),
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
        assert!(settings(&["--otel-exporter-otlp-client-key=/k"]).is_ok());
        // Which exporter is meant for every program, so it is looked at.
        assert!(settings(&["--otel-traces-exporter=zipkin"]).is_err());
    }

    #[test]
    fn what_is_not_done_for_tls_is_refused_with_what_to_do() {
        let endpoint = "--otel-exporter-otlp-endpoint=https://h";
        for (option, variable, words) in [
            (
                "certificate",
                "OTEL_EXPORTER_OTLP_CERTIFICATE",
                "authorities that this machine trusts",
            ),
            (
                "traces-certificate",
                "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
                "authorities that this machine trusts",
            ),
            (
                "client-key",
                "OTEL_EXPORTER_OTLP_CLIENT_KEY",
                "OTEL_EXPORTER_OTLP_HEADERS",
            ),
            (
                "traces-client-key",
                "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
                "OTEL_EXPORTER_OTLP_HEADERS",
            ),
            (
                "client-certificate",
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
                "OTEL_EXPORTER_OTLP_HEADERS",
            ),
            (
                "traces-client-certificate",
                "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
                "OTEL_EXPORTER_OTLP_HEADERS",
            ),
        ] {
            let argument = format!("--otel-exporter-otlp-{option}=/file.pem");
            let error = settings(&[endpoint, &argument]).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("{variable} is set, ")) && error.contains(words),
                "{argument}: {error}"
            );
        }
    }

    #[test]
    fn what_is_said_of_traces_alone_comes_first() {
        let endpoint = "--otel-exporter-otlp-endpoint=http://h:4318";
        let settings = |arguments: &[&str]| settings(&[&[endpoint], arguments].concat()).unwrap();
        settings(&[
            "--otel-exporter-otlp-protocol=grpc",
            "--otel-exporter-otlp-traces-protocol=http/protobuf",
        ]);
        settings(&[
            "--otel-exporter-otlp-compression=gzip",
            "--otel-exporter-otlp-traces-compression=none",
        ]);
        settings(&["--otel-exporter-otlp-compression=none"]);
        let both = settings(&[
            "--otel-exporter-otlp-headers=general=1",
            "--otel-exporter-otlp-traces-headers=special=2",
        ]);
        assert_eq!(format!("{:?}", both.headers), r#"["special"]"#);
        let general = settings(&["--otel-exporter-otlp-headers=general=1"]);
        assert_eq!(format!("{:?}", general.headers), r#"["general"]"#);
    }

    #[test]
    fn the_shortest_time_limit_of_an_export_counts() {
        let endpoint = "--otel-exporter-otlp-endpoint=http://h:4318";
        for (arguments, millis) in [
            (&[][..], 10_000),
            (&["--otel-exporter-otlp-timeout=60000"], 60_000),
            (
                &[
                    "--otel-exporter-otlp-timeout=60000",
                    "--otel-exporter-otlp-traces-timeout=20000",
                ],
                20_000,
            ),
            (&["--otel-bsp-export-timeout=3000"], 3000),
            (&["--otel-bsp-export-timeout=30000"], 10_000),
        ] {
            let settings = settings(&[&[endpoint], arguments].concat()).unwrap();
            assert_eq!(settings.timeout, Duration::from_millis(millis), "{arguments:?}");
        }
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
