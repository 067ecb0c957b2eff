import json
import os
import sys
from urllib.parse import parse_qsl

from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests import HTTPError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

URL = os.environ["VIDEOCALL_URL"]
ID = os.environ["CLIENT_ID"]
SECRET = os.environ["CLIENT_SECRET"]
BASIC = os.environ["CLIENT_AUTH"] == "client_secret_basic"
PARAMETERS = dict(parse_qsl(os.environ.get("PARAMETERS", "")))

client = BackendApplicationClient(client_id=ID)
session = OAuth2Session(client=client)


def get_token():
    credentials = (
        {"auth": HTTPBasicAuth(ID, SECRET)}
        if BASIC
        else {"include_client_id": True, "client_secret": SECRET}
    )
    token = session.fetch_token(f"{URL}/o/token/", **credentials, **PARAMETERS)
    return {"token": token["access_token"]}


def revoke(token):
    # The library writes the request, but leaves it to its user to send it and to look at the answer.
    credentials = {} if BASIC else {"client_id": ID, "client_secret": SECRET}
    url, headers, body = client.prepare_token_revocation_request(
        f"{URL}/o/revoke_token/", token, **credentials
    )
    auth = HTTPBasicAuth(ID, SECRET) if BASIC else None
    session.post(url, body, headers=headers, auth=auth, withhold_token=True).raise_for_status()
    return {"revoked": True}


try:
    seen = revoke(sys.argv[1]) if sys.argv[1:] else get_token()
except OAuth2Error as error:
    # Its status is what the standard has for such an error, whatever the answer had.
    seen = {"error": error.error, "status": error.status_code, "raised": OAuth2Error.__name__}
except HTTPError as error:
    answer = error.response
    seen = {"error": answer.json()["error"], "status": answer.status_code, "raised": HTTPError.__name__}
print(json.dumps(seen))
