//! Checks values against a committed JSON Schema, as far as the house's schemas go: a keyword that is not known here is
//! an error, so that none is taken for checked.

use anyhow::{Context, Result, bail};
use regex::Regex;
use serde_json::{Map, Value};

/// They describe, and demand nothing.
const NOTES: [&str; 4] = ["$schema", "$id", "title", "description"];

pub struct Schema(Value);

impl Schema {
    pub fn read(text: &str) -> Result<Self> {
        let schema: Value = serde_json::from_str(text).context("the schema is no JSON")?;
        known(&schema)?;
        Ok(Self(schema))
    }

    /// What is wrong with the value; nothing when it fits.
    pub fn faults(&self, value: &Value) -> Result<Vec<String>> {
        let mut faults = vec![];
        check(&self.0, value, "", &mut faults)?;
        Ok(faults)
    }
}

fn known(schema: &Value) -> Result<()> {
    let schema = schema.as_object().context("a schema is an object")?;
    for (keyword, demand) in schema {
        match keyword.as_str() {
            "type"
            | "required"
            | "additionalProperties"
            | "enum"
            | "pattern"
            | "minLength"
            | "dependentRequired" => {}
            "properties" => {
                let properties = demand.as_object().context("`properties` is an object")?;
                properties.values().try_for_each(known)?;
            }
            note if NOTES.contains(&note) => {}
            other => bail!("the schema says `{other}`, which is not checked here; teach it"),
        }
    }
    Ok(())
}

fn check(schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) -> Result<()> {
    let Some(schema) = schema.as_object() else { return Ok(()) };
    let mut fault = |why: String| faults.push(format!("{place}: {why}"));
    if let Some(kind) = schema.get("type")
        && !is(value, kind.as_str().context("`type` is a text")?)
    {
        fault(format!("{value} is no {kind}"));
        return Ok(());
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        fault(format!("{value} is none of {allowed:?}"));
    }
    if let Some(text) = value.as_str() {
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && !Regex::new(pattern)?.is_match(text)
        {
            fault(format!("`{text}` does not match {pattern}"));
        }
        let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
        if (text.chars().count() as u64) < least {
            fault(format!("`{text}` is shorter than {least}"));
        }
    }
    match value.as_object() {
        Some(object) => members(schema, object, place, faults),
        None => Ok(()),
    }
}

fn members(
    schema: &Map<String, Value>,
    object: &Map<String, Value>,
    place: &str,
    faults: &mut Vec<String>,
) -> Result<()> {
    let names = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_string).collect()
    };
    for name in schema.get("required").map(names).unwrap_or_default() {
        if !object.contains_key(&name) {
            faults.push(format!("{place}: `{name}` is missing"));
        }
    }
    for (name, wanted) in schema.get("dependentRequired").and_then(Value::as_object).into_iter().flatten() {
        for other in names(wanted) {
            if object.contains_key(name) && !object.contains_key(&other) {
                faults.push(format!("{place}: `{name}` comes without `{other}`"));
            }
        }
    }
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, value) in object {
        match properties.get(name) {
            Some(inner) => check(inner, value, &format!("{place}/{name}"), faults)?,
            None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                faults.push(format!("{place}: nobody knows `{name}`"));
            }
            None => {}
        }
    }
    Ok(())
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        _ => false,
    }
}
