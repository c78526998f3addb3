#!/usr/bin/env python3
"""Every module that a target imports is among its dependencies in Package.swift.

The compiler's own check knows only modules that are built already: with it alone a fresh clone fails or not, by the order
in which two processors happen to build.
"""
import json
import os
import re
import subprocess
import sys

IMPORT = re.compile(
    r"^\s*(?:@\w+\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+(?:(?:struct|enum|class|func)\s+)?(\w+)",
    re.MULTILINE)

package = json.loads(subprocess.check_output(["swift", "package", "describe", "--type", "json"], stderr=subprocess.DEVNULL))
modules = {target["name"] for target in package["targets"]}
missing = []
for target in package["targets"]:
    if target["type"] == "plugin":
        continue
    imported = set()
    for source in target["sources"]:
        with open(os.path.join(target["path"], source), encoding="utf-8") as file:
            imported.update(IMPORT.findall(file.read()))
    for name in sorted((imported & modules) - set(target.get("target_dependencies", []))):
        missing.append(f"Package.swift: {target['name']} imports {name}, which is not among its dependencies")
for line in missing:
    print(line, file=sys.stderr)
sys.exit(1 if missing else 0)
