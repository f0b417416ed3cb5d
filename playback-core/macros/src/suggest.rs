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

/// How many letters have to be put in, taken out, replaced or swapped with the next to make `to` of `from` (the
/// optimal string alignment distance).
fn edits(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    // Each row holds the distances from a beginning of `from` to every beginning of `to`.
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    let letter = |letters: &[char], at: usize| letters.get(at).copied();
    for (down, here) in from.iter().enumerate() {
        let distance = |up: usize, at: usize| rows.iter().rev().nth(up).and_then(|row| row.get(at)).copied();
        let mut row = vec![down + 1];
        for (across, there) in to.iter().enumerate() {
            let replaced = distance(0, across).map(|distance| distance + usize::from(here != there));
            let taken_out = distance(0, across + 1).map(|distance| distance + 1);
            let put_in = row.last().map(|distance| distance + 1);
            let is_swapped = down > 0
                && across > 0
                && letter(&from, down - 1) == Some(*there)
                && letter(&to, across - 1) == Some(*here);
            let swapped =
                if is_swapped { distance(1, across - 1).map(|distance| distance + 1) } else { None };
            row.extend([replaced, taken_out, put_in, swapped].into_iter().flatten().min());
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_distance_is_the_number_of_letters_put_in_taken_out_or_replaced() {
        let cases =
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("skip", "skip", 0)];
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
