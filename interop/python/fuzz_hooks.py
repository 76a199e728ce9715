"""Told to the fuzzer: what an API document cannot say, and what the fuzzer cannot make up."""

import os
import unicodedata
import uuid

import schemathesis

# Where one of two parameters must be there, which the document has no word for.
WHICH_ONES = ("/videos/interviews", "/interview", "/assessments/invitations")


def is_uuid(text):
    try:
        return str(uuid.UUID(text)) == text
    except (AttributeError, TypeError, ValueError):
        return False


def visible(text):
    """The text without what nobody sees, which names may not have and a pattern cannot say."""
    unseen = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
    is_seen = lambda c: c.isprintable() and c not in unseen and not unicodedata.name(c, "").startswith("VARIATION")
    return "".join(c if is_seen(c) or ord(c) < 0xA0 else "x" for c in text)


def mend_profile(profile):
    """Lets the names and the roles of a profile have only what is seen, and nothing of it be in the future."""
    for name in ("created-at", "last-login"):
        if isinstance(profile.get(name), str) and profile[name][:4] > "2024":
            profile[name] = "2024" + profile[name][4:].replace("-02-29", "-02-28")
    for name in ("given-name", "family-name", "current-school-name"):
        if isinstance(profile.get(name), str):
            profile[name] = visible(profile[name])
    roles = profile.get("user-roles")
    if isinstance(roles, list) and all(isinstance(role, str) for role in roles):
        profile["user-roles"] = [visible(role) for role in roles]


def whole(value):
    """The same with whole numbers written without a fraction, as JSON Schema takes them and typed readers do not."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole(member) for name, member in value.items()}
    return [whole(member) for member in value] if isinstance(value, list) else value


def mend_admin(case):
    """Names what is there instead of what is not, and nothing that the fuzzer itself lives by."""
    parameters = case.path_parameters or {}
    if is_uuid(parameters.get("customer_id")):
        parameters["customer_id"] = os.environ["INTEROP_CUSTOMER"]
    client_id = parameters.get("client_id")
    if isinstance(client_id, str) and client_id.isascii() and client_id.isprintable() and 0 < len(client_id) <= 255:
        parameters["client_id"] = os.environ["INTEROP_CHANGED_ID"]
    # The token key seals the admin's own token.
    if case.path.endswith("/keys/{key_id}/retire") and isinstance(parameters.get("key_id"), int):
        parameters["key_id"] = 2_000_000_000
    if isinstance(case.body, dict):
        case.body = whole(case.body)
    body = case.body if isinstance(case.body, dict) else {}
    if is_uuid(body.get("customer_id")):
        body["customer_id"] = os.environ["INTEROP_CUSTOMER"]
    # Secrets and audiences are measured in bytes, and names have no characters that nobody sees.
    for holder in (body, body.get("secret")):
        if isinstance(holder, dict) and isinstance(holder.get("client_secret"), str) and len(holder["client_secret"]) >= 32:
            holder["client_secret"] = visible(holder["client_secret"]).encode()[:512].decode(errors="ignore")
    settings = body.get("settings")
    if isinstance(settings, dict):
        if isinstance(settings.get("organisational_unit"), str):
            settings["organisational_unit"] = visible(settings["organisational_unit"])
        audiences = settings.get("audiences")
        if isinstance(audiences, list):
            settings["audiences"] = [
                text.encode()[:500].decode(errors="ignore").strip() if isinstance(text, str) else text for text in audiences
            ]


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.path.startswith("/admin/"):
        mend_admin(case)
    # Of all invitations there could be, the one that is there.
    parameters = case.path_parameters or {}
    if is_uuid(parameters.get("invitation_id")) and "INTEROP_INVITATION" in os.environ:
        parameters["invitation_id"] = os.environ["INTEROP_INVITATION"]
    # Further scores of one result have names that differ, which a schema cannot say.
    scores = case.body.get("scores") if isinstance(case.body, dict) else None
    if isinstance(scores, list):
        for number, score in enumerate(scores):
            if isinstance(score, dict) and isinstance(score.get("name"), str) and score["name"]:
                score["name"] = visible(f"{number} {score['name']}"[:200])
    for part in (case.body, case.query):
        if isinstance(part, dict) and isinstance(part.get("name"), str):
            part["name"] = visible(part["name"])
    if "/platform/v1/profiles/" in case.path and isinstance(case.body, dict):
        rows = case.body.get("profiles")
        for profile in [case.body, *(rows if isinstance(rows, list) else [])]:
            if isinstance(profile, dict):
                mend_profile(profile)
    # A PDF begins like one.
    is_report = "/platform/" in case.path and case.path.endswith("/reports")
    if is_report and case.media_type == "application/pdf" and isinstance(case.body, (bytes, str)):
        case.body = b"%PDF-" + (case.body if isinstance(case.body, bytes) else case.body.encode())
    authorization = case.headers.get("Authorization")
    # A caller authenticates in one way (RFC 6749 section 2.3): beside that header the body has no credentials.
    if (authorization or kwargs.get("auth")) and isinstance(case.body, dict):
        case.body = {name: value for name, value in case.body.items() if name not in ("client_id", "client_secret")}
    # A bearer token has at least one character (RFC 6750 section 2.1).
    if authorization and authorization.strip() == "Bearer":
        case.headers["Authorization"] = "Bearer -"
    # What stands for a header whose pattern wants more than letters and digits; it would hide all that comes after it.
    # Where the fuzzer leaves out a header it must stay so, which it does not after an edit of the headers.
    leaves_out = getattr(case.meta.phase.data, "parameter", None) == "Authorization"
    if case.headers.get("X-Current-User") == "0" and not leaves_out:
        case.headers["X-Current-User"] = "jean.dupont@site"
    query = case.query if isinstance(case.query, dict) else {}
    if case.method in ("GET", "HEAD") and case.path in WHICH_ONES:
        if not query.get("application_id") and not query.get("campaign_id"):
            case.query = {**query, "campaign_id": "0161ed31-5440-7000-8000-000000000003"}
