//! What to do about a registry whose name has no address, or that does not answer as one, where the
//! error has no hint of its own.

use acr_core::RegistryEndpoint;
use http::StatusCode;

/// Where the name has no address.
pub(super) fn of_dns(registry: &RegistryEndpoint) -> String {
    format!(
        "check how `{}` is spelled, whether there is such a registry (`az acr show`) and in which cloud \
         (.azurecr.io, .azurecr.cn, .azurecr.us); inside a virtual network, that the private DNS zone of \
         the registry's private endpoint is linked to it",
        registry.host()
    )
}

/// Where the answer to a request without a token is none that a registry gives.
pub(super) fn of_answer(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => {
            "the network rules of the registry keep this machine out: allow its address \
             (`az acr network-rule add`), or come from a network that is allowed; \
             `az acr show --query networkRuleSet` shows the rules"
        }
        StatusCode::TOO_MANY_REQUESTS => {
            "the registry has had too many calls: wait, then try again"
        }
        status if status.is_server_error() => {
            "the registry, or what stands before it, has trouble of its own: try again in some \
             minutes; if it stays, name the request's id to Azure's support"
        }
        _ => {
            "what is there does not answer as a registry: check the address. Behind a custom domain or \
             a proxy, name the registry's own host with `.login_server(…)`"
        }
    }
}
