//! Telling by their bytes that two runs sent the same.

use playback_core::{Call, End, Kind, Tape};

/// Whether two runs sent the same, in the same order, and returned the same. What is written in another way may be the
/// same as well, which is for those to find out who decode it.
pub(crate) fn same_outputs(recorded: &Tape, replayed: &Tape) -> bool {
    let mut outputs = recorded.calls_of(Kind::Output);
    let mut others = replayed.calls_of(Kind::Output);
    loop {
        match (outputs.next(), others.next()) {
            (Some(one), Some(other)) if same_output(one, other) => {}
            (None, None) => break,
            _ => return false,
        }
    }
    match (recorded.operation(), replayed.operation()) {
        (Some(one), Some(other)) => match (one.end(), other.end()) {
            (End::Returned(_), End::Returned(_)) => same(&one.result_bytes(), &other.result_bytes()),
            (End::Returned(_), _) | (_, End::Returned(_)) => false,
            _ => true,
        },
        (None, None) => true,
        _ => false,
    }
}

fn same_output(one: Call<'_>, other: Call<'_>) -> bool {
    one.alias() == other.alias()
        && one.lane() == other.lane()
        && same(&one.argument_bytes(), &other.argument_bytes())
}

/// Whether both can be read, and are the same.
pub(crate) fn same<T: PartialEq, E>(one: &Result<T, E>, other: &Result<T, E>) -> bool {
    matches!((one, other), (Ok(one), Ok(other)) if one == other)
}
