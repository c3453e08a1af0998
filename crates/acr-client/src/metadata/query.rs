//! The pages of a query: each is asked for by the query again, with the token of the page before.

use std::sync::Arc;

use acr_rest::{API_VERSION, ResponseValue, types};

use crate::{
    Error, ManifestMetadata, Pager, Result,
    call::Context,
    convert, list,
    pager::{Answer, Filter, Next, Query},
    shared::{Shared, answered},
};

const PATH: &str = "/acr/v1/_metadata/_query";

/// What the query is called among what a list is asked for: a continuation belongs to it alone.
const QUERY: &str = "query";

pub(super) fn pager(shared: &Arc<Shared>, query: String) -> Pager<ManifestMetadata> {
    let attempt = format!("query the metadata of {}", shared.endpoint);
    let ask = |call: Context, query: Query| async move {
        let body = body(query).map_err(|why| Error::invalid(&call.attempt, why))?;
        let answer = call.rest.query_metadata(Some(API_VERSION), &body).await;
        page(&call.attempt, answer).await
    };
    let mut pager = list::pager(shared, attempt, PATH.to_owned(), ask).uncountable();
    pager.query().filter = Some(Filter {
        name: QUERY,
        value: query,
    });
    pager
}

fn body(query: Query) -> std::result::Result<types::MetadataQuery, &'static str> {
    let text = query.filter(QUERY).unwrap_or_default().to_owned();
    if text.trim().is_empty() {
        return Err("the query is empty");
    }
    let options = query.token.map(|token| types::MetadataQueryOptions {
        skip_token: Some(token),
    });
    Ok(types::MetadataQuery {
        query: text,
        options,
    })
}

async fn page(
    attempt: &str,
    answer: std::result::Result<ResponseValue<types::MetadataQueryResult>, acr_rest::Error<()>>,
) -> Result<Answer<ManifestMetadata>> {
    let body = answered(attempt, answer).await?.into_inner();
    let info = convert::metadata::info(&body);
    let records = body.data.unwrap_or_default().into_iter();
    let items = records.map(convert::metadata::manifest).collect();
    // Behind the last page the token is empty.
    let token = body.skip_token.filter(|token| !token.is_empty());
    Ok(Answer {
        items,
        next: token.map(Next::Token),
        query: Some(info),
    })
}
