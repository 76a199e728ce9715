//! Health and metrics, on their own port.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use reqwest::Method;
use test_support::{OTHER_SECRET, TestApp, TestClient, assertion, send};

#[tokio::test]
async fn health_is_told_on_the_ops_port_only() {
    let app = TestApp::start().await;
    assert_eq!(app.get_ops("/health/live").await.json()["status"], "live");
    let ready = app.get_ops("/health/ready").await;
    assert_eq!(
        (ready.status.as_u16(), ready.json()["status"].as_str()),
        (200, Some("ready"))
    );
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(app.get(path).await.status, 404);
    }
    assert_eq!(app.get_ops("/token").await.status, 404);
}

/// The value of a sample in the Prometheus text format.
fn sample<'a>(metrics: &'a str, name: &str) -> &'a str {
    let line = metrics
        .lines()
        .find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
    line.unwrap_or_else(|| {
        panic!(
            "no {name} in
{metrics}"
        )
    })
    .rsplit(' ')
    .next()
    .unwrap()
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    app.user_token(&client).await;
    app.client_credentials(&TestClient {
        secret: OTHER_SECRET.to_owned(),
        ..client.clone()
    })
    .await;
    app.jwt_bearer(&assertion::good(&app, &client).sign(OTHER_SECRET))
        .await;
    app.get_with("/auth/check", &token).await;
    app.get_with("/auth/check", "nonsense").await;
    app.get("/nope/at/all").await;
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", &client.secret),
        ("token", &token),
    ];
    app.post_form("/revoke", &form).await;

    let answer = app.get_ops("/metrics").await;
    assert!(
        answer
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    let metrics = answer.body;
    for (name, value) in [
        (
            "partner_requests_total{route=\"/auth/check\",status=\"204\"}",
            "1",
        ),
        (
            "partner_requests_total{route=\"/auth/check\",status=\"401\"}",
            "1",
        ),
        ("partner_requests_total{route=\"/token\",status=\"200\"}", "2"),
        ("partner_requests_total{route=\"unmatched\",status=\"404\"}", "1"),
        (
            "partner_request_duration_seconds_count{route=\"/token\",status_class=\"2xx\"}",
            "2",
        ),
        (
            "partner_request_duration_seconds_count{route=\"/token\",status_class=\"4xx\"}",
            "2",
        ),
        ("partner_internal_errors_total", "0"),
        ("partner_database_role{role=\"primary\"}", "1"),
        ("partner_database_role{role=\"standby\"}", "0"),
        ("partner_database_connection_failures_total", "0"),
        (
            "partner_token_requests_total{grant=\"client_credentials\",outcome=\"issued\"}",
            "1",
        ),
        (
            "partner_token_requests_total{grant=\"client_credentials\",outcome=\"client_wrong_secret\"}",
            "1",
        ),
        (
            "partner_token_requests_total{grant=\"jwt_bearer\",outcome=\"issued\"}",
            "1",
        ),
        (
            "partner_token_requests_total{grant=\"jwt_bearer\",outcome=\"assertion_mac\"}",
            "1",
        ),
        ("partner_access_refusals_total{reason=\"token_malformed\"}", "1"),
        ("partner_client_cache_lookups_total{result=\"miss\"}", "1"),
        ("partner_client_cache_clients", "1"),
        ("partner_revoked_tokens", "1"),
        ("partner_password_queue", "0"),
        ("partner_database_up", "1"),
        ("partner_revocation_lag_seconds", "0"),
    ] {
        assert_eq!(sample(&metrics, name), value, "{name}");
    }
    assert!(
        sample(&metrics, "partner_client_cache_lookups_total{result=\"hit\"}")
            .parse::<u64>()
            .unwrap()
            >= 5
    );
    assert!(
        sample(&metrics, "partner_database_connections")
            .parse::<u64>()
            .unwrap()
            >= 1
    );
    assert!(
        metrics.contains("partner_database_connections_idle")
            && metrics.contains("partner_change_feed_age_seconds")
    );
    the_database_and_the_build_are_measured(&metrics);
}

#[track_caller]
fn the_database_and_the_build_are_measured(metrics: &str) {
    for measured in [
        "partner_database_connection_wait_seconds_count{purpose=\"read\"}",
        "partner_database_connection_wait_seconds_count{purpose=\"change\"}",
        "partner_database_statement_duration_seconds_count{operation=\"select\"}",
        "partner_database_statement_duration_seconds_count{operation=\"insert\"}",
        "partner_database_statement_duration_seconds_count{operation=\"commit\"}",
    ] {
        let count: u64 = sample(metrics, measured).parse().unwrap();
        assert!(count > 0, "{measured}");
    }
    let build = metrics
        .lines()
        .find(|line| line.starts_with("partner_build_info{"));
    let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(build.is_some_and(|line| line.contains(&version) && line.ends_with(" 1")));
}

#[tokio::test]
async fn counters_are_there_before_their_first_event() {
    let app = TestApp::start().await;
    let metrics = app.get_ops("/metrics").await.body;
    let names = |path: &str, function: &str| -> Vec<String> {
        let source = read(path);
        let body = source.split(function).nth(1).unwrap();
        let body = body.split("\n    }\n").next().unwrap();
        let quoted = body.split("=> \"").skip(1);
        quoted
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    let refusals = names("src/api/guard/refusal.rs", "pub fn reason(&self)");
    assert!(refusals.len() > 10);
    for reason in refusals
        .iter()
        .map(String::as_str)
        .chain(["unavailable", "internal"])
    {
        let name = format!("partner_access_refusals_total{{reason=\"{reason}\"}}");
        assert_eq!(sample(&metrics, &name), "0");
    }
    let mut outcomes = names("src/oauth/error.rs", "pub fn reason(&self)");
    outcomes.extend(names("src/oauth/assertion_error.rs", "pub fn reason(&self)"));
    // Another client's token is refused at /revoke only.
    outcomes.retain(|outcome| outcome != "foreign_token");
    assert!(outcomes.len() > 25);
    for outcome in outcomes.iter().map(String::as_str).chain(["issued", "internal"]) {
        let name = format!("partner_token_requests_total{{grant=\"jwt_bearer\",outcome=\"{outcome}\"}}");
        assert_eq!(sample(&metrics, &name), "0");
    }
    let chores = read("src/housekeeping.rs");
    let named = |word: &str| -> BTreeSet<String> {
        let rest = chores
            .split(word)
            .skip(1)
            .filter_map(|rest| rest.strip_prefix('"'));
        rest.map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    let chores = &named("chore(app, ") | &named("report(app, ");
    assert!(chores.len() > 12);
    let operations = read("docs/OPERATIONS.md");
    let documented = operations
        .lines()
        .find(|line| line.starts_with("| `partner_chore_failures_total{chore}`"))
        .unwrap();
    for chore in chores {
        assert!(
            documented.contains(&format!("`{chore}`")),
            "docs/OPERATIONS.md: {chore}"
        );
        let name = format!("partner_chore_failures_total{{chore=\"{chore}\"}}");
        assert_eq!(sample(&metrics, &name), "0");
    }
    let staff = [
        "src/staff/sign_in.rs",
        "src/staff/provider/visit.rs",
        "src/staff/provider/token.rs",
    ];
    for source in staff.map(read) {
        let refused = source.split("Refused(\"").skip(1);
        for reason in refused.map(|rest| rest.split('"').next().unwrap()) {
            let name = format!("partner_staff_sign_ins_total{{outcome=\"{reason}\"}}");
            assert_eq!(sample(&metrics, &name), "0");
        }
    }
    for name in [
        "partner_webhook_deliveries_total{destination=\"callback\",outcome=\"parked\"}",
        "partner_normalizations_total{confidence=\"none\"}",
        "partner_benchmarks_total{level=\"msa\"}",
        "partner_quota_refusals_total{api=\"titles\"}",
        "partner_refusals_recorded_total{record=\"lost\"}",
        "partner_limit_counts_total{by=\"redis\"}",
        "partner_title_index_lookups_total{result=\"miss\"}",
        "partner_unknown_client_costs_total{cost=\"hash\"}",
    ] {
        assert_eq!(sample(&metrics, name), "0");
    }
    // Chores may have been done.
    sample(
        &metrics,
        "partner_database_statement_duration_seconds_count{operation=\"delete\"}",
    );
}

#[tokio::test]
async fn names_are_those_that_prometheus_recommends() {
    let app = TestApp::start().await;
    let metrics = app.get_ops("/metrics").await.body;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("scripts/ensure-packages prometheus");
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(metrics.as_bytes())
        .unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for line in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        assert!(
            name.starts_with("partner_") || name.starts_with("process_"),
            "{name}"
        );
        assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        assert!(kind != "histogram" || name.ends_with("_seconds"), "{line}");
    }
}

#[tokio::test]
async fn who_prefers_openmetrics_gets_it() {
    let app = TestApp::start().await;
    let ask = async |accept: &str| {
        let request = app.request_ops(Method::GET, "/metrics");
        send(request.header("accept", accept)).await
    };
    let answer = ask("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2").await;
    let content_type = answer.header("content-type");
    assert!(
        content_type.starts_with("application/openmetrics-text; version=1.0.0"),
        "{content_type}"
    );
    assert!(answer.body.ends_with("\n# EOF\n"));
    assert!(
        answer
            .body
            .contains("# TYPE partner_token_requests counter\npartner_token_requests_total{")
    );
    let plain = ask("text/plain").await;
    assert!(plain.header("content-type").starts_with("text/plain") && !plain.body.contains("# EOF"));
    assert_eq!(plain.header("vary"), "accept");
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The names of metrics in a text, without the endings of a histogram.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.match_indices("partner_")
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| is_part(c) || c == '-'))
        .map(|(at, _)| &text[at..])
        .map(|rest| &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())])
        .map(|name| {
            ["_bucket", "_count", "_sum"]
                .iter()
                .fold(name, |name, end| name.strip_suffix(end).unwrap_or(name))
        })
        .collect()
}

/// The first cells of the rows of a table, below this heading.
fn first_cells<'a>(text: &'a str, heading: &str) -> BTreeSet<&'a str> {
    let (_, table) = text.split_once(heading).unwrap();
    table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .flat_map(|line| line.split('|').nth(1).unwrap().split('`').skip(1).step_by(2))
        .collect()
}

#[tokio::test]
async fn every_metric_is_documented_and_alerts_and_dashboard_ask_for_no_other() {
    let operations = read("docs/OPERATIONS.md");
    let documented: BTreeSet<_> = first_cells(&operations, "| Metric | Meaning |\n")
        .into_iter()
        .map(|cell| cell.split('{').next().unwrap())
        .collect();
    let app = TestApp::start().await;
    let served = app.get_ops("/metrics").await.body;
    for served in metrics_in(&served) {
        assert!(documented.contains(served), "{served} is not documented");
    }
    let sources = [
        "src/api/ops.rs",
        "src/telemetry/database_metrics.rs",
        "src/telemetry/metrics.rs",
        "src/telemetry/process.rs",
    ];
    let sources = sources.map(read).concat();
    for documented in &documented {
        assert!(
            sources.contains(&format!("\"{documented}\"")),
            "there is no {documented}"
        );
    }

    let users = read("docs/alerts.yml") + &read("docs/grafana/dashboard.json");
    for used in metrics_in(&users) {
        // The ratios are recorded by the same file.
        let is_ratio = matches!(used, "partner_token" | "partner_guard");
        assert!(is_ratio || documented.contains(used), "there is no {used}");
    }
    let names = |text: &'static str, word| -> BTreeSet<String> {
        let lines = read(text);
        let names = lines.lines().filter_map(|line| line.trim().strip_prefix(word));
        names.map(str::to_owned).collect()
    };
    let alerts = names("docs/alerts.yml", "- alert: ");
    assert_eq!(
        alerts,
        names("docs/alerts.test.yml", "- name: "),
        "each alert has its test"
    );
    let explained = first_cells(&operations, "| Alert | What is behind it |\n");
    let explained: BTreeSet<_> = explained.into_iter().map(str::to_owned).collect();
    assert_eq!(alerts, explained, "each alert is explained");
}
