//! A QR code as SVG: attributes only, so that the content security policy lets it through.

use std::fmt;

use askama::filters::HtmlSafe;
use qrcode::QrCode;
use qrcode::render::svg;

/// What the library has drawn: HTML already, and written by nobody but this module.
pub(crate) struct Qr(String);

impl Qr {
    /// The picture of a text; empty where the text is too long for one.
    pub(crate) fn of(text: &str) -> Self {
        let drawn = QrCode::new(text.as_bytes())
            .map(|code| code.render::<svg::Color<'_>>().min_dimensions(220, 220).build());
        // The declaration of XML has no place within HTML.
        let svg = drawn.unwrap_or_default();
        Self(
            svg.find("<svg")
                .and_then(|at| svg.get(at..))
                .unwrap_or_default()
                .to_owned(),
        )
    }
}

impl fmt::Display for Qr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Qr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Qr(…)")
    }
}

impl HtmlSafe for Qr {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_attributes_only() {
        let svg = Qr::of("otpauth://totp/x?secret=\"><script>").to_string();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
        assert!(!svg.contains("style") && !svg.contains("script"), "{svg}");
        assert_eq!(Qr::of(&"x".repeat(4000)).to_string(), "");
    }
}
