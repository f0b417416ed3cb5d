//! `ls`, `show`, `diff` and `stats`: what they show.

use playback_core::{Context, Recording, input, operation, output};

use crate::run::{Place, ran, size};
use crate::shop;

#[test]
fn categories_are_listed_with_number_size_and_days() {
    assert_eq!(
        Place::of_objects().run(&["ls"]).done(),
        format!(
            "\
category   recordings   size  days
Checkout            3  {}  2026-01-01 to 2026-01-03
orders/eu           1  {}  2026-01-04
all                 4  {}
",
            size(0..3),
            size([3]),
            size(0..4)
        )
    );
    let json = Place::of_files().run(&["ls", "--json"]).done();
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!((&first["category"], &first["recordings"]), (&"Checkout".into(), &3.into()));
}

#[test]
fn recordings_are_listed_the_newest_first_in_both_kinds_of_directories() {
    for place in [Place::of_objects(), Place::of_files()] {
        assert_eq!(
            place.run(&["ls", "*"]).done(),
            format!(
                "\
recorded             took   size  id
2026-01-04 00:00:00   2ms  {}  orders/eu/20260104/01KDVDNA000000000000000004
2026-01-03 00:00:00   4ms  {}  Checkout/20260103/01KDVDNA000000000000000003   failed
2026-01-02 00:00:00  12ms  {}  Checkout/20260102/01KDVDNA000000000000000002
2026-01-01 00:00:00  10ms  {}  Checkout/20260101/01KDVDNA000000000000000001
",
                size([3]),
                size([2]),
                size([1]),
                size([0])
            )
        );
    }
}

#[test]
fn conditions_choose_what_is_listed() {
    let place = Place::of_objects();
    let numbers = |arguments: &[&str]| -> Vec<u32> {
        let ids = place.run(&[&["ls", "--ids"], arguments].concat()).done();
        ids.lines().map(|id| id[id.len() - 2..].parse().unwrap()).collect()
    };
    for (arguments, expected) in [
        (&[][..], &[4, 3, 2, 1][..]),
        (&["Checkout"], &[3, 2, 1]),
        (&["orders/eu", "Check*"], &[4, 3, 2, 1]),
        (&["-c", "order?/eu"], &[4]),
        (&["Checkout", "--order", "oldest"], &[1, 2, 3]),
        (&["Checkout", "--limit", "2"], &[3, 2]),
        (&["--since", "2026-01-02", "--until", "2026-01-04"], &[3, 2]),
        (&["--since", "20260104"], &[4]),
        (&["--since", "yesterday"], &[]),
        (&["--filter", "failed=true"], &[3]),
        (&["--filter", "number>=1", "--filter", "duration<10ms failed=false"], &[4]),
        (&["--filter", "number>0", "--order", "random", "--limit", "0"], &[]),
    ] {
        assert_eq!(numbers(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn recordings_as_json_are_their_metadata() {
    let place = Place::of_objects();
    let json = place.run(&["ls", "Checkout", "--json", "-n", "1"]).done();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["id"], "Checkout/20260103/01KDVDNA000000000000000003");
    assert_eq!((&json["failed"], format!("{} B", json["size"])), (&true.into(), size([2])));
}

#[test]
fn more_recordings_than_are_listed_are_not_passed_over_in_silence() {
    let recordings: Vec<Recording> =
        (0..9).map(|number| shop::one(number, || operation("Many").run(|| 1))).collect();
    let many: Vec<Recording> = (0..60)
        .map(|number| {
            let one = &recordings[number % 9];
            let id = format!("Many/202601{:02}/01KDVDNA00000000000000{number:04}", number % 9 + 1);
            Recording::new(id.parse().unwrap(), one.metadata().clone(), one.tape().clone())
        })
        .collect();
    let place = Place::of(&many);
    let ran = place.run(&["ls", "Many"]);
    assert_eq!(ran.out.lines().count(), 51);
    assert_eq!(ran.err, "the first 50; there are more, and --limit shows them\n");
    assert_eq!(place.run(&["ls", "Many", "-n", "60"]).err, "");
    assert_eq!(place.run(&["ls", "Many", "--ids"]).done().lines().count(), 60);
}

#[test]
fn a_recording_is_shown_with_its_metadata_and_every_call() {
    assert_eq!(
        Place::of_objects().run(&["show", "01"]).done(),
        "\
Checkout/20260101/01KDVDNA000000000000000001
  recorded  2026-01-01 00:00:00 UTC, by shop 1.4.2
  took      10ms, with 3 inputs and 1 output
  number: 0

  0      +0ns     10ms  [====================]  operation Checkout
       customer: 7
       lines: [{sku: \"tea\", quantity: 2}, {sku: \"bread\", quantity: 1}]
    -> Ok(1095)

  1      +2ms      1ms  [    ==              ]  input shop.discount
       customer: 7
    -> Some(5)

  2      +4ms      2ms  [        ====        ]  input shop.price
       sku: \"tea\"
    -> 300

  3      +6ms      2ms  [            ====    ]  input shop.price
       sku: \"bread\"
    -> 500

  4      +8ms      3ms  [                ====]  output shop.store
       customer: 7
       total: 1095
    -> 17
"
    );
}

#[test]
fn a_recording_is_shown_in_parts() {
    let place = Place::of_objects();
    assert_eq!(
        place.run(&["show", "03", "--timeline"]).done(),
        "\
Checkout/20260103/01KDVDNA000000000000000003
  recorded  2026-01-03 00:00:00 UTC, by shop 1.4.2
  took      4ms, with 1 input and 0 outputs
  failed: the operation returned an error
  number: 2
  0      +0ns      4ms  [====================]  operation Checkout
  1      +2ms      1ms  [          =====     ]  input shop.discount
"
    );
    assert_eq!(
        place.run(&["show", "01", "--entry", "2"]).done(),
        "  2      +4ms      2ms  input shop.price\n       sku: \"tea\"\n    -> 300\n"
    );
    assert_eq!(
        place.run(&["show", "01", "--entry", "5"]).failed(),
        "error: recording Checkout/20260101/01KDVDNA000000000000000001 has no call number 5; they are numbered from 0 to \
         4\n"
    );
    let json = place.run(&["show", "01", "--json"]).done();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["metadata"]["service"]["name"], "shop");
    assert_eq!(json["calls"][0]["arguments"][1][0]["sku"], "tea");
    assert_eq!(json["calls"][4]["result"], 17);
}

#[test]
fn long_values_are_cut_unless_asked_for_whole() {
    let place = Place::of(&[shop::one(0, || operation("Long").run(|| vec!["long enough"; 100]))]);
    let cut = place.run(&["show", "@last"]).done();
    assert!(cut.lines().count() < 60, "{cut}");
    assert!(cut.contains("lines more; --full or --entry shows them"), "{cut}");
    for whole in [&["show", "@last", "--full"][..], &["show", "@last", "--entry", "0"]] {
        assert_eq!(place.run(whole).done().matches("long enough").count(), 100);
    }
}

#[test]
fn incomplete_runs_are_told_apart() {
    let panicking = shop::one(0, || {
        let _ = std::panic::catch_unwind(|| operation("Panics").run(|| -> () { panic!("no") }));
    });
    let place = Place::of(&[panicking]);
    assert!(place.run(&["ls", "*"]).done().contains("incomplete"));
    let shown = place.run(&["show", "@last"]).done();
    assert!(shown.contains("  incomplete: the operation did not come to its end\n"), "{shown}");
    assert!(shown.contains("    -> panicked\n"), "{shown}");
}

#[test]
fn two_recordings_are_compared_call_by_call() {
    let place = Place::of_objects();
    let ran = place.run(&["diff", "01", "02"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.out,
        "\
- Checkout/20260101/01KDVDNA000000000000000001  2026-01-01 00:00:00, 10ms
+ Checkout/20260102/01KDVDNA000000000000000002  2026-01-02 00:00:00, 12ms
~ operation Checkout  call 0
    + lines[2]: {sku: \"jam\", quantity: 1}
~ input shop.discount  call 1
    -> ~ 5 -> 25
  2 calls alike
+ input shop.price  call 4
    (sku: \"jam\") -> 300
~ output shop.store  call 4 and 5
    ~ total: 1095 -> 1375
~ operation Checkout  call 0
    -> ~ Ok: 1095 -> 1375
they go different ways at call 1, input shop.discount
"
    );
    let ran = place.run(&["diff", "01", "Checkout/@last"]);
    assert!(ran.out.contains("    -> ~ Ok(1095) -> Err(Unknown{customer: 99})\n"), "{ran:?}");
    assert!(
        ran.out.contains("- output shop.store  call 4\n    (customer: 7, total: 1095) -> 17\n"),
        "{ran:?}"
    );
}

#[test]
fn recordings_that_are_alike_are_said_to_be() {
    let place = Place::of_objects();
    let said = place.run(&["diff", "02", "@last~2"]).done();
    assert!(said.ends_with("they are alike\n"), "{said}");
    let other = Place::of_files();
    let path = other.path().join("1.tape");
    let said = place.run(&["diff", "02", path.to_str().unwrap()]).done();
    assert!(said.ends_with("they are alike\n"), "{said}");
    let path = other.path().to_str().unwrap();
    assert_eq!(place.run(&["diff", "02", "01", "--other-store", path]).code, Some(1));
}

#[test]
fn calls_of_tasks_are_compared_task_by_task() {
    let send = |number: u32| Context::bind(move || output("send").args(&(number,)).run(|| ()));
    let run = |in_order: bool| {
        shop::one(0, || {
            operation("Lanes").run(|| {
                let (one, other) = (send(1), send(2));
                if in_order {
                    one();
                    other();
                } else {
                    other();
                    one();
                }
            });
        })
    };
    // Tasks run as they like.
    let (one, other) = (run(true), run(false));
    let (place, elsewhere) = (Place::of(&[one]), Place::of(&[other]));
    let path = elsewhere.path().to_str().unwrap();
    let said = place.run(&["diff", "@last", "@last", "--other-store", path]).done();
    assert!(said.ends_with("they are alike\n"), "{said}");
}

#[test]
fn what_makes_recordings_big_is_shown_by_alias() {
    let place = Place::of_objects();
    // What a change of the format changes is no matter of the command line.
    let stats = place.run(&["stats", "-c", "Checkout"]).done();
    let words = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let sized = |at: usize| matches!(words.get(at + 1), Some(&("B" | "%")));
        words
            .iter()
            .enumerate()
            .map(|(at, word)| if sized(at) { "n" } else { word })
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        stats.lines().map(words).collect::<Vec<_>>(),
        [
            "category kind alias calls arguments results share",
            "Checkout operation 3 n B n B n %",
            "Checkout input shop.price 5 n B n B n %",
            "Checkout input shop.discount 3 n B n B n %",
            "Checkout output shop.store 2 n B n B n %",
            "",
            "3 recordings: n B of values, kept in n B",
            "n B Checkout/20260102/01KDVDNA000000000000000002",
            "n B Checkout/20260101/01KDVDNA000000000000000001",
            "n B Checkout/20260103/01KDVDNA000000000000000003",
        ]
    );
    assert!(stats.contains(&format!(" of values, kept in {}\n", size(0..3))), "{stats}");
    assert!(stats.contains(&format!("     {}  Checkout/20260102", size([1]))), "{stats}");
    let json = place.run(&["stats", "--json"]).done();
    let recordings = shop::recordings();
    let large = recordings[3].tape().operation().unwrap();
    let sized = format!(r#"{{"alias":"orders/eu","argument_bytes":{},"calls":1"#, large.argument_length());
    assert!(json.starts_with(&sized), "{json}");
    let first = stats.lines().nth(1).unwrap().split_whitespace().nth(3).unwrap().to_owned();
    let arguments =
        recordings[..3].iter().map(|recording| recording.tape().operation().unwrap().argument_length());
    assert_eq!(first, arguments.sum::<u64>().to_string());
}

#[test]
fn what_is_sound_verifies() {
    for place in [Place::of_objects(), Place::of_files()] {
        let ran = place.run_here(&["verify"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
        assert!(ran.err.ends_with("in the directory HERE: 4 sound, no problems\n"), "{ran:?}");
    }
}

#[test]
fn of_a_large_recording_only_what_is_looked_at_is_read() {
    // Values that no compression makes less, each in blocks of its own.
    let mut state = 1_u64;
    let mut random = || {
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32
        };
        std::iter::repeat_with(next).take(200_000).collect::<Vec<_>>()
    };
    let (first, last) = (random(), random());
    let recording = shop::one(0, || {
        operation("Large").run(|| {
            input("first").args(&(1,)).run(|| first.clone());
            input("last").args(&(2,)).run(|| last.clone());
        });
    });
    let place = Place::of(std::slice::from_ref(&recording));
    let tape = place.path().join("tape_recorder_recordings/full").join(recording.id().to_path());
    let mut bytes = std::fs::read(&tape).unwrap();
    let end = bytes.len() - 1_000;
    bytes[end] ^= 1;
    std::fs::write(&tape, bytes).unwrap();

    let shown = place.run(&["show", "@last", "--entry", "1"]).done();
    assert!(shown.contains("input first") && shown.contains(&first[0].to_string()), "{}", &shown[..200]);
    let json = place.run(&["show", "@last", "--entry", "1", "--json"]).done();
    assert!(json.contains("\"number\": 1"), "{}", &json[..200]);
    let stats = place.run(&["stats"]).done();
    assert!(stats.contains("first") && stats.contains("last"), "{stats}");
    // What is broken is told where it is looked at.
    for arguments in [&["show", "@last", "--entry", "2"][..], &["show", "@last"]] {
        assert!(place.run(arguments).failed().contains("Large/20260101"), "{arguments:?}");
    }
    assert_eq!(place.run(&["verify"]).code, Some(1));
}

#[test]
fn data_that_was_kept_is_shown_compared_and_verified() {
    let with =
        |data: u8| shop::one(0, || operation("Keeps").run(|| playback_core::record_data("seed", &data)));
    let place = Place::of(&[with(1)]);
    assert_eq!(place.run(&["verify"]).code, Some(0));
    assert!(
        place.run(&["show", "@last"]).done().contains("data seed\n    -> 1\n"),
        "{:?}",
        place.run(&["show", "@last"])
    );
    let json: serde_json::Value =
        serde_json::from_str(&place.run(&["show", "@last", "--json"]).done()).unwrap();
    assert!(json.to_string().contains("\"seed\""), "{json}");
    assert_eq!(place.run(&["diff", "@last", "@last"]).code, Some(0));
    let it = place.path().join("other.tape");
    std::fs::write(&it, playback_cassette::format::encode(&with(2)).unwrap()).unwrap();
    assert_eq!(place.run(&["diff", "@last", it.to_str().unwrap()]).code, Some(1));
}

#[test]
fn a_recording_larger_than_memory_is_verified() {
    if !cfg!(target_os = "linux") {
        println!("skipped: this system may not bound what a process takes of memory");
        return;
    }
    let values = || (0..96).map(|number| format!("{number} {}", "a value ".repeat(1 << 18)));
    let recording = shop::one(0, || {
        operation("Large").run(|| {
            for (number, value) in values().enumerate() {
                input("read").args(&(number,)).run(|| value);
            }
        });
    });
    let place = Place::of(std::slice::from_ref(&recording));
    drop(recording);
    // Half of what the values take, in KiB.
    let bounded = |arguments: &str| {
        let line = format!("ulimit -d 98304 && exec '{}' {arguments}", env!("CARGO_BIN_EXE_playback"));
        let mut command = std::process::Command::new("sh");
        ran(command.args(["-c", &line]).env("PLAYBACK_STORE", place.path()).output().unwrap())
    };
    let verified = bounded("verify");
    assert_eq!((verified.code, verified.out.as_str()), (Some(0), ""), "{verified:?}");
    assert!(verified.err.contains("1 sound, no problems"), "{verified:?}");
    let loaded = bounded("show @last --timeline");
    assert_ne!(loaded.code, Some(0), "the bound is none");
}

#[test]
fn a_tape_that_is_longer_or_shorter_than_it_was_is_found() {
    let place = Place::of_objects();
    let tape = place.object("full", 0);
    let bytes = std::fs::read(&tape).unwrap();
    for damaged in [[&bytes[..], b"more"].concat(), bytes[..bytes.len() - 1].to_vec()] {
        std::fs::write(&tape, damaged).unwrap();
        let found = place.run(&["verify"]);
        assert_eq!(found.code, Some(1), "{found:?}");
        assert!(found.out.starts_with("corrupt     recording Checkout/20260101"), "{found:?}");
    }
}

#[test]
fn an_order_is_one_of_recordings_and_a_seed_that_of_an_order() {
    let place = Place::of_objects();
    let oldest = place.run(&["ls", "--order", "oldest"]).done();
    assert_eq!(oldest, place.run(&["ls", "*", "--order", "oldest"]).done());
    let [first, second] = ["01", "02"].map(|end| oldest.find(&format!("000000{end}")).unwrap());
    assert!(first < second, "{oldest}");
    assert!(place.run(&["ls", "--seed", "7"]).failed().contains("--order"));
    // It leaves nothing out, so that all is still to be asked for.
    let said = place.run(&["rm", "--order", "oldest", "--yes"]).failed();
    assert!(said.contains("which recordings?"), "{said}");
    assert!(place.run(&["prune", "--orphans", "--order", "oldest"]).failed().contains("no conditions"));
}
