//! The rows.

/// What is known, and the tests that hold us to it: a file, and a function in it.
pub(super) struct Row {
    pub(super) fact: &'static str,
    pub(super) proofs: &'static [(&'static str, &'static str)],
}

const IDENTITIES: &str = "crates/acr-emulator/tests/it/identities.rs";
const FORMS: &str = "crates/acr-emulator/tests/it/token_forms.rs";
const TRAPS: &str = "crates/acr-emulator/tests/it/traps.rs";
const CONTENT: &str = "crates/acr-emulator/tests/it/content.rs";
const ABAC: &str = "crates/acr-emulator/tests/it/abac.rs";
const FAULTS: &str = "crates/acr-emulator/tests/it/faults/tokens.rs";
const STATUSES: &str = "crates/acr-emulator/tests/it/faults/statuses.rs";
const CHALLENGE: &str = "crates/acr-core/src/challenge.rs";
const SCOPE: &str = "crates/acr-core/src/scope.rs";
const CHALLENGES: &str = "crates/acr-auth/tests/engine/challenges.rs";
const CREDENTIALS: &str = "crates/acr-auth/tests/engine/credentials.rs";
const REFUSALS: &str = "crates/acr-auth/tests/engine/refusals.rs";
const HOSTS: &str = "crates/acr-auth/tests/engine/hosts.rs";
const CACHING: &str = "crates/acr-auth/tests/engine/caching.rs";
const JWT: &str = "crates/acr-auth/src/jwt.rs";
const GUESSED: &str = "crates/acr-auth/src/preflight/tests.rs";
const GUESSED_RECORDED: &str = "crates/acr-auth/src/preflight/tests/recorded.rs";
const HERE: &str = "tests/integration/wire_facts.rs";
const RECORDED: &str = "tests/integration/wire_facts/recorded.rs";
const WHO: &str = "tests/integration/identities.rs";
const COUNTED: &str = "tests/integration/requests/upload.rs";

const fn row(fact: &'static str, proofs: &'static [(&'static str, &'static str)]) -> Row {
    Row { fact, proofs }
}

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // Challenges.
    row("a challenge is Bearer with realm, service and scope, in this order, without a blank", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (TRAPS, "the_challenge_is_one_that_every_parser_reads"),
        (RECORDED, "every_challenge_has_the_one_form"),
    ]),
    row("commas stand within the quotes too", &[
        (CHALLENGE, "commas_inside_quotes_do_not_split"),
        (RECORDED, "every_challenge_has_the_one_form"),
    ]),
    row("without a token there is no error in it", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (RECORDED, "every_challenge_has_the_one_form"),
    ]),
    row("a token without the scope is answered with insufficient_scope, at the end", &[
        (IDENTITIES, "the_admin_user"),
        (RECORDED, "every_challenge_has_the_one_form"),
    ]),
    row("a token that ended, or is none, is answered with invalid_token", &[
        (IDENTITIES, "tokens_expire_by_the_clock"),
        (FAULTS, "a_token_counts_as_expired_once"),
        (WHO, "a_token_that_ends_is_replaced"),
    ]),
    row("the service may have another name than the host that was asked", &[
        (HERE, "a_service_of_another_name_than_the_host"),
        (RECORDED, "every_challenge_has_the_one_form"),
    ]),
    row("the realm may be on another host: nothing goes there unless it was named", &[
        (HOSTS, "a_realm_of_another_host"),
        (HOSTS, "a_login_server_that_was_named"),
    ]),
    row("a refused HEAD has the header and no body", &[
        (FORMS, "the_body_of_a_challenge"),
        (RECORDED, "every_refusal_lists_the_actions"),
    ]),
    row("what fits no route is a 404 before any challenge", &[
        (CONTENT, "what_fits_no_route_is_text_without_a_challenge"),
    ]),
    row("/v2/ is challenged without a scope, with a detail of null", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (CHALLENGE, "the_scope_may_be_missing_or_hold_two"),
        (RECORDED, "every_refusal_lists_the_actions"),
    ]),
    row("lists of repositories: registry:catalog:*", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (GUESSED_RECORDED, "every_challenge_wants_what_was_guessed"),
    ]),
    row("GET below /acr/v1: metadata_read", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (GUESSED_RECORDED, "every_challenge_wants_what_was_guessed"),
    ]),
    row("PATCH below /acr/v1: metadata_write", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (GUESSED_RECORDED, "every_challenge_wants_what_was_guessed"),
    ]),
    row("DELETE of repository, tag, manifest, blob: delete", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (GUESSED_RECORDED, "every_challenge_wants_what_was_guessed"),
    ]),
    row("GET and HEAD of manifest and blob: pull", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (GUESSED_RECORDED, "every_challenge_wants_what_was_guessed"),
    ]),
    row("uploads and PUT of a manifest: pull and push", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (GUESSED_RECORDED, "every_challenge_wants_what_was_guessed"),
    ]),
    row("the actions come in any order, which changes nothing", &[
        (SCOPE, "the_order_of_actions_does_not_matter"),
        (RECORDED, "every_challenge_has_the_one_form"),
        (COUNTED, "one_token_from_start_to_commit"),
    ]),
    row("status of an upload, and referrers: pull", &[
        (GUESSED, "as_the_service_demands"),
        (GUESSED_RECORDED, "every_challenge_wants_what_was_guessed"),
    ]),
    row("tags/list: metadata_read", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (GUESSED_RECORDED, "every_challenge_wants_what_was_guessed"),
    ]),
    row("a mount wants two scopes, in one value, and one token for both", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (SCOPE, "the_scopes_of_a_mount"),
        (GUESSED_RECORDED, "every_challenge_wants_what_was_guessed"),
    ]),
    row("a repository's name is raw in a scope", &[
        (IDENTITIES, "without_a_token_everything_is_challenged"),
        (GUESSED_RECORDED, "every_challenge_wants_what_was_guessed"),
    ]),
    row("the body names each action, those that read first", &[
        (FORMS, "the_body_of_a_challenge"),
        (RECORDED, "every_refusal_lists_the_actions"),
    ]),
    row("what was deleted, streaming and the metadata query have scopes of their own", &[
        (IDENTITIES, "so_is_what_only_az_reaches"),
        (GUESSED, "as_the_service_demands"),
    ]),
    row("wildcards are granted by a classic registry, and ignored by one with ABAC", &[
        (ABAC, "scopes_of_all_repositories_are_ignored"),
        (ABAC, "its_refresh_tokens_say_so"),
    ]),
    row("the catalog takes the right to read everything", &[
        (IDENTITIES, "a_repository_scoped_token"),
        (WHO, "a_repository_scoped_token_is_told_what_it_lacks"),
    ]),
    row("a nonsense scope gives a token that allows nothing", &[
        (FORMS, "a_star_may_be_encoded_and_nonsense_is_granted_nothing"),
        (CHALLENGE, "a_word_that_is_no_scope_is_left_out"),
    ]),
    row("a scope that is not granted gives a token without it, refused on use: no loop", &[
        (IDENTITIES, "anonymous_pull"),
        (HERE, "a_scope_that_is_not_granted_ends_in_one_refusal"),
        (CHALLENGES, "a_second_refusal_names_what_was_wanted_and_what_was_granted"),
    ]),
    row("there may be several challenges, in one header or in several", &[
        (CHALLENGE, "several_challenges_in_one_header_and_in_two"),
        (CHALLENGE, "one_that_cannot_be_read_does_not_hide_the_others"),
    ]),
    // Token endpoints.
    row("an answer is JSON with one key, chunked, without an expiry beside the token", &[
        (FORMS, "an_entra_token_is_exchanged_with_and_without_tenant_and_version"),
        (CONTENT, "answers_carry_the_headers_of_the_service"),
        (RECORDED, "every_answer_of_a_token_endpoint_is_a_token_and_nothing_else"),
    ]),
    row("when a token ends is read from its claims", &[
        (JWT, "expiry_and_grants"),
        (RECORDED, "every_answer_of_a_token_endpoint_is_read_by_the_engine"),
    ]),
    row("an Entra token is exchanged for a refresh token, with a tenant or without", &[
        (FORMS, "an_entra_token_is_exchanged_with_and_without_tenant_and_version"),
        (CREDENTIALS, "entra_exchanges_asks_for_a_token_and_then_calls"),
        (RECORDED, "every_form_that_was_taken_is_one_that_is_known"),
    ]),
    row("the exchange has two deprecated grants", &[
        (FORMS, "the_deprecated_grants_of_the_exchange"),
    ]),
    row("a refresh token gives an access token, in whatever order the fields come", &[
        (FORMS, "a_refresh_token_gives_an_access_token_in_whatever_order_the_fields_come"),
        (CREDENTIALS, "refresh_token_asks_with_it"),
        (RECORDED, "every_form_that_was_taken_is_one_that_is_known"),
    ]),
    row("nobody asks by the password grant, with an empty refresh token or none", &[
        (FORMS, "nobody_may_send_an_empty_refresh_token_or_none"),
        (CREDENTIALS, "nobody_asks_without_a_name"),
        (RECORDED, "every_form_that_was_taken_is_one_that_is_known"),
    ]),
    row("user and password by POST", &[(IDENTITIES, "a_repository_scoped_token")]),
    row("user and password by GET and Basic, as docker does", &[
        (IDENTITIES, "the_admin_user"),
        (CREDENTIALS, "password_asks_for_a_token_and_then_calls"),
        (RECORDED, "every_answer_of_a_token_endpoint_is_a_token_and_nothing_else"),
    ]),
    row("a refresh token is a password of the null GUID, and comes back beside the access token", &[
        (IDENTITIES, "docker_logs_in_with_a_refresh_token"),
        (RECORDED, "every_answer_of_a_token_endpoint_is_a_token_and_nothing_else"),
    ]),
    row("an access token is one too, and becomes no longer and no wider", &[
        (IDENTITIES, "docker_logs_in_with_a_refresh_token"),
        (FORMS, "an_access_token_is_a_password_of_the_null_guid"),
    ]),
    row("Basic on a data call does for passwords, and not for the null GUID", &[
        (IDENTITIES, "a_repository_scoped_token"),
        (IDENTITIES, "docker_logs_in_with_a_refresh_token"),
    ]),
    row("several scopes come repeated or in one value", &[
        (TRAPS, "several_scopes_come_as_one_value_or_as_several"),
    ]),
    row("the star of a scope may be encoded", &[
        (FORMS, "a_star_may_be_encoded_and_nonsense_is_granted_nothing"),
    ]),
    row("a bad Entra token is a 401 of the exchange", &[
        (IDENTITIES, "entra_principals"),
        (FAULTS, "refresh_tokens_and_those_of_entra"),
    ]),
    row("no role is a 403 of the exchange, DENIED", &[
        (FORMS, "what_a_refusal_says"),
        (REFUSALS, "identity_without_a_role"),
    ]),
    row("the token endpoints throttle too: 429, and how long to wait if they say so", &[
        (STATUSES, "throttled_with_retry_after_also_without_a_token"),
        (REFUSALS, "too_many_tokens_were_asked_for"),
    ]),
    row("the exchange is by POST alone", &[(IDENTITIES, "entra_principals")]),
    row("a wrong password, a bad refresh token and nobody where that is off: 401 without detail", &[
        (FORMS, "what_a_refusal_says"),
        (REFUSALS, "wrong_password"),
        (REFUSALS, "anonymous_pull_is_off"),
    ]),
    row("no scope is a token that allows nothing, and does for /v2/", &[
        (FORMS, "a_star_may_be_encoded_and_nonsense_is_granted_nothing"),
        (IDENTITIES, "tokens_expire_by_the_clock"),
    ]),
    row("header, claims and lives of the tokens; they are backdated by a quarter of an hour", &[
        (FORMS, "what_the_tokens_are"),
        (IDENTITIES, "entra_principals"),
    ]),
    row("the access of a token says what was granted; it may be null", &[
        (JWT, "expiry_and_grants"),
        (JWT, "null_and_missing_access"),
    ]),
    row("the refresh token of an ABAC registry says so", &[(ABAC, "its_refresh_tokens_say_so")]),
    row("a refresh token is kept, and renewed shortly before its end", &[
        (CACHING, "renewed_shortly_before_the_end"),
        (COUNTED, "renewed_in_the_middle_before_the_registry_refuses_it"),
    ]),
];
