//! A report: a document about a result.

use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::ids::ReportId;
use crate::text::{HttpsUrl, Name};

/// What a PDF begins with (ISO 32000-1 s7.5.2).
const PDF_MARK: &[u8] = b"%PDF-";
/// Readers look for it in so many bytes: what some programs write before it is skipped (ISO 32000-1 annex H, note 13).
const PDF_MARK_WITHIN: usize = 1024;

/// What an uploaded report is written in.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[sqlx(type_name = "text")]
pub enum MediaType {
    /// A PDF.
    #[serde(rename = "application/pdf")]
    #[sqlx(rename = "application/pdf")]
    #[strum(serialize = "application/pdf")]
    Pdf,
    /// HTML in UTF-8.
    #[serde(rename = "text/html")]
    #[sqlx(rename = "text/html")]
    #[strum(serialize = "text/html")]
    Html,
}

impl MediaType {
    /// The name in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Checks a document piece by piece, as it arrives.
#[derive(Clone, Debug)]
pub(super) enum DocumentCheck {
    /// A PDF whose beginning is yet to come.
    PdfBeginning,
    /// The rest of a PDF: anything.
    PdfRest,
    /// HTML in UTF-8, with the bytes of a character whose end is yet to come.
    Html(Vec<u8>),
}

impl DocumentCheck {
    /// The check of a document of this type.
    pub(super) fn of(media_type: MediaType) -> Self {
        match media_type {
            MediaType::Pdf => Self::PdfBeginning,
            MediaType::Html => Self::Html(Vec::new()),
        }
    }

    /// Checks the next piece. The first one has at least as many bytes as a PDF's mark may stand within, or the whole
    /// document.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::PdfBeginning => {
                let beginning = bytes.get(..PDF_MARK_WITHIN).unwrap_or(bytes);
                if !beginning.windows(PDF_MARK.len()).any(|window| window == PDF_MARK) {
                    return Err(Error::NotPdf);
                }
                *self = Self::PdfRest;
            }
            Self::PdfRest => {}
            Self::Html(begun) => {
                let mut rest = bytes;
                // The rest of the character that the piece before has begun.
                while !begun.is_empty()
                    && let Some((byte, after)) = rest.split_first()
                {
                    begun.push(*byte);
                    rest = after;
                    if unended(begun)?.is_empty() {
                        begun.clear();
                    }
                }
                if begun.is_empty() {
                    begun.extend_from_slice(unended(rest)?);
                }
            }
        }
        Ok(())
    }

    /// Checks that nothing is missing.
    pub(super) fn finish(&self) -> Result<(), Error> {
        match self {
            Self::Html(begun) if !begun.is_empty() => Err(Error::NotUtf8),
            Self::PdfBeginning | Self::PdfRest | Self::Html(_) => Ok(()),
        }
    }
}

/// Reads UTF-8 without NUL, which UTF-16 would have. Returns the beginning of a character at the end, whose rest is yet to
/// come.
fn unended(bytes: &[u8]) -> Result<&[u8], Error> {
    if bytes.contains(&0) {
        return Err(Error::NotUtf8);
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(&[]),
        Err(error) if error.error_len().is_none() => Ok(bytes.get(error.valid_up_to()..).unwrap_or_default()),
        Err(_) => Err(Error::NotUtf8),
    }
}

/// What the platform reads of a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportSummary {
    /// Its identifier.
    pub report_id: ReportId,
    /// What recruiters read.
    pub name: Name,
    /// Whether it is the report of the whole assessment.
    pub is_global: bool,
    /// The type of an upload.
    pub media_type: Option<MediaType>,
    /// The length of an upload.
    pub byte_length: Option<i64>,
    /// Where a report is that the partner serves itself.
    pub url: Option<HttpsUrl>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(media_type: MediaType, pieces: &[&[u8]]) -> bool {
        let mut check = DocumentCheck::of(media_type);
        pieces.iter().all(|piece| check.take(piece).is_ok()) && check.finish().is_ok()
    }

    #[test]
    fn the_mark_of_a_pdf_stands_within_its_first_kilobyte() {
        for (before, is_pdf) in [(0, true), (3, true), (1019, true), (1020, false), (5000, false)] {
            let document = [&vec![b'x'; before][..], b"%PDF-1.7\n"].concat();
            assert_eq!(check(MediaType::Pdf, &[&document, b"\xff\0"]), is_pdf, "{before}");
        }
        assert!(!check(MediaType::Pdf, &[b"%PDF"]));
    }

    #[test]
    fn html_is_in_utf_8() {
        for good in [&b""[..], b"<p>\xc3\xa9", b"\xef\xbb\xbf<p>"] {
            assert!(check(MediaType::Html, &[good]), "{good:?}");
        }
        for bad in [
            &b"<p>\xe9</p>"[..],
            b"<p>\xc3",
            b"<\0p\0",
            b"\xff\xfe<\0",
            b"\xc0\x80",
        ] {
            assert!(!check(MediaType::Html, &[bad]), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_html_is_cut(
            bytes in prop_oneof!["[a-é€😀\0]{0,12}".prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..8)],
            size in 1_usize..5,
        ) {
            let is_text = std::str::from_utf8(&bytes).is_ok() && !bytes.contains(&0);
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            prop_assert_eq!(check(MediaType::Html, &pieces), is_text);
        }
    }
}
