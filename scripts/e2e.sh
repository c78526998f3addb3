#!/usr/bin/env bash
# The end-to-end tests: two lanes beside each other that take about as long, then what needs the machine for itself: what
# measures how fast pages answer or containers end, and what empties the builder's cache. All that brings environments
# up, and so HTTPS, is in one lane.
# KILN_BIN names the folder of the binary under test; SWIFT, the compiler's command.
set -uo pipefail
swift=${SWIFT:-swift}
lane='(Bake|Build|Cluster|Context|Environment|Fleet|Generation|PackerLog|Parity|Pipeline)Tests/'
# In this order: the cache is emptied last.
alone=('LoadTests/' 'StopTests/' 'ParityTests/twoBuildsGiveTheSameImage')
log=$(mktemp)
trap 'kill $(jobs -p) 2>/dev/null; rm -f "$log"' EXIT

# Other modules have suites of the same names. Nothing is built here: two may use the build folder at once.
tests() { KILN_E2E=1 $swift test --ignore-lock --skip-build --no-parallel --filter "KilnEndToEndTests\.($1)" "${@:2}"; }

status=0
later=$(IFS='|' && echo "${alone[*]}")
tests "$lane" --skip "KilnEndToEndTests\.($later)" >"$log" 2>&1 &
tests '.*' --skip "KilnEndToEndTests\.($lane|$later)" || status=1
wait $! || status=1
cat "$log"
for test in "${alone[@]}"; do tests "$test" || status=1; done
exit $status
