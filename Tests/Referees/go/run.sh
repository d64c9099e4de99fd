#!/bin/sh
# Builds the Go referee from the sources that Debian ships (golang-go, golang-golang-x-mod-dev),
# without any network, and runs it. Exits with 77 where Go or the sources are absent.
#
#     run.sh DIRECTORY            (see ../referee.py for what it holds)
#     run.sh BUNDLE ROOT          (a bundle's folder, and the root key)
#
# GO and XMOD name another Go command and another copy of golang.org/x/mod.
set -eu
go=${GO:-go}
xmod=${XMOD:-/usr/share/gocode/src/golang.org/x/mod}
if ! command -v "$go" >/dev/null 2>&1; then
    echo "skipped: no go command"
    exit 77
fi
if [ ! -d "$xmod/sumdb/tlog" ]; then
    echo "skipped: golang-golang-x-mod-dev is not installed"
    exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
# The package itself needs nothing but Go; its tests do, so its own go.mod is not used.
mkdir -p "$work/mod" "$work/main"
cp -R "$xmod/sumdb" "$work/mod/"
[ ! -d "$xmod/internal" ] || cp -R "$xmod/internal" "$work/mod/"
find "$work/mod" -name '*_test.go' -delete
printf 'module golang.org/x/mod\n\ngo 1.18\n' >"$work/mod/go.mod"
cp "$here"/*.go "$work/main/"
cat >"$work/main/go.mod" <<END
module referee

go 1.18

require golang.org/x/mod v0.0.0

replace golang.org/x/mod => ../mod
END
export GOPROXY=off GOFLAGS=-mod=mod GOTOOLCHAIN=local GOCACHE="$work/cache" GOPATH="$work/path"
(cd "$work/main" && "$go" build -o "$work/referee" .)
"$work/referee" "$@"
