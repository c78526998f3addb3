#!/usr/bin/env bash
# The end-to-end tests: two lanes beside each other, then the suites that need the machine for themselves, which measure
# how fast pages answer or containers end, or empty the builder's cache. All that brings environments up, and so HTTPS, is in one lane.
# KILN_BIN names the folder of the binary under test; SWIFT, the compiler's command.
set -uo pipefail
swift=${SWIFT:-swift}
lane='BakeTests|BuildTests|ClusterTests|ContextTests|EnvironmentTests|FleetTests|GenerationTests|PackerLogTests|PipelineTests'
alone='StopTests|ParityTests|LoadTests'
log=$(mktemp)
trap 'kill $(jobs -p) 2>/dev/null; rm -f "$log"' EXIT

# Other modules have suites of the same names. Nothing is built here: two may use the build folder at once.
suites() { KILN_E2E=1 $swift test --ignore-lock --skip-build --no-parallel --filter "KilnEndToEndTests\.($1)/" "${@:2}"; }

status=0
suites "$lane" >"$log" 2>&1 &
suites '.*' --skip "KilnEndToEndTests\.($lane|$alone)/" || status=1
wait $! || status=1
cat "$log"
suites LoadTests || status=1
# The cache is emptied last.
suites StopTests || status=1
suites ParityTests || status=1
exit $status
