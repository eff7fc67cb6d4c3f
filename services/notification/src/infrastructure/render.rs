//! Templates become mails: minijinja, HTML escaped by itself, bounded in work.

use crate::application::ports::{Render, Rendered, Template};
use hanse_kernel::{Currency, Money};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};

const GOODS_TEXT: &str = include_str!("../../templates/goods.txt");
const GOODS_HTML: &str = include_str!("../../templates/goods.html");
const LINK_TEXT: &str = include_str!("../../templates/link.txt");
const LINK_HTML: &str = include_str!("../../templates/link.html");
const BUTTON_TEXT: &str = include_str!("../../templates/button.txt");
const BUTTON_HTML: &str = include_str!("../../templates/button.html");
const SAMPLE: &str = include_str!("../../templates/sample.json");

pub struct Renderer {
    public_url: String,
    shop_name: String,
}

impl Renderer {
    pub fn new(public_url: &str, shop_name: &str) -> Self {
        Self { public_url: public_url.trim_end_matches('/').to_string(), shop_name: shop_name.to_string() }
    }

    fn environment(&self) -> Result<Environment<'static>, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|name| {
            if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
        });
        // A merchant's typing error is refused when the template is written, not mailed to shoppers as a gap.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_recursion_limit(16);
        environment.add_filter("money", money);
        environment.add_template("goods", GOODS_TEXT)?;
        environment.add_template("goods.html", GOODS_HTML)?;
        environment.add_template("link", LINK_TEXT)?;
        environment.add_template("link.html", LINK_HTML)?;
        environment.add_template("button", BUTTON_TEXT)?;
        environment.add_template("button.html", BUTTON_HTML)?;
        Ok(environment)
    }

    fn all(
        &self,
        template: &Template,
        data: &serde_json::Value,
        facts: &serde_json::Value,
    ) -> Result<Rendered, minijinja::Error> {
        let environment = self.environment()?;
        let with = context! {
            shop => context! { name => self.shop_name.clone(), url => self.public_url.clone() },
            order => Value::from(Serde(&data["order"])),
            link => Value::from(Serde(&data["link"])),
            person => Value::from(Serde(&data["person"])),
            facts => Value::from(Serde(facts)),
        };
        Ok(Rendered {
            subject: environment.render_named_str("subject", &template.subject, &with)?,
            text: environment.render_named_str("text", &template.text, &with)?,
            html: environment.render_named_str("mail.html", &template.html, &with)?,
        })
    }
}

/// `{{ order.total | money(order.currency) }}`: minor units as `12.50 EUR`.
fn money(minor: i64, currency: String) -> Result<Value, minijinja::Error> {
    let invalid = |e: hanse_kernel::MoneyError| {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, e.to_string())
    };
    let currency = Currency::parse(&currency).map_err(invalid)?;
    Ok(Value::from(Money::new(minor, currency).to_string()))
}

impl Render for Renderer {
    fn render(
        &self,
        template: &Template,
        data: &serde_json::Value,
        facts: &serde_json::Value,
    ) -> Result<Rendered, String> {
        self.all(template, data, facts).map_err(|e| {
            let line = e.line().map(|l| format!(", line {l}")).unwrap_or_default();
            format!("{}{line}: {e}", e.name().unwrap_or("template"))
        })
    }

    fn proof(&self, template: &Template) -> Result<Rendered, String> {
        let sample: serde_json::Value = serde_json::from_str(SAMPLE).map_err(|e| e.to_string())?;
        self.render(template, &sample, &sample["facts"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::ports::Templates;
    use crate::domain::Kind;
    use crate::infrastructure::SqlTemplates;

    fn renderer() -> Renderer {
        Renderer::new("http://127.0.0.1:8080/", "Kontor")
    }

    #[test]
    fn every_default_renders_and_a_confirmation_reads_well() {
        let defaults = SqlTemplates.defaults();
        assert_eq!(defaults.len(), Kind::ALL.len() * 2);
        for template in &defaults {
            let rendered = renderer()
                .proof(template)
                .unwrap_or_else(|e| panic!("{} {}: {e}", template.kind, template.locale));
            assert!(
                rendered.html.contains("<html lang=") && !rendered.text.contains("{{"),
                "{}",
                rendered.text
            );
        }
        let confirmed =
            defaults.iter().find(|t| t.kind == Kind::OrderConfirmed && t.locale == "en").expect("there");
        insta::assert_snapshot!(renderer().proof(confirmed).expect("renders").text);
    }

    #[test]
    fn a_name_cannot_become_markup_and_a_broken_template_names_its_line() {
        let mut template = SqlTemplates.defaults().remove(0);
        template.html = "<p>{{ person.name }}</p>".into();
        let data = serde_json::json!({"person": {"name": "<script>x</script>"}, "order": null});
        let html = renderer().render(&template, &data, &serde_json::json!({})).expect("renders").html;
        assert!(html.contains("&lt;script&gt;"), "{html}");
        template.text = "fine\n{{ person.nmae }}".into();
        let error = renderer().render(&template, &data, &serde_json::json!({})).err().expect("refused");
        assert!(error.contains("text, line 2"), "{error}");
    }
}
