"""Invites somebody who begins an assessment, for the fuzzer to find, and prints the invitation's identifier."""

import os
import uuid

import requests

from checks import ISSUER

headers = {"Authorization": f"Bearer {os.environ['INTEROP_TOKEN']}"}


def call(method, path, body=None):
    response = requests.request(method, f"{ISSUER}{path}", json=body, headers=headers, timeout=30)
    response.raise_for_status()
    return response.json()


campaign = call("GET", "/assessments/campaigns")[0]
candidate = {
    "campaign_id": campaign["campaign_id"],
    "applicant_id": str(uuid.uuid4()),
    "application_id": str(uuid.uuid4()),
    "lastname": "Dupont",
    "firstname": "Zoé",
    "email": "zoe.dupont@site",
}
invitation = call("POST", "/assessments/invitations", [candidate])[0]["invitation_id"]
call("POST", f"/platform/v1/invitations/{invitation}/status", {"status": "started"})
print(invitation)
