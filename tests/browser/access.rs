//! Getting in and out, with and without scripts, on a telephone, and in French.

use console_browser::Browser;
use talentsoft_partner::staff::Role;

use crate::{console, sign_in, signed_in, url};

#[tokio::test]
async fn who_signs_in_gets_to_the_page_that_was_asked_for() {
    let app = console(Role::Admin).await;
    let browser = signed_in(&app, "/staff").await;
    assert_eq!(browser.path().await, "/staff");
    assert!(browser.text().await.contains("Lena Roth"));
    browser.press("Sign out").await;
    assert_eq!(browser.path().await, "/sign-in");
    browser.open(&url(&app, "/staff")).await;
    assert_eq!(browser.path().await, "/sign-in", "the session is over");
    browser.quit().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_at_the_form() {
    let app = console(Role::Admin).await;
    let browser = Browser::start().await;
    browser.open(&url(&app, "/")).await;
    browser.fill("sign_in_name", "lena").await;
    browser.fill("password", "not the password").await;
    browser.press("Sign in").await;
    let text = browser.text().await;
    assert!(text.contains("These details do not match"), "{text}");
    assert_eq!(browser.value("sign_in_name").await, "lena");
    assert_eq!(browser.value("password").await, "");
    browser.quit().await;
}

#[tokio::test]
async fn everything_works_without_scripts_on_a_telephone_in_french() {
    let app = console(Role::Admin).await;
    let browser = Browser::start().await;
    browser.block_scripts().await;
    browser.prefer("fr-FR,fr;q=0.9").await;
    browser.show(&url(&app, "/staff"), 360).await;
    sign_in(&browser, "Se connecter").await;
    assert_eq!(browser.heading().await, "Équipe");
    assert_eq!(browser.overflow().await, "", "the page fits");
    browser.press("Menu").await;
    browser.press("Clients").await;
    assert_eq!(browser.path().await, "/clients");
    assert!(browser.offers("Enregistrer un client").await);
    browser.press("Menu").await;
    browser.press("Se déconnecter").await;
    let text = browser.text().await;
    assert!(text.contains("Vous êtes déconnecté."), "{text}");
    browser.quit().await;
}

#[tokio::test]
async fn a_viewer_is_offered_nothing_that_a_viewer_may_not_do() {
    let app = console(Role::Viewer).await;
    let browser = signed_in(&app, "/staff").await;
    assert!(!browser.offers("Add a person").await);
    assert!(!browser.offers("Persons").await);
    browser.open(&url(&app, "/staff/new")).await;
    assert_eq!(browser.heading().await, "Page not found");
    browser.quit().await;
}
