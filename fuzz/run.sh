#!/bin/sh
# `make fuzz`: each libFuzzer target for SECONDS_EACH (default 120) over the corpus here; new inputs stay out of git.
set -eu
cd "$(dirname "$0")/.."
out=$PWD/.build/fuzz
mkdir -p "$out"
library="swiftc -O -parse-as-library -swift-version 6 -package-name kiln -I $out -emit-library -static -emit-module"
$library -module-name KilnDocuments -emit-module-path "$out/KilnDocuments.swiftmodule" -o "$out/libKilnDocuments.a" Sources/KilnDocuments/*.swift
$library -module-name KilnDiagnostics -emit-module-path "$out/KilnDiagnostics.swiftmodule" -o "$out/libKilnDiagnostics.a" Sources/KilnDiagnostics/*.swift
$library -module-name KilnPacker -emit-module-path "$out/KilnPacker.swiftmodule" -o "$out/libKilnPacker.a" $(find Sources/KilnPacker -name '*.swift')
log=$(ls Sources/KilnPacker/Log/*.swift | grep -v -e '+JSON' -e PackerManifest)
features="-enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature ExistentialAny -package-name kiln"
swiftc -O -swift-version 6 $features -parse-as-library -sanitize=fuzzer,address -I "$out" -L "$out" -lKilnDocuments -o "$out/packer-log" $log fuzz/PackerLogFuzz.swift
swiftc -O -swift-version 6 $features -parse-as-library -sanitize=fuzzer,address -I "$out" -L "$out" -lKilnPacker -lKilnDiagnostics -lKilnDocuments -o "$out/parameters" Sources/KilnAzure/Parameters/*.swift fuzz/ParametersFuzz.swift
swiftc -O -swift-version 6 $features -parse-as-library -sanitize=fuzzer,address -I "$out" -L "$out" -lKilnDiagnostics -lKilnDocuments -o "$out/ignore" Sources/KilnContext/Ignore/*.swift Tests/KilnContextTests/IgnoreOracle.swift fuzz/IgnoreFuzz.swift
output=Sources/KilnArtifacts/Output
swiftc -O -swift-version 6 $features -parse-as-library -sanitize=fuzzer,address -I "$out" -L "$out" -lKilnDocuments -o "$out/ledger" $output/Ledger.swift $output/LedgerLine.swift $output/OutputJournal.swift $output/OutputUnit+Name.swift Sources/KilnArtifacts/RelativePath.swift fuzz/LedgerFuzz.swift

# The reader of specs needs most of Kiln. Its modules are libraries with the fuzzer's counters in them; what is made of
# others' sources, and the catalog as source, come of `make release`.
build_spec() {
  release=$PWD/.build/release
  mkdir -p "$out/modules"
  catalog=$(find -L "$PWD/.build/plugins/outputs" -name EmbeddedCatalog.swift | head -n 1)
  includes="-I $out/modules -I $release/Modules -I .build/checkouts/swift-system/Sources/CSystem/include"
  includes="$includes -I .build/checkouts/swift-subprocess/Sources/_SubprocessCShims/include"
  for name in CDirectoryEntries CNettle CYAML; do includes="$includes -I Sources/$name"; done
  features="$features -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault"
  compile="swiftc -wmo -swift-version 6 $features -parse-as-library -enable-testing -sanitize=fuzzer,address $includes"
  libraries=
  for name in KilnText KilnSchedule KilnDocuments KilnDiagnostics KilnProcesses KilnConsole KilnArtifacts KilnCatalog KilnPacker KilnSpec KilnPlan KilnDocker KilnAnsible KilnGoss KilnAzure KilnSystemd KilnGeneration KilnTesting; do
    folder=Sources/$name
    [ -d "$folder" ] || folder=Tests/$name
    sources=$(find "$folder" -name '*.swift')
    [ $name != KilnCatalog ] || sources="$sources $catalog"
    $compile -O -emit-library -static -emit-module -module-name $name -emit-module-path "$out/modules/$name.swiftmodule" -o "$out/modules/lib$name.a" $sources
    libraries="$out/modules/lib$name.a $libraries"
  done
  objects=
  for name in SystemPackage CSystem Subprocess _SubprocessCShims; do objects="$objects $release/$name.build/*.o"; done
  # Without -O, so that a failed precondition says what it found. Linking names symbols of the sanitizer's that do no harm.
  $compile -Onone -module-name SpecFuzz -o "$out/spec" fuzz/SpecFuzz.swift $libraries $objects 2>"$out/spec.link" || { cat "$out/spec.link"; exit 1; }
  # Every example and fixture is a seed.
  mkdir -p "$out/spec.seeds"
  for file in examples/environments/*.yaml examples/components/*.yaml templates/*/*.yaml Tests/KilnGenerationTests/Fixtures/*.txt Tests/KilnCommandsTests/Fixtures/diagnostics/*.txt; do
    cp "$file" "$out/spec.seeds/$(basename "$(dirname "$file")")-$(basename "$file")"
  done
}

# Swift's own crash handler and the address sanitizer's get in each other's way.
export SWIFT_BACKTRACE=enable=no
targets=${TARGETS:-packer-log parameters ignore ledger spec}
case " $targets " in *" spec "*) build_spec ;; esac
for target in $targets; do
  mkdir -p "$out/$target.new"
  echo "fuzzing $target for ${SECONDS_EACH:-120} s"
  "$out/$target" -max_total_time="${SECONDS_EACH:-120}" -max_len=4096 -timeout=10 -detect_leaks=0 -artifact_prefix="$out/" "$out/$target.new" $(ls -d "fuzz/corpus/$target" "$out/$target.seeds" 2>/dev/null)
done
