//! Sets of calls, and a client that keeps to one address.

use acr_client::{
    ThrottleOptions, all as set,
    reqwest_0_13::{ReqwestBuilder, reqwest},
};

use crate::{
    answers::{all, no_repository, repository_properties},
    registry::Registry,
};

#[tokio::test]
async fn a_set() {
    let registry =
        Registry::answering([repository_properties(all()), repository_properties(all())]).await;
    let calls = [(); 2].map(|()| registry.repository().properties());
    let name = "acr_client__all";
    keep!(registry, name, set(calls).concurrency(1)).unwrap();

    // The third is not sent.
    let registry = Registry::answering([repository_properties(all()), no_repository()]).await;
    let calls = [(); 3].map(|()| registry.repository().properties());
    let name = "acr_client__all@not_found";
    keep!(registry, name, set(calls).concurrency(1)).unwrap_err();

    let registry = Registry::answering([]).await;
    let calls = [registry.repository().properties()];
    let name = "acr_client__all@none_at_once";
    keep!(registry, name, set(calls).concurrency(0)).unwrap_err();
}

#[cfg(feature = "blocking")]
#[tokio::test]
async fn a_set_that_waits() {
    use crate::blocking::waited;

    let registry = Registry::answering([repository_properties(all())]).await;
    let calls = [registry.repository().properties()];
    let name = "All__wait";
    keep!(registry, name, waited(move || set(calls).wait())).unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let calls = [registry.repository().properties()];
    let name = "All__wait@not_found";
    keep!(registry, name, waited(move || set(calls).wait())).unwrap_err();
}

/// Nothing but a connection is made.
#[tokio::test]
async fn an_address() {
    let registry = Registry::answering([]).await;
    let client = registry.client();
    let name = "ContainerRegistryClient__pin_address";
    keep!(registry, name, client.pin_address()).unwrap();

    let registry = Registry::answering([]).await;
    let own = reqwest::Client::builder();
    let client = registry.builder().reqwest_builder(own).build().unwrap();
    let name = "ContainerRegistryClient__pin_address@own_reqwest";
    keep!(registry, name, client.pin_address()).unwrap_err();
}

#[tokio::test]
async fn a_lane_that_lets_nobody_in_is_refused() {
    let registry = Registry::answering([]).await;
    let closed = ThrottleOptions::default().max_in_flight(acr_client::Lane::Tokens, 0);
    let error = registry.builder().throttle(closed).build().unwrap_err();
    let told = "with 0 requests at once in the lane of tokens, none is ever sent";
    assert!(error.to_string().contains(told), "{error}");
}
