//! Recorded values as JSON.

use playback_core::Value;
use serde_json::{Map, Value as Json};

/// A value as JSON shows it: as its `Serialize` does, and what JSON has no form for as text: keys that are no
/// strings, numbers that do not fit, and bytes (as `b"…"` escapes).
pub(crate) fn of(value: &Value) -> Json {
    match value {
        Value::Unit | Value::None => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Integer(value) => match (value.as_u64(), value.as_i64()) {
            (Some(value), _) => value.into(),
            (_, Some(value)) => value.into(),
            _ => value.to_string().into(),
        },
        Value::F32(value) => float((*value).into()),
        Value::F64(value) => float(*value),
        Value::Char(value) => value.to_string().into(),
        Value::String(value) => value.as_str().into(),
        Value::Bytes(_) => value.to_string().into(),
        Value::Some(value) => of(value),
        Value::Seq(elements) => elements.iter().map(of).collect::<Vec<_>>().into(),
        Value::Map(entries) => object(entries.iter().map(|(key, value)| {
            let key = match key {
                Value::String(key) => key.clone(),
                key => key.to_string(),
            };
            (key, of(value))
        })),
        Value::Struct(fields) => object(fields.iter().map(|(name, value)| (name.to_string(), of(value)))),
        Value::Variant(name, None) => name.to_string().into(),
        Value::Variant(name, Some(payload)) => object([(name.to_string(), of(payload))]),
    }
}

fn float(value: f64) -> Json {
    serde_json::Number::from_f64(value).map_or_else(|| value.to_string().into(), Json::Number)
}

fn object(members: impl IntoIterator<Item = (String, Json)>) -> Json {
    Json::Object(members.into_iter().collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_value_has_a_form_in_json() {
        let value = Value::of(&(
            BTreeMap::from([((1, 2), f64::NAN)]),
            i128::MAX,
            -5_i8,
            Some('x'),
            Err::<(), _>("no"),
            None::<u8>,
        ));
        assert_eq!(
            of(&value.unwrap()).to_string(),
            r#"[{"[1, 2]":"NaN"},"170141183460469231731687303715884105727",-5,"x",{"Err":"no"},null]"#
        );
        assert_eq!(of(&Value::Bytes(vec![0, b'a'])).to_string(), r#""x\"0061\"""#);
    }
}
