//! What somebody meant to write: the known name that is nearest to an unknown one.

/// The end of a message about `unknown`: the nearest of `known` if there is one near, and all of them.
pub(crate) fn known_names(unknown: &str, known: &[String]) -> String {
    let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match nearest(unknown, known) {
        Some(name) => format!("did you mean `{name}`? There are {list}"),
        None if known.is_empty() => "there are none".to_owned(),
        None => format!("there are {list}"),
    }
}

/// The name that takes the fewest edits to reach, if it takes fewer than about a third of its letters.
fn nearest<'a>(unknown: &str, known: &'a [String]) -> Option<&'a String> {
    let near = |name: &&String| 3 * edits(unknown, name) <= name.chars().count().max(3);
    known.iter().filter(near).min_by_key(|name| edits(unknown, name))
}

/// How many letters have to be put in, taken out or replaced to make `to` of `from` (Levenshtein's distance).
fn edits(from: &str, to: &str) -> usize {
    // Each row holds the distances from a beginning of `from` to every beginning of `to`.
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut next = vec![at + 1];
        for ((above, diagonal), other) in row.iter().skip(1).zip(&row).zip(to.chars()) {
            let left = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(letter != other)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_distance_is_the_number_of_letters_put_in_taken_out_or_replaced() {
        let cases = [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("skip", "skip", 0)];
        for (from, to, distance) in cases {
            assert_eq!(edits(from, to), distance, "{from} -> {to}");
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let known = names(&["skip", "args", "handler", "sampling_rate"]);
        assert!(known_names("handlr", &known).starts_with("did you mean `handler`? "));
        assert!(known_names("samplingrate", &known).starts_with("did you mean `sampling_rate`? "));
        assert!(known_names("arg", &known).starts_with("did you mean `args`? "));
    }

    #[test]
    fn something_else_altogether_is_answered_by_what_there_is() {
        assert_eq!(known_names("colour", &names(&["skip", "args"])), "there are `skip`, `args`");
        assert_eq!(known_names("colour", &[]), "there are none");
    }
}
