//! The console below a path, behind a real nginx that takes the path off, or does not.

use console_browser::Browser;
use talentsoft_partner::staff::Role;
use test_support::nginx::Nginx;
use test_support::ports::free_address;
use test_support::{Console, Setup, TestApp, log};

use crate::{confirm, sign_in};

/// Serves the console at `/x/y`, and everything else not at all; `target` is where requests go.
fn configuration(address: &str, target: &str) -> String {
    format!(
        "events {{}}
         http {{
             access_log off;
             server {{
                 listen {address};
                 location = /x/y {{ proxy_pass {target}; proxy_set_header Host $http_host; }}
                 location /x/y/ {{ proxy_pass {target}; proxy_set_header Host $http_host; proxy_buffering off; }}
                 location / {{ return 418; }}
             }}
         }}"
    )
}

#[tokio::test]
async fn a_client_is_registered_behind_a_proxy_at_a_path() {
    for is_taken_off in [false, true] {
        let address = free_address();
        let url = format!("http://localhost:{}/x/y", address.port());
        let app = TestApp::start_with(Setup {
            console: Console::Behind(url.clone()),
            ..Setup::default()
        })
        .await;
        app.add_staff("lena", Role::Admin).await;
        let console = format!("http://{}", app.console_address);
        let target = if is_taken_off {
            format!("{console}/")
        } else {
            console
        };
        let nginx = Nginx::start(address, &configuration(&address.to_string(), &target)).await;
        let browser = Browser::start().await;
        browser.open(&url).await;
        sign_in(&browser, "Sign in").await;
        assert_eq!(browser.path().await, "/x/y/");
        browser.press("Clients").await;
        browser.press("Register a client").await;
        confirm(&browser).await;
        browser.fill("client_id", "reporting").await;
        browser.tick("grants", "client_credentials").await;
        browser.tick("scopes", "platform").await;
        browser.press("Register a client").await;
        confirm(&browser).await;
        assert_eq!(browser.heading().await, "Client registered");
        log::never(&browser.value("shown-secret").await);
        browser.press("Done").await;
        assert_eq!(browser.path().await, "/x/y/clients/reporting/secrets");
        assert!(
            browser.has_style().await,
            "the style sheet is found below the path"
        );
        browser.press("Sign out").await;
        assert_eq!(browser.path().await, "/x/y/sign-in");
        browser.quit().await;
        assert_eq!(nginx.error_log(), "");
    }
}
