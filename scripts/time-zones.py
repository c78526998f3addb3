#!/usr/bin/env python3
"""Writes Sources/KilnSchedule/TimeZoneTable.swift from TZif files: python3 scripts/time-zones.py [FOLDER]

FOLDER is /usr/share/zoneinfo, which is often old, or the folder of PyPI's package tzdata:
pip download --no-deps tzdata && unzip -q tzdata-*.whl && python3 scripts/time-zones.py tzdata/zoneinfo

Each zone gets the last line of its file, the rule as POSIX's TZ (RFC 9636, section 3.3), and `~` before it where the file has
other offsets than the rule on some day of the eleven years after the data's own. Run it when IANA has changed its data, and
look at the difference.
"""
import datetime
import os
import pathlib
import re
import sys
import time
import zoneinfo

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/zoneinfo")
table = pathlib.Path(__file__).parent.parent / "Sources/KilnSchedule/TimeZoneTable.swift"
# Not zones, but what one machine has chosen, the placeholder of tzdata, and copies of all the rest.
LEFT_OUT = {"localtime", "posixrules", "Factory"}
COPIES = {"posix", "right"}


def version():
    for name, pattern in (("tzdata.zi", r"# version (\S+)"), ("+VERSION", r"(\S+)")):
        if (folder / name).exists():
            return re.match(pattern, (folder / name).read_text()).group(1)
    return re.search(r'IANA_VERSION = "(\S+)"', (folder.parent / "__init__.py").read_text()).group(1)


FIRST_YEAR = int(version()[:4]) + 1
# Noon and midnight: no change that lasts a day is between them.
SAMPLES = [datetime.datetime(FIRST_YEAR, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=12 * half)
           for half in range(2 * 365 * 11)]


def zones():
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name in LEFT_OUT or name.split("/")[0] in COPIES or not path.is_file():
            continue
        data = path.read_bytes()
        if data[:4] == b"TZif" and data[4:5] >= b"2":
            yield name, data.rsplit(b"\n", 2)[1].decode("ascii"), path


def offsets_of_rule(rule, known={}):
    if rule not in known:
        os.environ["TZ"] = rule
        time.tzset()
        known[rule] = [time.localtime(sample.timestamp()).tm_gmtoff for sample in SAMPLES]
    return known[rule]


def offsets_of_file(path, known={}):
    data = path.read_bytes()
    if data not in known:
        with path.open("rb") as file:
            zone = zoneinfo.ZoneInfo.from_file(file)
        known[data] = [int(sample.astimezone(zone).utcoffset().total_seconds()) for sample in SAMPLES]
    return known[data]


lines = []
for name, rule, path in zones():
    mark = "" if offsets_of_rule(rule) == offsets_of_file(path) else "~"
    lines.append(f"{name} {mark}{rule}")
lines.sort()
table.write_text(f'''/// Time zones and their rules. Written by scripts/time-zones.py from IANA's tzdata {version()}; not edited by hand.
enum TimeZoneTable {{
  static let version = "{version()}"

  /// A line each: the name, a blank, `~` where the rule is not exact, the rule.
  static let text = #"""
''' + "".join(f"    {line}\n" for line in lines) + '''    """#
}
''')
print(f"{table}: {len(lines)} zones of tzdata {version()}; not exact:", *(
    line.split(" ")[0] for line in lines if "~" in line))
