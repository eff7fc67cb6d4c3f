//! The table of templates, and the defaults that come with this version.

use crate::application::ports::{Template, Templates};
use crate::domain::Kind;
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::Timestamp;
use hanse_runtime::Host;

pub struct SqlTemplates;

impl SqlTemplates {
    pub fn new(_: &Host) -> Self {
        Self
    }
}

const FRAME: &str = include_str!("../../templates/frame.html");

/// A default is one file: the subject in its first line, then the text; the HTML is the text in the shop's frame.
const DEFAULTS: [(Kind, &str, &str); 34] = [
    (Kind::Welcome, "en", include_str!("../../templates/en/welcome.txt")),
    (Kind::VerifyEmail, "en", include_str!("../../templates/en/verify_email.txt")),
    (Kind::ResetPassword, "en", include_str!("../../templates/en/reset_password.txt")),
    (Kind::PasswordChanged, "en", include_str!("../../templates/en/password_changed.txt")),
    (Kind::ChangeEmail, "en", include_str!("../../templates/en/change_email.txt")),
    (Kind::EmailChangeAsked, "en", include_str!("../../templates/en/email_change_asked.txt")),
    (Kind::Invitation, "en", include_str!("../../templates/en/invitation.txt")),
    (Kind::NewDevice, "en", include_str!("../../templates/en/new_device.txt")),
    (Kind::FactorChanged, "en", include_str!("../../templates/en/factor_changed.txt")),
    (Kind::IdentityLinked, "en", include_str!("../../templates/en/identity_linked.txt")),
    (Kind::RegistrationRepeated, "en", include_str!("../../templates/en/registration_repeated.txt")),
    (Kind::OrderConfirmed, "en", include_str!("../../templates/en/order_confirmed.txt")),
    (Kind::OrderRejected, "en", include_str!("../../templates/en/order_rejected.txt")),
    (Kind::OrderCancelled, "en", include_str!("../../templates/en/order_cancelled.txt")),
    (Kind::OrderFulfilled, "en", include_str!("../../templates/en/order_fulfilled.txt")),
    (Kind::OrderRefunded, "en", include_str!("../../templates/en/order_refunded.txt")),
    (Kind::PaymentDeclined, "en", include_str!("../../templates/en/payment_declined.txt")),
    (Kind::Welcome, "de", include_str!("../../templates/de/welcome.txt")),
    (Kind::VerifyEmail, "de", include_str!("../../templates/de/verify_email.txt")),
    (Kind::ResetPassword, "de", include_str!("../../templates/de/reset_password.txt")),
    (Kind::PasswordChanged, "de", include_str!("../../templates/de/password_changed.txt")),
    (Kind::ChangeEmail, "de", include_str!("../../templates/de/change_email.txt")),
    (Kind::EmailChangeAsked, "de", include_str!("../../templates/de/email_change_asked.txt")),
    (Kind::Invitation, "de", include_str!("../../templates/de/invitation.txt")),
    (Kind::NewDevice, "de", include_str!("../../templates/de/new_device.txt")),
    (Kind::FactorChanged, "de", include_str!("../../templates/de/factor_changed.txt")),
    (Kind::IdentityLinked, "de", include_str!("../../templates/de/identity_linked.txt")),
    (Kind::RegistrationRepeated, "de", include_str!("../../templates/de/registration_repeated.txt")),
    (Kind::OrderConfirmed, "de", include_str!("../../templates/de/order_confirmed.txt")),
    (Kind::OrderRejected, "de", include_str!("../../templates/de/order_rejected.txt")),
    (Kind::OrderCancelled, "de", include_str!("../../templates/de/order_cancelled.txt")),
    (Kind::OrderFulfilled, "de", include_str!("../../templates/de/order_fulfilled.txt")),
    (Kind::OrderRefunded, "de", include_str!("../../templates/de/order_refunded.txt")),
    (Kind::PaymentDeclined, "de", include_str!("../../templates/de/payment_declined.txt")),
];

fn template(row: &Row<'_>) -> Result<Template, DbError> {
    Ok(Template {
        kind: row.parse(0)?,
        locale: row.get(1)?,
        subject: row.get(2)?,
        text: row.get(3)?,
        html: row.get(4)?,
        edited: row.get(5)?,
    })
}

const COLUMNS: &str = "kind, locale, subject, body_text, body_html, edited";

#[async_trait]
impl Templates for SqlTemplates {
    async fn get(&self, tx: &mut Tx, kind: Kind, locale: &str) -> Result<Option<Template>, DbError> {
        let sql = format!("select {COLUMNS} from template where kind = $1 and locale = $2");
        tx.query_opt(&sql, &[&kind.as_str(), &locale], template).await
    }

    async fn all(&self, tx: &mut Tx) -> Result<Vec<Template>, DbError> {
        tx.query(&format!("select {COLUMNS} from template order by kind, locale"), &[], template).await
    }

    async fn put(&self, tx: &mut Tx, t: &Template, now: Timestamp) -> Result<(), DbError> {
        tx.execute(
            "insert into template (kind, locale, subject, body_text, body_html, edited, changed_at)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (kind, locale) do update set subject = excluded.subject, body_text = excluded.body_text,
               body_html = excluded.body_html, edited = excluded.edited, changed_at = excluded.changed_at",
            &[&t.kind.as_str(), &t.locale, &t.subject, &t.text, &t.html, &t.edited, &now],
        )
        .await
        .map(|_| ())
    }

    fn defaults(&self) -> Vec<Template> {
        DEFAULTS.iter().map(|(kind, locale, file)| default(*kind, locale, file)).collect()
    }
}

fn default(kind: Kind, locale: &str, file: &str) -> Template {
    let (subject, text) = file.split_once("\n\n").unwrap_or((file, ""));
    Template {
        kind,
        locale: locale.to_string(),
        subject: subject.trim().to_string(),
        text: text.to_string(),
        html: FRAME.replace("[[locale]]", locale).replace("[[body]]", &paragraphs(text)),
        edited: false,
    }
}

/// A text template as HTML: blank lines part paragraphs, the table of goods and the link get their own markup.
fn paragraphs(text: &str) -> String {
    let blocks = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    let html = blocks.map(|block| match block {
        "{% include 'goods' %}" => "{% include 'goods.html' %}".to_string(),
        "{% include 'link' %}" => "{% include 'link.html' %}".to_string(),
        // A link with words of its own: `{% with path = …, label = … %}{% include 'button' %}{% endwith %}`.
        block if block.starts_with("{% with ") => block.replace("'button'", "'button.html'"),
        block => format!("<p>{}</p>", block.replace('\n', "<br>\n")),
    });
    html.collect::<Vec<_>>().join("\n")
}
