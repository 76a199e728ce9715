//! Every page in a real browser (Debian's Chromium): it fits, looks as it should be looked at, and has no finding of axe.
//!
//! `make browser` runs it; the screenshots are in `target/screenshots`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "what helps a test is a test"
)]

#[path = "../../../console-pages/tests/fixtures/mod.rs"]
mod fixtures;
mod site;

use std::fs;
use std::path::{Path, PathBuf};

use console_browser::Browser;
use console_pages::{Language, Role, Theme};

use fixtures::{Fixture, Look, all};
use site::Site;

/// The widths that pages are looked at in: a desk, a tablet, a telephone.
const WIDTHS: [u32; 3] = [1280, 768, 360];

/// How a page is looked at.
struct View {
    name: String,
    width: u32,
    look: Look,
}

impl View {
    fn new(width: u32, theme: Theme, language: Language) -> Self {
        let look = Look {
            language,
            theme,
            role: Role::Admin,
            base: "",
        };
        let (colours, tag) = (theme.as_str(), language.tag());
        Self {
            name: format!("{width}-{colours}-{tag}"),
            width,
            look,
        }
    }

    /// Every width in every theme and every language.
    fn all() -> Vec<Self> {
        let views = WIDTHS.into_iter().flat_map(|width| {
            let themes = [Theme::Light, Theme::Dark].into_iter();
            themes.flat_map(move |theme| Language::ALL.map(|language| Self::new(width, theme, language)))
        });
        views.collect()
    }

    /// Whether axe looks too: at both themes, both languages, and a desk and a telephone, which is all that it tells apart.
    fn is_checked(&self) -> bool {
        match self.look.language {
            Language::En => self.width == 1280,
            Language::Fr => self.width == 360,
        }
    }
}

/// The fixtures that `PAGES` names the beginnings of, separated by commas; all of them where it is not set.
fn chosen() -> Vec<Fixture> {
    let Ok(names) = std::env::var("PAGES") else {
        return all();
    };
    let names: Vec<&str> = names.split(',').collect();
    let is_chosen = |fixture: &Fixture| names.iter().any(|name| fixture.name.starts_with(name));
    all().into_iter().filter(is_chosen).collect()
}

fn target() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    fs::create_dir_all(root.join("screenshots")).unwrap();
    root.canonicalize().unwrap()
}

#[tokio::test]
async fn every_page_fits_and_can_be_used_by_everybody() {
    let target = target();
    let axe = fs::read_to_string(target.join("browser/node_modules/axe-core/axe.min.js"))
        .expect("`make browser` installs axe-core");
    let (fixtures, views) = (chosen(), View::all());
    let looks: Vec<(&Fixture, &View)> = fixtures
        .iter()
        .flat_map(|fixture| views.iter().map(move |view| (fixture, view)))
        // A thousand rows are looked at once, and have what a few have.
        .filter(|(fixture, view)| fixture.is_weighed || view.name == "1280-light-en")
        .collect();
    // Two browsers at once: each waits for itself most of the time.
    let (one, other) = looks.split_at(looks.len() / 2);
    let (mut findings, others) = tokio::join!(look(&target, &axe, one), look(&target, &axe, other));
    findings.extend(others);
    assert!(
        findings.is_empty(),
        "{} findings:\n{}",
        findings.len(),
        findings.join("\n")
    );
}

/// Looks at pages in a browser of its own, and says what is wrong with them.
async fn look(target: &Path, axe: &str, looks: &[(&Fixture, &View)]) -> Vec<String> {
    let browser = Browser::start().await;
    let mut findings = Vec::new();
    for (fixture, view) in looks {
        let name = format!("{}-{}", fixture.name, view.name);
        let site = Site::serve(fixture.html(view.look));
        browser.show(&site.url(), view.width).await;
        let wide = browser.overflow().await;
        if !wide.is_empty() {
            findings.push(format!("{name}: wider than the page: {wide}"));
        }
        let png = browser.screenshot(view.width).await;
        fs::write(target.join("screenshots").join(format!("{name}.png")), png).unwrap();
        if fixture.is_weighed && view.is_checked() {
            let found = browser.axe(axe).await;
            findings.extend(found.iter().map(|rule| format!("{name}: {rule}")));
        }
        findings.extend(site.reports().iter().map(|report| format!("{name}: {report}")));
    }
    browser.quit().await;
    findings
}

/// The pictures of the README: a fixture, and the name of its file in `docs/images`.
const README: [(&str, &str); 2] = [
    ("overview", "console-overview.png"),
    ("secrets-both", "console-rotation.png"),
];

/// FNV-1a: what a picture was taken of, as pixels differ between machines.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[tokio::test]
async fn the_pictures_of_the_readme_show_the_pages_of_today() {
    let images = target().join("../docs/images");
    let fixtures = all();
    let of = |name: &str| fixtures.iter().find(|fixture| fixture.name == name).unwrap();
    let look = View::new(1280, Theme::Light, Language::En).look;
    let digests: String = README
        .iter()
        .map(|(name, file)| format!("{file} {:016x}\n", digest(&of(name).html(look))))
        .collect();
    let path = images.join("console.digests");
    if fs::read_to_string(&path).unwrap_or_default() == digests {
        return;
    }
    let browser = Browser::start().await;
    for (name, file) in README {
        let site = Site::serve(of(name).html(look));
        browser.show(&site.url(), 1120).await;
        fs::write(images.join(file), browser.window(1120, 900).await).unwrap();
    }
    browser.quit().await;
    fs::write(&path, digests).unwrap();
    panic!("the pages have changed: look at the new pictures in docs/images, and commit them");
}
