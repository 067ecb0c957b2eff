import json
import os
import sys
from urllib.parse import parse_qsl

from authlib.integrations.requests_client import OAuth2Session, OAuthError
from requests import HTTPError

URL = os.environ["VIDEOCALL_URL"]

session = OAuth2Session(
    os.environ["CLIENT_ID"],
    os.environ["CLIENT_SECRET"],
    token_endpoint_auth_method=os.environ["CLIENT_AUTH"],
    revocation_endpoint_auth_method=os.environ["CLIENT_AUTH"],
)


def get_token():
    parameters = {"grant_type": "client_credentials", **dict(parse_qsl(os.environ.get("PARAMETERS", "")))}
    return {"token": session.fetch_token(f"{URL}/o/token/", **parameters)["access_token"]}


def revoke(token):
    # The library hands over the answer as it is, a refusal too.
    session.revoke_token(f"{URL}/o/revoke_token/", token=token).raise_for_status()
    return {"revoked": True}


try:
    seen = revoke(sys.argv[1]) if sys.argv[1:] else get_token()
except OAuthError as error:
    # It knows no status.
    seen = {"error": error.error, "raised": OAuthError.__name__}
except HTTPError as error:
    answer = error.response
    seen = {"error": answer.json()["error"], "status": answer.status_code, "raised": HTTPError.__name__}
print(json.dumps(seen))
