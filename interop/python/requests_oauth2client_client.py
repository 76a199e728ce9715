"""requests_oauth2client (and its JOSE library, jwskate) as a client of the service."""

import time

import requests
from jwskate import Jwt, SymmetricJwk
from requests_oauth2client import (
    BearerToken,
    ClientSecretBasic,
    ClientSecretPost,
    InvalidClient,
    InvalidGrant,
    OAuth2Client,
    OAuth2ClientCredentialsAuth,
)

from checks import ASKER, CAMPAIGNS_URL, CLIENT, ISSUER, METADATA_URL, SUBJECT, USER, check, expect, finish

NAME = "requests_oauth2client"


def discover(auth):
    return OAuth2Client.from_discovery_endpoint(METADATA_URL, ISSUER, auth=auth)


def assertion(key=CLIENT[1]):
    now = int(time.time())
    claims = {"iss": CLIENT[0], "sub": SUBJECT, "aud": ISSUER, "iat": now, "exp": now + 1200, **USER}
    return Jwt.sign(claims, key=SymmetricJwk.from_bytes(key.encode()), alg="HS256")


def refused(error, call):
    try:
        call()
    except error:
        return
    raise AssertionError("it was accepted")


with check(NAME, "discovery"):
    client = discover(ClientSecretBasic(*CLIENT))
    expect(client.token_endpoint, f"{ISSUER}/connect/token")
    expect(client.revocation_endpoint, f"{ISSUER}/revoke")
    expect(client.introspection_endpoint, f"{ISSUER}/introspect")

for way in (ClientSecretBasic, ClientSecretPost):
    client, asker = discover(way(*CLIENT)), discover(way(*ASKER))

    with check(NAME, f"client_credentials, {way.__name__}, and a call with the token"):
        token = client.client_credentials(scope="videos")
        expect((type(token), token.scope, token.expires_in), (BearerToken, "videos", 3600))
        expect(requests.get(CAMPAIGNS_URL, auth=token).status_code, 200)

    with check(NAME, f"introspection, {way.__name__}"):
        expect(client.introspect_token(token)["client_id"], CLIENT[0])
        expect(asker.introspect_token(token)["token_kind"], "application")

    with check(NAME, f"revocation, {way.__name__}"):
        expect(client.revoke_access_token(token), True)
        expect(client.introspect_token(token), {"active": False})
        expect(requests.get(CAMPAIGNS_URL, auth=token).status_code, 401)

    with check(NAME, f"jwt-bearer with {way.__name__} beside it, and a call as the user"):
        token = client.jwt_bearer(assertion(), scope="videos")
        expect(client.introspect_token(token)["username"], USER["email"])
        headers = {"X-Current-User": USER["email"]}
        expect(requests.get(CAMPAIGNS_URL, auth=token, headers=headers).status_code, 200)

    with check(NAME, f"jwt-bearer under another key is invalid_grant, {way.__name__}"):
        refused(InvalidGrant, lambda: client.jwt_bearer(assertion("0" * 64)))

    with check(NAME, f"a wrong secret is invalid_client, {way.__name__}"):
        refused(InvalidClient, lambda: discover(way(CLIENT[0], "wrong")).client_credentials())

with check(NAME, "a session that fetches its own token, in Talentsoft's dialect"):
    client = OAuth2Client(f"{ISSUER}/token", auth=ClientSecretPost(*CLIENT))
    expect(requests.get(CAMPAIGNS_URL, auth=OAuth2ClientCredentialsAuth(client)).status_code, 200)

finish()
