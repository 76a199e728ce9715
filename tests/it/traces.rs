//! Traces, as a collector receives them by OTLP: who is whose parent, what spans say and what they never say, and that a
//! collector that is away or hangs changes nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use talentsoft_partner::crypto::webhook_secret::WebhookSecret;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::telemetry::trace::Sampling;
use talentsoft_partner::webhooks::PlatformWebhook;

use test_support::candidate::candidates;
use test_support::platform::{PERSONAL, Stage};
use test_support::receiver::{Receiver, Reply};
use test_support::spans::{Collector, ReceivedSpan};
use test_support::{
    Answer, OTHER_SECRET, PATIENCE, SECRET, Setup, TestApp, TestClient, assertion, eventually, log, send,
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";
const SERVER: i32 = 2;
const CLIENT: i32 = 3;

/// A `traceparent` of a caller that samples.
fn sampled(trace_id: &str) -> String {
    format!("00-{trace_id}-{CALLER}-01")
}

fn traced(collector: &Collector) -> Setup {
    let mut setup = Setup::default();
    setup.settings.traces = collector.settings();
    setup
}

async fn get(app: &TestApp, path: &str, token: &str, parent: &str) -> Answer {
    let request = app.request(Method::GET, path).bearer_auth(token);
    send(request.header("traceparent", parent)).await
}

/// The value of a counter of spans.
async fn spans_counted(app: &TestApp, outcome: &str) -> u64 {
    let metrics = app.get_ops("/metrics").await.body;
    let name = format!("partner_trace_spans_total{{outcome=\"{outcome}\"}} ");
    let value = metrics.lines().find_map(|line| line.strip_prefix(&name));
    value.unwrap().parse().unwrap()
}

/// The identifiers of the traces of the requests with this path, by their lines in the log.
fn logged_traces(request_id: &str) -> Vec<String> {
    log::lines_with(request_id)
        .iter()
        .filter(|line| line["message"] == "request" && line["request_id"] == request_id)
        .map(|line| line["trace_id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn a_request_is_a_span_with_the_guard_and_its_statements_below_it() {
    let collector = Collector::start();
    let mut setup = traced(&collector);
    setup.settings.traces.service_name = Some("partner-of-a-test".to_owned());
    setup.settings.traces.resource_attributes =
        vec![("deployment.environment".to_owned(), "test".to_owned())];
    let app = TestApp::start_with(setup).await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let request = app
        .request(Method::GET, "/videos/campaigns?keyword=confidential")
        .bearer_auth(&token)
        .header("x-request-id", "a-request-that-is-traced")
        .header("traceparent", sampled(TRACE))
        .header("tracestate", "vendor=value");
    assert_eq!(send(request).await.status, 200);

    let spans = collector.trace_with(TRACE, "GET /videos/campaigns").await;
    let request = Collector::only(&spans, "GET /videos/campaigns");
    assert_eq!((request.kind, request.parent_id.as_str()), (SERVER, CALLER));
    assert!(!request.has_failed);
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/videos/campaigns"),
        ("url.path", "/videos/campaigns"),
        ("http.response.status_code", "200"),
        ("partner.request_id", "a-request-that-is-traced"),
        ("partner.client_id", client.client_id.as_str()),
    ] {
        assert_eq!(request.attribute(name), value);
    }
    for (name, value) in [
        ("service.name", "partner-of-a-test"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("deployment.environment", "test"),
        ("telemetry.sdk.language", "rust"),
    ] {
        assert_eq!(request.resource.get(name).map(String::as_str), Some(value));
    }
    assert_eq!(request.resource["service.instance.id"].len(), 32);
    let guard = Collector::only(&spans, "guard");
    assert_eq!(guard.parent_id, request.span_id);
    assert_eq!(guard.attribute("partner.scope"), "videos");
    let statement = Collector::only(&spans, "SELECT campaign");
    assert_eq!((statement.kind, &statement.parent_id), (CLIENT, &request.span_id));
    assert_eq!(statement.attribute("db.system.name"), "postgresql");
    assert_eq!(statement.attribute("db.operation.name"), "select");
    assert!(statement.attribute("db.query.text").contains("$1"));
    assert!(request.started_at <= guard.started_at && guard.ended_at <= statement.ended_at);
    assert!(statement.ended_at <= request.ended_at);
    assert_eq!(logged_traces("a-request-that-is-traced"), [TRACE]);
}

#[tokio::test]
async fn a_grant_is_a_span_with_why_it_refuses() {
    let collector = Collector::start();
    let app = TestApp::start_with(traced(&collector)).await;
    let client = app.add_marketplace_client("acme").await;
    app.application_token(&client).await;
    eventually("the span of the request arrives", async || {
        collector.spans().iter().any(|span| span.name == "POST /token")
    })
    .await;
    let spans = collector.spans();
    let request = Collector::only(&spans, "POST /token");
    let grant = Collector::only(&spans, "grant");
    assert_eq!(request.parent_id, "", "nobody named a parent");
    assert_eq!(
        (&grant.trace_id, &grant.parent_id),
        (&request.trace_id, &request.span_id)
    );
    assert_eq!(grant.attribute("partner.grant"), "client_credentials");
    let of_client = spans.iter().filter(|span| span.parent_id == grant.span_id);
    let names: Vec<&str> = of_client.map(|span| span.name.as_str()).collect();
    assert!(
        names.iter().any(|name| name.starts_with("SELECT client")),
        "the client is read once: {names:?}"
    );

    let wrong = TestClient {
        secret: OTHER_SECRET.to_owned(),
        ..client.clone()
    };
    app.client_credentials(&wrong).await;
    let refused = |span: &ReceivedSpan| {
        let reason = span.attributes.get("partner.reason").map(String::as_str);
        reason == Some("client_wrong_secret")
    };
    eventually("both spans say why", async || {
        let spans = collector.spans();
        let said = spans.iter().filter(|span| refused(span));
        said.map(|span| span.name.as_str()).collect::<BTreeSet<_>>()
            == BTreeSet::from(["POST /token", "grant"])
    })
    .await;
    // The caller's mistake is no failure of ours.
    assert!(collector.spans().iter().all(|span| !span.has_failed));
}

#[tokio::test]
async fn a_parent_that_is_not_valid_is_ignored() {
    let collector = Collector::start();
    let app = TestApp::start_with(traced(&collector)).await;
    let odd = [
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "nonsense",
    ];
    for parent in odd {
        get(&app, "/auth/check", "nonsense", parent).await;
    }
    // Nor is one of two.
    let request = app.request(Method::GET, "/auth/check");
    let request = request.header("traceparent", sampled(TRACE));
    send(request.header("traceparent", sampled(&TRACE.replace("0af", "1af")))).await;
    eventually("all of them arrive", async || {
        let spans = collector.spans();
        spans.iter().filter(|span| span.kind == SERVER).count() == odd.len() + 1
    })
    .await;
    let spans = collector.spans();
    let traces: BTreeSet<&str> = spans.iter().map(|span| span.trace_id.as_str()).collect();
    assert_eq!(traces.len(), odd.len() + 1, "each began a trace");
    for span in spans.iter().filter(|span| span.kind == SERVER) {
        assert_eq!(span.parent_id, "");
        assert_eq!(span.name, "GET /auth/check", "the shortcut is a route");
    }
}

#[tokio::test]
async fn the_caller_decides_what_is_sampled_and_else_the_settings_do() {
    let collector = Collector::start();
    let mut setup = traced(&collector);
    setup.settings.traces.sampling = Sampling::ParentOrNever;
    let app = TestApp::start_with(setup).await;
    let ask = async |id: &str, parent: Option<String>| {
        let request = app.request(Method::GET, "/auth/check").header("x-request-id", id);
        let request = match parent {
            Some(parent) => request.header("traceparent", parent),
            None => request,
        };
        send(request).await;
    };
    ask("sampling-nobody-asks", None).await;
    let not_sampled = sampled(TRACE).replace("-01", "-00");
    ask("sampling-the-caller-does-not", Some(not_sampled)).await;
    let other = TRACE.replace("0af", "2af");
    ask("sampling-the-caller-does", Some(sampled(&other))).await;
    collector.trace_with(&other, "GET /auth/check").await;
    // Spans arrive in the order in which they ended.
    let traces: BTreeSet<String> = collector.spans().into_iter().map(|span| span.trace_id).collect();
    assert_eq!(traces, BTreeSet::from([other.clone()]));
    // The log has the trace of all of them.
    assert_eq!(logged_traces("sampling-the-caller-does-not"), [TRACE]);
    assert_eq!(logged_traces("sampling-the-caller-does"), [other.as_str()]);
    assert_eq!(logged_traces("sampling-nobody-asks")[0].len(), 32);
    assert_eq!(spans_counted(&app, "dropped").await, 0);
}

/// A service that is traced and tells the platform of new invitations.
fn traced_with_webhooks(collector: &Collector, platform: &Receiver) -> Setup {
    let mut setup = traced(collector);
    setup.settings.webhooks.platform = Some(PlatformWebhook {
        url: platform.url("/hooks/s3cret-path").parse().unwrap(),
        secret: WebhookSecret::parse("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=").unwrap(),
    });
    log::never("s3cret-path");
    setup
}

/// Invites somebody, as a caller with this `traceparent`.
async fn invite(stage: &Stage, parent: &str) {
    let campaign = stage.campaign(CampaignKind::Video).await;
    let body = json!(candidates(campaign.campaign_id, 0..1));
    let request = stage
        .app
        .request(Method::POST, "/videos/interviews")
        .bearer_auth(&stage.marketplace_token)
        .header("traceparent", parent)
        .header("tracestate", "vendor=value");
    assert_eq!(send(request.json(&body)).await.status, 200);
}

/// The attempts to deliver a webhook, once there are so many.
async fn attempts(collector: &Collector, number: usize) -> Vec<ReceivedSpan> {
    let mut attempts = Vec::new();
    eventually("the attempts arrive", async || {
        attempts = collector.spans();
        attempts.retain(|span| span.name == "deliver webhook");
        attempts.len() == number
    })
    .await;
    attempts
}

#[tokio::test]
async fn a_webhook_goes_on_with_the_trace_of_the_call_that_caused_it() {
    let (collector, platform) = (Collector::start(), Receiver::start());
    let stage = Stage::with(traced_with_webhooks(&collector, &platform)).await;
    invite(&stage, &sampled(TRACE)).await;
    let spans = collector.trace_with(TRACE, "deliver webhook").await;
    let request = Collector::only(&spans, "POST /videos/interviews");
    let delivery = Collector::only(&spans, "deliver webhook");
    assert_eq!(delivery.parent_id, request.span_id);
    assert_eq!(delivery.attribute("partner.event"), "invitation.created");
    assert_eq!(delivery.attribute("partner.reason"), "delivered");
    assert_eq!(delivery.attribute("partner.attempt"), "1");
    let post = Collector::only(&spans, "POST");
    assert_eq!((post.kind, &post.parent_id), (CLIENT, &delivery.span_id));
    assert_eq!(post.attribute("http.response.status_code"), "204");
    assert_eq!(post.attribute("server.address"), "localhost");
    // The receiver can go on with it.
    let delivered = &platform.deliveries()[0];
    assert_eq!(
        delivered.header("traceparent"),
        format!("00-{TRACE}-{}-01", post.span_id)
    );
    // The outbox does not keep the rest of it.
    assert!(!delivered.headers.contains_key("tracestate"));
}

#[tokio::test]
async fn every_attempt_belongs_to_that_trace_whichever_replica_makes_it() {
    let (collector, platform) = (Collector::start(), Receiver::start());
    let mut statuses = [503, 503, 204].into_iter();
    platform.answers(move |_| Reply::Answer(statuses.next().unwrap(), None));
    let stage = Stage::with(traced_with_webhooks(&collector, &platform)).await;
    invite(&stage, &sampled(TRACE)).await;
    attempts(&collector, 1).await;
    stage.app.advance(10);
    attempts(&collector, 2).await;
    let other = traced_with_webhooks(&collector, &platform);
    let other = stage.app.beside_as(other).await;
    drop(stage.app);
    other.advance(3600);
    let made = attempts(&collector, 3).await;

    let instance = |span: &ReceivedSpan| span.resource["service.instance.id"].clone();
    assert_eq!(instance(&made[0]), instance(&made[1]));
    assert_ne!(instance(&made[1]), instance(&made[2]));
    let spans = collector.spans();
    let request = Collector::only(&spans, "POST /videos/interviews");
    for (span, (number, outcome)) in made
        .iter()
        .zip([("1", "failed"), ("2", "failed"), ("3", "delivered")])
    {
        assert_eq!(
            (span.trace_id.as_str(), &span.parent_id),
            (TRACE, &request.span_id)
        );
        assert_eq!(span.attribute("partner.attempt"), number);
        assert_eq!(span.attribute("partner.reason"), outcome);
    }
    for delivery in platform.deliveries() {
        assert_eq!(delivery.header("traceparent").get(..35), sampled(TRACE).get(..35));
    }
}

#[tokio::test]
async fn the_delivery_after_a_call_that_is_not_sampled_has_a_trace_of_its_own() {
    let (collector, platform) = (Collector::start(), Receiver::start());
    let stage = Stage::with(traced_with_webhooks(&collector, &platform)).await;
    invite(&stage, &sampled(TRACE).replace("-01", "-00")).await;
    let made = attempts(&collector, 1).await;
    assert_eq!(made[0].parent_id, "");
    assert_ne!(made[0].trace_id, TRACE);
}

#[tokio::test]
async fn spans_hold_neither_secrets_nor_persons() {
    let collector = Collector::start();
    let stage = Stage::with(traced(&collector)).await;
    let app = &stage.app;
    for secret in [
        SECRET,
        OTHER_SECRET,
        stage.token.as_str(),
        &stage.marketplace_token,
    ] {
        log::never(secret);
    }
    let campaign = stage.campaign(CampaignKind::Video).await;
    // A person is in the body, in the path, in a header field and in the query.
    let invitee = stage.invite(&campaign).await;
    stage.set_status(&invitee, "started").await;
    log::never(&invitee.link_token);
    log::never(&invitee.email);
    let link = json!({ "token": invitee.link_token });
    stage.post("/invitations/resolve", &link).await;
    let assertion = assertion::good(app, &stage.client).sign(SECRET);
    app.jwt_bearer(&assertion).await;
    app.jwt_bearer(&format!("{assertion}x")).await;
    let request = app
        .request(Method::GET, "/videos/campaigns?keyword=Pers%C3%B6nlich")
        .bearer_auth(&stage.marketplace_token)
        .header("x-current-user", "jean.dupont@site");
    send(request.header("traceparent", sampled(TRACE))).await;
    let spans = collector.trace_with(TRACE, "GET /videos/campaigns").await;
    assert!(!format!("{spans:?}").contains(PERSONAL));
    let names: BTreeSet<String> = collector.spans().into_iter().map(|span| span.name).collect();
    assert!(names.len() > 10, "the watch has seen many kinds: {names:?}");
    log::assert_clean();
    // That the watch sees spans at all: they are lines of what it looks through.
    assert!(!log::lines_with(TRACE).is_empty());
}

#[tokio::test]
async fn the_latency_histogram_names_a_trace_for_its_buckets() {
    let collector = Collector::start();
    let app = TestApp::start_with(traced(&collector)).await;
    get(&app, "/auth/check", "nonsense", &sampled(TRACE)).await;
    let scrape = app
        .request_ops(Method::GET, "/metrics")
        .header("accept", "application/openmetrics-text");
    let metrics = send(scrape).await.body;
    let exemplar = metrics
        .lines()
        .find(|line| line.contains(&format!("# {{trace_id=\"{TRACE}\",span_id=\"")))
        .unwrap();
    let series = "partner_request_duration_seconds_bucket{route=\"/auth/check\",status_class=\"4xx\",le=";
    assert!(exemplar.starts_with(series), "{exemplar}");
    // Plain text has none.
    assert!(!app.get_ops("/metrics").await.body.contains(TRACE));
}

#[tokio::test]
async fn a_collector_that_is_away_changes_nothing_but_a_counter() {
    let collector = Collector::start();
    let mut setup = traced(&collector);
    // Nobody listens at the port for discarding.
    setup.settings.traces.endpoint = Some("http://127.0.0.1:9/v1/traces".parse().unwrap());
    setup.settings.traces.timeout = Duration::from_millis(200);
    let app = TestApp::start_with(setup).await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    assert_eq!(app.get_with("/videos/campaigns", &token).await.status, 200);
    eventually("lost spans are counted", async || {
        spans_counted(&app, "failed").await >= 3
    })
    .await;
    assert_eq!(spans_counted(&app, "exported").await, 0);
}

#[tokio::test]
async fn a_collector_that_hangs_keeps_neither_a_request_nor_the_end_waiting() {
    let collector = Collector::start();
    collector.receiver.answers(|_| Reply::Nothing);
    let mut setup = traced(&collector);
    setup.settings.traces.max_queue = 4;
    setup.settings.traces.max_batch = 2;
    // Far beyond the patience of this test.
    setup.settings.traces.timeout = 10 * PATIENCE;
    let app = TestApp::start_with(setup).await;
    for _ in 0..20 {
        assert_eq!(app.get("/auth/check").await.status, 401);
    }
    eventually("the first batch hangs", async || {
        collector.receiver.most_held() > 0
    })
    .await;
    assert!(
        spans_counted(&app, "dropped").await > 0,
        "beyond the queue spans are lost at once"
    );
    // It ends although the batch never arrives; a test that waits for it would not.
    drop(app);
    assert!(collector.spans().is_empty());
}

#[tokio::test]
async fn without_an_endpoint_there_is_no_trace() {
    let app = TestApp::start().await;
    let request = app
        .request(Method::GET, "/auth/check")
        .header("x-request-id", "a-request-that-is-not-traced")
        .header("traceparent", sampled(TRACE));
    send(request).await;
    assert_eq!(logged_traces("a-request-that-is-not-traced"), [""]);
    for outcome in ["exported", "failed", "dropped"] {
        assert_eq!(spans_counted(&app, outcome).await, 0);
    }
}
