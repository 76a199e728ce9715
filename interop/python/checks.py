"""What the Python clients share: who they are, and one line for each check."""

import contextlib
import os
import sys

ISSUER = os.environ["INTEROP_ISSUER"]
METADATA_URL = f"{ISSUER}/.well-known/oauth-authorization-server"
CAMPAIGNS_URL = f"{ISSUER}/videos/campaigns"
CLIENT = (os.environ["INTEROP_CLIENT_ID"], os.environ["INTEROP_CLIENT_SECRET"])
# A client that may ask about the tokens of others.
ASKER = (os.environ["INTEROP_ASKER_ID"], os.environ["INTEROP_ASKER_SECRET"])
USER = {"email": "jean.dupont@site", "name": "Jean Dupont"}
SUBJECT = "TalentSoftMarketPlace"

failures = 0


@contextlib.contextmanager
def check(library, what):
    """Prints how it went; one failure does not stop the others."""
    global failures
    try:
        yield
    except Exception as error:
        failures += 1
        print(f"FAIL  {library}: {what}: {type(error).__name__}: {error}", flush=True)
    else:
        print(f"ok    {library}: {what}", flush=True)


def expect(seen, wanted):
    """Fails with both values."""
    if seen != wanted:
        raise AssertionError(f"{wanted!r} was expected, {seen!r} was seen")


def finish():
    """Ends with a status that says whether all was right."""
    sys.exit(1 if failures else 0)
