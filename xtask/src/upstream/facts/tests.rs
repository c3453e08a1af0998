use serde_json::{Value, json};

use super::{Place, collect, operation_key};

#[test]
fn names_of_path_parameters_and_added_queries_play_no_part() {
    assert_eq!(
        operation_key("get", "/v2/{name}/blobs/{digest}?mode=chunk"),
        "GET /v2/{}/blobs/{}"
    );
    assert_eq!(operation_key("post", "/a/{b}:cancel"), "POST /a/{}:cancel");
}

fn text(document: &Value, part: &str) -> String {
    let place = Place {
        subject: "schema A".to_owned(),
        part: part.to_owned(),
    };
    collect(document).unwrap()[&place].clone()
}

#[test]
fn a_schema_that_holds_itself_comes_to_an_end() {
    let document = json!({
        "paths": {"/": {"get": {"responses": {"200": {"content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/A"}
        }}}}}}},
        "components": {"schemas": {"A": {
            "properties": {"next": {"$ref": "#/components/schemas/A"}}
        }}},
    });
    let place = Place {
        subject: "GET /".to_owned(),
        part: "200 application/json next".to_owned(),
    };
    assert_eq!(collect(&document).unwrap()[&place], "A again, optional");
}

#[test]
fn a_base_is_part_of_the_schema_and_a_wrapped_reference_is_a_reference() {
    let document = json!({"paths": {}, "components": {"schemas": {
        "Base": {"properties": {"version": {"type": "integer"}}},
        "A": {
            "allOf": [{"$ref": "#/components/schemas/Base"}],
            "properties": {"b": {"allOf": [{"$ref": "#/components/schemas/Base"}], "nullable": true}},
        },
    }}});
    assert_eq!(text(&document, "version"), "integer, optional");
    assert_eq!(text(&document, "b"), "Base or null, optional");
}
