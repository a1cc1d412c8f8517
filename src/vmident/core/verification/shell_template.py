"""The script for Linux, but for its last lines. POSIX `sh`: dash, bash and busybox run it in the tests.

curl, wget and python3 are tried in this order, without a proxy and without their own configuration files. busybox's
wget prints the status of an error and not its body, so with it there is no description; its `-T` is not used, as
1.35 ends with a segmentation fault there. What decodes base64 is `base64`, openssl or
python3.
"""

SHELL = r"""#!/bin/sh
# vmident verify: requests a token for each identity of this VM from its token service and prints the claims that name
# the principal. Tokens are kept in variables of this shell and are not printed.
set +x
LC_ALL=C
export LC_ALL
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
nonce=@NONCE@
width=@WIDTH@
seconds_left=@SECONDS@
unreachable=
newline='
'

has() { command -v "$1" >/dev/null 2>&1; }

# fetch URL: prints the answer, a line break and the HTTP status.
if has curl; then
  tool=curl
  fetch() {
    curl -q -s --noproxy '*' --connect-timeout 5 --max-time 30 -H 'Metadata: true' -w '\n%{http_code}' "$1" 2>/dev/null
  }
elif has wget; then
  tool=wget
  options=
  if wget --help 2>&1 | grep -q -e --content-on-error; then
    options='--no-config --no-proxy --tries=1 --timeout=10 --content-on-error --server-response'
  fi
  fetch() {
    status=
    # shellcheck disable=SC2086
    wget_output=$(wget $options -q -O - --header 'Metadata: true' "$1" 2>&1) && status=200
    printf '%s\n' "$wget_output"
    stated=$(printf '%s\n' "$wget_output" | sed -n 's/.*HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' | head -n 1)
    printf '%s\n' "${stated:-$status}"
  }
elif has python3; then
  tool=python3
  fetch() {
    python3 -I - "$1" 2>/dev/null <<'END'
import sys, urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
request = urllib.request.Request(sys.argv[1], headers={"Metadata": "true"})
try:
    with opener.open(request, timeout=30) as answer:
        print(answer.read().decode(), answer.status, sep="\n")
except urllib.error.HTTPError as failure:
    print(failure.read().decode(), failure.code, sep="\n")
END
  }
else
  tool=none
fi

if has base64; then
  decode() { base64 -d 2>/dev/null; }
elif has openssl; then
  decode() { openssl base64 -d -A 2>/dev/null; }
elif has python3; then
  decode() { python3 -I -c 'import base64, sys; sys.stdout.buffer.write(base64.b64decode(sys.stdin.read()))'; }
else
  tool=none
fi

# member NAME JSON: prints the last text of that name, without its quotes.
member() { printf '%s' "$2" | tr -d '\r\n' | sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p'; }

lower() { printf '%s' "$1" | tr 'A-Z' 'a-z'; }

# clean TEXT: prints what is safe to print of it. No answer should hold a token in its text; it would be left out.
clean() { printf '%s\n' "$1" | sed 's/eyJ[A-Za-z0-9_.=-]*/***/g' | tr -cd 'A-Za-z0-9 /_.:,()*\n-'; }

# word TEXT: prints the first 36 characters of a claim, `-` for none.
word() { word=$(clean "$1" | tr -d ' ' | cut -c 1-36); printf '%s' "${word:--}"; }

claims_of() {
  payload=${1#*.}
  payload=${payload%%.*}
  case $((${#payload} % 4)) in
    2) payload="$payload==" ;;
    3) payload="$payload=" ;;
  esac
  printf '%s' "$payload" | tr '_-' '/+' | decode
}

# Check NUMBER EXPECTED_RESOURCE_ID URL
Check() {
  [ "$tool" = none ] && return
  pause=1
  while :; do
    answer=
    status=000
    if [ -z "$unreachable" ]; then
      answer=$(fetch "$3")
      status=${answer##*"$newline"}
    fi
    case $status in
      404 | 410 | 429 | 5[0-9][0-9])
        [ "$seconds_left" -gt 0 ] || break
        sleep "$pause"
        seconds_left=$((seconds_left - pause))
        [ "$pause" -ge 16 ] || pause=$((pause * 2))
        ;;
      [1-5][0-9][0-9]) break ;;
      *)
        status=000
        unreachable=yes
        break
        ;;
    esac
  done
  token=$(member access_token "$answer")
  if [ "$status" = 200 ] && [ -n "$token" ]; then
    claims=$(claims_of "$token")
    token=
    answer=
    resource_id=$(member xms_mirid "$claims")
    if [ "$(lower "$resource_id")" = "$(lower "$2")" ]; then resource_id='='; fi
    case $resource_id in
      '') resource_id='-' ;;
      '=') ;;
      *) resource_id=$(clean "$resource_id" | tr -d ' ' | sed "s/.*\(.\{$width\}\)\$/\1/") ;;
    esac
    oid=$(word "$(member oid "$claims")")
    appid=$(word "$(member appid "$claims")")
    printf '%s %s 200 %s %s %s\n' "$nonce" "$1" "$oid" "$appid" "$resource_id"
  else
    why=$(clean "$(member error_description "$answer")" | cut -c "1-$width")
    printf '%s %s %s %s\n' "$nonce" "$1" "$status" "$why"
  fi
}

printf '%s tool %s\n' "$nonce" "$tool"
"""
