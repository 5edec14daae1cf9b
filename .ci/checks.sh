# Sourced by the scripts beside it: named checks, counted, with the counts written where .ci/run adds them up.
# shellcheck shell=bash

passed=0
failed=0

say() { printf '[%s] %s\n' "$(date +%T)" "$*"; }

# check TITLE COMMAND…: runs the command, prints and counts the outcome; its output is shown where it fails.
check() {
  local title=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    say "  ok      $title"
  else
    failed=$((failed + 1))
    say "  NOT OK  $title"
    [ -z "$output" ] || printf '%s\n' "$output" | tail -n 40 | sed 's/^/          | /'
  fi
}

# write_counts NAME: "passed failed" into .reports/NAME.counts of the checkout that holds this file.
write_counts() {
  local reports
  reports="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.reports"
  mkdir -p "$reports"
  printf '%s %s\n' "$passed" "$failed" >"$reports/$1.counts"
}

# wait_for SECONDS COMMAND…: until the command succeeds; fails when the time is over.
wait_for() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.1
  done
}

alive() { [ -e "/proc/$1" ] && ! grep -q '^State:\s*Z' "/proc/$1/status" 2>/dev/null; }
gone() { ! alive "$1"; }

# descendants PID: all processes below it, those in groups of their own too.
descendants() {
  local child
  for child in $(pgrep -P "$1"); do
    echo "$child"
    descendants "$child"
  done
}

# post_graphql URL QUERY [TOKEN]: the response's body; fails on HTTP errors.
post_graphql() {
  local body
  body=$(node -e 'console.log(JSON.stringify({ query: process.argv[1] }))' "$2")
  curl --silent --show-error --fail-with-body --max-time 20 "$1" -H 'content-type: application/json' \
    ${3:+-H "authorization: Bearer $3"} --data "$body"
}

# json EXPRESSION <<<TEXT: prints what a JavaScript expression over `it` gives; fails where that is nothing.
json() {
  # shellcheck disable=SC2016 # it is JavaScript's ${…}, not the shell's
  node -e '
    const it = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const value = new Function("it", `return (${process.argv[1]})`)(it);
    if (value === undefined || value === null || value === false) process.exit(1);
    console.log(typeof value === "string" ? value : JSON.stringify(value));
  ' "$1"
}

free_port() {
  node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

need_packages() {
  say "installing $*"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
