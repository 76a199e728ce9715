//! All that a span may say: nothing that is secret, and nothing about a person.
//!
//! The names are those of OpenTelemetry's semantic conventions where they have one. What they recommend beside these is left
//! out where it may be personal: the address of a caller, its user agent, and the query of a URL.

use opentelemetry::KeyValue;

/// Something that a span says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute<'a> {
    /// `http.request.method`
    RequestMethod(&'static str),
    /// `http.route`: the pattern, never the path.
    Route(&'a str),
    /// `http.response.status_code`
    Status(u16),
    /// `url.path`: as much of it as the log may hold.
    Path(&'a str),
    /// `error.type`: the status, or why there is none, in a word.
    ErrorType(&'a str),
    /// `server.address`: the host of a receiver.
    ServerAddress(&'a str),
    /// `server.port`
    ServerPort(u16),
    /// `db.system.name`: `postgresql`
    DatabaseSystem,
    /// `db.operation.name`: the first word of a statement.
    Operation(&'a str),
    /// `db.query.text`: a statement of ours, which has `$1` where values stand.
    Query(&'a str),
    /// `db.response.returned_rows`
    ReturnedRows(u64),
    /// `partner.request_id`: the `X-Request-Id` of the answer, as the log has it.
    RequestId(&'a str),
    /// `partner.client_id`: the identifier of a registered client.
    Client(&'a str),
    /// `partner.reason`: why something was refused, as the log has it.
    Reason(&'static str),
    /// `partner.scope`: the scope that a route demands.
    Scope(&'static str),
    /// `partner.grant`
    Grant(&'static str),
    /// `partner.event`: the type of an event.
    Event(&'a str),
    /// `partner.attempt`: which attempt to deliver an event it is.
    Attempt(i32),
}

impl From<Attribute<'_>> for KeyValue {
    fn from(attribute: Attribute<'_>) -> Self {
        let number = |name, number: u64| Self::new(name, i64::try_from(number).unwrap_or(i64::MAX));
        let text = |name, text: &str| Self::new(name, text.to_owned());
        match attribute {
            Attribute::RequestMethod(method) => Self::new("http.request.method", method),
            Attribute::Route(route) => text("http.route", route),
            Attribute::Status(status) => number("http.response.status_code", status.into()),
            Attribute::Path(path) => text("url.path", path),
            Attribute::ErrorType(error) => text("error.type", error),
            Attribute::ServerAddress(host) => text("server.address", host),
            Attribute::ServerPort(port) => number("server.port", port.into()),
            Attribute::DatabaseSystem => Self::new("db.system.name", "postgresql"),
            Attribute::Operation(operation) => text("db.operation.name", operation),
            Attribute::Query(query) => text("db.query.text", query),
            Attribute::ReturnedRows(rows) => number("db.response.returned_rows", rows),
            Attribute::RequestId(id) => text("partner.request_id", id),
            Attribute::Client(client) => text("partner.client_id", client),
            Attribute::Reason(reason) => Self::new("partner.reason", reason),
            Attribute::Scope(scope) => Self::new("partner.scope", scope),
            Attribute::Grant(grant) => Self::new("partner.grant", grant),
            Attribute::Event(event) => text("partner.event", event),
            Attribute::Attempt(attempt) => Self::new("partner.attempt", i64::from(attempt)),
        }
    }
}
