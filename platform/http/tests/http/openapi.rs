//! The OpenAPI document of one service and of many.

use crate::access::table;
use hanse_http::{Access, Json, Routes, openapi, routes};
use serde::Serialize;
use serde_json::{Value, json};

fn json_of(document: &utoipa::openapi::OpenApi) -> Value {
    serde_json::from_str(&document.to_json().unwrap()).unwrap()
}

#[test]
fn each_operation_tells_its_access_its_tag_and_that_refusals_are_problems() {
    let document = json_of(&table().openapi);
    assert_eq!(document["openapi"], "3.1.0");
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|p| p.as_object().unwrap().values());
    let mut seen = 0;
    for operation in operations {
        seen += 1;
        assert_eq!(operation["tags"], json!(["product"]));
        assert!(operation["x-hanse-access"].is_string());
        assert!(operation["security"].is_array());
        assert_eq!(
            operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"],
            "#/components/schemas/Problem"
        );
    }
    assert_eq!(seen, 6);
    let at = |path: &str, method: &str| &document["paths"][path][method]["security"];
    assert_eq!(*at("/api/store/products", "get"), json!([]));
    assert_eq!(*at("/api/store/orders/{id}", "get"), json!([{"order": []}, {"bearer": []}]));
    assert_eq!(*at("/api/admin/products", "post"), json!([{"bearer": ["catalogue:write"]}]));
    let components = &document["components"];
    assert_eq!(
        components["schemas"]["Problem"]["properties"]["errors"]["items"]["$ref"],
        "#/components/schemas/FieldError"
    );
    assert!(components["schemas"]["FieldError"]["properties"]["field"].is_object());
    assert!(components["schemas"]["NewProduct"].is_object());
    assert_eq!(components["securitySchemes"]["bearer"]["scheme"], "bearer");
    assert_eq!(components["securitySchemes"]["order"]["in"], "header");
    assert_eq!(components["securitySchemes"]["service"]["type"], "mutualTLS");
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let whole = json_of(&openapi::merge(vec![table().openapi, a(), b()], "Hanse", "1.0.0"));
    let mut references = Vec::new();
    collect(&whole, &mut references);
    assert!(references.len() > 5);
    for reference in references {
        assert!(whole.pointer(&reference[1..]).is_some(), "{reference}");
    }
}

fn collect(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                found.push(reference.clone());
            }
            map.values().for_each(|v| collect(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| collect(v, found)),
        _ => {}
    }
}

mod cart {
    use super::*;
    #[derive(Serialize, utoipa::ToSchema)]
    pub struct Line {
        cart_only: u32,
    }
    /// As cart's, of other lines.
    #[derive(Serialize, utoipa::ToSchema)]
    pub struct Whole {
        lines: Vec<Line>,
    }
    #[utoipa::path(get, path = "/a", responses((status = 200, body = Whole)))]
    pub async fn show() -> Json<Whole> {
        Json(Whole { lines: vec![Line { cart_only: 1 }] })
    }
}

mod order {
    use super::*;
    #[derive(Serialize, utoipa::ToSchema)]
    pub struct Line {
        order_only: u32,
    }
    /// As cart's, of other lines.
    #[derive(Serialize, utoipa::ToSchema)]
    pub struct Whole {
        lines: Vec<Line>,
    }
    #[utoipa::path(post, path = "/b", request_body = Vec<Line>, responses(
        (status = 200, body = Whole), (status = 202, description = "", body = Option<Line>)))]
    pub async fn change() -> Json<Whole> {
        Json(Whole { lines: vec![Line { order_only: 1 }] })
    }
    #[utoipa::path(get, path = "/b", responses((status = 200, body = Line)))]
    pub async fn show() -> Json<Line> {
        Json(Line { order_only: 1 })
    }
}

fn a() -> utoipa::openapi::OpenApi {
    Routes::<()>::new("cart").route(Access::Public, routes!(cart::show)).build().openapi
}
fn b() -> utoipa::openapi::OpenApi {
    Routes::<()>::new("order").route(Access::Customer, routes!(order::show, order::change)).build().openapi
}

#[test]
fn merging_loses_nothing_and_mixes_nothing_up() {
    let whole = json_of(&openapi::merge(vec![table().openapi, a(), b()], "Hanse", "2.0.0"));
    assert_eq!(whole["info"], json!({"title": "Hanse", "version": "2.0.0"}));
    assert_eq!(whole["openapi"], "3.1.0");
    assert_eq!(whole["paths"].as_object().unwrap().len(), table().openapi.paths.paths.len() + 2);
    let schemas = &whole["components"]["schemas"];
    assert!(schemas["Line"]["properties"]["cart_only"].is_object());
    assert!(schemas["OrderLine"]["properties"]["order_only"].is_object());
    let body = |path: &str| {
        &whole["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    };
    assert_eq!(*body("/a"), "#/components/schemas/Whole");
    assert_eq!(*body("/b"), "#/components/schemas/OrderLine");
    let change = &whole["paths"]["/b"]["post"];
    let content = |at: &Value| at["content"]["application/json"]["schema"].clone();
    assert_eq!(content(&change["requestBody"])["items"]["$ref"], "#/components/schemas/OrderLine");
    assert_eq!(content(&change["responses"]["200"])["$ref"], "#/components/schemas/OrderWhole");
    assert!(content(&change["responses"]["202"]).to_string().contains("OrderLine"));
    assert_eq!(
        schemas["OrderWhole"]["properties"]["lines"]["items"]["$ref"],
        "#/components/schemas/OrderLine"
    );
    let shared: Vec<_> = schemas.as_object().unwrap().keys().filter(|n| n.ends_with("Problem")).collect();
    assert_eq!(shared, ["Problem"], "what is the same in all services stands there once");
    assert_eq!(whole["paths"]["/a"]["get"]["operationId"], "cart_show");
    assert_eq!(whole["paths"]["/b"]["get"]["operationId"], "order_show");
    assert_eq!(whole["paths"]["/b"]["get"]["x-hanse-access"], "customer", "kept through the renaming");
}
