//! A headless Chromium, driven over its debugging pipe: no port, no driver, no network.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// One browser with one page.
pub(crate) struct Chromium {
    child: Child,
    requests: File,
    answers: BufReader<File>,
    session: Option<String>,
    last: u64,
    /// What the page reported since it was opened last: requests, messages of its console, exceptions.
    pub(crate) events: Vec<Value>,
    _profile: tempfile::TempDir,
}

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dark: bool,
    /// On paper instead of on a screen.
    pub(crate) print: bool,
}

impl Chromium {
    /// Starts it. A test that can't is a failure: `.ci/run` installs it.
    pub(crate) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let pipe = |name: &str| profile.path().join(name);
        let made = Command::new("mkfifo").args([pipe("in"), pipe("out")]).status().unwrap();
        assert!(made.success());
        // The browser reads from descriptor 3 and writes to 4; a shell can place them there.
        let script = "exec chromium \"$@\" 3<\"$PIPES/in\" 4>\"$PIPES/out\"";
        let child = Command::new("sh")
            .args(["-c", script, "sh", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--hide-scrollbars", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", pipe("profile").display()))
            .env("PIPES", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let requests = File::options().write(true).open(pipe("in")).unwrap();
        let answers = BufReader::new(File::open(pipe("out")).unwrap());
        let (session, events) = (None, Vec::new());
        let mut chromium = Self { child, requests, answers, session, last: 0, events, _profile: profile };
        let target = chromium.ask("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        chromium.session = chromium.ask("Target.attachToTarget", attach)["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Network", "Runtime", "Log"] {
            chromium.ask(&format!("{domain}.enable"), json!({}));
        }
        chromium
    }

    /// Asks the browser, and keeps the events that come before the answer.
    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut request = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.requests.write_all(format!("{request}\0").as_bytes()).unwrap();
        loop {
            let message = self.next();
            if message["id"] == self.last {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn next(&mut self) -> Value {
        let mut message = Vec::new();
        self.answers.read_until(0, &mut message).unwrap();
        assert_eq!(message.pop(), Some(0), "the browser went away");
        serde_json::from_slice(&message).unwrap()
    }

    /// Opens a file, with its scripts (if it had any) switched off.
    pub(crate) fn open(&mut self, file: &Path, look: Look) {
        let metrics =
            json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.width < 600 });
        self.ask("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = if look.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let media = if look.print { "print" } else { "screen" };
        self.ask("Emulation.setEmulatedMedia", json!({ "media": media, "features": features }));
        self.ask("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        self.events.clear();
        let opened = self.ask("Page.navigate", json!({ "url": format!("file://{}", file.display()) }));
        assert!(opened["errorText"].is_null(), "{opened}");
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.next();
            self.events.push(event);
        }
    }

    /// What an expression of the test's own comes to on the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{answer}");
        answer["result"]["value"].clone()
    }

    /// A picture of a part of the page: its top and its height, in pixels.
    pub(crate) fn picture(&mut self, file: &Path, look: Look, (top, height): (u32, u32)) {
        let clip = json!({ "x": 0, "y": top, "width": look.width, "height": height, "scale": 1 });
        let asked = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.ask("Page.captureScreenshot", asked);
        let script = "base64 -d > \"$0\"";
        let mut decode = Command::new("sh").args(["-c", script]).arg(file).stdin(Stdio::piped()).spawn().unwrap();
        decode.stdin.take().unwrap().write_all(picture["data"].as_str().unwrap().as_bytes()).unwrap();
        assert!(decode.wait().unwrap().success());
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.session = None;
        let close = json!({ "id": self.last + 1, "method": "Browser.close" });
        let _ = self.requests.write_all(format!("{close}\0").as_bytes());
        let _ = self.child.wait();
    }
}
