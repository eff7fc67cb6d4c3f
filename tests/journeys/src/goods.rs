//! Goods for a journey: a merchant's file, and what became of it.

use crate::http::Http;
use crate::until::until;
use anyhow::{Context, Result, bail};
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use std::collections::BTreeMap;

/// A product with one variant, as a line of the file: handle (the SKU too), price, pieces in stock.
pub type Line<'a> = (&'a str, &'a str, i64);

/// A Shopify product file.
pub fn csv(lines: &[Line<'_>]) -> String {
    let mut out = String::from(
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,\
         Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Requires Shipping,Status\n",
    );
    for (handle, price, pieces) in lines {
        out.push_str(&format!(
            "{handle},Ware {handle},<p>Good {handle}.</p>,Kontor,Ware,,TRUE,Title,Default Title,{handle},100,shopify,{pieces},deny,\
             {price},TRUE,active\n"
        ));
    }
    out
}

/// An upload of a file.
pub fn form(name: &str, file: &[u8]) -> Result<Form> {
    let part = Part::bytes(file.to_vec()).file_name(name.to_string()).mime_str("text/csv")?;
    Ok(Form::new().part("file", part))
}

/// Uploads a file as staff and waits for its report.
pub async fn import(http: &Http, staff: &str, name: &str, file: &[u8]) -> Result<Value> {
    let started = http.post("/api/admin/imports").bearer(staff).form(form(name, file)?).expect(202).await?;
    report(http, staff, &started).await
}

/// Waits for the report of an import that was taken in.
pub async fn report(http: &Http, staff: &str, started: &Value) -> Result<Value> {
    let path = format!("/api/admin/imports/{}", started["id"].as_str().context("the import has no id")?);
    until("the import to end", async || {
        let report = http.get(&path).bearer(staff).expect(200).await?;
        match report["status"].as_str() {
            Some("running") => Ok(None),
            Some("done" | "failed") => Ok(Some(report)),
            _ => bail!("an import in no known state: {report}"),
        }
    })
    .await
}

/// The variants' ids by SKU, of the products with these slugs, once they are on sale and all in stock.
pub async fn variants(http: &Http, slugs: &[&str]) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for slug in slugs {
        let path = format!("/api/store/products/{slug}");
        let product = until(&format!("{slug} to be on sale"), async || {
            let product = http.get(&path).send().await?;
            Ok(Some(product.json())
                .filter(|p| product.status == 200 && p["variants"][0]["price"].is_object()))
        })
        .await?;
        for variant in product["variants"].as_array().into_iter().flatten() {
            let text =
                |key: &str| variant[key].as_str().map(str::to_string).context("a variant lacks its name");
            found.insert(text("sku")?, text("id")?);
        }
    }
    Ok(found)
}

/// On hand, reserved and available of a SKU.
pub async fn stock_of(http: &Http, staff: &str, sku: &str) -> Result<(i64, i64, i64)> {
    let page = http.get(&format!("/api/admin/inventory?sku={sku}")).bearer(staff).expect(200).await?;
    let level = &page["items"][0];
    let count = |key: &str| level[key].as_i64().with_context(|| format!("no stock of {sku}: {page}"));
    Ok((count("on_hand")?, count("reserved")?, count("available")?))
}
