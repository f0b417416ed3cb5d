//! Rules of opening a recording without loading it.

use playback_cassette::{Cassette, ErrorKind, Opened};
use playback_core::Recording;

use super::broken::{Broken, Outcome, ensure, same, save, well};
use super::sample::{Sample, empty, every_kind_of_call, large, noon};
use super::{OnOne, Rule, rules};

pub(super) const RULES: [Rule<OnOne>; 3] = rules![on one:
    "an opened recording says of every call what the loaded one says" => says_the_same,
    "single calls of a large recording can be looked at, in any order" => single_calls,
    "what is not there cannot be opened" => nothing_there,
];

async fn says_the_same(cassette: &dyn Cassette) -> Outcome {
    let sample = Sample::new();
    let recordings = [
        every_kind_of_call(&sample.id("Checkout", noon())?)?,
        empty(&sample.id("Checkout", noon())?)?,
        large(&sample.id("orders/eu ☂", noon())?, 300, 1_024)?,
    ];
    for recording in &recordings {
        save(cassette, recording).await?;
        let opened = open(cassette, recording).await?;
        same("the number of calls", &opened.calls().count(), &recording.tape().calls().count())?;
        for number in 0..recording.tape().calls().count() {
            is_call(&opened, recording, number).await?;
        }
    }
    Ok(())
}

async fn single_calls(cassette: &dyn Cassette) -> Outcome {
    let recording = large(&Sample::new().id("Checkout", noon())?, 4_000, 1_024)?;
    save(cassette, &recording).await?;
    let opened = open(cassette, &recording).await?;
    for number in [3_999, 0, 1_000, 1_001, 256, 255, 3_999] {
        is_call(&opened, &recording, number).await?;
    }
    Ok(())
}

async fn nothing_there(cassette: &dyn Cassette) -> Outcome {
    let id = Sample::new().id("Checkout", noon())?;
    let Err(error) = cassette.open(&id).await else {
        return Err(Broken(format!("`open` of {id} gives a recording, and there is none")));
    };
    same("the kind of error", &error.kind(), &ErrorKind::NotFound)?;
    ensure(error.to_string().contains(&id.to_string()), || {
        format!("the error of `open` names the recording that is not there, {id}; it says: {error}")
    })
}

async fn open(cassette: &dyn Cassette, recording: &Recording) -> Result<Opened, Broken> {
    let opened = well(&format!("opening {}", recording.id()), cassette.open(recording.id()).await)?;
    same("the id of what was opened", opened.id(), recording.id())?;
    same("the metadata of what was opened", opened.metadata(), recording.metadata())?;
    Ok(opened)
}

/// A call of what was opened is the one of what was saved.
async fn is_call(opened: &Opened, recording: &Recording, number: usize) -> Outcome {
    let what = format!("call {number} of {}", recording.id());
    let (Some(call), Some(saved)) = (opened.calls().nth(number), recording.tape().calls().nth(number)) else {
        return Err(Broken(format!("{what} is not there")));
    };
    let frame = (call.kind(), call.alias(), call.argument_names(), call.lane(), call.order());
    let saved_frame = (saved.kind(), saved.alias(), saved.argument_names(), saved.lane(), saved.order());
    same(&what, &frame, &saved_frame)?;
    let times = (call.started(), call.duration(), call.end());
    same(&format!("how {what} went"), &times, &(saved.started(), saved.duration(), saved.end()))?;
    let unreadable = |error| Broken(format!("the rule is at fault: {error}"));
    let arguments = well(&format!("reading the arguments of {what}"), call.argument_bytes().await)?;
    let saved_arguments = saved.argument_bytes().map_err(unreadable)?;
    same(&format!("what was given to {what}"), &arguments.as_slice(), &&*saved_arguments)?;
    let result = well(&format!("reading the result of {what}"), call.result_bytes().await)?;
    let saved_result = saved.result_bytes().map_err(unreadable)?;
    same(&format!("the result of {what}"), &result.as_deref(), &saved_result.as_deref())
}
