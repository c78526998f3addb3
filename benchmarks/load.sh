#!/bin/bash
# What `kiln load` measures against what wrk does, at the same page with the same connections, pair by pair. Needs JMeter, wrk and
# a container engine; where one is missing it says so. The page takes 40 to 80 ms: a faster one measures JMeter.
set -euo pipefail
cd "$(dirname "$0")/.."
kiln=$PWD/.build/release/kiln
for tool in jmeter wrk docker jq; do
  command -v "$tool" >/dev/null 2>&1 || {
    echo "load: $tool is not here, not measured"
    exit 0
  }
done
work=$(mktemp -d)
trap 'cd "$work/w" && "$kiln" down kilnloadbench --volumes --yes >/dev/null 2>&1; rm -rf "$work"' EXIT
cd "$work"
"$kiln" init w >/dev/null 2>&1
cd w
rm -r environments/* apps/*
mkdir apps/shop
echo '<?php usleep(random_int(40000, 80000)); echo "ok";' > apps/shop/index.php
echo '<?php echo "ok";' > apps/shop/health.php
cat > environments/kilnloadbench.yaml <<'END'
version: 1
customer: kilnloadbench
runtime: {base: debian-12, components: {apache: {}, php: {}}}
app: {source: ../apps/shop, port: 80, health: /health.php}
load: {path: /, users: 8, rampUp: 5s, duration: 20s}
END
cat > wrk.lua <<'END'
done = function(s, l, r) io.write(string.format("%d %d %.3f\n", s.requests, s.duration, l:percentile(95) / 1000)) end
END
"$kiln" generate -q
url=$("$kiln" up kilnloadbench --no-proxy -q)
echo "load: per second and p95 in ms, of wrk and of kiln load; the ratios, kiln's by wrk's (wanted 0.95 to 1.05, and 0.9 to 1.1)"
for pair in 1 2 3; do
  read -r requests micros p95 < <(wrk -t 2 -c 8 -d 20s -s wrk.lua "$url" | tail -1)
  "$kiln" load kilnloadbench -q --format json \
    | jq -r --argjson requests "$requests" --argjson micros "$micros" --argjson p95 "$p95" '.tests[0]
      | [$requests * 1000000 / $micros, $p95, .throughput, .times.p95] as $row
      | $row + [$row[2] / $row[0], $row[3] / $row[1]] | map(. * 1000 | round / 1000) | @tsv'
done
