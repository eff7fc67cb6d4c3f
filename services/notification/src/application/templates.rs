//! The merchant's texts: listed, edited, and proved before they are kept.

use super::error::NotificationError;
use super::ports::{Render, Template, Templates};
use hanse_database::{Db, DbError};
use hanse_kernel::{Ctx, Effects, Permission, Proof};
use hanse_record::{Entry, Record};
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Clone)]
pub struct ManageTemplates {
    pub db: Db,
    pub effects: Effects,
    pub templates: Arc<dyn Templates>,
    pub renderer: Arc<dyn Render>,
    pub record: Record,
}

impl ManageTemplates {
    /// Writes this version's defaults, except over what the merchant has edited.
    pub async fn seed(&self) -> Result<(), NotificationError> {
        self.db
            .tx((self.templates.clone(), self.effects.now()), |tx, (templates, now)| {
                Box::pin(async move {
                    let present = templates.all(tx).await?;
                    for default in templates.defaults() {
                        let same =
                            present.iter().find(|t| t.kind == default.kind && t.locale == default.locale);
                        if same.is_none_or(|t| !t.edited && *t != default) {
                            templates.put(tx, &default, *now).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await
            .map_err(|e: DbError| e.into())
    }

    pub async fn list(&self) -> Result<Vec<Template>, NotificationError> {
        let all = self
            .db
            .read(self.templates.clone(), |tx, templates| Box::pin(async move { templates.all(tx).await }));
        all.await.map_err(|e: DbError| e.into())
    }

    /// Keeps an edited template if it renders. Where a key to an account stands in the mail, the text could send the key elsewhere:
    /// such a one is written by whoever may say who works here, shortly after they have shown who they are.
    pub async fn put(&self, ctx: &Ctx, template: Template) -> Result<Template, NotificationError> {
        if template.kind.carries_a_key() {
            match ctx.proof {
                _ if !ctx.actor.may(Permission::StaffWrite) => return Err(NotificationError::NotTheirKey),
                Proof::Recent => {}
                Proof::Former | Proof::Unenrolled | Proof::Key => return Err(NotificationError::StepUp),
            }
        }
        self.renderer.proof(&template).map_err(NotificationError::Template)?;
        let input = (self.clone(), ctx.clone(), template.clone());
        self.db
            .tx(input, |tx, (this, ctx, template)| {
                Box::pin(async move {
                    let old = this.templates.get(tx, template.kind, &template.locale).await?;
                    let old = old.ok_or(NotificationError::UnknownTemplate)?;
                    this.templates.put(tx, template, this.effects.now()).await?;
                    let subject = format!("{}/{}", template.kind.as_str(), template.locale);
                    let entry = Entry::new("template.changed", "template", subject)
                        .changed(written(&old), written(template));
                    this.record.note(tx, ctx, entry).await.map_err(NotificationError::from)
                })
            })
            .await?;
        Ok(template)
    }
}

/// Long texts are kept as a digest.
fn written(template: &Template) -> Value {
    json!({"subject": template.subject, "text": template.text, "html": template.html, "edited": template.edited})
}
