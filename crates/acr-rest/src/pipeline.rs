//! The way of every request: from the generated method through the middleware to the transport.
//!
//! The generated client leaves one door open, [`ClientHooks::exec`]. What the wire needs and a
//! generator cannot know is put right here, and then the request runs through the stack:
//!
//! ```text
//! middleware of the call → retry → [each try:] governor → authorization → middleware of the try → trace → guard → transport
//! ```
//!
//! The order is that of the calls to [`Pipeline::with`]; the guard, which bounds every answer in bytes
//! and in silence, is always there and always last.

use std::{fmt, sync::Arc};

use acr_core::ServerPath;
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::{
    Method, Request, Response,
    header::{CONTENT_LENGTH, HeaderMap, HeaderValue},
};
use reqwest_middleware::{ClientWithMiddleware, Middleware};
use tracing::Instrument;

use crate::{
    ApiVersion, Capture, Client, Error, carried,
    generated::PATHS,
    guard::{Guard, Timeouts},
    trace::operation_span,
};

/// The middleware that every request of a [`Client`] passes, and values that ride along.
#[derive(Clone)]
pub struct Pipeline {
    transport: reqwest::Client,
    middleware: Vec<Arc<dyn Middleware>>,
    guard: Guard,
    extensions: http::Extensions,
    /// All of these together.
    stack: ClientWithMiddleware,
}

/// The operation that a request belongs to, for middleware: the `operationId` of the OpenAPI
/// document, in snake case, such as `get_manifest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation(pub &'static str);

impl Pipeline {
    /// A pipeline that goes straight to this transport; see [`transport`](crate::transport).
    #[must_use]
    pub fn new(transport: reqwest::Client) -> Self {
        let guard = Guard::default();
        Self {
            stack: stacked(&transport, &[], guard),
            transport,
            middleware: Vec::new(),
            guard,
            extensions: http::Extensions::new(),
        }
    }

    /// Adds a middleware behind those that are there.
    #[must_use]
    pub fn with(mut self, middleware: Arc<dyn Middleware>) -> Self {
        self.middleware.push(middleware);
        self.stack = stacked(&self.transport, &self.middleware, self.guard);
        self
    }

    /// Replaces the time limits.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.guard = Guard::new(timeouts);
        self.stack = stacked(&self.transport, &self.middleware, self.guard);
        self
    }

    /// The same way over another transport, with what its middleware knows.
    #[must_use]
    pub fn over(self, transport: reqwest::Client) -> Self {
        Self {
            stack: stacked(&transport, &self.middleware, self.guard),
            transport,
            ..self
        }
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
        } else if let Some(version) = extensions.get::<ApiVersion>() {
            version.apply(request.url_mut());
        }
        if let Some(headers) = extensions.get::<HeaderMap>() {
            request.headers_mut().extend(headers.clone());
        }
        let sent = self.stack.execute_with_extensions(request, &mut extensions);
        let outcome = sent.instrument(operation_span(operation.0)).await;
        match outcome {
            Ok(response) => {
                if let Some(capture) = extensions.get::<Capture>() {
                    capture.keep(&response);
                }
                Ok(response)
            }
            Err(error) => Err(carried::through_reqwest(error).await),
        }
    }
}

/// The guard stands innermost, so that its limits hold for each try.
fn stacked(
    transport: &reqwest::Client,
    middleware: &[Arc<dyn Middleware>],
    guard: Guard,
) -> ClientWithMiddleware {
    let guard: Arc<dyn Middleware> = Arc::new(guard);
    let all: Vec<_> = middleware.iter().cloned().chain([guard]).collect();
    ClientWithMiddleware::new(transport.clone(), all)
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client of this registry.
    #[must_use]
    pub fn connect(endpoint: &acr_core::RegistryEndpoint, pipeline: Pipeline) -> Self {
        let transport = pipeline.transport.clone();
        Self::new_with_client(endpoint.as_str(), transport, pipeline)
    }

    /// The same client, with a value that rides along with every request, for the middleware to
    /// see. It costs a few reference counts.
    #[must_use]
    pub fn with_extension<T: Clone + Send + Sync + 'static>(&self, value: T) -> Self {
        let pipeline = self.inner().clone().with_extension(value);
        Self::new_with_client(self.baseurl(), self.client().clone(), pipeline)
    }

    /// The same client, over another transport.
    #[must_use]
    pub fn over(&self, transport: reqwest::Client) -> Self {
        let pipeline = self.inner().clone().over(transport.clone());
        Self::new_with_client(self.baseurl(), transport, pipeline)
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
    /// if let Some(link) = acr_core::next_link(page.headers().get_all("link"))? {
    ///     let path = acr_core::ServerPath::resolve(&endpoint, &link)?;
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
    async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
        match has_its_path(request, info.operation_id) {
            true => Ok(()),
            false => Err(Error::InvalidRequest(format!(
                "`{}` is not the path of {}: an argument is empty, `.` or `..`",
                request.url().path(),
                info.operation_id
            ))),
        }
    }

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

/// Whether the path is still that of the operation. An argument that is empty or of dots only would
/// make it another one's, such as that of the whole repository.
fn has_its_path(request: &Request, operation: &str) -> bool {
    let template = PATHS.binary_search_by_key(&operation, |(id, _)| id);
    let Ok(template) = template.map(|at| PATHS[at].1) else {
        return true;
    };
    let (mut given, mut wanted) = (request.url().path().split('/'), template.split('/'));
    loop {
        match (given.next(), wanted.next()) {
            (None, None) => return true,
            (Some(given), Some(wanted)) if fits(given, wanted) => {}
            _ => return false,
        }
    }
}

/// Whether a segment is the one of the template: a fixed text, or a parameter between two of them.
fn fits(segment: &str, template: &str) -> bool {
    match (template.split_once('{'), template.split_once('}')) {
        (Some((before, _)), Some((_, behind))) => segment
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(behind))
            .is_some_and(|argument| !argument.is_empty()),
        _ => segment == template,
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
