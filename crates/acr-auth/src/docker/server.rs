//! How docker writes the name of a registry.

use acr_core::RegistryEndpoint;

/// Host and port in a key of a configuration, or in what a credential helper is asked for: with or
/// without a scheme, and with or without the path of the API (`https://reg.azurecr.io/v1/`).
///
/// `None` for another path: podman keeps logins for a part of a registry under such names.
pub(super) fn host(text: &str) -> Option<&str> {
    let rest = match text.split_once("://") {
        None => text,
        Some((scheme, rest)) if is_http(scheme) => rest,
        Some(_) => return None,
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    matches!(path.trim_end_matches('/'), "" | "v1" | "v2").then_some(host)
}

fn is_http(scheme: &str) -> bool {
    ["https", "http"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Whether this is a name of the registry. Case and a port that goes without saying do not matter,
/// nor does the scheme, as with docker.
pub(super) fn is_name_of(text: &str, registry: &RegistryEndpoint) -> bool {
    let Some(host) = host(text) else { return false };
    let named = format!("{}://{host}", registry.url().scheme()).parse();
    named.is_ok_and(|named: RegistryEndpoint| named == *registry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_name() {
        let registry = "myregistry.azurecr.io".parse().unwrap();
        for name in [
            "myregistry.azurecr.io",
            "MyRegistry.azurecr.io",
            "myregistry.azurecr.io:443",
            "myregistry.azurecr.io/",
            "https://myregistry.azurecr.io",
            "http://myregistry.azurecr.io",
            "HTTPS://myregistry.azurecr.io/v1/",
            "https://myregistry.azurecr.io/v2",
            "myregistry.azurecr.io/v2/",
        ] {
            assert!(is_name_of(name, &registry), "{name}");
        }
        for name in [
            "",
            "https://",
            "azurecr.io",
            "myregistry.azurecr.io:5000",
            "myregistry.azurecr.io/team",
            "myregistry.azurecr.io/v1/team",
            "ftp://myregistry.azurecr.io",
            "myregistry.azurecr.io.example.com",
            "example.com/myregistry.azurecr.io",
            "me:secret@myregistry.azurecr.io",
            "*.azurecr.io",
        ] {
            assert!(!is_name_of(name, &registry), "{name}");
        }
    }

    #[test]
    fn a_port_of_its_own() {
        let registry = "http://127.0.0.1:5000".parse().unwrap();
        assert!(is_name_of("127.0.0.1:5000", &registry));
        assert!(is_name_of("http://127.0.0.1:5000/v2/", &registry));
        assert!(!is_name_of("127.0.0.1:5001", &registry));
        assert!(is_name_of(
            "[::1]:5000",
            &"http://[::1]:5000".parse().unwrap()
        ));
    }
}
