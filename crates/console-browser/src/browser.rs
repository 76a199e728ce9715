//! Chromium, driven by `WebDriver`: windows of a width, screenshots, and the findings of axe.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use thirtyfour::prelude::*;

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
}
