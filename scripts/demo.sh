#!/bin/sh
# `make demo`: two customers that share one runtime, from their specs to everything that is generated.
set -eu
cd "$(dirname "$0")/.."
kiln=$PWD/.build/debug/kiln
rm -rf demo
"$kiln" init demo
cd demo
"$kiln" new acme --profile lamp >/dev/null
"$kiln" new globex --profile lamp >/dev/null
rm environments/hello.yaml
echo '$ kiln check' && "$kiln" check
echo '$ kiln generate' && "$kiln" generate --quiet
echo '$ kiln generate --check' && "$kiln" generate --check
echo
find generated | LC_ALL=C sort | sed -e 's|[^/]*/|  |g'
echo
echo "Two customers, one runtime: $(ls generated/runtimes)"
grep -H '^FROM' generated/*/app/Dockerfile
echo
echo '$ kiln plan --fleet' && "$kiln" plan --fleet
