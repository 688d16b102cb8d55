//! POSTs a notice. The address may hold a secret: no message shows more of it than its host.

use std::time::Duration;

use ureq::tls::{RootCerts, TlsConfig};

use super::config::Webhook;

/// The pause before the second attempt; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What became of one attempt.
enum Attempt {
    Done,
    /// Another one may succeed.
    Again(String),
    /// No other one will.
    Refused(String),
}

/// Sends it; tries again where that may help.
///
/// # Errors
/// Why it could not be sent, for people.
pub(super) fn send(webhook: &Webhook, body: &[u8]) -> Result<(), String> {
    // Whoever runs a webhook inside of a company has a certificate that the machine trusts, and no other program.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(webhook.timeout))
        // A POST that follows a redirect becomes a GET, and everybody believes that it arrived.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("wimspect/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls)
        .build();
    let agent = ureq::Agent::from(agent);
    let mut pause = FIRST_PAUSE;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let why = match attempt(&agent, webhook, body) {
            Attempt::Done => return Ok(()),
            Attempt::Refused(why) => return Err(why),
            Attempt::Again(why) => why,
        };
        if attempts > webhook.retries {
            return Err(if attempts == 1 { why } else { format!("{why} ({attempts} attempts)") });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn attempt(agent: &ureq::Agent, webhook: &Webhook, body: &[u8]) -> Attempt {
    let answer = agent.post(&webhook.url).header("Content-Type", "application/json").send(body);
    let status = match answer {
        Ok(answer) => answer.status(),
        Err(error) => return Attempt::Again(error.to_string().replace(&webhook.url, &webhook.shown())),
    };
    match status.as_u16() {
        200..=299 => Attempt::Done,
        300..=399 => {
            Attempt::Refused(format!("it answers with a redirect ({status}); name the address that it leads to"))
        }
        408 | 429 | 500..=599 => Attempt::Again(format!("it answers {status}")),
        _ => Attempt::Refused(format!("it answers {status}")),
    }
}
