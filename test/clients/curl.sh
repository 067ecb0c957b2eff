#!/bin/sh
set -eu

if [ $# -gt 0 ]; then
  set -- "$VIDEOCALL_URL/o/revoke_token/" --data-urlencode "token=$1"
else
  set -- "$VIDEOCALL_URL/o/token/" --data grant_type=client_credentials ${PARAMETERS:+--data "$PARAMETERS"}
fi
case $CLIENT_AUTH in
  client_secret_basic) set -- "$@" --user "$CLIENT_ID:$CLIENT_SECRET" ;;
  client_secret_post)
    set -- "$@" --data-urlencode "client_id=$CLIENT_ID" --data-urlencode "client_secret=$CLIENT_SECRET" ;;
esac

exit=0
answer=$(curl --silent --fail-with-body --write-out '%{http_code}' "$@") || exit=$?
body=${answer%???}
status=${answer#"$body"}
text() { printf '%s' "$body" | sed "s/.*\"$1\": \"\([^\"]*\)\".*/\1/"; }

case $exit,$body in
  0,) echo '{"revoked":true}' ;;
  0,*) echo "{\"token\":\"$(text access_token)\"}" ;;
  *) echo "{\"error\":\"$(text error)\",\"status\":$status,\"raised\":\"exit $exit\"}" ;;
esac
