#!/bin/bash
# Records what a kiln generates: record-outputs.sh DIRECTORY BINARY
#
# DIRECTORY/outputs.sha256 gets a line for each file that BINARY generates for the environments in examples/ and for a
# fleet of 100 customers (benchmarks/fleet.py), and DIRECTORY has the files. The same sources give the same lines.
set -euo pipefail
[ $# = 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 64; }
here=$(cd "$(dirname "$0")/.." && pwd)
kiln=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
mkdir -p "$1"
target=$(cd "$1" && pwd)
rm -rf "$target/examples" "$target/fleet" "$target/outputs.sha256"
cp -R "$here/examples" "$target/examples"
rm -rf "$target/examples/generated" "$target/examples/dist"
python3 "$here/benchmarks/fleet.py" "$target/fleet" 100
for workspace in examples fleet; do
  "$kiln" generate --quiet -w "$target/$workspace"
done
cd "$target"
find examples/generated fleet/generated -type f ! -name index.json ! -name '.kiln-*' -print0 \
  | LC_ALL=C sort -z | xargs -0 sha256sum > outputs.sha256
echo "$(wc -l < outputs.sha256) files recorded in $1/outputs.sha256"
