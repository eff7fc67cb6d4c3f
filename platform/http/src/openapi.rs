//! The OpenAPI 3.1 document: access and problems on every operation, and many services' documents as one.

use crate::access::Access;
use crate::problem::{FieldError, Problem};
use http::Method;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, Content, Info, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
    schema::Schema, schema::Type,
};
use utoipa::{PartialSchema, ToSchema};

mod refs;

const ACCESS: &str = "x-hanse-access";
const SCHEMAS: &str = "#/components/schemas/";

pub(crate) fn operations_mut(item: &mut PathItem) -> Vec<(Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::OPTIONS, &mut item.options),
        (Method::HEAD, &mut item.head),
        (Method::PATCH, &mut item.patch),
        (Method::TRACE, &mut item.trace),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|o| (method, o)))
    .collect()
}

/// Writes into an operation what holds for all: tag, access, and that any refusal is a problem.
pub(crate) fn describe(operation: &mut Operation, tag: &str, access: Access) {
    if operation.tags.as_ref().is_none_or(Vec::is_empty) {
        operation.tags = Some(vec![tag.to_string()]);
    }
    operation.security = Some(access.security());
    operation.extensions.get_or_insert_default().insert(ACCESS.into(), access.label().into());
    operation.responses.responses.entry("default".into()).or_insert_with(|| {
        let content = Content::new(Some(Ref::from_schema_name("Problem")));
        RefOr::T(
            ResponseBuilder::new()
                .description("A refusal or failure (RFC 9457)")
                .content("application/problem+json", content)
                .build(),
        )
    });
}

/// The access that the document tells for a route.
pub fn access_of(document: &OpenApi, method: &Method, path: &str) -> Option<String> {
    let mut item = document.paths.paths.get(path)?.clone();
    let (_, operation) = operations_mut(&mut item).into_iter().find(|(m, _)| m == method)?;
    Some(operation.extensions.as_ref()?.get(ACCESS)?.as_str()?.to_string())
}

/// Adds what the operations refer to.
pub(crate) fn complete(document: &mut OpenApi, title: &str) {
    document.info = Info::new(title, "1");
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.insert("Problem".into(), Problem::schema());
    components.schemas.insert("FieldError".into(), FieldError::schema());
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token of a login. Scopes name the permission that staff need."))
        .build();
    let order = ApiKeyValue::with_description(
        "Authorization",
        "`Order <access_token>`, the token that checkout returned",
    );
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components.add_security_scheme("order", SecurityScheme::ApiKey(ApiKey::Header(order)));
    components.add_security_scheme(
        "service",
        SecurityScheme::MutualTls {
            description: Some("Between the services of a deployment".into()),
            deprecated: None,
            extensions: None,
        },
    );
    // Twice, because a shared type may be made of others (money of its currency).
    for _ in 0..2 {
        let missing: Vec<_> =
            dangling(document).into_iter().filter_map(|name| Some((shared(&name)?, name))).collect();
        let schemas = &mut document.components.get_or_insert_with(Components::new).schemas;
        schemas.extend(missing.into_iter().map(|(schema, name)| (name, schema)));
    }
}

/// Schemas that a document refers to and does not have. `utoipa` collects those of bodies, not those of parameters.
pub fn dangling(document: &OpenApi) -> BTreeSet<String> {
    fn collect(json: &serde_json::Value, found: &mut BTreeSet<String>) {
        match json {
            serde_json::Value::Object(map) => {
                let reference =
                    map.get("$ref").and_then(|r| r.as_str()).and_then(|r| r.strip_prefix(SCHEMAS));
                found.extend(reference.map(str::to_string));
                map.values().for_each(|value| collect(value, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(&serde_json::to_value(document).unwrap_or_default(), &mut found);
    let schemas = document.components.as_ref().map(|c| &c.schemas);
    found.retain(|name| schemas.is_none_or(|s| !s.contains_key(name)));
    found
}

/// The shared types that parameters are made of.
fn shared(name: &str) -> Option<RefOr<Schema>> {
    macro_rules! by_name {
        ($($id:ident)*) => {
            match name {
                $(stringify!($id) => Some(hanse_kernel::$id::schema()),)*
                "CartId" => Some(hanse_kernel::CartId::schema()),
                "Timestamp" => Some(hanse_kernel::Timestamp::schema()),
                "Currency" => Some(hanse_kernel::Currency::schema()),
                "Money" => Some(hanse_kernel::Money::schema()),
                _ => None,
            }
        };
    }
    hanse_kernel::for_each_typed_id!(by_name)
}

/// The documented body of every refusal.
impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        let text = |about: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(about));
        ObjectBuilder::new()
            .description(Some("RFC 9457 problem details. Some codes carry further members."))
            .property("type", text("Identifies the kind of problem: a fixed base and the code"))
            .required("type")
            .property("title", text("The kind of problem, for people"))
            .required("title")
            .property("status", ObjectBuilder::new().schema_type(Type::Integer))
            .required("status")
            .property("code", text("Stable and machine-readable: branch on this"))
            .required("code")
            .property("detail", text("What is wrong with this very request"))
            .property("correlation_id", text("Quote it when you ask for help"))
            .property(
                "errors",
                utoipa::openapi::ArrayBuilder::new().items(Ref::from_schema_name("FieldError")),
            )
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(true)))
            .into()
    }
}

impl ToSchema for Problem {
    fn name() -> std::borrow::Cow<'static, str> {
        "Problem".into()
    }
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("FieldError".into(), FieldError::schema()));
    }
}

/// One document from those of several services. Names that two services use for different things (schemas,
/// operation ids) get the service's name in front, so that nothing is lost or mixed up.
pub fn merge(mut documents: Vec<OpenApi>, title: &str, version: &str) -> OpenApi {
    for i in 0..documents.len() {
        let (before, rest) = documents.split_at_mut(i);
        let Some(document) = rest.first_mut() else { continue };
        // A schema that was the same until one inside it got another name is another one then.
        loop {
            let taken = clashes(before, document);
            if taken.is_empty() {
                break;
            }
            rename(document, &taken);
        }
    }
    let mut whole = OpenApiBuilder::new().info(Info::new(title, version)).build();
    documents.into_iter().for_each(|document| whole.merge(document));
    distinct_operations(&mut whole);
    whole
}

/// Schemas of `document` that one before has under the same name with another content.
fn clashes(before: &[OpenApi], document: &OpenApi) -> BTreeSet<String> {
    let Some(components) = &document.components else { return BTreeSet::new() };
    let other = |name: &String, schema: &RefOr<Schema>| {
        before.iter().filter_map(|d| d.components.as_ref()?.schemas.get(name)).any(|theirs| theirs != schema)
    };
    components
        .schemas
        .iter()
        .filter(|(name, schema)| other(name, schema))
        .map(|(name, _)| name.clone())
        .collect()
}

fn rename(document: &mut OpenApi, taken: &BTreeSet<String>) {
    let prefix = capital(&document.info.title);
    refs::each(document, &mut |place| {
        if let Some(name) = place.strip_prefix(SCHEMAS).filter(|name| taken.contains(*name)) {
            *place = format!("{SCHEMAS}{prefix}{name}");
        }
    });
    let Some(components) = &mut document.components else { return };
    for name in taken {
        if let Some(schema) = components.schemas.remove(name) {
            components.schemas.insert(format!("{prefix}{name}"), schema);
        }
    }
}

fn distinct_operations(document: &mut OpenApi) {
    let mut uses: BTreeMap<String, u32> = BTreeMap::new();
    let mut each = |f: &mut dyn FnMut(&mut Operation)| {
        document.paths.paths.values_mut().flat_map(operations_mut).for_each(|(_, operation)| f(operation));
    };
    each(&mut |o| *uses.entry(o.operation_id.clone().unwrap_or_default()).or_default() += 1);
    each(&mut |o| {
        let id = o.operation_id.clone().unwrap_or_default();
        if uses.get(&id).is_some_and(|n| *n > 1) {
            let tag = o.tags.as_ref().and_then(|t| t.first()).cloned().unwrap_or_default();
            o.operation_id = Some(format!("{tag}_{id}"));
        }
    });
}

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map(|c| c.to_uppercase().chain(chars).filter(|c| c.is_alphanumeric()).collect())
        .unwrap_or_default()
}
