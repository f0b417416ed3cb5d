//! A headless Chromium, driven by its DevTools protocol: JSON messages that end with a zero byte, on the pipes 3 and 4
//! (<https://chromedevtools.github.io/devtools-protocol/>).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]
#![allow(clippy::print_stdout, reason = "what is skipped is said")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// How often a condition is looked at before it is given up; each look is a turn of the page's own loop.
const LOOKS: usize = 500;

pub(crate) struct Browser {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    directory: tempfile::TempDir,
    session: Option<String>,
    sent: u64,
    /// Requests, messages on the console and exceptions since the start.
    events: Vec<Value>,
}

impl Browser {
    /// Starts one; none if there is none on this machine.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = program() else {
            assert!(
                std::env::var_os("PLAYBACK_REQUIRE_CHROMIUM").is_none(),
                "PLAYBACK_REQUIRE_CHROMIUM is set and Chromium is not installed: apt-get install chromium"
            );
            println!("skipped: Chromium is not installed");
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        // The shell hands standard input and output on as the pipes that Chromium asks for.
        let script = r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null"#;
        let mut process = Command::new("sh")
            .args(["-c", script, &program, "--headless", "--remote-debugging-pipe"])
            .args([
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-dev-shm-usage",
            ])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", directory.path().join("profile").display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let mut browser = Self { process, to, from, directory, session: None, sent: 0, events: Vec::new() };
        let target = browser.send("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.send("Target.attachToTarget", attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.send(&format!("{domain}.enable"), json!({}));
        }
        browser.resize(1280, 900);
        Some(browser)
    }

    /// A directory of its own, for files to show.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Shows an address, and waits until it is loaded.
    pub(crate) fn go(&mut self, address: &str) {
        // Another fragment of the same page would be no load.
        for address in ["about:blank", address] {
            self.send("Page.navigate", json!({"url": address}));
            self.until(&format!(
                "document.readyState === 'complete' && location.href.startsWith({:?})",
                address
            ));
        }
    }

    /// The value of an expression.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.send("Runtime.evaluate", parameters);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    pub(crate) fn text(&mut self, expression: &str) -> String {
        self.evaluate(expression).as_str().unwrap_or_else(|| panic!("{expression} is no text")).to_owned()
    }

    pub(crate) fn number(&mut self, expression: &str) -> i64 {
        self.evaluate(expression).as_i64().unwrap_or_else(|| panic!("{expression} is no number"))
    }

    /// Waits until a condition holds.
    pub(crate) fn until(&mut self, condition: &str) {
        let turn = "new Promise((resolve) => setTimeout(resolve, 10))";
        for _ in 0..LOOKS {
            if self.evaluate(condition) == json!(true) {
                return;
            }
            self.evaluate(turn);
        }
        panic!("it never came to {condition}");
    }

    /// Types characters, each as a press of its key, and waits for the page to follow.
    pub(crate) fn keys(&mut self, text: &str) {
        for c in text.chars() {
            self.press(json!({"key": c.to_string(), "text": c.to_string()}));
        }
        self.settle();
    }

    /// Presses a key that has a name.
    pub(crate) fn key(&mut self, name: &str) {
        let text = if name == "Enter" { "\r" } else { "" };
        self.press(json!({"key": name, "code": name, "text": text}));
        self.settle();
    }

    /// Clicks on the middle of an element.
    pub(crate) fn click(&mut self, selector: &str) {
        let place = format!(
            "(() => {{ const it = document.querySelector({selector:?}); it.scrollIntoView({{block: 'center'}}); \
             const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2] }})()"
        );
        self.evaluate(&place);
        self.settle();
        let place = self.evaluate(&place);
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.send("Input.dispatchMouseEvent", event);
        }
        self.settle();
    }

    /// Makes it look as if the machine were set to `light` or `dark`.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.send("Emulation.setEmulatedMedia", json!({"features": features}));
        self.settle();
    }

    /// Lays the page out as for paper.
    pub(crate) fn print(&mut self) {
        self.send("Emulation.setEmulatedMedia", json!({"media": "print"}));
        self.resize(794, 1_123);
        self.evaluate("dispatchEvent(new Event('beforeprint'))");
        self.settle();
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.send("Emulation.setDeviceMetricsOverride", size);
        self.settle();
    }

    /// Asserts that the page asked for nothing but itself, and that there was neither an error nor a warning.
    #[track_caller]
    pub(crate) fn assert_quiet(&mut self) {
        self.settle();
        for event in &self.events {
            let told = match event["method"].as_str() {
                Some("Network.requestWillBeSent") => {
                    let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
                    url != "about:blank" && !(url.starts_with("file://") && url.ends_with("/report.html"))
                }
                Some("Runtime.exceptionThrown" | "Log.entryAdded" | "Runtime.consoleAPICalled") => true,
                _ => false,
            };
            assert!(!told, "{event:#}");
        }
    }

    fn press(&mut self, mut key: Value) {
        for kind in ["keyDown", "keyUp"] {
            key["type"] = json!(kind);
            self.send("Input.dispatchKeyEvent", key.clone());
        }
    }

    /// Lets the page do what it has put off: delays of typing, and the next frame.
    fn settle(&mut self) {
        self.evaluate(
            "new Promise((resolve) => setTimeout(() => requestAnimationFrame(() => resolve(true)), 0))",
        );
    }

    fn send(&mut self, method: &str, parameters: Value) -> Value {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(message.to_string().as_bytes()).unwrap();
        self.to.write_all(b"\0").unwrap();
        self.to.flush().unwrap();
        loop {
            let mut answer = Vec::new();
            self.from.read_until(0, &mut answer).unwrap();
            assert_eq!(answer.pop(), Some(0), "Chromium ended");
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            if answer["id"] == json!(self.sent) {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> Option<String> {
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let paths = std::env::var_os("PATH").unwrap_or_default();
    names
        .into_iter()
        .find(|name| std::env::split_paths(&paths).any(|path| path.join(name).is_file()))
        .map(str::to_owned)
}
