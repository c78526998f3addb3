"""Prints what a machine is, as one JSON document. Usage: python3 - '["DOMAIN", …]' < host-status.py

Needs Python 3.9 and nothing else. What cannot be found out is null or left out; nothing is changed.
"""

import datetime
import json
import os
import re
import shutil
import subprocess
import sys


def run(*words, stdin=""):
    """What a program prints; empty where it is not there or fails."""
    try:
        done = subprocess.run(
            words, input=stdin, capture_output=True, text=True, timeout=60, errors="replace", check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def version(*words):
    found = re.search(r"\d+\.\d+(\.\d+)*", run(*words))
    return found.group(0) if found else None


def package(name):
    """The version of a Debian package; none where it is not installed."""
    text = run("dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", name).split()
    return text[1] if len(text) == 2 and text[0] == "installed" else None


def system():
    values = {}
    with open("/etc/os-release", encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.rstrip("\n").partition("=")
            values[key] = value.strip('"')
    return values.get("PRETTY_NAME", "")


def disks():
    found = {}
    for path in ("/", "/var", "/var/lib/docker"):
        if not os.path.isdir(path):
            continue
        device = os.stat(path).st_dev
        if device in found:
            continue
        usage = shutil.disk_usage(path)
        found[device] = {"path": path, "size": usage.total, "free": usage.free}
    return list(found.values())


def certificate(domain):
    """Days until the certificate that is served for a domain ends."""
    text = run(
        "openssl", "s_client", "-connect", "127.0.0.1:443", "-servername", domain, stdin="Q\n"
    )
    if "BEGIN CERTIFICATE" not in text:
        return {"domain": domain, "days": None}
    end = run("openssl", "x509", "-noout", "-enddate", stdin=text).strip().partition("=")[2]
    try:
        when = datetime.datetime.strptime(end, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return {"domain": domain, "days": None}
    return {"domain": domain, "days": (when - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 86400}


def listeners():
    """TCP ports that are open to more than the loopback address, with the programs behind them."""
    ports = {}
    for line in run("ss", "--tcp", "--listening", "--numeric", "--processes", "--no-header").splitlines():
        fields = line.split()
        if len(fields) < 4:
            continue
        address, _, port = fields[3].rpartition(":")
        address = address.strip("[]").split("%")[0]
        if address.startswith("127.") or address == "::1" or not port.isdigit():
            continue
        name = re.search(r'\(\("([^"]*)"', line)
        ports[int(port)] = name.group(1) if name else ""
    return [{"port": port, "program": ports[port]} for port in sorted(ports)]


def stacks():
    try:
        return json.loads(run("/usr/local/sbin/kiln-stack", "status") or "null")
    except ValueError:
        return None


def main():
    domains = json.loads(sys.argv[1]) if len(sys.argv) > 1 else []
    failed = run("systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager").splitlines()
    with open("/proc/uptime", encoding="ascii") as file:
        uptime = int(float(file.read().split()[0]))
    print(
        json.dumps(
            {
                "system": system(),
                "kernel": os.uname().release,
                "uptime": uptime,
                "restartNeeded": os.path.exists("/run/reboot-required"),
                "disks": disks(),
                "versions": {
                    "docker": version("docker", "version", "--format", "{{.Server.Version}}"),
                    "compose": version("docker", "compose", "version", "--short") or version("docker-compose", "version", "--short"),
                    "caddy": package("caddy"),
                    "prometheus": package("prometheus"),
                },
                "failedUnits": [line.split()[0] for line in failed if line.strip()],
                "certificates": [certificate(domain) for domain in domains],
                "listeners": listeners(),
                "stacks": stacks(),
            },
            sort_keys=True,
        )
    )


main()
