//! `diff`: where two recordings of an operation went different ways.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::ops::Range;

use playback_core::{Call, End, Kind, Recording, Value};
use playback_equalizer::{Diff as Differences, diff, diff_arguments};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::failure::{Exit, Stop};
use super::screen::{ADDED, BOLD, CHANGED, DIM, REMOVED, Screen, painted};
use super::show::title;
use super::store::{Access, StoreArgs};
use super::words::{self, count, harmless};

/// How many differences are listed of one value.
const MOST: usize = 20;

/// Shows where two recordings of an operation went different ways
///
/// Calls are brought together by their alias and arguments, lane by lane; of those that belong together it is shown
/// what differs in their arguments and answers. The exit code is 0 if the two are alike, and 1 if not.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// The one: its id, any end of it that only it has, `@last`, or a file
    #[arg(value_name = "A")]
    one: String,

    /// The other
    #[arg(value_name = "B")]
    other: String,

    /// The store of the other, if it is not the same
    #[arg(long, value_name = "URL|DIR")]
    other_store: Option<String>,
}

impl Diff {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        let one = store.load(&self.one).await?;
        let other = match &self.other_store {
            Some(address) => store.open_other(address, Access::Read)?.load(&self.other).await?,
            None => store.load(&self.other).await?,
        };
        for (sign, style, recording) in [("-", REMOVED, &one), ("+", ADDED, &other)] {
            let (id, metadata) = (recording.id().to_string(), recording.metadata());
            let took = words::duration(metadata.duration);
            let at = words::moment(metadata.recorded_at);
            writeln!(screen, "{} {}  {at}, {took}", painted(sign, style), painted(harmless(&id), BOLD))?;
        }
        if one.id().category() != other.id().category() {
            screen.warn("they are of different categories");
        }
        let findings = findings(&one, &other)?;
        let different = findings.iter().filter(|finding| !finding.is_alike()).count();
        let mut alike = 0;
        for finding in &findings {
            if finding.is_alike() {
                alike += 1;
            } else {
                write_alike(std::mem::take(&mut alike), screen)?;
                finding.write(screen)?;
            }
        }
        write_alike(alike, screen)?;
        let mut differing = findings.iter().filter(|finding| !finding.is_alike());
        match differing.find(|finding| finding.call().kind() != Kind::Operation) {
            Some(first) => {
                let call = first.call();
                writeln!(screen, "they go different ways at call {}, {}", call.order(), title(&call))?;
            }
            None if different > 0 => {
                writeln!(screen, "the calls are alike; the operation's own arguments or result are not")?;
            }
            None => writeln!(screen, "they are alike")?,
        }
        Ok(if different == 0 { Exit::Done } else { Exit::Findings })
    }
}

fn write_alike(number: usize, screen: &mut Screen) -> Result<(), Stop> {
    if number > 0 {
        writeln!(screen, "{}", painted(format!("  {} alike", count(number, "call")), DIM))?;
    }
    Ok(())
}

/// A call of the one, a call of the other, or one of both that belong together.
enum Finding<'t> {
    Only(Call<'t>),
    OnlyOther(Call<'t>),
    Both { one: Call<'t>, other: Call<'t>, arguments: Differences, ends: Ends },
}

/// How two calls ended.
enum Ends {
    Returned(Differences),
    Otherwise(&'static str, &'static str),
    /// That stands elsewhere.
    NotCompared,
}

/// What both have: the operation's arguments first, then all calls lane by lane, and the operation's result last.
fn findings<'t>(one: &'t Recording, other: &'t Recording) -> Result<Vec<Finding<'t>>, Stop> {
    let mut findings = Vec::new();
    let lanes = |recording: &'t Recording| recording.tape().calls().map(|call| call.lane());
    let lanes: BTreeSet<&[u32]> = lanes(one).chain(lanes(other)).collect();
    let of = |recording: &'t Recording, lane: &[u32]| -> Vec<Call<'t>> {
        let belongs = |call: &Call<'_>| call.lane() == lane && call.kind() != Kind::Operation;
        recording.tape().calls().filter(belongs).collect()
    };
    let operation = |recording: &'t Recording| recording.tape().operation();
    let result = match (operation(one), operation(other)) {
        (Some(one), Some(other)) => {
            let arguments = arguments_of(&one, &other)?;
            findings.push(Finding::Both { one, other, arguments, ends: Ends::NotCompared });
            Some(Finding::Both {
                one,
                other,
                arguments: Differences::default(),
                ends: ends_of(&one, &other)?,
            })
        }
        (one, other) => one.map(Finding::Only).or(other.map(Finding::OnlyOther)),
    };
    for lane in &lanes {
        align(&of(one, lane), &of(other, lane), &mut findings)?;
    }
    findings.extend(result);
    Ok(findings)
}

/// Brings together what is the same, and between that what has the same alias.
fn align<'t>(calls: &[Call<'t>], others: &[Call<'t>], findings: &mut Vec<Finding<'t>>) -> Result<(), Stop> {
    // What cannot be read shows where the calls are compared.
    let same = |calls: &[Call<'_>]| {
        calls.iter().map(|call| hash((name(call), call.argument_bytes().ok()))).collect()
    };
    let (same_ones, same_others): (Vec<u64>, Vec<u64>) = (same(calls), same(others));
    for op in capture_diff_slices(Algorithm::Myers, &same_ones, &same_others) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            both(calls, old_index..old_index + len, others, new_index, findings)?;
            continue;
        }
        let (old, new) = (op.old_range(), op.new_range());
        let alias = |calls: &[Call<'_>], range: &Range<usize>| -> Vec<u64> {
            calls.get(range.clone()).unwrap_or_default().iter().map(|call| hash(name(call))).collect()
        };
        for op in capture_diff_slices(Algorithm::Myers, &alias(calls, &old), &alias(others, &new)) {
            let (ones, news) = (op.old_range(), op.new_range());
            let (from, other_from) = (old.start + ones.start, new.start + news.start);
            if matches!(op, DiffOp::Equal { .. }) {
                both(calls, from..from + ones.len(), others, other_from, findings)?;
            } else {
                let only = calls.iter().skip(from).take(ones.len());
                findings.extend(only.map(|call| Finding::Only(*call)));
                let only = others.iter().skip(other_from).take(news.len());
                findings.extend(only.map(|call| Finding::OnlyOther(*call)));
            }
        }
    }
    Ok(())
}

fn both<'t>(
    calls: &[Call<'t>],
    range: Range<usize>,
    others: &[Call<'t>],
    from: usize,
    findings: &mut Vec<Finding<'t>>,
) -> Result<(), Stop> {
    let calls = calls.get(range).unwrap_or_default();
    for (one, other) in calls.iter().zip(others.iter().skip(from)) {
        let (arguments, ends) = (arguments_of(one, other)?, ends_of(one, other)?);
        findings.push(Finding::Both { one: *one, other: *other, arguments, ends });
    }
    Ok(())
}

fn arguments_of(one: &Call<'_>, other: &Call<'_>) -> Result<Differences, Stop> {
    Ok(diff_arguments(&arguments(one)?, &arguments(other)?, one.argument_names(), MOST))
}

fn ends_of(one: &Call<'_>, other: &Call<'_>) -> Result<Ends, Stop> {
    Ok(match (result(one)?, result(other)?) {
        (Some(one), Some(other)) => Ends::Returned(diff(&one, &other, MOST)),
        _ => Ends::Otherwise(ended(one), ended(other)),
    })
}

impl<'t> Finding<'t> {
    fn is_alike(&self) -> bool {
        match self {
            Self::Only(_) | Self::OnlyOther(_) => false,
            Self::Both { arguments, ends, .. } => {
                let ends_are_alike = match ends {
                    Ends::Returned(differences) => {
                        differences.differences.is_empty() && differences.omitted == 0
                    }
                    Ends::Otherwise(one, other) => one == other,
                    Ends::NotCompared => true,
                };
                arguments.differences.is_empty() && arguments.omitted == 0 && ends_are_alike
            }
        }
    }

    fn call(&self) -> Call<'t> {
        match self {
            Self::Only(call) | Self::OnlyOther(call) | Self::Both { one: call, .. } => *call,
        }
    }

    fn write(&self, screen: &mut Screen) -> Result<(), Stop> {
        match self {
            Self::Only(call) => write_one("-", REMOVED, call, screen),
            Self::OnlyOther(call) => write_one("+", ADDED, call, screen),
            Self::Both { one, other, arguments, ends } => {
                let number = if one.order() == other.order() {
                    format!("call {}", one.order())
                } else {
                    format!("call {} and {}", one.order(), other.order())
                };
                writeln!(screen, "{} {}  {}", painted("~", CHANGED), title(one), painted(number, DIM))?;
                write_differences("", arguments, screen)?;
                match ends {
                    Ends::Returned(differences) => write_differences("-> ", differences, screen),
                    Ends::NotCompared => Ok(()),
                    Ends::Otherwise(one, other) if one == other => Ok(()),
                    Ends::Otherwise(one, other) => Ok(writeln!(screen, "    -> ~ {one} -> {other}")?),
                }
            }
        }
    }
}

/// A call that only one of the two has.
fn write_one(sign: &str, style: anstyle::Style, call: &Call<'_>, screen: &mut Screen) -> Result<(), Stop> {
    let number = painted(format!("call {}", call.order()), DIM);
    writeln!(screen, "{} {}  {number}", painted(sign, style), title(call))?;
    // The call in one line, as it is shown elsewhere, without what stands in the title.
    let line = format!("{call:?}");
    let shown: String = line.split_once('(').map_or("", |(_, rest)| rest).chars().take(200).collect();
    let dots = if line.chars().count() > 200 { "…" } else { "" };
    if !shown.is_empty() {
        writeln!(screen, "    ({}{dots}", harmless(&shown))?;
    }
    Ok(())
}

fn write_differences(of: &str, found: &Differences, screen: &mut Screen) -> Result<(), Stop> {
    for difference in &found.differences {
        let style = match difference.change.sign() {
            '+' => ADDED,
            '-' => REMOVED,
            _ => CHANGED,
        };
        writeln!(screen, "    {of}{}", painted(harmless(&difference.to_string()), style))?;
    }
    if found.omitted > 0 {
        writeln!(screen, "    {of}and {} more", found.omitted)?;
    }
    Ok(())
}

fn name<'t>(call: &Call<'t>) -> (Kind, &'t str) {
    (call.kind(), call.alias())
}

fn arguments(call: &Call<'_>) -> Result<Value, Stop> {
    call.arguments().map_err(|error| unreadable(call, &error))
}

fn result(call: &Call<'_>) -> Result<Option<Value>, Stop> {
    call.result().map_err(|error| unreadable(call, &error))
}

fn unreadable(call: &Call<'_>, error: &playback_core::value::DecodeError) -> Stop {
    Stop::new(format!("call {}, {}, cannot be read: {error}", call.order(), call.alias()))
}

fn ended(call: &Call<'_>) -> &'static str {
    match call.end() {
        End::Returned(_) => "returned",
        End::Cancelled => "was cancelled",
        End::Panicked => "panicked",
    }
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
