//! Delivery over SMTP.

use crate::application::error::SendError;
use crate::application::ports::{Mail, Mailer};
use async_trait::async_trait;
use hanse_kernel::Secret;
use hanse_kernel::personal::ExposeSecret;
use hanse_runtime::StartError;
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::net::IpAddr;
use std::time::Duration;
use url::Url;

pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpMailer {
    pub fn new(url: &Secret, from: &str) -> Result<Self, StartError> {
        let wrong = |key: &str, problem: String, remedy: &str| StartError::Config {
            key: key.into(),
            problem,
            remedy: remedy.into(),
        };
        let from = from.parse().map_err(|e: lettre::address::AddressError| {
            wrong("mail.from", e.to_string(), "write it as `Shop name <shop@example.org>`")
        })?;
        if in_the_clear(url.expose_secret()) {
            return Err(wrong(
                "mail.smtp_url",
                "sends mails, and the password, in the clear".into(),
                "write it as smtps://user:password@host:465 or smtp://user:password@host:587?tls=required; without TLS only a server on \
                 this machine is spoken to",
            ));
        }
        // The error may repeat the URL, which holds a password: only its kind is told.
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret()).map_err(|_| {
                wrong(
                    "mail.smtp_url",
                    "is not an SMTP address".into(),
                    "write it as smtps://user:password@host:465",
                )
            })?;
        Ok(Self { transport: transport.timeout(Some(Duration::from_secs(20))).build(), from })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn deliver(&self, mail: &Mail) -> Result<(), SendError> {
        let to: Mailbox =
            mail.to.reveal().parse().map_err(|_| SendError::Never("the address is none".into()))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&mail.subject)
            // The same mail after a crash carries the same id, so that mailboxes can tell.
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|e| SendError::Never(e.to_string()))?;
        // Servers like to repeat whom they do not know; what they say is logged and kept.
        let masked =
            |e: lettre::transport::smtp::Error| e.to_string().replace(mail.to.reveal(), "(the address)");
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(e) if e.is_permanent() => Err(SendError::Never(masked(e))),
            Err(e) => Err(SendError::Later(masked(e))),
        }
    }
}

/// Everybody on the way could read it: not TLS from the first byte, TLS not insisted on, and not to this machine.
fn in_the_clear(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    // The first counts, as for whoever sends.
    let tls = url.query_pairs().find(|(name, _)| name == "tls");
    if url.scheme() != "smtp" || tls.is_some_and(|(_, value)| value == "required") {
        return false;
    }
    // The scheme is none that the parser knows, so it leaves addresses as they are written.
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    !(host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|ip| ip.to_canonical().is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::in_the_clear;

    #[test]
    fn nothing_leaves_this_machine_in_the_clear() {
        for fine in [
            "smtps://ana:hunter2@mail.example:465",
            "smtp://ana:hunter2@mail.example:587?tls=required",
            "smtp://localhost:25",
            "smtp://127.0.0.1:2525",
            "smtp://[::1]:2525",
            "gopher://mail.example",
            "nonsense",
        ] {
            assert!(!in_the_clear(fine), "{fine}");
        }
        for clear in [
            "smtp://ana:hunter2@mail.example:587",
            "smtp://mail.example",
            "smtp://mail.example:587?tls=opportunistic",
            "smtp://mail.example:587?tls=opportunistic&tls=required",
            "smtp://10.0.0.7:25",
            "smtp://[2001:db8::1]:25",
            "smtp://localhost.mail.example",
        ] {
            assert!(in_the_clear(clear), "{clear}");
        }
    }
}
