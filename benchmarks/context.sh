#!/bin/bash
# Packing contexts against GNU tar, bsdtar, pigz, zstd and openssl, in one run on the same trees; a Markdown table.
set -euo pipefail
cd "$(dirname "$0")/.."
kiln=$PWD/.build/release/kiln
for tool in bsdtar pigz zstd openssl; do command -v "$tool" >/dev/null || { echo "kiln: $tool is missing: apt-get install libarchive-tools pigz zstd openssl" >&2; exit 1; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$work" <<'E2'
import os, shutil, sys
work = sys.argv[1]
# Source as it is on this machine: about 25,000 files and 340 MB.
count = size = 0
for top in ["/usr/include", "/usr/lib/python3", "/usr/lib/python3.11", "/usr/share", "/usr/lib/x86_64-linux-gnu", "/usr/lib", "/opt"]:
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > 2_000_000: continue
            if count >= 25_000: break
            # Larger ones are kept for the end, when the bytes are short of what is wanted.
            if size / 340e6 > (count + 1500) / 25_000 and os.path.getsize(path) > 6_000: continue
            target = work + "/source" + path
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(path, target)
            count += 1; size += os.path.getsize(path)
print("source: %d files, %d MB" % (count, size / 1e6), file=sys.stderr)
# Nearly as many folders as files: 23,000 and 25,000, 410 MB.
for index in range(25_000):
    number = index % 22_000
    folder = work + "/folders/%02d/%02d/%05d" % (number // 1000, number // 20 % 50, number)
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/file-%d.bin" % index, "wb") as out: out.write(os.urandom(16_400))
# Many files of which an ignore file drops most.
for index in range(150_000):
    package, number = divmod(index, 1000)
    folder = work + "/ignored/" + ("src/%d" % package if package < 5 else "node_modules/p%d/lib" % package)
    if number == 0: os.makedirs(folder)
    with open(folder + "/%d.js" % number, "w") as out: out.write("export const n = %d\n" % index)
open(work + "/ignored/.dockerignore", "w").write("node_modules\n**/*.log\n*.tmp\n")
# One gigabyte that cannot be compressed.
os.makedirs(work + "/random")
for index in range(64):
    with open(work + "/random/%d.bin" % index, "wb") as out: out.write(os.urandom(16 << 20))
E2
rm -f "$work"/random/x
runs=${RUNS:-3}
# The least wall time and CPU of several runs, and the peak memory of the largest process, in kB.
measure() {
  local best=999 cpu=999 mem=0
  bash -c "$1" > /dev/null  # warms the caches
  for _ in $(seq "$runs"); do
    rm -f "$work"/out*
    read -r w u s m < <({ /usr/bin/time -f '%e %U %S %M' bash -c "$1" > /dev/null; } 2>&1 | tail -1)
    best=$(awk "BEGIN {print ($w < $best) ? $w : $best}")
    cpu=$(awk "BEGIN {c = $u + $s; print (c < $cpu) ? c : $cpu}")
    mem=$m
  done
  echo "$best $cpu $mem"
}
row() { awk -v n="$1" -v p="$2" -v aw="$3" -v ac="$4" -v m="$5" -v bw="$6" -v bc="$7" 'BEGIN {printf "| %s | %.2f s | %.2f s | %s | %.2f s | %.2f s | %.2f | %.2f | %.0f MB |\n", n, aw, ac, p, bw, bc, aw / bw, ac / bc, m / 1024}'; }
compare() { # name, kiln's command, peer's name, peer's command
  local aw ac m bw bc
  read -r aw ac m < <(measure "$2"); read -r bw bc _ < <(measure "$4")
  row "$1" "$3" "$aw" "$ac" "$m" "$bw" "$bc"
}
# The peer's archive is still there; kiln's is made again.
sizes() { bash -c "$4"; echo "$(stat -c %s "$1") $(stat -c %s "$2")" | awk -v p="$3" '{printf "| size of the last | %.1f MB | | %s | %.1f MB | | %.3f | | |\n", $1 / 1e6, p, $2 / 1e6, $1 / $2}'; }
gnutar="tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf"
cat "$work"/source/usr/include/*.h > /dev/null 2>&1 || true
tar -cf /dev/null "$work/source" "$work/folders" 2>/dev/null; cat "$work"/random/* > /dev/null
o=$work/out
echo "| task | kiln wall | kiln CPU | peer | wall | CPU | wall ratio | CPU ratio | kiln's memory |"
echo "|---|---|---|---|---|---|---|---|---|"
s="'$work/source'"
compare "source, tar and digest" "$kiln context pack $s -q -o $o.tar 2>/dev/null" "GNU tar; openssl dgst" "$gnutar $o.gnu.tar -C $s . && openssl dgst -sha256 $o.gnu.tar"
compare "source, tar and digest" "$kiln context pack $s -q -o $o.tar 2>/dev/null" "GNU tar; sha256sum" "$gnutar $o.gnu.tar -C $s . && sha256sum $o.gnu.tar"
compare "source, tar and digest" "$kiln context pack $s -q -o $o.tar 2>/dev/null" "bsdtar; openssl dgst" "bsdtar --uid 0 --gid 0 -cf $o.bsd.tar -C $s . && openssl dgst -sha256 $o.bsd.tar"
compare "source, gzip" "$kiln context pack $s -q -o $o.tar.gz 2>/dev/null" "GNU tar piped to pigz -6" "$gnutar - -C $s . | pigz -6 > $o.gnu.tgz"
sizes $o.tar.gz $o.gnu.tgz "pigz -6" "$kiln context pack $s -q -o $o.tar.gz 2>/dev/null"
compare "source, zstd" "$kiln context pack $s -q -o $o.tar.zst 2>/dev/null" "GNU tar piped to zstd -3 -T0" "$gnutar - -C $s . | zstd -q -3 -T0 -f -o $o.gnu.zst"
sizes $o.tar.zst $o.gnu.zst "zstd -3" "$kiln context pack $s -q -o $o.tar.zst 2>/dev/null"
compare "as many folders as files, tar and digest" "$kiln context pack '$work/folders' -q -o $o.tar 2>/dev/null" "GNU tar; openssl dgst" "$gnutar $o.gnu.tar -C '$work/folders' . && openssl dgst -sha256 $o.gnu.tar"
compare "150,000 files, most ignored" "$kiln context pack '$work/ignored' -q -o $o.tar 2>/dev/null" "bsdtar --exclude" "bsdtar --uid 0 --gid 0 --exclude node_modules -cf $o.bsd.tar -C '$work/ignored' ."
compare "1 GB of random files" "$kiln context pack '$work/random' -q -o $o.tar 2>/dev/null" "GNU tar; openssl dgst" "$gnutar $o.gnu.tar -C '$work/random' . && openssl dgst -sha256 $o.gnu.tar"
