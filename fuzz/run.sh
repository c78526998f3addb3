#!/bin/sh
# `make fuzz`: each libFuzzer target for SECONDS_EACH (default 120) over the corpus here; new inputs stay out of git.
set -eu
cd "$(dirname "$0")/.."
out=$PWD/.build/fuzz
mkdir -p "$out"
swiftc -O -parse-as-library -swift-version 6 -emit-library -static -emit-module -module-name KilnDiagnostics -emit-module-path "$out/KilnDiagnostics.swiftmodule" -o "$out/libKilnDiagnostics.a" Sources/KilnDiagnostics/*.swift
log=$(ls Sources/KilnPacker/Log/*.swift | grep -v '+JSON')
features="-enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature ExistentialAny"
swiftc -O -swift-version 6 $features -parse-as-library -sanitize=fuzzer,address -o "$out/packer-log" $log fuzz/PackerLogFuzz.swift
swiftc -O -swift-version 6 $features -parse-as-library -sanitize=fuzzer,address -I "$out" -L "$out" -lKilnDiagnostics -o "$out/parameters" Sources/KilnAzure/Parameters/*.swift fuzz/ParametersFuzz.swift
swiftc -O -swift-version 6 $features -parse-as-library -sanitize=fuzzer,address -I "$out" -L "$out" -lKilnDiagnostics -o "$out/ignore" Sources/KilnContext/Ignore/*.swift Tests/KilnContextTests/IgnoreOracle.swift fuzz/IgnoreFuzz.swift
output=Sources/KilnArtifacts/Output
swiftc -O -swift-version 6 $features -parse-as-library -sanitize=fuzzer,address -o "$out/ledger" $output/Ledger.swift $output/LedgerLine.swift $output/OutputJournal.swift $output/OutputUnit+Name.swift Sources/KilnArtifacts/RelativePath.swift fuzz/LedgerFuzz.swift
for target in ${TARGETS:-packer-log parameters ignore ledger}; do
  mkdir -p "$out/$target.new"
  echo "fuzzing $target for ${SECONDS_EACH:-120} s"
  "$out/$target" -max_total_time="${SECONDS_EACH:-120}" -max_len=4096 -timeout=10 -artifact_prefix="$out/" "$out/$target.new" "fuzz/corpus/$target"
done
