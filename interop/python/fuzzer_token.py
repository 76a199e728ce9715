"""Prints a token for the fuzzer."""

import os

from requests_oauth2client import ClientSecretPost, OAuth2Client

from checks import ISSUER

auth = ClientSecretPost(os.environ["INTEROP_FUZZER_ID"], os.environ["INTEROP_FUZZER_SECRET"])
print(OAuth2Client(f"{ISSUER}/connect/token", auth=auth).client_credentials().access_token)
