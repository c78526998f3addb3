#!/bin/bash
# Fleets of 100, 1,000 and 10,000 customers: time and memory of each command, ratios to peers; writes docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.build/bench-venv
if [ ! -x $venv/bin/copier ]; then
  python3 -m venv $venv
  $venv/bin/pip install -q jinja2 pyyaml copier cookiecutter >&2
fi
exec $venv/bin/python benchmarks/fleet_measure.py "$@"
