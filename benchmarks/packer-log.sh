#!/bin/bash
# Reading a log, patching a large file and starting up, against grep, jq and a hello-world, in one run; a Markdown table.
set -euo pipefail
cd "$(dirname "$0")/.."
kiln=$PWD/.build/release/kiln
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$work" <<'E2'
import sys
work = sys.argv[1]
lines = ["    azure-arm: Get:%d http://azure.archive.ubuntu.com/ubuntu jammy-updates/main amd64 package-%d all 1:16.04.%d [29.3 kB]" % (i, i, i) for i in range(500)]
lines += ["==> azure-arm: Setting up thing-%d (1.2.%d) ..." % (i, i) for i in range(300)]
block = "".join("2023-01-05T09:%02d:%02d.1234567Z %s\n" % (i // 60 % 60, i % 60, line) for i, line in enumerate(lines))
end = "Build 'azure-arm' finished after 4 minutes.\n\n==> Builds finished. The artifacts of successful builds are:\n--> azure-arm: Azure.ResourceManagement.VMImage:\n\nOSType: Linux\nStorageAccountLocation: westeurope\nOSDiskUri: https://a.blob.core.windows.net/x.vhd\n"
with open(work + "/big.log", "w") as out:
    for _ in range((1 << 30) // len(block)): out.write(block)
    out.write(end)
open(work + "/small.log", "w").write(end)
with open(work + "/big.json", "w") as out:
    out.write('{"parameters": {\n')
    for i in range(535000): out.write('  "parameter%d": {"value": "some text of a usual length, %d, and more of the same kind"},\n' % (i, i))
    out.write('  "imageUri": {"value": "@@IMAGEURI@@"}\n}}\n')
open(work + "/hello.swift", "w").write('import Foundation\nprint("hello", Date().timeIntervalSince1970 > 0)\n')
E2
swiftc -O -o "$work/hello" "$work/hello.swift"
cat "$work/big.log" > /dev/null
# The best of several runs, alternating, so that both meet the same machine: seconds and peak memory in kB.
measure() { local best=999 mem=0; for _ in $(seq "$runs"); do read -r s m < <({ /usr/bin/time -f '%e %M' "$@" > /dev/null; } 2>&1 | tail -1); best=$(echo "$s $best" | awk '{print ($1 < $2) ? $1 : $2}'); mem=$m; done; echo "$best $mem"; }
row() { awk -v n="$1" -v a="$2" -v b="$3" -v c="$4" -v m="$5" 'BEGIN {printf "| %s | %.3f s | %s %.3f s | %.2f | %.0f MB |\n", n, a, c, b, a / b, m / 1024}'; }
echo "| task | kiln | peer | ratio | kiln's memory |"
echo "|---|---|---|---|---|"
runs=3
read -r a m < <(measure "$kiln" packer-log "$work/big.log"); read -r b _ < <(measure grep -F OSDiskUri: "$work/big.log")
row "read a log of 1 GB" "$a" "$b" "grep -F" "$m"
read -r a m < <(measure "$kiln" parameters patch "$work/big.json" --token @@IMAGEURI@@=x --check || true); read -r b _ < <(measure jq -e .parameters.imageUri "$work/big.json")
row "patch a file of $(( $(stat -c %s "$work/big.json") >> 20 )) MB" "$a" "$b" "jq" "$m"
python3 - "$kiln" "$work" <<'E2'
import subprocess, sys, time
kiln, work = sys.argv[1:]
def best(command):
    times = []
    for _ in range(30):
        start = time.perf_counter(); subprocess.run(command, stdout=subprocess.DEVNULL); times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]
a, b = best([kiln, "packer-log", work + "/small.log"]), best([work + "/hello"])
print("| start on a small log | %.3f s | hello-world with Foundation %.3f s | %.2f | |" % (a, b, a / b))
E2
