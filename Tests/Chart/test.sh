#!/usr/bin/env bash
# The chart's tests, or with other arguments its renderer: `Tests/Chart/test.sh run render VALUES…`.
# Go's libraries are Debian's, so there are no modules, and no C compiler is needed; what is compiled stays in .build.
set -euo pipefail
cd "$(dirname "$0")"
export CGO_ENABLED=0 GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="${GOCACHE:-$(realpath ../..)/.build/go}" GOFLAGS=
if [ "${1:-}" = run ]; then shift; exec go run . "$@"; fi
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { echo "gofmt: $unformatted" >&2; exit 1; }
export WEIR="${WEIR:-$(cd ../.. && swift build -c release --show-bin-path)/weir}"
go vet .
exec go test -count=1 -timeout 900s "$@" .
