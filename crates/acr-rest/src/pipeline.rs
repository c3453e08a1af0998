//! The way of every request: from the generated method through the middleware to the transport.
//!
//! The generated client leaves one door open, [`ClientHooks::exec`]. What the wire needs and a
//! generator cannot know is put right here, and then the request runs through the stack:
//!
//! ```text
//! middleware of the call → retry → [each try:] authorization → middleware of the try → trace → transport
//! ```
//!
//! The order is that of the calls to [`Pipeline::with`].

use std::{fmt, sync::Arc, time::Duration};

use acr_core::{ServerPath, limits};
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::{
    Method, Request, Response,
    header::{CONTENT_LENGTH, HeaderMap, HeaderValue},
};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware};

use crate::{Client, Error, body, carried};

/// The middleware that every request of a [`Client`] passes, and values that ride along.
#[derive(Clone)]
pub struct Pipeline {
    stack: ClientWithMiddleware,
    extensions: http::Extensions,
    timeouts: Timeouts,
}

/// How long the silence of a server is borne. There is no limit to a whole transfer, since a blob
/// may be of any size.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Timeouts {
    /// From the end of the request to the answer's headers; not applied to requests whose body is
    /// a stream. 100 s at first, what Azure's other SDKs allow for one try.
    pub response: Duration,
    /// Between two pieces of an answer's body. 60 s at first.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            response: Duration::from_secs(100),
            idle: Duration::from_secs(60),
        }
    }
}

/// The operation that a request belongs to, for middleware: the `operationId` of the OpenAPI
/// document, in snake case, such as `get_manifest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation(pub &'static str);

impl Pipeline {
    /// A pipeline that goes straight to this transport; see [`transport`](crate::transport).
    #[must_use]
    pub fn new(transport: reqwest::Client) -> Self {
        Self {
            stack: ClientBuilder::new(transport).build(),
            extensions: http::Extensions::new(),
            timeouts: Timeouts::default(),
        }
    }

    /// Adds a middleware behind those that are there.
    #[must_use]
    pub fn with(self, middleware: Arc<dyn Middleware>) -> Self {
        Self {
            stack: ClientBuilder::from_client(self.stack)
                .with_arc(middleware)
                .build(),
            ..self
        }
    }

    /// Replaces the time limits.
    #[must_use]
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// Lets a value ride along with every request, for the middleware to see.
    #[must_use]
    pub fn with_extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    /// Sends a request that no method of [`Client`] stands for, such as one to where a redirect
    /// leads. The limits are those of the operation named.
    ///
    /// # Errors
    /// As from the methods of [`Client`].
    pub async fn send(
        &self,
        request: Request,
        operation: Operation,
    ) -> Result<Response, Error<()>> {
        self.run(request, operation)
            .await
            .map_err(Error::CommunicationError)
    }

    async fn run(&self, mut request: Request, operation: Operation) -> reqwest::Result<Response> {
        let mut extensions = self.extensions.clone();
        extensions.insert(operation);
        if let Some(path) = extensions.get::<ServerPath>() {
            replace_target(&mut request, path.as_str());
        }
        if let Some(headers) = extensions.get::<HeaderMap>() {
            request.headers_mut().extend(headers.clone());
        }
        let streamed = request.body().is_some_and(|body| body.as_bytes().is_none());
        let answer = self.stack.execute_with_extensions(request, &mut extensions);
        let response = match streamed {
            true => answer.await.map_err(carried::into_reqwest_source),
            false => match tokio::time::timeout(self.timeouts.response, answer).await {
                Ok(answer) => answer.map_err(carried::into_reqwest_source),
                Err(_) => Err(body::Silence::Response(self.timeouts.response).into()),
            },
        };
        match response {
            Ok(response) => Ok(body::guarded(
                response,
                limit(operation),
                self.timeouts.idle,
            )),
            Err(source) => Err(carried::through_reqwest(source).await),
        }
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// How many bytes of the answer are read at most; blobs have no limit.
fn limit(operation: Operation) -> Option<u64> {
    let bytes = match operation.0 {
        "get_blob" => return None,
        "get_manifest" => limits::MANIFEST,
        name if name.starts_with("exchange_") || name == "get_acr_access_token_from_login" => {
            limits::TOKEN_RESPONSE
        }
        _ => limits::JSON_RESPONSE,
    };
    Some(bytes as u64)
}

impl Client {
    /// A client of this registry.
    #[must_use]
    pub fn connect(endpoint: &acr_core::RegistryEndpoint, pipeline: Pipeline) -> Self {
        let transport = pipeline.stack.as_ref().clone();
        Self::new_with_client(endpoint.as_str(), transport, pipeline)
    }

    /// The same client, with a value that rides along with every request, for the middleware to
    /// see. It costs a few reference counts.
    #[must_use]
    pub fn with_extension<T: Clone + Send + Sync + 'static>(&self, value: T) -> Self {
        let pipeline = self.inner().clone().with_extension(value);
        Self::new_with_client(self.baseurl(), self.client().clone(), pipeline)
    }

    /// The same client, with further headers on every request.
    #[must_use]
    pub fn with_headers(&self, headers: HeaderMap) -> Self {
        self.with_extension(headers)
    }

    /// The same client, whose calls go to this path and query of the registry instead of what
    /// their arguments say: how the next page of a list is fetched, byte for byte as the server
    /// named it.
    ///
    /// ```no_run
    /// # async fn next(client: acr_rest::Client, page: acr_rest::ResponseValue<acr_rest::types::Repositories>) -> Result<(), Box<dyn std::error::Error>> {
    /// # let endpoint = "reg.azurecr.io".parse()?;
    /// let links = page.headers().get_all("link").iter().filter_map(|value| value.to_str().ok());
    /// if let Some(link) = acr_core::next_link(links) {
    ///     let path = acr_core::ServerPath::resolve(&endpoint, link)?;
    ///     let next = client.at(path).get_repositories(None, None, None, None).await;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn at(&self, path: ServerPath) -> Self {
        self.with_extension(path)
    }
}

impl ClientHooks<Pipeline> for Client {
    async fn exec(&self, mut request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        // The generator sends the document's version with every request; the service knows it as a
        // query parameter of some operations only.
        request.headers_mut().remove("api-version");
        restore_opaque_path(&mut request, info.operation_id);
        state_empty_length(&mut request);
        self.inner()
            .run(request, Operation(info.operation_id))
            .await
    }
}

/// The operations whose path is a `Location` of the server, with its query.
const OPAQUE: [&str; 4] = [
    "get_upload_status",
    "upload_chunk",
    "complete_upload",
    "cancel_upload",
];

/// A `Location` came through the generator as one path segment, with `/` and `?` escaped. The
/// service signs its query, so it is sent as it was received.
fn restore_opaque_path(request: &mut Request, operation: &str) {
    if !OPAQUE.contains(&operation) {
        return;
    }
    let url = request.url();
    let escaped = url.path().trim_start_matches('/');
    let Ok(location) = percent_encoding::percent_decode_str(escaped).decode_utf8() else {
        return;
    };
    let target = match (
        location.contains('?'),
        url.query().filter(|query| !query.is_empty()),
    ) {
        (_, None) => format!("/{location}"),
        (true, Some(query)) => format!("/{location}&{query}"),
        (false, Some(query)) => format!("/{location}?{query}"),
    };
    replace_target(request, &target);
}

/// Path and query are replaced; scheme, host and port stay, whatever the target says.
fn replace_target(request: &mut Request, target: &str) {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    request.url_mut().set_path(path);
    request.url_mut().set_query(query);
}

/// Of an empty body, too, nothing says how long it is, and servers refuse such a POST.
fn state_empty_length(request: &mut Request) {
    let bodied = matches!(
        *request.method(),
        Method::POST | Method::PUT | Method::PATCH
    );
    let bytes = request
        .body()
        .map_or(Some(&[][..]), reqwest::Body::as_bytes);
    if bodied && bytes.is_some_and(<[u8]>::is_empty) {
        request
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}
