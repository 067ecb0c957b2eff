#!/bin/sh
# The eight commands of guide 5.2, with host and credentials replaced.
# usage: guide-curl.sh URL CLIENT_ID CLIENT_SECRET
# Prints the name, the status and the body of each command. Each revocation uses a new token.
set -eu
URL=$1 CLIENT_ID=$2 CLIENT_SECRET=$3

show() { # name, then the curl command
  name=$1; shift
  answer=$("$@" --silent --show-error --write-out '\n%{http_code}')
  status=${answer##*
}
  body=${answer%
*}
  printf '%s\t%s\t%s\n' "$name" "$status" "$body"
}

new_token() {
  curl --silent --request POST "$URL/o/token/" --form "client_id=$CLIENT_ID" \
    --form "client_secret=$CLIENT_SECRET" --form 'grant_type=client_credentials' |
    sed 's/.*"access_token": "\([^"]*\)".*/\1/'
}

show token-multipart-body \
  curl --request POST "$URL/o/token/" --form "client_id=$CLIENT_ID" --form "client_secret=$CLIENT_SECRET" \
  --form 'grant_type=client_credentials'

show token-multipart-basic \
  curl --request POST "$URL/o/token/" --user "$CLIENT_ID:$CLIENT_SECRET" --form 'grant_type=client_credentials'

show token-urlencoded-body \
  curl --request POST "$URL/o/token/" --header 'Content-Type: application/x-www-form-urlencoded' \
  --data-urlencode "client_id=$CLIENT_ID" --data-urlencode "client_secret=$CLIENT_SECRET" \
  --data-urlencode 'grant_type=client_credentials'

show token-urlencoded-basic \
  curl --request POST "$URL/o/token/" --header 'Content-Type: application/x-www-form-urlencoded' \
  --user "$CLIENT_ID:$CLIENT_SECRET" --data-urlencode 'grant_type=client_credentials'

TOKEN=$(new_token)
show "revoke-multipart-body $TOKEN" \
  curl --request POST "$URL/o/revoke_token/" --form "client_id=$CLIENT_ID" --form "client_secret=$CLIENT_SECRET" \
  --form "token=$TOKEN"

TOKEN=$(new_token)
show "revoke-multipart-basic $TOKEN" \
  curl --request POST "$URL/o/revoke_token/" --user "$CLIENT_ID:$CLIENT_SECRET" --form "token=$TOKEN"

TOKEN=$(new_token)
show "revoke-urlencoded-body $TOKEN" \
  curl --request POST "$URL/o/revoke_token/" --header 'Content-Type: application/x-www-form-urlencoded' \
  --data-urlencode "client_id=$CLIENT_ID" --data-urlencode "client_secret=$CLIENT_SECRET" \
  --data-urlencode "token=$TOKEN"

TOKEN=$(new_token)
show "revoke-urlencoded-basic $TOKEN" \
  curl --request POST "$URL/o/revoke_token/" --header 'Content-Type: application/x-www-form-urlencoded' \
  --user "$CLIENT_ID:$CLIENT_SECRET" --data-urlencode "token=$TOKEN"
