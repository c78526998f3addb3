#!/bin/sh
# Removes from the engine what end-to-end tests left there that were killed: the environments of their workspaces, by
# the folder that their labels name. What anybody else has on this engine stays.
set -u
command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1 || exit 0
folder=${TMPDIR:-/tmp}
remove() {
  kind=$1 names=$2
  shift 2
  docker "$kind" ls "$@" --format "{{.$names}} {{.Label \"io.kiln.root\"}}" \
    | awk -v folder="${folder%/}/kiln-e2e-" 'index($2, folder) == 1 { print $1 }' \
    | while read -r name; do
      echo "removing what a test left: the $kind $name"
      case $kind in
      container) docker rm --force --volumes "$name" ;;
      network)
        # The proxy of all customers is in it and stays.
        docker network inspect --format '{{range .Containers}}{{println .Name}}{{end}}' "$name" \
          | while read -r guest; do [ -z "$guest" ] || docker network disconnect --force "$name" "$guest"; done
        docker network rm "$name"
        ;;
      *) docker "$kind" rm "$name" ;;
      esac >/dev/null
    done
}
remove container Names --all
remove network Name
remove volume Name
# Hosts that a test provisions have no such label: their names say whose they are.
docker ps --all --quiet --filter 'name=^/?kiln-e2e-host-[0-9]+$' | while read -r id; do docker rm --force --volumes "$id" >/dev/null; done
