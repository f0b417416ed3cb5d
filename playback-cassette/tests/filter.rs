//! What filters match, and how they are written and read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::executor::block_on;
use playback_cassette::{
    Cassette, CassetteExt, Condition, ErrorKind, Filter, Metadata, Prefixed, Query, Recording, RecordingId,
};
use playback_core::{Service, Value};
use playback_testkit::MemoryCassette;
use proptest::prelude::*;
use serde_json::json;

fn id() -> RecordingId {
    "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap()
}

/// Of 2026-01-31T12:00:00.5Z, 1.25 seconds long, failed.
fn metadata() -> Metadata {
    let recorded_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_769_860_800_500);
    let mut metadata = Metadata::new("Checkout", recorded_at);
    metadata.duration = Duration::from_millis(1250);
    metadata.failed = true;
    metadata.service = Some(Service { name: "shop".into(), version: "1.4".into() });
    let fields = json!({
        "status": 500,
        "ratio": 0.5,
        "big": u64::MAX,
        "name": "checkout-eu",
        "text": "500",
        "vip": true,
        "coupon": null,
        "customer": {"country": "DE", "address": {"city": "Köln"}},
        "lines": [{"sku": "pear"}, {"sku": "plum"}],
        "tags": ["a", "b"],
        "sizes": [1, 2.5],
        "a.b": {"c.d": 1},
        "failed": "own",
    });
    for (name, value) in fields.as_object().unwrap() {
        metadata.fields.insert(name.clone(), Value::of(value).unwrap());
    }
    metadata.fields.insert("f32".into(), Value::F32(0.1));
    metadata
}

fn matches(name: &str, condition: impl Into<Condition>) -> bool {
    Filter::new(name, condition).matches(&id(), &metadata())
}

#[track_caller]
fn check(cases: &[(&str, bool)]) {
    for (text, expected) in cases {
        let filters = Filter::parse_list(text).unwrap();
        let all = filters.iter().all(|filter| filter.matches(&id(), &metadata()));
        assert_eq!(all, *expected, "{text}");
        let again = filters.iter().map(Filter::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(Filter::parse_list(&again).unwrap(), filters, "{text} as {again}");
    }
}

#[test]
fn numbers_booleans_and_texts_are_equal_whatever_their_rust_type() {
    // F1
    assert!(matches("status", 500_i16));
    assert!(matches("status", 500_u64));
    assert!(matches("status", 500.0));
    assert!(matches("f32", 0.1_f32));
    assert!(matches("vip", true));
    assert!(matches("name", "checkout-eu"));
    check(&[
        ("status=500", true),
        ("status=500.0", true),
        ("status=501", false),
        ("f32=0.1", true),
        ("vip=true", true),
        ("vip=false", false),
        ("big=18446744073709551615", true),
        ("big=18446744073709551616", false),
        ("big<18446744073709551616", true),
        ("name=checkout-eu", true),
        ("name=checkout", false),
    ]);
}

#[test]
fn nested_objects_are_equal_member_by_member_and_are_reached_by_dots() {
    // F1
    let customer = json!({"address": {"city": "Köln"}, "country": "DE"});
    assert!(matches("customer", Value::of(&customer).unwrap()));
    check(&[
        (r#"customer={"address":{"city":"Köln"},"country":"DE"}"#, true),
        (r#"customer={"country":"DE"}"#, false),
        ("customer.country=DE", true),
        ("customer.address.city=K*n", true),
        ("customer.address={\"city\":\"Köln\"}", true),
        ("customer.age=5", false),
        ("name.first=x", false),
        ("lines.1.sku=plum", true),
        ("lines.2.sku=plum", false),
        ("a.b.c.d=1", true),
        ("a.b={\"c.d\":1.0}", true),
        ("a.b={\"c.d\":1.5}", false),
        ("a.b={\"c.d\":1,\"e\":2}", false),
        ("tags=[[\"a\",\"b\"]]", true),
        ("sizes=[[1.0,2.5]]", true),
        ("sizes=[[1.0,2]]", false),
        ("sizes=[[1.0]]", false),
        ("sizes=[[1.0,2.5,3]]", false),
        ("tags=[\"a\",\"b\"]", false),
    ]);
}

#[test]
fn a_text_matches_as_a_shell_wildcard_unless_it_is_to_be_exact() {
    // F2
    check(&[
        ("name=check*", true),
        ("name=*eu", true),
        ("name=check??t-eu", true),
        ("name=check?t-eu", false),
        ("name=CHECK*", false),
        ("name==check*", false),
        ("name==checkout-eu", true),
        ("text=5*", true),
        ("status=5*", false),
    ]);
    assert!(matches("name", "*out*"));
    assert!(!matches("name", Condition::exactly("*out*")));
}

#[test]
fn a_list_matches_any_of_its_members_and_null_an_absent_field() {
    // F3
    assert!(matches("status", Condition::any_of([404, 500])));
    assert!(matches("status", Value::Seq(vec![404.into(), 500.into()])));
    assert!(!matches("status", Condition::any_of([404, 501])));
    assert!(matches("nothing", Condition::any_of([Some("x"), None])));
    assert!(matches("nothing", Condition::absent()));
    assert!(!matches("status", Condition::absent()));
    assert!(!matches("status", Condition::any_of(Vec::<i32>::new())));
    check(&[
        ("status=404,500", true),
        ("status=404, 500", true),
        ("status=[404,500]", true),
        ("status=404,501", false),
        ("status=[]", false),
        ("nothing=null", true),
        ("nothing=x,null", true),
        ("coupon=null", true),
        ("coupon=SUMMER,null", true),
        ("status=null", false),
        ("status=500,null", true),
        ("customer.age=null", true),
        ("nothing=\"null\"", false),
    ]);
}

#[test]
fn operators_compare_also_inside_lists() {
    // F4
    assert!(matches("status", Condition::any_of([Condition::less_than(400), Condition::at_least(500)])));
    check(&[
        ("status>=500", true),
        ("status>500", false),
        ("status<=500", true),
        ("status<500", false),
        ("status>499.5", true),
        ("status < 400, >= 500", true),
        ("status<400,>500", false),
        ("status=404,>=500", true),
        ("status>=500 status<600", true),
        ("status>=500 status<500", false),
        ("name>checkout name<d", true),
        ("name<=checkout-eu", true),
    ]);
}

#[test]
fn values_of_different_types_do_not_match_whatever_the_operator() {
    // F4
    check(&[
        ("status=\"500\"", false),
        ("text=500", false),
        ("text>=\"5\"", true),
        ("text>=5", false),
        ("status>=abc", false),
        ("vip>=true", false),
        ("vip<1", false),
        ("customer>=1", false),
        ("nothing<1", false),
        ("nothing>=null", false),
        ("tags<=[[\"a\",\"b\"]]", false),
    ]);
    assert!(!matches("status", f64::NAN));
    assert!(!matches("nothing", f64::INFINITY), "what JSON writes as null is not the null that is asked for");
}

#[test]
fn what_every_recording_has_is_a_field_as_well() {
    check(&[
        ("failed=true", true),
        ("failed=false", false),
        ("fields.failed=own", true),
        ("incomplete=false", true),
        ("category=Check*", true),
        ("id=Checkout/20260131/*", true),
        ("service=shop service.version=1.4", true),
        ("service.version=1.5", false),
        ("service=null", false),
        ("duration=1.25", true),
        ("duration>=1250ms", true),
        ("duration>1.25s", false),
        ("duration>=1250000000ns duration<1250000001ns", true),
        ("duration>=1250000us duration<1250001us", true),
        ("duration>=1250000µs duration<1250001µs", true),
        ("duration>0.02m duration<0.022min", true),
        ("duration>0.0003h duration<0.0004h", true),
        ("duration>0.00001d duration<0.00002d", true),
        ("duration>1h", false),
        ("duration<2m", true),
        ("duration>-1", true),
        ("duration<1e300", true),
        ("recorded_at>=2026-01-31", true),
        ("recorded_at<=2026-01-31", false),
        ("recorded_at<2026-02-01", true),
        ("recorded_at<2026-01-31T12:00:00.6Z", true),
        ("recorded_at<2026-01-31T12:00:00Z", false),
        ("recorded_at=2026-01-31T13:00:00.5+01:00", true),
        ("recorded_at=2026-01-31*", true),
    ]);
    let mut unnamed = metadata();
    unnamed.service = None;
    assert!("service=null".parse::<Filter>().unwrap().matches(&id(), &unnamed));
}

#[test]
fn all_filters_of_a_query_have_to_match_and_one_that_asks_for_incomplete_ones_finds_them() {
    let query = Query::new().filters(Filter::parse_list("status>=500 name=check*").unwrap());
    assert!(query.matches(&id(), &metadata()));
    assert!(!query.clone().field("vip", false).matches(&id(), &metadata()));
    let mut incomplete = metadata();
    incomplete.incomplete = true;
    assert!(!query.matches(&id(), &incomplete));
    assert!(query.clone().field("incomplete", true).matches(&id(), &incomplete));
    assert!(!query.field("incomplete", true).matches(&id(), &metadata()));
}

#[test]
fn a_filter_sees_the_names_that_its_view_has() {
    let all = Arc::new(MemoryCassette::new());
    let outer = Prefixed::new(Prefixed::new(all.clone(), "teams").unwrap(), "eu").unwrap();
    block_on(outer.save(&Recording::new(
        id(),
        metadata(),
        common::recording(&id(), metadata().recorded_at, 1).tape().clone(),
    )))
    .unwrap();
    let found = |cassette: &dyn Cassette, text: &str| {
        let query = Query::new().filters(Filter::parse_list(text).unwrap());
        block_on(cassette.find_all(&query)).unwrap().len()
    };
    for (text, in_view, beneath) in [
        ("category=Checkout", 1, 0),
        ("category=teams/eu/Checkout", 0, 1),
        ("id=Checkout/*", 1, 0),
        ("id=teams/*", 0, 1),
        ("status=500", 1, 1),
    ] {
        assert_eq!((found(&outer, text), found(&all, text)), (in_view, beneath), "{text}");
    }
}

#[test]
fn a_filter_is_written_as_people_write_it_with_no_more_quotes_than_it_needs() {
    for text in [
        "name=checkout-eu",
        "name=chk*,null",
        "name==*",
        "status>=500,404",
        "customer.country=DE",
        "duration>250ms",
        "recorded_at>=2026-01-31T10:00:00Z",
        "id=Checkout/20260131/*",
        "mail=a@example.org",
        "note=\"two words\"",
        "text=\"500\"",
        "\"two words\"=true",
        "tags=[[\"a\"]]",
        "status=[]",
    ] {
        assert_eq!(text.parse::<Filter>().unwrap().to_string(), text);
    }
}

#[test]
fn an_error_names_the_position_and_what_is_expected() {
    let field = "the name of a field, such as `status` or `customer.country`";
    let value = "a value, such as `500`, `true`, `chk*`, `null` or `\"two words\"`";
    let operator = "one of `=`, `<`, `<=`, `>`, `>=` and `==`";
    for (text, position, found, expected) in [
        ("status", 7, "the end", operator),
        ("status!=5", 7, "`!=5`", operator),
        ("status>", 8, "the end", value),
        ("status>>5", 8, "`>5`", value),
        ("état=1 =5", 8, "`=5`", field),
        ("a=1,", 5, "the end", value),
        ("a=1,,2", 5, "`,2`", value),
        ("a=\"x\"y", 6, "`y`", "a space or a comma"),
        ("failed=1", 8, "`1`", "`true` or `false`"),
        ("service={\"name\":1}", 9, "`{\"name\":1}`", "a text"),
        ("category=a,[7]", 12, "`[7]`", "a text"),
        (
            "recorded_at=yesterday",
            13,
            "`yesterday`",
            "a time such as `2026-01-31T10:00:00Z` or a day such as `2026-01-31`",
        ),
        (
            "recorded_at>2026-01*",
            13,
            "`2026-01*`",
            "a time such as `2026-01-31T10:00:00Z` or a day such as `2026-01-31`",
        ),
        (
            "a=1 duration>long",
            14,
            "`long`",
            "a number of seconds, or one with its unit, such as `250ms` or `1.5s`",
        ),
        (
            "recorded_at>yesterday",
            13,
            "`yesterday`",
            "a time such as `2026-01-31T10:00:00Z` or a day such as `2026-01-31`",
        ),
    ] {
        let error = Filter::parse_list(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(
            error.to_string(),
            format!(
                "`{text}` is no filter: at character {position}, {found} stands where {expected} is expected"
            )
        );
    }
    let error = Filter::parse_list("a={\"b\":").unwrap_err().to_string();
    assert!(error.contains("at character 3, `{\"b\":` stands where a value"), "{error}");
    assert!(error.contains("as JSON (EOF"), "{error}");
    assert!("a=1 b=2".parse::<Filter>().unwrap_err().to_string().contains("the end is expected"));
    assert!("".parse::<Filter>().is_err());
    assert!(Filter::parse_list("  ").unwrap().is_empty());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::F64),
        any::<f32>().prop_map(Value::F32),
        ".*".prop_map(Value::from),
        "(true|null|-?[0-9]{1,3}|[a-z*?. ]*)".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Seq),
            prop::collection::vec((".{0,4}".prop_map(Value::from), inner), 0..4).prop_map(Value::map),
        ]
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let one = (0..6, value()).prop_map(|(operator, value)| match operator {
        0 => Condition::equal(value),
        1 => Condition::exactly(value),
        2 => Condition::less_than(value),
        3 => Condition::at_most(value),
        4 => Condition::more_than(value),
        _ => Condition::at_least(value),
    });
    prop::collection::vec(one, 0..4).prop_map(Condition::any_of)
}

proptest! {
    #[test]
    fn a_filter_as_text_reads_as_the_same_filter(
        filters in prop::collection::vec((".{1,8}", condition()), 0..4)
    ) {
        let filters: Vec<_> = filters.into_iter().map(|(name, condition)| Filter::new(format!("x{name}"), condition)).collect();
        let text = filters.iter().map(Filter::to_string).collect::<Vec<_>>().join(" ");
        prop_assert_eq!(Filter::parse_list(&text).unwrap(), filters, "{}", text);
    }

    #[test]
    fn any_text_is_filters_or_an_error(text in "[a-c.0-9<>=!,\"\\[\\]{}:\\\\ é\u{3000}]{0,24}|.*") {
        match Filter::parse_list(&text) {
            Ok(filters) => for filter in filters {
                let _ = filter.matches(&id(), &metadata());
            },
            Err(error) => prop_assert!(error.to_string().contains("at character"), "{}", error),
        }
    }

    #[test]
    fn any_condition_can_be_asked_of_any_value(condition in condition(), value in value()) {
        let mut metadata = metadata();
        metadata.fields.insert("x".into(), value);
        for name in ["x", "x.0", "x.a", "duration", "recorded_at", "failed", "service"] {
            let _ = Filter::new(name, condition.clone()).matches(&id(), &metadata);
        }
    }

    #[test]
    fn two_integers_stand_to_each_other_as_they_do_in_rust(left: i64, right in prop_oneof![any::<i64>(), -2..2_i64]) {
        let mut metadata = metadata();
        metadata.fields.insert("x".into(), left.into());
        let holds = |condition| Filter::new("x", condition).matches(&id(), &metadata);
        prop_assert_eq!(holds(Condition::less_than(right)), left < right);
        prop_assert_eq!(holds(Condition::at_most(right)), left <= right);
        prop_assert_eq!(holds(Condition::more_than(right)), left > right);
        prop_assert_eq!(holds(Condition::at_least(right)), left >= right);
        prop_assert_eq!(holds(Condition::equal(right)), left == right);
        prop_assert!(holds(Condition::at_least(left)));
    }
}
