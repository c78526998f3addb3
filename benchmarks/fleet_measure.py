"""Measures kiln over generated fleets, beside programs that do comparable work; writes docs/benchmarks.md.

Every ratio is of two programs run in turns in this one run, the best of three each. Nothing is removed while something is
timed: some file systems are slow to make files just after others were removed.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

KILN = os.path.abspath(".build/release/kiln")
BIN = os.path.dirname(sys.executable)
FLEET = os.path.abspath("benchmarks/fleet.py")
COUNTS = [100, 1000, 10000]


def run(command, folder=None):
    """Seconds and peak memory in MB."""
    os.sync()
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command}: {error.decode()[-500:]}")
    return seconds, usage.ru_maxrss / 1024


class Fleet:
    def __init__(self, work, customers, *options):
        self.customers = customers
        self.root = "-".join([f"{work}/fleet-{customers}", *(option.strip("-") for option in options)])
        self.work = work
        self.number = 0
        subprocess.run([sys.executable, FLEET, self.root, str(customers), *options], check=True)

    def new(self, folder=None):
        self.number += 1
        return f"{folder or self.work}/out-{os.path.basename(self.root)}-{self.number}"

    def kiln(self, *arguments):
        return run([KILN, *arguments, "-q", "-w", self.root])

    def edit(self):
        """Another value in one spec."""
        path = f"{self.root}/environments/customer-{self.customers // 2:05}.yaml"
        text = open(path).read()
        new = text.replace("APP_ENV: production", "APP_ENV: staging")
        if new == text:
            new = text.replace("APP_ENV: staging", "APP_ENV: production")
        open(path, "w").write(new)


def best(*measures):
    """The best of three of each, in turns."""
    results = [[] for _ in measures]
    for _ in range(3):
        for result, measure in zip(results, measures):
            result.append(measure())
    return [min(result) for result in results]


def commands(fleet):
    """Rows: command, seconds, MB."""
    rows = [("`kiln check`", *fleet.kiln("check")), ("`kiln plan`", *fleet.kiln("plan"))]
    rows.append(("`kiln plan --fleet --format html`", *fleet.kiln("plan", "--fleet", "--format", "html")))
    out = fleet.new()
    rows.append(("`kiln generate`, from nothing", *fleet.kiln("generate", "-o", out)))
    time.sleep(1)
    fleet.kiln("generate", "-o", out)
    rows.append(("`kiln generate`, nothing changed", *fleet.kiln("generate", "-o", out)))
    fleet.edit()
    rows.append(("`kiln check`, one spec changed", *fleet.kiln("check")))
    rows.append(("`kiln generate`, one spec changed", *fleet.kiln("generate", "-o", out)))
    if fleet.customers <= 1000:
        rows.append(("`kiln pack --folders`, from nothing", *fleet.kiln("pack", "--folders")))
        time.sleep(1)
        rows.append(("`kiln pack --folders`, nothing changed", *fleet.kiln("pack", "--folders")))
    return rows


JINJA = '''
import glob, os, sys, yaml
from jinja2 import Environment, FileSystemLoader
root, templates, out = sys.argv[1:]
environment = Environment(loader=FileSystemLoader(templates), keep_trailing_newline=True)
names = environment.list_templates()
for file in sorted(glob.glob(root + "/environments/*.yaml")):
    spec = yaml.load(open(file), Loader=yaml.CSafeLoader)
    for name in names:
        path = os.path.join(out, spec["customer"], name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as output: output.write(environment.get_template(name).render(spec))
'''

PARSE = '''
import glob, sys, yaml
for file in sorted(glob.glob(sys.argv[1] + "/environments/*.yaml")): yaml.load(open(file), Loader=yaml.CSafeLoader)
'''


def templates(generated, customer, place, raw):
    """One customer's files as templates: the same number and size."""
    for path in glob.glob(f"{generated}/{customer}/**", recursive=True):
        if os.path.isfile(path):
            name = os.path.relpath(path, f"{generated}/{customer}").replace(customer, "customer")
            target = f"{place}/{name}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            text = open(path).read().replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")
            open(target, "w").write(text.replace(customer, raw))


def deployed(memory, fleets, row):
    """What a file costs with two stages in a cluster, beside the same without manifests: Kiln's and Jinja2's own."""
    costs = {}
    for name in ["deployed", 1000]:
        fleet = fleets[name]
        tree = fleet.new(memory)
        fleet.kiln("generate", "-o", tree)
        count = sum(len(files) for _, _, files in os.walk(tree))
        place = f"{memory}/jinja-{name}"
        templates(tree, "customer-00000", place, "{{ customer }}")
        times = best(
            lambda: fleet.kiln("generate", "-o", fleet.new(memory))[0],
            lambda: run([sys.executable, "-c", JINJA, fleet.root, place, fleet.new(memory)])[0])
        costs[name] = [count, *(one / count for one in times)]
    (count, kiln, jinja), (plain, before, peer) = costs["deployed"], costs[1000]
    row(
        f"generate 1,000 customers with two stages in a cluster, a file of {count:,}", kiln, jinja,
        "Jinja2 and libyaml, one process, a file of the same", 0.5)
    row(
        f"generate 1,000 customers with two stages in a cluster, a file of {count:,}", kiln, before,
        f"without manifests, a file of {plain:,} (Jinja2's own ratio is what is wanted)", f"{jinja / peer:.3g}")


def peers(work, memory, fleets):
    rows = []

    def row(task, kiln, peer, name, wanted):
        rows.append((task, kiln, name, peer, kiln / peer, wanted))

    fleet = fleets[1000]
    tree = fleet.new()
    fleet.kiln("generate", "-o", tree)
    kiln, copy = best(
        lambda: fleet.kiln("generate", "-o", fleet.new())[0], lambda: run(["cp", "-r", tree, fleet.new()])[0])
    row("generate 1,000 customers from nothing", kiln, copy, "`cp -r` of the tree", 2)
    fleet.kiln("generate", "-o", tree)
    kiln, sums = best(
        lambda: fleet.kiln("generate", "-o", tree)[0],
        lambda: run(["sh", "-c", f"find {tree} -type f -print0 | xargs -0 sha256sum"])[0])
    row("generate 1,000 customers, nothing changed", kiln, sums, "`sha256sum` of the files", 1.2)
    place = f"{work}/jinja"
    templates(tree, "customer-00000", place, "{{ customer }}")
    for folder, where in [(work, ""), (memory, ", in memory")]:
        if folder:
            kiln, jinja = best(
                lambda: fleet.kiln("generate", "-o", fleet.new(folder))[0],
                lambda: run([sys.executable, "-c", JINJA, fleet.root, place, fleet.new(folder)])[0])
            row(
                f"generate 1,000 customers from nothing{where}", kiln, jinja,
                "Jinja2 and libyaml, one process, the same files", 0.5)
    if memory:
        deployed(memory, fleets, row)

    big = fleets[10000]
    tree = big.new()
    big.kiln("generate", "-o", tree)
    time.sleep(1)
    big.kiln("generate", "-o", tree)

    def one(*arguments):
        big.edit()
        return big.kiln(*arguments)[0]

    check, generate, parse = best(
        lambda: one("check"), lambda: one("generate", "-o", tree),
        lambda: run([sys.executable, "-c", PARSE, big.root])[0])
    row("check 10,000, one spec changed", check, parse, "reading and parsing all specs with libyaml (Python)", 1.5)
    row("generate 10,000, one spec changed", generate, parse, "reading and parsing all specs with libyaml (Python)", 1.5)

    each = run([KILN, "generate", "-q", "-w", fleet.root, "-o", fleet.new()])[0] / 1000
    small = f"{work}/copier"
    templates(f"{work}/out-fleet-1000-1", "customer-00000", small, "«customer»")
    open(f"{small}/copier.yml", "w").write(
        "_templates_suffix: ''\n_envops: {variable_start_string: '«', variable_end_string: '»'}\ncustomer: {type: str}\n")
    count = 10
    start = time.monotonic()
    for number in range(count):
        subprocess.run(
            [f"{BIN}/copier", "copy", "-q", "-f", "-d", f"customer=c{number}", small, f"{work}/copied-{number}"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    row("generate, a customer", each, (time.monotonic() - start) / count, "copier, a command for each", 0.02)
    cookie = f"{work}/cookie"
    templates(f"{work}/out-fleet-1000-1", "customer-00000", cookie + "/{{cookiecutter.customer}}", "{{cookiecutter.customer}}")
    open(f"{cookie}/cookiecutter.json", "w").write('{"customer": "x"}')
    start = time.monotonic()
    for number in range(count):
        subprocess.run(
            [f"{BIN}/cookiecutter", "--no-input", "-o", f"{work}/cooked", cookie, f"customer=c{number}"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    row("generate, a customer", each, (time.monotonic() - start) / count, "cookiecutter, a command for each", 0.02)
    return rows


def seconds(number):
    if number >= 0.1: return f"{number:.2f} s"
    return f"{number * 1000:.1f} ms" if number >= 0.001 else f"{number * 1e6:.1f} µs"


def main():
    work = tempfile.mkdtemp(prefix="kiln-fleet-")
    # Where making a file costs little: what is left is the programs' own work.
    memory = tempfile.mkdtemp(prefix="kiln-fleet-", dir="/dev/shm") if os.path.isdir("/dev/shm") else None
    try:
        fleets = {count: Fleet(work, count) for count in COUNTS}
        fleets["deployed"] = Fleet(work, 1000, "--kubernetes")
        tables = {count: commands(fleets[count]) for count in COUNTS}
        ratios = peers(work, memory, fleets)
        made = f"{work}/out-fleet-1000-1/customer-00000"
        files = sum(len(names) for _, _, names in os.walk(made))
    finally:
        for folder in filter(None, [work, memory]):
            shutil.rmtree(folder, ignore_errors=True)
    lines = [
        "# Benchmarks", "",
        "Written by `make bench` (`benchmarks/fleet.sh` writes this page alone). Fleets are made by `benchmarks/fleet.py`: 12",
        f"runtimes, {files} files a customer. {os.cpu_count()} processors. Times are of one run and say little elsewhere; ratios say more.",
        "", "## Commands over a fleet", "",
        "Seconds and peak memory.", "",
        "| command | " + " | ".join(f"{count:,} customers" for count in COUNTS) + " |", "|---|" + "---|" * len(COUNTS),
    ]
    for index, (name, _, _) in enumerate(tables[10000] + tables[100][len(tables[10000]):]):
        cells = []
        for count in COUNTS:
            rows = tables[count]
            cells.append(f"{seconds(rows[index][1])}, {rows[index][2]:.0f} MB" if index < len(rows) else "")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "## Beside other programs", "", "The best of three, in turns. A ratio below 1 is faster.", ""]
    lines += ["| task | kiln | beside | its time | ratio | wanted |", "|---|---|---|---|---|---|"]
    for task, kiln, name, peer, ratio, wanted in ratios:
        lines.append(f"| {task} | {seconds(kiln)} | {name} | {seconds(peer)} | {ratio:.3g} | {wanted} |")
    text = "\n".join(lines) + "\n"
    open("docs/benchmarks.md", "w").write(text)
    print(text)


main()
