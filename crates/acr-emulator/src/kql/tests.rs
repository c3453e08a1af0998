use proptest::prelude::*;

use super::*;

struct Hello;

impl Record for Hello {
    fn number(&self, field: Field) -> i64 {
        if field == Field::Size { 525 } else { 1000 }
    }

    fn time(&self, _: Field) -> Timestamp {
        "2023-04-12T20:44:45.2078994Z".parse().unwrap()
    }

    fn text(&self, field: Field) -> &str {
        match field {
            Field::Repository => "library/Hello-World",
            Field::Architecture => "amd64",
            _ => "",
        }
    }
}

fn finds(conditions: &str) -> bool {
    let query = format!("Manifests | where {conditions}");
    Filter::parse(&query).unwrap().finds(&Hello)
}

#[test]
fn numbers_and_times_have_an_order() {
    for (condition, holds) in [
        ("size > 524", true),
        ("size>525", false),
        ("size >= 525", true),
        ("size < 525", false),
        ("size <= 525", true),
        ("size == 525", true),
        ("size != 525", false),
        ("imageSize != 525", true),
        ("imageSize > -1", true),
        ("createdAt > datetime(2023-04-12)", true),
        ("createdAt > datetime(2023-04-12 20:44:46)", false),
        ("createdAt <= datetime(2023-04-12T20:44:45.2078994Z)", true),
        (
            "createdAt < datetime( 2023-04-12T20:44:45.2078994Z )",
            false,
        ),
    ] {
        assert_eq!(finds(condition), holds, "{condition}");
    }
}

#[test]
fn text() {
    for (condition, holds) in [
        ("architecture == \"amd64\"", true),
        ("architecture == 'AMD64'", false),
        ("architecture =~ 'AMD64'", true),
        ("architecture !~ 'AMD64'", false),
        ("architecture != 'arm'", true),
        ("repository contains 'HELLO'", true),
        ("repository !contains 'hello'", false),
        ("repository has 'world'", true),
        ("repository has 'hello-world'", true),
        ("repository has 'hell'", false),
        ("repository !has 'hell'", true),
        ("repository startswith 'library/'", true),
        ("repository !startswith 'app'", true),
        ("repository endswith 'world'", true),
        ("repository !endswith 'world'", false),
        // What it does not have is empty.
        ("os == ''", true),
        ("subject != ''", false),
    ] {
        assert_eq!(finds(condition), holds, "{condition}");
    }
}

#[test]
fn all_conditions_must_hold() {
    assert!(finds("size > 1 and architecture == 'amd64'"));
    assert!(!finds("size > 1 and architecture == 'arm' and size > 2"));
    assert!(Filter::parse(" Manifests|where size==1  ").is_ok());
}

#[test]
fn quotes_can_be_part_of_a_text() {
    let filter = Filter::parse(r#"Manifests | where os == 'a\'b\\"'"#).unwrap();
    let same = Filter::parse(r#"Manifests | where os == "a'b\\\"""#).unwrap();
    assert_eq!(filter, same);
}

#[test]
fn anything_else_is_no_query() {
    for query in [
        "",
        "Manifests",
        "manifests | where size > 1",
        "Tags | where size > 1",
        "Manifests | where",
        "Manifests | where size",
        "Manifests | where size >",
        "Manifests | where size > 'x'",
        "Manifests | where size contains 1",
        "Manifests | where repository > 'a'",
        "Manifests | where repository == 1",
        "Manifests | where createdAt > '2023-04-12'",
        "Manifests | where createdAt > datetime(yesterday)",
        "Manifests | where createdAt > datetime(2023-04-12",
        "Manifests | where color == 'red'",
        "Manifests | where repository hasten 'a'",
        "Manifests | where repository == 'a",
        "Manifests | where repository == 'a\"",
        "Manifests | where repository == 'a\\z'",
        "Manifests | where size > 1 or size > 2",
        "Manifests | where size > 1 and",
        "Manifests | where size > 1 | limit 1",
        "Manifests | limit 1",
        "Manifests | where size > 99999999999999999999",
    ] {
        assert!(Filter::parse(query).is_err(), "{query}");
    }
    let long = format!("Manifests | where os == '{}'", "x".repeat(MAX_QUERY));
    assert!(Filter::parse(&long).is_err());
}

#[test]
fn a_fault_is_told_with_its_place() {
    let fault = Filter::parse("Manifests | where color == 'red'").unwrap_err();
    assert_eq!(fault, "at 18: a field that can be searched was expected");
    let fault = Filter::parse("Manifests | where size == 'red'").unwrap_err();
    assert!(fault.contains("that fit the field"), "{fault}");
}

proptest! {
    #[test]
    fn no_text_panics(
        noise in "\\PC{0,60}",
        field in "[a-zA-Z]{1,12}|size|createdAt|os",
        operator in "[!=<>~]{1,2}|!?(contains|has|startswith|endswith)",
        operand in "-?[0-9]{1,25}|['\"]\\PC{0,8}['\"]|datetime\\([0-9:T. -]{0,30}\\)",
    ) {
        let _ = Filter::parse(&noise);
        let _ = Filter::parse(&format!("Manifests | where {noise}"));
        let query = format!("Manifests | where {field} {operator} {operand}");
        if let Ok(filter) = Filter::parse(&query) {
            let _ = filter.finds(&Hello);
        }
    }
}
