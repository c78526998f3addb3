#!/bin/bash
# From an edited file to an image: kiln build against plain docker build on the same 25,000 files; a Markdown table.
set -euo pipefail
cd "$(dirname "$0")/.."
kiln=$PWD/.build/release/kiln
docker info >/dev/null 2>&1 || { echo "kiln: benchmarks/build.sh needs Docker; left out" >&2; exit 0; }
work=$(mktemp -d)
trap 'docker rmi -f $(docker images -q "bench/app") kiln-bench-plain >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
(cd "$work" && "$kiln" init w >/dev/null 2>&1)
cd "$work/w"
rm environments/*
printf 'version: 1\ncustomer: bench\nruntime: {base: debian-12}\napp: {source: ../apps/bench}\n' > environments/bench.yaml
mkdir -p apps/bench
python3 - <<'E2'
import os, random
random.seed(1)
for index in range(25_000):
    folder = "apps/bench/d%d" % (index // 100)
    os.makedirs(folder, exist_ok=True)
    with open("%s/f%d.php" % (folder, index), "wb") as out: out.write(random.randbytes(13_000))
E2
"$kiln" generate -q
mkdir plain && cp -r apps/bench plain/app
"$kiln" build -q bench --image app >/dev/null
runtime=$(docker images --format '{{.Repository}}:{{.Tag}}' kiln/runtime | head -1)
printf 'FROM %s\nWORKDIR /var/www/app\nCOPY app/ /var/www/app/\n' "$runtime" > plain/Dockerfile
docker build -q -t kiln-bench-plain plain >/dev/null
sleep 2.5; "$kiln" build -q bench --image app >/dev/null
seconds() { /usr/bin/time -f %e "$@" 2>&1 >/dev/null | tail -1; }
a=999 b=999 n=999
for round in 1 2 3; do
  # Of the same length and not the same: BuildKit would take the layer that it made a moment ago for the other.
  echo "<?php // kiln  $round" > apps/bench/d7/f777.php; echo "<?php // plain $round" > plain/app/d7/f777.php
  x=$(seconds "$kiln" build -q bench --image app); y=$(seconds docker build -q -t kiln-bench-plain plain)
  z=$(seconds "$kiln" build -q bench --image app)
  a=$(awk "BEGIN {print ($x < $a) ? $x : $a}"); b=$(awk "BEGIN {print ($y < $b) ? $y : $b}"); n=$(awk "BEGIN {print ($z < $n) ? $z : $n}")
done
echo "| task | kiln | docker build | ratio |"
echo "|---|---|---|---|"
echo "$a $b" | awk '{printf "| one file of 25,000 changed, to the image | %.2f s | %.2f s | %.2f |\n", $1, $2, $1 / $2}'
echo "$n" | awk '{printf "| nothing changed | %.2f s | | |\n", $1}'
