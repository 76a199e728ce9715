//! The mark-up: what the content security policy forbids, what a screen reader needs, and how large a page may be.

use std::collections::BTreeSet;

use console_pages::{Language, Role, Theme, assets};

use super::fixtures::{Look, all};

/// What a page may weigh, with the style sheet and the script.
const MOST_BYTES: usize = 60 * 1024;

fn each(check: impl Fn(&str, Look, &str)) {
    for fixture in all() {
        for language in Language::ALL {
            for role in Role::ALL {
                let look = Look {
                    language,
                    theme: Theme::Dark,
                    role,
                    base: "",
                };
                check(fixture.name, look, &fixture.html(look));
            }
        }
    }
}

/// The values of an attribute, wherever it is.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let before = format!(" {attribute}=\"");
    html.split(&before)
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

#[test]
fn names_of_fixtures_are_unique() {
    let mut seen = BTreeSet::new();
    for fixture in all() {
        assert!(seen.insert(fixture.name), "{} is there twice", fixture.name);
    }
}

#[test]
fn no_page_has_what_the_content_security_policy_forbids() {
    each(|name, _, html| {
        for forbidden in [
            " style=",
            "<style",
            "javascript:",
            " onclick=",
            " onload=",
            " onerror=",
            "http://",
        ] {
            let count = html
                .replace("http://www.w3.org/2000/svg", "")
                .replace("img src=x onerror=alert(1)", "")
                .matches(forbidden)
                .count();
            assert_eq!(count, 0, "{name} has {forbidden}");
        }
        let scripts = html.matches("<script").count();
        assert_eq!(
            scripts,
            html.matches("<script type=\"module\" src=\"/static/app-").count(),
            "{name}"
        );
    });
}

#[test]
fn a_page_with_its_style_and_script_is_small() {
    each(|name, _, html| {
        let is_weighed = all()
            .iter()
            .any(|fixture| fixture.name == name && fixture.is_weighed);
        let bytes = html.len() + assets::CSS.len() + assets::SCRIPT.len();
        assert!(!is_weighed || bytes <= MOST_BYTES, "{name} has {bytes} bytes");
    });
    assert!(
        assets::CSS.len() <= 17 * 1024,
        "{} bytes of style",
        assets::CSS.len()
    );
    assert!(
        assets::SCRIPT.len() <= 6 * 1024,
        "{} bytes of script",
        assets::SCRIPT.len()
    );
}

#[test]
fn ids_are_unique_and_what_is_referred_to_is_there() {
    each(|name, _, html| {
        let mut ids = BTreeSet::new();
        for id in values(html, "id") {
            assert!(ids.insert(id), "{name}: the id {id} is there twice");
        }
        for attribute in ["for", "aria-labelledby", "aria-describedby"] {
            for id in values(html, attribute).iter().flat_map(|ids| ids.split(' ')) {
                assert!(ids.contains(id), "{name}: {attribute} names {id}");
            }
        }
        for link in values(html, "href")
            .iter()
            .filter_map(|link| link.strip_prefix('#'))
        {
            assert!(ids.contains(link), "{name}: a link goes to #{link}");
        }
    });
}

#[test]
fn every_page_has_one_heading_of_the_first_rank_and_one_title() {
    each(|name, look, html| {
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert_eq!(html.matches("<title>").count(), 1, "{name}");
        assert!(
            html.contains(&format!("<html lang=\"{}\"", look.language.tag())),
            "{name}"
        );
        assert!(html.contains("data-theme=\"dark\""), "{name}");
    });
}

#[test]
fn every_form_that_changes_something_says_which_it_is() {
    each(|name, _, html| {
        let forms = html.matches("<form method=\"post\"").count();
        let posts = html.to_lowercase().matches("method=\"post\"").count();
        let tokens = html.matches("name=\"token\" value=\"token-of-").count();
        assert_eq!((forms, posts), (tokens, tokens), "{name}");
    });
}

#[test]
fn a_page_below_a_prefix_has_no_link_outside_it() {
    for fixture in all() {
        let html = fixture.html(Look {
            language: Language::En,
            theme: Theme::System,
            role: Role::Admin,
            base: "/x/y",
        });
        for attribute in ["href", "action", "src", "data-live", "data-page"] {
            for path in values(&html, attribute) {
                let inside =
                    path.starts_with("/x/y/") || path.starts_with('#') || path.starts_with("https://");
                assert!(inside, "{}: {attribute} is {path}", fixture.name);
            }
        }
    }
}
