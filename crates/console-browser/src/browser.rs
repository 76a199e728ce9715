//! Chromium, driven by `WebDriver`: windows of a width, screenshots, and the findings of axe.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use thirtyfour::prelude::*;

/// How often an element is looked for that a page replaces at the same time.
const TRIES: usize = 5;

/// How long another page may take: no promise of the console, only patience with a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Marks the document, and says whether a press on the element leads to another one: a link does, and a button that
/// sends a form that may be sent.
const LEADS_AWAY: &str = "
    const [element] = arguments;
    document.isPressed = true;
    if (element.matches('a')) return !element.getAttribute('href').startsWith('#') && !element.hasAttribute('download');
    return element.type === 'submit' && !!element.form && (element.form.noValidate || element.form.checkValidity());";

/// A browser with its driver; the driver ends with it.
pub struct Browser {
    driver: WebDriver,
    process: Child,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts the driver at any port, and reads from it at which.
fn start_driver() -> (Child, u16) {
    let mut process = Command::new("chromedriver")
        .args(["--port=0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("`make browser` installs chromedriver");
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let port = lines.map_while(Result::ok).find_map(|line| {
        line.split("successfully on port ")
            .nth(1)?
            .trim_end_matches('.')
            .parse()
            .ok()
    });
    (process, port.expect("the driver names its port"))
}

impl Browser {
    /// Starts a browser without a window.
    pub async fn start() -> Self {
        let (process, port) = start_driver();
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in [
            "--headless=new",
            // Chromium has no sandbox for root, who runs tests in containers.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
            .await
            .unwrap();
        Self { driver, process }
    }

    /// Ends the browser.
    pub async fn quit(self) {
        let _ = self.driver.clone().quit().await;
    }

    async fn command(&self, name: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(name, parameters).await.unwrap()
    }

    async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        let returned = self.driver.execute(script, arguments).await.unwrap();
        returned.json().clone()
    }

    /// Opens a page in a window of a width.
    pub async fn show(&self, url: &str, width: u32) {
        self.resize(width, 800).await;
        self.driver.goto(url).await.unwrap();
    }

    async fn resize(&self, width: u32, height: u64) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// The elements that reach beyond the page; empty where all fits.
    pub async fn overflow(&self) -> String {
        let script = "
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return '';
            const scrolls = (element) => element && (getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
            return [...document.body.querySelectorAll('*')]
                .filter((element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element.parentElement))
                .slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).join(' | ') || 'something';";
        self.run(script, Vec::new()).await.as_str().unwrap().to_owned()
    }

    /// The whole page as PNG.
    pub async fn screenshot(&self, width: u32) -> Vec<u8> {
        let height = self
            .run("return document.documentElement.scrollHeight;", Vec::new())
            .await;
        self.resize(width, height.as_u64().unwrap().clamp(400, 6_000))
            .await;
        let png = self.driver.screenshot_as_png().await.unwrap();
        self.resize(width, 800).await;
        png
    }

    /// The upper part of a page as PNG.
    pub async fn window(&self, width: u32, height: u64) -> Vec<u8> {
        self.resize(width, height).await;
        self.driver.screenshot_as_png().await.unwrap()
    }

    /// What axe finds, a line each.
    pub async fn axe(&self, source: &str) -> Vec<String> {
        self.run(source, Vec::new()).await;
        let script = "
            const done = arguments[arguments.length - 1];
            axe.run(document, {resultTypes: ['violations']}).then(
                (result) => done(result.violations.map((rule) =>
                    `${rule.id}: ${rule.help}: ${rule.nodes.slice(0, 2).map((node) => node.html.slice(0, 160)).join(' | ')}`)),
                (error) => done([String(error)]));";
        let found = self.driver.execute_async(script, Vec::new()).await.unwrap();
        serde_json::from_value(found.json().clone()).unwrap()
    }

    /// Opens a page in a window of 1280 pixels.
    pub async fn open(&self, url: &str) {
        self.show(url, 1280).await;
    }

    /// Keeps the script from pages from now on. Switched off altogether, scripts would be missing to the driver too.
    pub async fn block_scripts(&self) {
        self.command("Network.enable", json!({})).await;
        self.command("Network.setBlockedURLs", json!({"urls": ["*.js"]}))
            .await;
    }

    /// Asks for pages in a language.
    pub async fn prefer(&self, language: &str) {
        self.command("Network.enable", json!({})).await;
        let headers = json!({"headers": {"Accept-Language": language}});
        self.command("Network.setExtraHTTPHeaders", headers).await;
    }

    /// The element of a selector that is shown first. One that was replaced meanwhile is looked for again.
    async fn element(&self, by: By) -> WebElement {
        let wanted = format!("{by:?}");
        for _ in 0..TRIES {
            for element in self.driver.find_all(by.clone()).await.unwrap() {
                if element.is_displayed().await.unwrap_or(false) {
                    return element;
                }
            }
        }
        panic!("{wanted} is not shown in:\n{}", self.text().await);
    }

    /// Presses an element, and awaits the page that it leads to: a form is sent some time after its button was pressed.
    async fn click(&self, by: By) {
        let mut last = Ok(());
        for _ in 0..TRIES {
            let element = self.element(by.clone()).await;
            let leads_away = self.leads_away(&element).await;
            last = element.click().await;
            if last.is_ok() {
                if leads_away {
                    self.another_page().await;
                }
                return;
            }
        }
        last.unwrap();
    }

    async fn leads_away(&self, element: &WebElement) -> bool {
        let arguments = vec![element.to_json().unwrap()];
        let answer = self.driver.execute(LEADS_AWAY, arguments).await;
        // What a page replaced meanwhile cannot be pressed either.
        answer.is_ok_and(|answer| *answer.json() == Value::Bool(true))
    }

    /// Waits until the document is another one than that in which something was pressed.
    async fn another_page(&self) {
        let began = Instant::now();
        let script = "return !document.isPressed && document.readyState === 'complete';";
        loop {
            let answer = self.driver.execute(script, Vec::new()).await;
            // There is no document to ask for a moment in between.
            if answer.is_ok_and(|answer| *answer.json() == Value::Bool(true)) {
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "no other page came after:\n{}",
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Writes into a field.
    pub async fn fill(&self, name: &str, value: &str) {
        let field = self
            .element(By::Css(format!("[name=\"{name}\"]:not([type=hidden])")))
            .await;
        field.clear().await.unwrap();
        field.send_keys(value).await.unwrap();
    }

    /// Ticks one box or chooses one answer.
    pub async fn tick(&self, name: &str, value: &str) {
        let choice = self
            .element(By::Css(format!("[name=\"{name}\"][value=\"{value}\"]")))
            .await;
        if !choice.is_selected().await.unwrap() {
            choice.click().await.unwrap();
        }
    }

    /// Presses the button, or follows the link, with this text.
    pub async fn press(&self, text: &str) {
        let quoted = format!("\"{text}\"");
        let path = format!("//*[self::button or self::a or self::summary][normalize-space()={quoted}]");
        self.click(By::XPath(path)).await;
    }

    /// Whether a button or link with this text is there.
    pub async fn offers(&self, text: &str) -> bool {
        let path = format!("//*[self::button or self::a][normalize-space()=\"{text}\"]");
        !self.driver.find_all(By::XPath(path)).await.unwrap().is_empty()
    }

    /// What the page says.
    pub async fn text(&self) -> String {
        self.driver
            .find(By::Tag("body"))
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    /// The heading of the page.
    pub async fn heading(&self) -> String {
        self.element(By::Tag("h1")).await.text().await.unwrap()
    }

    /// The value of a field.
    pub async fn value(&self, id: &str) -> String {
        let field = self.element(By::Id(id)).await;
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    /// The text of the first element of a selector that is shown.
    pub async fn text_of(&self, css: &str) -> String {
        self.element(By::Css(css)).await.text().await.unwrap()
    }

    /// The address of the page without its origin.
    pub async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    /// The mark-up of the page.
    pub async fn source(&self) -> String {
        self.driver.source().await.unwrap()
    }

    /// Follows the first link of a selector.
    pub async fn follow(&self, css: &str) {
        self.click(By::Css(css)).await;
    }

    /// The paths that the page links to, on its own origin, with their queries and without a place in the page.
    pub async fn links(&self) -> Vec<String> {
        let script = "
            return [...document.querySelectorAll('a[href]')]
                .filter((link) => link.origin === location.origin && link.getAttribute('href')[0] !== '#')
                .map((link) => link.pathname + link.search);";
        serde_json::from_value(self.run(script, Vec::new()).await).unwrap()
    }

    /// The programs on the page that can be copied: the name of the tab and the text.
    pub async fn snippets(&self) -> Vec<(String, String)> {
        let script = "
            return [...document.querySelectorAll('.snippets details')].map((details) =>
                [details.querySelector('summary').textContent.trim(), details.querySelector('code').textContent]);";
        serde_json::from_value(self.run(script, Vec::new()).await).unwrap()
    }

    /// Whether a style sheet has been applied.
    pub async fn has_style(&self) -> bool {
        let script = "return [...document.styleSheets].some((sheet) => sheet.cssRules.length > 0);";
        self.run(script, Vec::new()).await == Value::Bool(true)
    }
}
