#!/bin/bash
# An unchanged customer deployed again, against `kubectl apply -k --server-side` of the same objects, pair by pair. Needs a
# cluster (KUBECONFIG), whose nodes pull from the registry at 127.0.0.1:5000; without one it says so.
set -euo pipefail
cd "$(dirname "$0")/.."
kiln=$PWD/.build/release/kiln
context=$(kubectl config current-context 2>/dev/null) && kubectl get nodes >/dev/null 2>&1 || {
  echo "deploy: no cluster here, not measured"
  exit 0
}
work=$(mktemp -d)
trap 'kubectl delete namespace kilnbench --wait=false >/dev/null 2>&1; rm -rf "$work"' EXIT
cd "$work"
"$kiln" init w >/dev/null 2>&1
cd w
rm -r environments/* apps/*
mkdir apps/shop
echo '<?php echo "ok";' > apps/shop/health.php
printf 'version: 1\nregistry: 127.0.0.1:5000\nclusters: {bench: {context: %s}}\n' "$context" > kiln.yaml
cat > environments/kilnbench.yaml <<'END'
version: 1
customer: kilnbench
runtime: {base: debian-12, components: {apache: {}, php: {extensions: [mysql, redis]}}}
app:
  source: ../apps/shop
  port: 80
  health: /health.php
  environment: {APP_ENV: production}
  workers: {queue: {command: [sleep, infinity]}}
  jobs: {digest: {command: ["true"], schedule: "0 3 * * *"}}
services:
  mariadb: {from: packages, database: shop, user: shop, password: DB_PASSWORD, storage: 500Mi}
  redis: {from: packages, storage: 100Mi}
secrets: {DB_PASSWORD: {env: BENCH_DB_PASSWORD}}
deploy: {kubernetes: {}}
END
export BENCH_DB_PASSWORD=secret
"$kiln" generate -q
git init -q . && git add -A && git -c user.name=b -c user.email=b@example.com commit -qm first
"$kiln" deploy kilnbench -q >&2
mkdir ../same
kubectl -n kilnbench get configmap kiln-release-1 -o jsonpath='{.data.objects\.json}' \
  | jq '{apiVersion: "v1", kind: "List", items: .}' > ../same/objects.yaml
printf 'resources: [objects.yaml]\n' > ../same/kustomization.yaml
milliseconds() {
  local begun=$EPOCHREALTIME
  "$@" >/dev/null 2>&1
  local ended=$EPOCHREALTIME
  echo $(((${ended/./} - ${begun/./}) / 1000))
}
echo "an unchanged customer, $(jq '.items | length' ../same/objects.yaml) objects; milliseconds: kiln deploy, kubectl apply -k --server-side, ratio"
for _ in 1 2 3 4 5 6 7; do
  ours=$(milliseconds "$kiln" deploy kilnbench -q)
  theirs=$(milliseconds kubectl --context "$context" -n kilnbench apply -k ../same --server-side --field-manager=kiln --force-conflicts)
  echo "$ours $theirs $((100 * ours / theirs))"
done | tee ../times
sort -n -k 3 ../times | awk '{ ratio[NR] = $3 / 100 } END { print "median ratio: " ratio[int((NR + 1) / 2)] }'
