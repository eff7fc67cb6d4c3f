//! Every reference from one part of an OpenAPI document to another, to be read or changed in its place. A document is
//! not taken through JSON for that: not all of it comes back the same, or at all.

use super::operations_mut;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Discriminator, Schema};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr};

/// Calls `change` with the place that each reference names.
pub(super) fn each(document: &mut OpenApi, change: &mut dyn FnMut(&mut String)) {
    if let Some(components) = &mut document.components {
        components.schemas.values_mut().for_each(|schema| of_schema(schema, change));
    }
    for (_, operation) in document.paths.paths.values_mut().flat_map(operations_mut) {
        for parameter in operation.parameters.iter_mut().flatten() {
            let Some(parameter) = inline(parameter, change) else { continue };
            parameter.schema.iter_mut().for_each(|schema| of_schema(schema, change));
            parameter.content.values_mut().for_each(|content| of_content(content, change));
        }
        if let Some(body) = operation.request_body.as_mut().and_then(|body| inline(body, change)) {
            body.content.values_mut().for_each(|content| of_content(content, change));
        }
        for response in operation.responses.responses.values_mut() {
            let Some(response) = inline(response, change) else { continue };
            response.content.values_mut().for_each(|content| of_content(content, change));
            for header in response.headers.values_mut() {
                let Some(header) = inline(header, change) else { continue };
                header.schema.iter_mut().for_each(|schema| of_schema(schema, change));
            }
        }
    }
}

/// What stands here itself; a reference is changed.
fn inline<'a, T>(here: &'a mut RefOr<T>, change: &mut dyn FnMut(&mut String)) -> Option<&'a mut T> {
    match here {
        RefOr::Ref(Ref { ref_location, .. }) => {
            change(ref_location);
            None
        }
        RefOr::T(it) => Some(it),
    }
}

fn of_content(content: &mut RefOr<Content>, change: &mut dyn FnMut(&mut String)) {
    let Some(content) = inline(content, change) else { return };
    content.schema.iter_mut().chain(&mut content.item_schema).for_each(|schema| of_schema(schema, change));
}

fn of_schema(schema: &mut RefOr<Schema>, change: &mut dyn FnMut(&mut String)) {
    if let Some(schema) = inline(schema, change) {
        within(schema, change);
    }
}

fn within(schema: &mut Schema, change: &mut dyn FnMut(&mut String)) {
    match schema {
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                of_schema(items, change);
            }
            array.prefix_items.iter_mut().for_each(|item| within(item, change));
        }
        Schema::Object(object) => {
            object.properties.values_mut().for_each(|property| of_schema(property, change));
            if let Some(AdditionalProperties::RefOr(others)) = object.additional_properties.as_deref_mut() {
                of_schema(others, change);
            }
            object.property_names.iter_mut().for_each(|names| within(names, change));
        }
        Schema::OneOf(one) => {
            one.items.iter_mut().for_each(|item| of_schema(item, change));
            told_apart(&mut one.discriminator, change);
        }
        Schema::AllOf(all) => {
            all.items.iter_mut().for_each(|item| of_schema(item, change));
            told_apart(&mut all.discriminator, change);
        }
        Schema::AnyOf(any) => {
            any.items.iter_mut().for_each(|item| of_schema(item, change));
            told_apart(&mut any.discriminator, change);
        }
        // The enum is open to more kinds; one that is not known here holds no reference of ours.
        _ => {}
    }
}

fn told_apart(by: &mut Option<Discriminator>, change: &mut dyn FnMut(&mut String)) {
    by.iter_mut().flat_map(|d| d.mapping.values_mut()).for_each(change);
}
