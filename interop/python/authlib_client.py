"""Authlib as a client of the service."""

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import AssertionSession, OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc.jwk import OctKey

from checks import ASKER, CAMPAIGNS_URL, CLIENT, ISSUER, METADATA_URL, SUBJECT, USER, check, expect, finish

NAME = "Authlib"
METHODS = ("client_secret_basic", "client_secret_post")

metadata = AuthorizationServerMetadata(requests.get(METADATA_URL).json())
with check(NAME, "discovery"):
    expect(metadata["issuer"], ISSUER)
    for member in ("issuer", "token_endpoint", "grant_types_supported", "scopes_supported", "revocation_endpoint",
                   "introspection_endpoint", "token_endpoint_auth_methods_supported", "service_documentation"):
        getattr(metadata, f"validate_{member}")()


def session(method, client=CLIENT, **options):
    return OAuth2Session(*client, token_endpoint_auth_method=method, **options)


def introspect(method, token, client=CLIENT):
    answer = session(method, client).introspect_token(
        metadata["introspection_endpoint"], token=token, token_type_hint="access_token")
    expect(answer.status_code, 200)
    return answer.json()


for method in METHODS:
    with check(NAME, f"client_credentials, {method}, and a call with the token"):
        client = session(method, scope="videos")
        token = client.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        expect((token["token_type"], token["expires_in"], token["scope"]), ("Bearer", 3600, "videos"))
        expect(client.get(CAMPAIGNS_URL).status_code, 200)

    with check(NAME, f"introspection, {method}"):
        expect(introspect(method, token["access_token"])["client_id"], CLIENT[0])
        expect(introspect(method, token["access_token"], ASKER)["scope"], "videos")

    with check(NAME, f"revocation, {method}"):
        answer = session(method).revoke_token(
            metadata["revocation_endpoint"], token=token["access_token"], token_type_hint="access_token")
        expect(answer.status_code, 200)
        expect(introspect(method, token["access_token"]), {"active": False})
        expect(client.get(CAMPAIGNS_URL).status_code, 401)

with check(NAME, "Talentsoft's dialect at /token"):
    client = session("client_secret_post")
    token = client.fetch_token(f"{ISSUER}/token", grant_type="client_credentials")
    expect((token["token_type"], token["expires_in"]), ("bearer", "3600"))
    expect(client.get(CAMPAIGNS_URL).status_code, 200)

with check(NAME, "jwt-bearer: an assertion alone, and a call as its user"):
    client = AssertionSession(
        token_endpoint=metadata["token_endpoint"], issuer=CLIENT[0], subject=SUBJECT, audience=ISSUER, claims=USER,
        grant_type=AssertionSession.JWT_BEARER_GRANT_TYPE, key=OctKey.import_key(CLIENT[1]), alg="HS256", expires_in=1200)
    # The session fetches its token by itself.
    expect(client.get(CAMPAIGNS_URL, headers={"X-Current-User": USER["email"]}).status_code, 200)
    expect(introspect("client_secret_basic", client.token["access_token"])["username"], USER["email"])

with check(NAME, "jwt-bearer: an assertion under another key is invalid_grant"):
    client = AssertionSession(
        token_endpoint=metadata["token_endpoint"], issuer=CLIENT[0], subject=SUBJECT, audience=ISSUER, claims=USER,
        grant_type=AssertionSession.JWT_BEARER_GRANT_TYPE, key=OctKey.import_key("0" * 64), alg="HS256", expires_in=1200)
    try:
        client.refresh_token()
    except Exception as error:
        expect(getattr(error, "error", error), "invalid_grant")
    else:
        raise AssertionError("it was accepted")

with check(NAME, "a wrong secret is invalid_client"):
    try:
        session("client_secret_basic", (CLIENT[0], "wrong")).fetch_token(
            metadata["token_endpoint"], grant_type="client_credentials")
    except OAuthError as error:
        expect(error.error, "invalid_client")
    else:
        raise AssertionError("it was accepted")

finish()
