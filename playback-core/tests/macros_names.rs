//! The attributes where every common name means something else.

#![cfg(feature = "macros")]
#![allow(missing_docs, clippy::unwrap_used)]

use playback_core::{Kind, Recording, Tape, Value, replay_blocking};
use playback_testkit::record_blocking;

/// `playback_core` under another name, in a place of its own, and one of its functions replaced.
mod elsewhere {
    pub(crate) mod recorded {
        pub(crate) use playback_core::operation;

        pub(crate) fn input(alias: &'static str) -> playback_core::Input {
            playback_core::input(format!("elsewhere/{alias}"))
        }

        pub(crate) fn output(alias: &'static str) -> playback_core::Output {
            playback_core::output(format!("elsewhere/{alias}"))
        }
    }
}

/// No prelude, and other things under the names of the prelude and of this crate.
#[no_implicit_prelude]
#[allow(dead_code, unused_macros, non_camel_case_types, reason = "they are there to be mistaken for others")]
mod shadowed {
    macro_rules! mistaken {
        ($($anything:tt)*) => {
            ::core::compile_error! { "a macro of the user's was called" }
        };
    }
    macro_rules! format {
        ($($anything:tt)*) => {
            mistaken! {}
        };
    }
    macro_rules! vec {
        ($($anything:tt)*) => {
            mistaken! {}
        };
    }
    macro_rules! panic {
        ($($anything:tt)*) => {
            mistaken! {}
        };
    }
    macro_rules! concat {
        ($($anything:tt)*) => {
            mistaken! {}
        };
    }

    mod core {}
    mod std {}
    mod alloc {}
    mod serde {}
    mod playback_core {}

    struct Result;
    struct Option;
    struct Box;
    struct Vec;
    struct String;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Pin;
    struct Arc;
    struct str;
    trait Future {}
    trait FnOnce {}
    trait Into {}
    trait From {}
    trait Iterator {}
    trait Send {}

    fn input() {}
    fn input_with() {}
    fn output() {}
    fn output_with() {}
    fn operation() {}
    fn drop() {}

    /// Methods of every type, by the names of the builder's.
    trait Everywhere: ::core::marker::Sized {
        fn argument_names(self, _: ()) {}
        fn args(self, _: ()) {}
        fn fallback(self, _: ()) {}
        fn handler_with(self, _: ()) {}
        fn run(self, _: ()) {}
        fn run_async(self, _: ()) {}
        fn into(self) {}
        fn clone(&self) {}
        fn to_string(&self) {}
    }
    impl<T> Everywhere for T {}

    type Outcome<T> = ::core::result::Result<T, ::std::string::String>;

    pub(crate) struct Row {
        pub(crate) table: ::std::string::String,
    }

    fn digits(id: &u64) -> Outcome<u64> {
        ::core::result::Result::Ok(*id)
    }

    fn aliases(_: &u64) -> ::std::vec::Vec<::std::string::String> {
        ::std::vec::Vec::new()
    }

    fn metadata(_: &::playback_core::FinishedCall<'_>) -> Outcome<()> {
        ::core::result::Result::Ok(())
    }

    impl Row {
        #[::playback_core::intercept_input("in.fixed", fallback_with = aliases, missing = with(digits))]
        fn fixed(&self, id: u64) -> Outcome<u64> {
            ::core::result::Result::Ok(id)
        }

        #[::playback_core::intercept_input(
            "in/{self.table}",
            fallback("old/{self.table}", "old"),
            missing = value(::core::result::Result::Ok(1))
        )]
        async fn captured(&mut self, id: u64) -> Outcome<u64> {
            ::core::result::Result::Ok(id)
        }

        #[::playback_core::intercept_output("out.fixed", fallback("old"), unrecorded = value(()))]
        fn sent(&self, id: u64) {
            let _ = id;
        }

        #[::playback_core::intercept_output("out/{id:03}", unrecorded = fail)]
        async fn sent_captured(&self, id: u64) -> ::core::option::Option<u64> {
            ::core::option::Option::Some(id)
        }

        #[::playback_core::intercept_input("in.boxed")]
        fn boxed(
            &self,
            id: u64,
        ) -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = Outcome<u64>> + '_>>
        {
            ::std::boxed::Box::pin(async move { ::core::result::Result::Ok(id) })
        }

        #[::playback_core::intercept_input("in", crate = crate::elsewhere::recorded)]
        fn elsewhere(&self, id: u64) -> u64 {
            id
        }

        #[::playback_core::intercept_output("out", crate = crate::elsewhere::recorded)]
        async fn sent_elsewhere(&self, id: u64) -> u64 {
            id
        }
    }

    #[::playback_core::operation(
        category = "Names", metadata = metadata, sampling_rate = 1.0, ignore_forced_sampling
    )]
    pub(crate) async fn everything(mut row: Row, id: u64) -> Outcome<u64> {
        let sum = row.fixed(id)? + row.captured(id).await? + row.boxed(id).await?;
        row.sent(id);
        row.sent_captured(id).await;
        ::core::result::Result::Ok(sum + row.elsewhere(id) + row.sent_elsewhere(id).await)
    }

    #[::playback_core::operation(category = "Elsewhere", crate = crate::elsewhere::recorded)]
    pub(crate) fn elsewhere(id: u64) -> u64 {
        id
    }

    impl ::serde::Serialize for Row {
        fn serialize<S: ::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            serializer.serialize_str(&self.table)
        }
    }
}

fn run() -> Result<u64, String> {
    let row = shadowed::Row { table: "t".to_owned() };
    futures::executor::block_on(shadowed::everything(row, 7))
}

fn aliases(recording: &Recording) -> Vec<&str> {
    let intercepted = recording.tape().calls().filter(|call| call.kind() != Kind::Operation);
    intercepted.map(|call| call.alias()).collect()
}

fn result(tape: &Tape) -> Value {
    tape.operation().unwrap().result().unwrap().unwrap()
}

#[test]
fn the_expansion_uses_no_name_that_a_user_can_give_another_meaning() {
    let recorded = record_blocking(run);
    assert_eq!(recorded.result, Ok(35));
    let recording = recorded.recording();
    let expected = ["in.fixed", "in/t", "in.boxed", "out.fixed", "out/007", "elsewhere/in", "elsewhere/out"];
    assert_eq!(aliases(&recording), expected);
    let playback = replay_blocking(&recording, |_| Ok(run())).unwrap();
    assert_eq!(result(playback.replayed()), result(recording.tape()));
}

#[test]
fn the_crate_is_looked_for_where_the_option_says() {
    let recorded = record_blocking(|| shadowed::elsewhere(5));
    assert_eq!(recorded.result, 5);
    assert_eq!(recorded.recording().id().category(), "Elsewhere");
}
