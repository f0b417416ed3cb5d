//! Ids, as text and as paths: none leads out of the place that it is in.
#![no_main]

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use playback_core::RecordingId;
use playback_fuzz::{text, within};

fuzz_target!(|input: &[u8]| {
    let text = text(input);
    for id in within(64, input, || [text.parse::<RecordingId>(), RecordingId::from_path(&text)]) {
        let Ok(id) = id else { continue };
        let path = id.to_path();
        let parts: Vec<Component<'_>> = Path::new(&path).components().collect();
        assert!(parts.iter().all(|part| matches!(part, Component::Normal(_))), "{path}");
        assert_eq!((parts.len(), path.matches('/').count()), (3, 2), "{path}");
        assert!(path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.%/".contains(&byte)), "{path}");
        assert!(!path.split('/').any(|part| part.starts_with('.')), "{path}");
        assert_eq!(RecordingId::from_path(&path).as_ref(), Ok(&id));
        assert_eq!(id.to_string().parse().as_ref(), Ok(&id));
        assert_eq!(RecordingId::new(id.category(), id.day(), id.unique()).as_ref(), Ok(&id));
    }
    if let Some(category) = RecordingId::decode_category(&text) {
        assert_eq!(RecordingId::encode_category(&category), text);
    }
});
