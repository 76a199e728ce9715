//! The style sheet, the script and the icon: files whose name says what is in them, so that browsers may keep them for good.

use std::sync::LazyLock;

/// The style sheet of every page.
pub const CSS: &str = include_str!("../assets/app.css");
/// The script of every page: an ES module; every page works without it.
pub const SCRIPT: &str = include_str!("../assets/app.js");
/// The icon in the tab of the browser.
pub const ICON: &str = include_str!("../assets/icon.svg");

/// A file that is served below [`STATIC`](crate::paths::STATIC).
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its name, with a hash of what is in it.
    pub name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// What is in it.
    pub body: &'static str,
}

static STYLE_SHEET: LazyLock<Asset> = LazyLock::new(|| asset("app", "css", CSS));
static MODULE: LazyLock<Asset> = LazyLock::new(|| asset("app", "js", SCRIPT));
static PICTURE: LazyLock<Asset> = LazyLock::new(|| asset("icon", "svg", ICON));

/// The file with this name; none of another version.
#[must_use]
pub fn find(name: &str) -> Option<&'static Asset> {
    [css(), script(), icon()]
        .into_iter()
        .find(|asset| asset.name == name)
}

/// The style sheet.
#[must_use]
pub fn css() -> &'static Asset {
    &STYLE_SHEET
}

/// The script.
#[must_use]
pub fn script() -> &'static Asset {
    &MODULE
}

/// The icon.
#[must_use]
pub fn icon() -> &'static Asset {
    &PICTURE
}

fn asset(stem: &str, extension: &str, body: &'static str) -> Asset {
    Asset {
        name: format!("{stem}-{:016x}.{extension}", fnv1a(body.as_bytes())),
        content_type: match extension {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        },
        body,
    }
}

/// FNV-1a with 64 bits: tells versions apart, and protects nothing.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_the_name_of_this_version_only() {
        assert_eq!(find(&css().name).unwrap().body, CSS);
        assert!(find("app-0000000000000000.css").is_none());
        assert_ne!(fnv1a(b"a"), fnv1a(b"b"));
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c, "the published value");
    }
}
