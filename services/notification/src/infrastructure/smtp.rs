//! Delivery over SMTP.

use crate::application::error::SendError;
use crate::application::ports::{Mail, Mailer};
use async_trait::async_trait;
use hanse_kernel::Secret;
use hanse_kernel::personal::ExposeSecret;
use hanse_runtime::StartError;
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::Duration;

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
