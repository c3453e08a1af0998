//! Without async: calls are waited for, wherever one may wait.

use std::{
    io::{self, Cursor, Read},
    net::TcpListener,
    sync::LazyLock,
    thread,
    time::Duration,
};

use acr_client::{
    Action, ContainerRegistryClient, Credential, Error, ErrorKind, Manifest, MediaType,
    RetryOptions, Scope, Source,
};
use acr_emulator::Emulator;
use acr_tests::{client, secret};

/// The emulators' own.
static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());

fn registry() -> (Emulator, ContainerRegistryClient) {
    let emulator = RUNTIME.block_on(Emulator::start()).unwrap();
    let client = client(&emulator, emulator.login());
    (emulator, client)
}

/// Three pieces and a bit.
fn layer() -> Vec<u8> {
    (0..13_000_001_u32).map(|i| (i % 251) as u8).collect()
}

/// A reader that gives little at a time, as a compressor may.
struct Trickle(Cursor<Vec<u8>>);

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(10_007);
        self.0.read(&mut buffer[..most])
    }
}

#[test]
fn an_image_goes_round() {
    let (emulator, registry) = registry();
    let app = registry.repository("app").unwrap();
    let layer = layer();
    let source = Source::blocking(Trickle(Cursor::new(layer.clone())));
    let uploaded = app.upload_blob(source).media_type(MediaType::IMAGE_LAYER);
    let uploaded = uploaded.wait().unwrap();
    let config = app.upload_blob("{}").media_type(MediaType::IMAGE_CONFIG);
    let manifest = Manifest::image(config.wait().unwrap(), [uploaded.clone()]);
    let put = app.put_manifest(manifest).tags(["v1", "v2", "v3"]);
    let (pushed, response) = put.with_response().wait().unwrap();
    assert_eq!(response.status.as_u16(), 201);

    let tags = app.list_tags().page_size(2).iter();
    let tags: Vec<_> = tags.map(|tag| tag.unwrap().name.to_string()).collect();
    assert_eq!(tags, ["v1", "v2", "v3"]);
    let pages = app.list_tags().page_size(2).pages().iter();
    let pages: Vec<_> = pages.map(|page| page.unwrap().items.len()).collect();
    assert_eq!(pages, [2, 1]);

    let image = app.get_manifest("v1").wait().unwrap();
    assert_eq!(image.digest, pushed.descriptor.digest);
    let reader = app.download_blob(&uploaded.digest).reader().wait().unwrap();
    let mut reader = reader.blocking();
    assert_eq!(reader.size(), Some(layer.len() as u64));
    let mut read = Vec::new();
    reader.read_to_end(&mut read).unwrap();
    assert!(read == layer, "the same bytes");

    let scope = Scope::repository(&"app".parse().unwrap(), [Action::Pull]);
    registry.access_token([scope]).wait().unwrap();
    assert!(app.delete().wait().unwrap().is_some());
    drop(emulator);
}

#[test]
fn from_many_threads() {
    let (_emulator, registry) = registry();
    let app = registry.repository("app").unwrap();
    app.upload_blob("x").wait().unwrap();
    thread::scope(|scope| {
        for number in 0..16 {
            let app = &app;
            scope.spawn(move || {
                let text = format!("blob {number}");
                let blob = app.upload_blob(text.clone()).wait().unwrap();
                let bytes = app.download_blob(&blob.digest).bytes(100).wait().unwrap();
                assert_eq!(bytes, text);
            });
        }
    });
}

fn is_refused<T>(outcome: Result<T, Error>) -> bool {
    let error = outcome.err();
    error.is_some_and(|error| matches!(error.kind(), ErrorKind::AsyncContext))
}

/// Each thing that waits, within a task.
fn wait_in_a_task(registry: &ContainerRegistryClient) {
    assert!(is_refused(registry.docker_login().wait()));
    let app = registry.repository("app").unwrap();
    assert!(is_refused(app.properties().wait()));
    let mut names = registry.list_repositories().iter();
    assert!(is_refused(names.next().unwrap()));
    assert!(names.next().is_none(), "behind an error there is nothing");
    let mut pages = registry.list_repositories().pages().iter();
    assert!(is_refused(pages.next().unwrap()));
    assert!(pages.next().is_none(), "behind an error there is nothing");
}

#[test]
fn within_a_task_it_is_an_error_and_nothing_is_sent() {
    let (emulator, registry) = registry();
    let one = tokio::runtime::Builder::new_current_thread();
    for mut runtime in [one, tokio::runtime::Builder::new_multi_thread()] {
        let runtime = runtime.enable_all().build().unwrap();
        runtime.block_on(async {
            wait_in_a_task(&registry);
            let registry = registry.clone();
            tokio::spawn(async move { wait_in_a_task(&registry) })
                .await
                .unwrap();
        });
    }
    assert!(emulator.requests().is_empty());
    let error = RUNTIME.block_on(async { registry.docker_login().wait().unwrap_err() });
    let told = error.to_string().replace(emulator.endpoint(), "REGISTRY");
    insta::assert_snapshot!(told, @"cannot get a login of REGISTRY: within an async task nothing may wait: await the call, or wait within `spawn_blocking`");
}

/// A program that is async elsewhere may wait where waiting is allowed.
#[test]
fn on_a_thread_for_waiting_it_is_allowed() {
    let (_emulator, registry) = registry();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listed = runtime.block_on(async {
        let registry = registry.clone();
        tokio::task::spawn_blocking(move || registry.list_repositories().iter().count()).await
    });
    assert_eq!(listed.unwrap(), 0);
    let _entered = runtime.enter();
    assert_eq!(registry.list_repositories().iter().count(), 0);
}

/// A reader whose bytes are read within a task.
#[test]
fn a_reader_within_a_task() {
    let (_emulator, registry) = registry();
    let app = registry.repository("app").unwrap();
    let blob = app.upload_blob("some bytes").wait().unwrap();
    let reader = app.download_blob(&blob.digest).reader().wait().unwrap();
    let mut reader = reader.blocking();
    let error = RUNTIME.block_on(async { reader.read(&mut [0; 4]).unwrap_err() });
    let inner = error.into_inner().unwrap().downcast::<Error>().unwrap();
    assert!(matches!(inner.kind(), ErrorKind::AsyncContext), "{inner}");
    // What was not read can still be.
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "some bytes");
}

#[test]
fn an_error_ends_a_list() {
    let (_emulator, registry) = registry();
    let missing = registry.repository("missing").unwrap();
    let mut tags = missing.list_tags().iter();
    assert!(tags.next().unwrap().unwrap_err().is_not_found());
    assert!(tags.next().is_none());
}

#[test]
fn a_timeout_while_one_waits() {
    // It takes connections, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let registry = ContainerRegistryClient::builder(endpoint)
        .credential(Credential::password("me", secret("Pa55-of-mine")))
        .retry(RetryOptions::none())
        .timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let app = registry.repository("app").unwrap();
    let error = app.properties().wait().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout { .. }), "{error}");
    let error = registry
        .docker_login()
        .timeout(Duration::from_millis(50))
        .wait();
    // A password is a login by itself.
    assert!(error.is_ok());
}

/// Gives this much, and then what the closure says.
struct Failing<F>(u64, F);

impl<F: FnMut() -> io::Result<usize>> Read for Failing<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0 {
            0 => self.1(),
            left => {
                let read = left.min(buffer.len() as u64);
                self.0 -= read;
                Ok(read as usize)
            }
        }
    }
}

#[test]
fn a_source_that_fails() {
    let (emulator, registry) = registry();
    let app = registry.repository("app").unwrap();
    let broken = || Err(io::Error::other("the tape is torn"));
    for before in [0, 9_000_000] {
        let upload = app.upload_blob(Source::blocking(Failing(before, broken)));
        let error = upload.wait().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io(_)), "{error}");
        assert!(error.to_string().contains("the tape is torn"), "{error}");
    }
    let panicking = || -> io::Result<usize> { panic!("a panic that this test wants") };
    let upload = app.upload_blob(Source::blocking(Failing(0, panicking)));
    let error = upload.wait().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io(_)), "{error}");
    let requests = emulator.requests();
    let cancelled = requests.iter().filter(|request| request.method == "DELETE");
    assert_eq!(cancelled.count(), 1, "the one that had begun");
}
