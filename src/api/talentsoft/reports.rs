//! Reports on the wire, as Talentsoft fetches them (contract s5).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION,
    REFERRER_POLICY, X_DNS_PREFETCH_CONTROL,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder, web};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Assessments;
use super::error::Error;
use crate::api::call::Call;
use crate::app::App;
use crate::error::Failure;
use crate::ids::{InvitationId, ReportId};
use crate::recruiting::reports::{self, MediaType, Report, ReportContent, find_report, read_chunk};
use crate::wire::query::Query;

/// What a report may do in a browser: show itself, with its own styles and pictures, and load nothing else.
///
/// It does not govern resource hints (`preconnect`, `dns-prefetch`), by which a page has the browser connect and load nothing;
/// no policy does so in all browsers (whatwg/html issue 9035). `X-DNS-Prefetch-Control` stops some of them from looking names
/// up. Sent as an attachment, the report would be opened from a disk, where no policy holds at all.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'; sandbox";

/// What is percent-encoded in a parameter's extended value: all but letters, digits and some marks (RFC 8187 s3.2.1).
const EXTENDED_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/assessments/invitations/{invitation_id}/reports/{report_id}")
            .get(get_report)
            .head(get_report),
    );
}

/// `GET /assessments/invitations/{id}/reports/{report_id}`: the document itself, or the way to it.
async fn get_report(
    call: Call<Assessments>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let customer_id = call.customer_id()?;
    Query::expect_none(call.query())?;
    let unknown = |_| reports::Error::UnknownReport;
    let invitation_id: InvitationId = path.0.parse().map_err(unknown)?;
    let report_id: ReportId = path.1.parse().map_err(unknown)?;
    let report = call
        .read_from_standby(async |db| find_report(db, customer_id, invitation_id, report_id).await)
        .await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    Ok(respond(
        response,
        call.shared_app().into_inner(),
        report,
        call.request().method(),
    ))
}

fn respond(
    mut response: HttpResponseBuilder,
    app: Arc<App>,
    report: Report,
    method: &Method,
) -> HttpResponse {
    let (media_type, byte_length) = match report.content {
        ReportContent::Linked(url) => {
            return response
                .status(StatusCode::FOUND)
                .insert_header((LOCATION, url.as_str()))
                .finish();
        }
        ReportContent::Uploaded {
            media_type,
            byte_length,
        } => (media_type, byte_length),
    };
    let (content_type, extension) = match media_type {
        MediaType::Html => {
            response.insert_header((CONTENT_SECURITY_POLICY, POLICY));
            response.insert_header((X_DNS_PREFETCH_CONTROL, HeaderValue::from_static("off")));
            response.insert_header((REFERRER_POLICY, HeaderValue::from_static("no-referrer")));
            ("text/html; charset=utf-8", "html")
        }
        MediaType::Pdf => ("application/pdf", "pdf"),
    };
    response.insert_header((CONTENT_TYPE, content_type));
    response.insert_header((CONTENT_DISPOSITION, disposition(report.name.as_str(), extension)));
    response.body(Document {
        app,
        report_id: report.report_id,
        byte_length,
        left: if *method == Method::HEAD { 0 } else { byte_length },
        position: 0,
        reading: None,
    })
}

/// `inline`, with the report's name as the file's: in what every system takes, and, where that is not all of ASCII, once more
/// in UTF-8 (RFC 6266 s4.3, RFC 8187).
fn disposition(name: &str, extension: &str) -> String {
    let plain = file_stem(name, |c| c.is_ascii_alphanumeric() || "-_ ".contains(c));
    let disposition = format!("inline; filename=\"{plain}.{extension}\"");
    if name.is_ascii() {
        return disposition;
    }
    // What separates paths, or what Windows takes in no name, is left out here too.
    let whole = file_stem(name, |c| !c.is_control() && !"/\\:*?\"<>|".contains(c));
    let encoded = utf8_percent_encode(&whole, EXTENDED_VALUE);
    format!("{disposition}; filename*=UTF-8''{encoded}.{extension}")
}

/// A name as that of a file, without its extension: at most 80 characters, with `_` for those that are not `plain`.
fn file_stem(name: &str, is_plain: impl Fn(char) -> bool) -> String {
    const MOST_CHARS: usize = 80;
    let plain = |c: char| if is_plain(c) { c } else { '_' };
    let stem: String = name.chars().map(plain).take(MOST_CHARS).collect();
    stem.trim().to_owned()
}

type ChunkReading = Pin<Box<dyn Future<Output = Result<Vec<u8>, Failure>>>>;

/// A document on its way out: one chunk of it is in memory, and the next is read when the connection has taken that.
struct Document {
    app: Arc<App>,
    report_id: ReportId,
    byte_length: u64,
    /// Bytes that are still to come.
    left: u64,
    /// The next chunk.
    position: i32,
    reading: Option<ChunkReading>,
}

impl Document {
    fn read(&self) -> ChunkReading {
        let (app, report_id, position) = (Arc::clone(&self.app), self.report_id, self.position);
        Box::pin(async move {
            app.db
                .read_from_standby(async |db| read_chunk(db, report_id, position).await)
                .await
        })
    }
}

impl MessageBody for Document {
    type Error = Failure;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.byte_length)
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        let document = self.get_mut();
        if document.left == 0 {
            return Poll::Ready(None);
        }
        let mut reading = document.reading.take().unwrap_or_else(|| document.read());
        let Poll::Ready(read) = reading.as_mut().poll(context) else {
            document.reading = Some(reading);
            return Poll::Pending;
        };
        let chunk = match read {
            Ok(chunk) => chunk,
            Err(failure) => {
                document.left = 0;
                return Poll::Ready(Some(Err(failure)));
            }
        };
        document.position = document.position.saturating_add(1);
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        document.left = document.left.saturating_sub(length);
        Poll::Ready(Some(Ok(chunk.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_plain_whatever_the_report_is_called() {
        assert_eq!(
            disposition("Rapport d'évaluation", "pdf"),
            "inline; filename=\"Rapport d__valuation.pdf\"; filename*=UTF-8''Rapport%20d%27%C3%A9valuation.pdf"
        );
        assert_eq!(
            disposition(" 評価/\u{85}\"報告 ", "html"),
            "inline; filename=\"_______.html\"; filename*=UTF-8''%E8%A9%95%E4%BE%A1___%E5%A0%B1%E5%91%8A.html"
        );
        assert!(disposition(&"é".repeat(200), "pdf").is_ascii());
        assert_eq!(
            disposition("a\"; filename=\"x.exe\r\n/../", "html"),
            "inline; filename=\"a__ filename__x_exe______.html\""
        );
        assert!(disposition(&"x".repeat(200), "pdf").len() < 120);
    }
}
