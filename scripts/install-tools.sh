#!/bin/sh
# Installs what building Kiln needs and the machine lacks; says so. Debian and Ubuntu. `test`, `e2e` and `bench` need more.
set -eu
missing=
[ -e /usr/include/archive.h ] || [ "$(uname)" = Darwin ] || missing="$missing libarchive-dev"
[ -e /usr/include/libdeflate.h ] || [ "$(uname)" = Darwin ] || missing="$missing libdeflate-dev"
[ -e /usr/include/zstd.h ] || [ "$(uname)" = Darwin ] || missing="$missing libzstd-dev"
[ -e /usr/include/nettle/sha2.h ] || [ "$(uname)" = Darwin ] || missing="$missing nettle-dev"
[ -e /usr/include/yaml.h ] || [ "$(uname)" = Darwin ] || missing="$missing libyaml-dev"
command -v pkg-config >/dev/null 2>&1 || missing="$missing pkg-config"
lacks() { ! command -v "$1" >/dev/null 2>&1; }
# Ubuntu's chromium is a snap, which a container cannot have: there the test is left out.
browser() { grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null || echo "chromium fonts-dejavu-core"; }
case ${1:-} in
test)
  # Repositories that tests make, and what plays Azure's command line.
  lacks git && missing="$missing git"
  lacks python3 && missing="$missing python3"
  ;;
e2e)
  lacks bsdtar && missing="$missing libarchive-tools"
  lacks zstd && missing="$missing zstd"
  lacks qemu-x86_64-static && missing="$missing qemu-user-static"
  lacks git && missing="$missing git"
  # Generated pipelines run with jq; the other two judge them.
  lacks jq && missing="$missing jq"
  lacks shellcheck && missing="$missing shellcheck"
  lacks groovy && missing="$missing groovy"
  lacks chromium && lacks chromium-browser && lacks google-chrome && missing="$missing $(browser)"
  ;;
bench)
  lacks wrk && missing="$missing wrk"
  lacks bsdtar && missing="$missing libarchive-tools"
  lacks zstd && missing="$missing zstd"
  lacks pigz && missing="$missing pigz"
  lacks jq && missing="$missing jq"
  [ -x /usr/bin/time ] || missing="$missing time"
  lacks python3 && missing="$missing python3"
  python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
  ;;
esac
command -v swift >/dev/null 2>&1 || { echo "kiln: Swift 6.2 or newer is needed and not on the PATH: https://swift.org/install" >&2; exit 1; }
# Judges manifests; without it a test is left out.
if [ "${1:-}" = e2e ] && ! lacks kubectl && lacks kubernetes-validate && python3 -m pip --version >/dev/null 2>&1; then
  echo "kiln: installing kubernetes-validate from PyPI" >&2
  python3 -m pip install --quiet kubernetes-validate >/dev/null 2>&1 \
    || python3 -m pip install --quiet --break-system-packages kubernetes-validate >/dev/null 2>&1 || true
fi
# Judges the definitions of CI systems; the same.
if [ "${1:-}" = e2e ] && lacks check-jsonschema && python3 -m pip --version >/dev/null 2>&1; then
  echo "kiln: installing check-jsonschema from PyPI" >&2
  python3 -m pip install --quiet check-jsonschema >/dev/null 2>&1 \
    || python3 -m pip install --quiet --break-system-packages check-jsonschema >/dev/null 2>&1 || true
fi
[ -n "$missing" ] || exit 0
echo "kiln: installing$missing" >&2
sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
command -v apt-get >/dev/null 2>&1 || { echo "kiln: please install$missing with this system's package manager" >&2; exit 1; }
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
