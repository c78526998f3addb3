#!/bin/bash
# Compares what two kilns generate: compare-outputs.sh BINARY_A BINARY_B [--diff]
#
# Prints the files that differ (M), that only B generates (A) and that only A generates (D); --diff shows how. Exit 0 when
# there are none, 1 when there are. For refactorings: build the commit before, keep its binary, and compare.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/record-outputs.sh" "$work/a" "$1" >&2
"$here/record-outputs.sh" "$work/b" "$2" >&2
# Runtimes have their digest in their name: a renamed runtime is one D and one A.
LC_ALL=C join -j 2 -a 1 -a 2 -e - -o 0,1.1,2.1 \
  <(LC_ALL=C sort -k 2 "$work/a/outputs.sha256") <(LC_ALL=C sort -k 2 "$work/b/outputs.sha256") \
  | awk '$2 == "-" { print "A", $1 } $3 == "-" { print "D", $1 } $2 != "-" && $3 != "-" && $2 != $3 { print "M", $1 }' \
  > "$work/changes"
cat "$work/changes"
if [ "${3:-}" = --diff ]; then
  awk '$1 == "M" { print $2 }' "$work/changes" | while read -r file; do
    diff -u --label "a/$file" --label "b/$file" "$work/a/$file" "$work/b/$file" || true
  done
fi
[ ! -s "$work/changes" ]
