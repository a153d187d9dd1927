//! Call of a hook: a program that is run, or an address that is posted to, within its time.
//!
//! Never through a shell: what viewers write stands in the line on standard input and in variables, never in the arguments.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, Command};

use super::occasion::Occasion;
use crate::config::{HookBody, HookSettings, SESSION_ENV, TARGET_IDC_ENV};

/// Bytes of a program's own words kept for the message.
const MAX_WORDS: u64 = 2_048;
/// How long a program that is told to end may take, and its last words.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Why a call failed, in a few words.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("there is no program '{0}'")]
    NoProgram(String),
    #[error("'{0}' cannot be run: {1}")]
    NotRun(String, std::io::Error),
    #[error("it ended with {0}{1}")]
    Failed(ExitStatus, String),
    #[error("it took longer than {0} s and was stopped")]
    TimedOut(u64),
    #[error("{0} answered {1}")]
    Refused(String, u16),
    #[error("{0} could not be reached: {1}")]
    NotReached(String, String),
    #[error("the variable {0}, which is to hold its address, is not set or holds none")]
    NoAddress(String),
}

/// What a hook calls.
#[derive(Clone, Debug)]
pub(super) struct Call {
    exec: Vec<String>,
    /// Where to post, with what posts there; the name of the variable that should hold it, where it does not.
    address: Option<Result<(reqwest::Url, reqwest::Client), String>>,
    body: HookBody,
    timeout: Duration,
    /// Variables that hold secrets of ours: no program of a hook gets them.
    secrets: Vec<String>,
}

impl Call {
    pub(super) fn new(
        hook: &HookSettings,
        secrets: &[String],
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let said = if hook.url_env.is_empty() { Some(hook.url.clone()) } else { env(&hook.url_env) };
        let url = said.as_deref().and_then(|said| reqwest::Url::parse(said.trim()).ok());
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let address = match url {
            Some(url) => Some(Ok((url.clone(), client_for(&url)?))),
            None if hook.url.is_empty() && hook.url_env.is_empty() => None,
            None => Some(Err(hook.url_env.clone())),
        };
        let mut secrets = secrets.to_vec();
        secrets.extend([SESSION_ENV.to_owned(), TARGET_IDC_ENV.to_owned(), hook.url_env.clone()]);
        secrets.retain(|name| !name.is_empty());
        Ok(Self {
            exec: hook.exec.clone(),
            address,
            body: hook.body,
            timeout: Duration::from_secs(hook.timeout_seconds.clamp(1, 300)),
            secrets,
        })
    }

    /// What it would do, for a dry run.
    pub(super) fn describe(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if !self.exec.is_empty() {
            parts.push(format!("run {}", self.exec.join(" ")));
        }
        match &self.address {
            Some(Ok((url, _))) => parts.push(format!("post {} to {}", self.body, place(url))),
            Some(Err(variable)) => parts.push(format!("post {} to nobody ({variable} is not set)", self.body)),
            None => {}
        }
        parts
    }

    /// Makes the call; both, where there are two.
    pub(super) async fn make(&self, occasion: &Occasion) -> Result<(), CallError> {
        if !self.exec.is_empty() {
            self.run(occasion).await?;
        }
        match &self.address {
            None => Ok(()),
            Some(Err(variable)) => Err(CallError::NoAddress(variable.clone())),
            Some(Ok((url, client))) => self.post(url, client, occasion).await,
        }
    }

    async fn run(&self, occasion: &Occasion) -> Result<(), CallError> {
        let Some((program, arguments)) = self.exec.split_first() else { return Ok(()) };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        for secret in &self.secrets {
            command.env_remove(secret);
        }
        // A NUL cannot stand in a variable.
        command.envs(occasion.variables().into_iter().map(|(name, value)| (name, value.replace('\0', ""))));
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => CallError::NoProgram(program.clone()),
            _ => CallError::NotRun(program.clone(), error),
        })?;
        let mut running = RunningProgram(child);
        let child = &mut running.0;
        let line = format!("{}\n", occasion.line);
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        let write = async {
            if let Some(mut stdin) = stdin {
                // A program need not read it.
                let _ = stdin.write_all(line.as_bytes()).await;
            }
        };
        let work = async {
            let listener = tokio::spawn(first_words(stderr));
            let (status, ()) = tokio::join!(child.wait(), write);
            let words = tokio::time::timeout(LAST_WORDS, listener).await;
            (status, words.ok().and_then(Result::ok).unwrap_or_default())
        };
        let Ok((status, words)) = tokio::time::timeout(self.timeout, work).await else {
            running.stop().await;
            return Err(CallError::TimedOut(self.timeout.as_secs()));
        };
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(CallError::Failed(status, last_line(&words))),
            Err(error) => Err(CallError::NotRun(program.clone(), error)),
        }
    }

    async fn post(&self, url: &reqwest::Url, client: &reqwest::Client, occasion: &Occasion) -> Result<(), CallError> {
        let request = client.post(url.clone()).timeout(self.timeout);
        let request = match self.body {
            HookBody::Json => {
                request.header(reqwest::header::CONTENT_TYPE, "application/json").body(occasion.line.clone())
            }
            HookBody::Form => {
                let fields =
                    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(occasion.form()).finish();
                request.header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(fields)
            }
        };
        let answer = request.send().await.map_err(|error| {
            if error.is_timeout() {
                CallError::TimedOut(self.timeout.as_secs())
            } else {
                // The address may be a secret: the error says it whole.
                CallError::NotReached(place(url), cause(&error.without_url()))
            }
        })?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(CallError::Refused(place(url), answer.status().as_u16()))
        }
    }
}

/// What a program says first. What it says beyond that is read and forgotten: one that floods must not be held by a full pipe.
async fn first_words(stderr: Option<ChildStderr>) -> Vec<u8> {
    let mut words = Vec::new();
    if let Some(mut stderr) = stderr {
        let _ = (&mut stderr).take(MAX_WORDS).read_to_end(&mut words).await;
        let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    }
    words
}

/// What posts to an address. A redirect would lead what people say to an address that nobody wrote down; to this machine leads no
/// proxy.
fn client_for(url: &reqwest::Url) -> Result<reqwest::Client, String> {
    crate::webcast::install_tls();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("tiktop/", env!("CARGO_PKG_VERSION")));
    let client = if crate::config::is_loopback(url) { client.no_proxy() } else { client };
    client.build().map_err(|error| format!("cannot prepare its calls: {error}"))
}

/// Scheme, host and port: what follows them often is a secret.
fn place(url: &reqwest::Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// The last of an error's causes says what happened.
fn cause(error: &dyn std::error::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// The last thing a program said, for the message.
fn last_line(words: &[u8]) -> String {
    let words = String::from_utf8_lossy(words);
    let last = words.lines().rev().map(str::trim).find(|line| !line.is_empty());
    last.map_or_else(String::new, |line| format!(": {}", crate::text::printable(line)))
}

/// A program, and what it started: all of it is stopped where this is dropped before the program has ended.
struct RunningProgram(Child);

impl RunningProgram {
    async fn stop(mut self) {
        self.kill_group();
        let _ = self.0.start_kill();
        let _ = tokio::time::timeout(LAST_WORDS, self.0.wait()).await;
    }

    fn kill_group(&self) {
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| i32::try_from(id).ok()) {
            // One that is gone already needs no signal.
            let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), nix::sys::signal::Signal::SIGKILL);
        }
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        self.kill_group();
    }
}
