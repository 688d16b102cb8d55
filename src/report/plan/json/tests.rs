//! The schema of plan.json, made from the types: docs/wimspect-plan-1.schema.json.

use super::Document;

#[test]
fn the_schema_in_docs_is_made_from_the_types() {
    let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<Document<'_>>();
    let made = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wimspect-plan-1.schema.json");
    if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
        std::fs::write(&path, &made).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        there == made,
        "docs/wimspect-plan-1.schema.json is not what the types say: UPDATE=1 cargo test --lib plan::json"
    );
}
