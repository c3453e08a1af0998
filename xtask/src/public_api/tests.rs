use std::collections::BTreeMap;

use super::{calls::Calls, foreign, item::Function, snapshots, text::Api};

/// A library with a list, a call with options, and a type that is neither.
const LIBRARY: [&str; 20] = [
    "pub mod acr_client",
    "pub struct acr_client::Call<T, K>",
    "impl<T, K> acr_client::Call<T, K>",
    "pub fn acr_client::Call<T, K>::timeout(self, core::time::Duration) -> Self",
    "pub fn acr_client::Call<T, K>::with_response(self) -> acr_client::Call<(T, acr_client::ResponseInfo), K>",
    "impl<T> acr_client::Call<T, acr_client::PutOptions>",
    "pub fn acr_client::Call<T, acr_client::PutOptions>::tag(self, impl acr_client::IntoTagName) -> Self",
    "impl<T, K> core::future::into_future::IntoFuture for acr_client::Call<T, K>",
    "pub fn acr_client::Call<T, K>::into_future(self) -> Self::IntoFuture",
    "pub type acr_client::Put = acr_client::Call<u64, acr_client::PutOptions>",
    "pub struct acr_client::Pager<T>",
    "impl<T> acr_client::Pager<T>",
    "pub async fn acr_client::Pager<T>::try_next(&mut self) -> acr_client::Result<core::option::Option<T>>",
    "impl<T> futures_core::stream::Stream for acr_client::Pager<T>",
    "pub struct acr_client::Repository",
    "impl acr_client::Repository",
    "pub fn acr_client::Repository::list_tags(&self) -> acr_client::Pager<acr_client::Tag>",
    "pub fn acr_client::Repository::map(&self, impl core::ops::function::Fn(u8) -> acr_client::Call<u8, u8>)",
    "pub fn acr_client::Repository::name(&self) -> &acr_core::name::RepositoryName",
    "pub fn acr_client::Repository::put(&self, bytes::bytes::Bytes) -> acr_client::Put",
];

fn client(more: &[&str]) -> Api {
    let lines = [&LIBRARY, more].concat();
    Api::of_lines(
        "acr-client",
        &lines,
        &["bytes", "core", "futures_core", "reqwest", "acr_core"],
    )
}

#[test]
fn a_function_is_read_from_its_line() {
    let line = "#[must_use] pub async fn a::B<C, D<E>>::f<G: h::I>(&mut self, impl Fn(u8) -> u8, J<K>) -> L<M> where G: N<O>";
    let function = Function::parse(line).unwrap();
    assert_eq!(function.owner, "a::B<C, D<E>>");
    assert_eq!(function.name, "f");
    assert_eq!(function.receiver, "&mut self");
    assert_eq!(function.returns, "L<M>");
    assert!(function.is_async);
    let function = Function::parse("pub const fn a::b()").unwrap();
    assert_eq!(
        (function.owner, function.name, function.returns),
        ("a", "b", "")
    );
    assert_eq!(Function::parse("pub struct a::B(_)"), None);
    assert_eq!(
        Function::parse("pub a::B::f: alloc::boxed::Box<dyn Fn(u8)>"),
        None
    );
}

#[test]
fn what_sends_is_found_by_what_it_returns() {
    let calls = Calls::of(&client(&[]));
    let names: Vec<_> = calls.calls.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "Call__with_response",
            "Pager__try_next",
            "Repository__list_tags",
            "Repository__put"
        ]
    );
    let options: Vec<_> = calls.options.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(options, ["tag", "timeout"]);
}

/// Those of a module come last, behind what a trait brings along for some type.
#[test]
fn a_function_of_no_type_is_found_too() {
    let api = client(&[
        "impl core::clone::Clone for acr_client::Repository",
        "pub fn acr_client::Repository::clone(&self) -> acr_client::Call<u8, u8>",
        "pub fn acr_client::all<T>(T) -> acr_client::Call<T, u8>",
    ]);
    let calls = Calls::of(&api);
    assert!(calls.calls.contains_key("acr_client__all"));
    assert!(!calls.calls.contains_key("Repository__clone"));
}

#[test]
fn each_call_and_each_option_has_to_be_seen() {
    let calls = Calls::of(&client(&[]));
    let both = |call: &str| format!("{call}\n=> Ok\n---\n=> Err");
    let mut seen: BTreeMap<_, _> = calls
        .calls
        .keys()
        .map(|name| (name.clone(), both(".timeout(")))
        .collect();
    // Chained on a call of another type, it is not seen.
    seen.insert("Repository__list_tags@tag".to_owned(), ".tag(".to_owned());
    assert_eq!(
        snapshots::compare(&calls, &seen),
        ["no snapshot shows the option Call<PutOptions>::tag"]
    );
    seen.insert("Repository__put@tag".to_owned(), ".tag(".to_owned());
    assert_eq!(snapshots::compare(&calls, &seen), [""; 0]);

    seen.insert("Repository__put".to_owned(), "=> \n=> Ok".to_owned());
    seen.insert("Repository__gone".to_owned(), both(""));
    assert_eq!(
        snapshots::compare(&calls, &seen),
        [
            "no snapshot of Repository__put that fails",
            "the snapshot Repository__gone is of no call"
        ]
    );
}

#[test]
fn each_type_is_held_to_be_sent() {
    let assertions = "sent::<Call<(), ()>>(); sent::<Pager<u8>>(); // Repository_";
    let api = client(&["impl<T> !core::marker::Send for acr_client::Pager<T>"]);
    assert_eq!(
        super::not_sent(&api, assertions),
        [
            "not Send: impl<T> !core::marker::Send for acr_client::Pager<T>",
            "tests/calls/bounds.rs says nothing of Repository"
        ]
    );
}

#[test]
fn only_shared_types_of_others_show() {
    let leaks = |more: &[&str]| {
        let core = Api::of_lines(
            "acr-core",
            &[
                "pub struct acr_core::RepositoryName",
                "pub fn acr_core::RepositoryName::of(url::Url) -> Self",
                "pub fn acr_core::RepositoryName::url(&self) -> url::Host",
                "impl reqwest::Body for acr_core::RepositoryName",
                "pub fn acr_core::Other::url(&self) -> url::Host",
            ],
            &["url", "reqwest"],
        );
        foreign::leaks(&[core, client(more)], "acr-client").unwrap()
    };
    // A method of a type of ours that the library shows.
    let through = "through acr_core::RepositoryName: url::Host shows in `pub fn acr_core::RepositoryName::url(&self) -> url::Host`";
    assert_eq!(leaks(&[]), [through]);
    let wrong = "pub fn acr_client::Repository::http(&self) -> reqwest::Client";
    assert_eq!(
        leaks(&[wrong])[0],
        format!("reqwest::Client shows in `{wrong}`")
    );
    let generated = "pub fn acr_client::raw() -> acr_rest::types::Tag";
    assert_eq!(
        leaks(&[generated])[0],
        format!("acr_rest::types::Tag shows in `{generated}`")
    );
    let versioned = "pub fn acr_client::reqwest_0_13::client() -> reqwest::Client";
    assert_eq!(leaks(&[versioned]), [through]);
    // A conversion has no path: what it converts stands in such a module.
    let converted = "impl core::convert::TryFrom<&reqwest::Body> for acr_client::Repository";
    let given_on = "pub use acr_client::reqwest_0_13::reqwest = reqwest";
    let not_given_on = "pub use acr_client::reqwest = reqwest";
    assert_eq!(leaks(&[converted, given_on]), [through]);
    assert_eq!(
        leaks(&[converted])[0],
        format!("reqwest::Body shows in `{converted}`")
    );
    assert_eq!(leaks(&[converted, not_given_on]).len(), 3);
    let other = "impl reqwest::Body for acr_client::Repository";
    assert_eq!(leaks(&[other, given_on]).len(), 2);
}
