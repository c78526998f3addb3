"""Tests of kiln-stack. Those of class Engine need Docker, Compose and the image debian:bookworm-slim; they are skipped without.

python3 -m unittest playbooks/roles/stacks/tests/test_kiln_stack.py -v
"""
import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = str(Path(__file__).parents[1] / "files" / "kiln-stack")
IMAGE = "debian:bookworm-slim"
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("kiln_stack", PROGRAM)
kiln_stack = importlib.util.module_from_spec(importlib.util.spec_from_loader("kiln_stack", loader))
loader.exec_module(kiln_stack)
try:
    import yaml
except ImportError:
    yaml = None


def quiet(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", "")


HAS_DOCKER = quiet("docker", "image", "inspect", IMAGE).returncode == 0
REFUSED = [
    "privileged: true", "privileged: '${X:-true}'", "network_mode: host", "pid: host", "ipc: host", "userns_mode: host",
    "uts: host", "cgroup: host", "cgroup_parent: /x", "runtime: x", "container_name: db", "build: .", "env_file: /etc/shadow",
    "extends: {file: /etc/x, service: y}", "volumes_from: ['container:x']", "links: [x]", "external_links: [x]",
    "cap_add: [SYS_ADMIN]", "cap_add: ['${X}']", "cap_add: SYS_ADMIN", "devices: [/dev/kvm]", "device_cgroup_rules: [a]",
    "security_opt: ['apparmor=unconfined']", "sysctls: ['a=b']", "group_add: [docker]", "extra_hosts: ['a:host-gateway']",
    "logging: {driver: syslog}", "post_start: [{command: x, privileged: true}]", "gpus: all",
    "volumes: ['/:/h']", "volumes: ['./link:/h:ro']", "volumes: ['../x:/h:ro']", "volumes: ['${X:-/}:/h:ro']",
    "volumes: ['/var/run/docker.sock:/s']", "volumes: ['~/x:/s:ro']", "volumes: ['./conf:/x']", "volumes: ['./new:/x:ro']",
    "volumes: ['./conf:/x:ro,rshared']", "volumes: ['${KILN_SECRETS}/../../x:/y:ro']",
    "volumes: [{type: bind, source: /, target: /x, read_only: true}]", "volumes: [{type: bind, source: ./conf, target: /x}]",
    "volumes: [{type: volume, source: a, target: /x, volume: {nocopy: true}}]", "volumes: [{type: npipe, source: a, target: b}]",
    "ports: ['80:80']", "ports: ['80']", "ports: [80]", "ports: ['0.0.0.0:80:80']", "ports: ['${IP}:80:80']",
    "ports: [{target: 80, published: 80}]", "ports: [{target: 80}]", "ports: [{target: 80, published: 8, host_ip: 127.0.0.1, mode: host}]",
    "hostname: api", "networks: {default: {aliases: [api]}}", "networks: {default: {ipv4_address: 1.2.3.4}}",
    "deploy: {resources: {reservations: {devices: [{driver: nvidia}]}}}", "labels: {com.docker.compose.project: x}",
]
REFUSED_FILES = [
    "include: [x]", "volumes: {x: {name: other}}", "volumes: {x: {external: true}}", "volumes: {x: {driver: nfs}}",
    "volumes: {x: {driver_opts: {type: none, o: bind, device: /}}}", "networks: {x: {external: true}}",
    "networks: {x: {driver: host}}", "networks: {x: {name: shop_default}}", "secrets: {x: {file: /etc/shadow}}",
    "configs: {x: {file: ./link/shadow}}", "services: [1]", "services: {api: {image: x}}", "services: {a: {}}", "[1]",
]
ALLOWED = """
services:
  a:
    image: x
    ports: ["127.0.0.1:8000:80", {host_ip: 127.0.0.1, published: 1, target: 2}]
    volumes: ["./conf:/c:ro", "data:/d", /anonymous, "${KILN_SECRETS}/k:/k:ro",
      {type: bind, source: ./conf, target: /x, read_only: true}, {type: tmpfs, target: /t}]
    cap_add: [NET_BIND_SERVICE]
    depends_on: {b: {condition: service_healthy}}
    networks: [default]
    deploy: {resources: {limits: {cpus: "1", memory: 64M}}}
  b: {image: y, secrets: [s], security_opt: ["no-new-privileges:true"], privileged: false, restart: unless-stopped}
volumes: {data: , other: {}}
secrets: {s: {file: ./conf/s}, t: {file: "${KILN_SECRETS}/care/X"}}
networks: {default: }
x-mine: 1
"""


@unittest.skipUnless(yaml, "needs python3-yaml")
class PartnersFiles(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "conf").mkdir()
        (self.folder / "conf" / "s").write_text("")
        (self.folder / "link").symlink_to("/etc")

    def judge(self, text):
        return kiln_stack.Judge(self.folder, self.folder, {"api"}).judge(yaml.safe_load(text))

    def test_takes_what_an_ordinary_stack_has(self):
        self.assertEqual(self.judge(ALLOWED), [])

    def test_refuses_what_reaches_out_of_a_container(self):
        for text in REFUSED:
            with self.subTest(text):
                self.assertTrue(self.judge(f"services:\n  a:\n    image: x\n    {text}\n"))

    def test_refuses_parts_that_are_not_the_stacks_own(self):
        for text in REFUSED_FILES:
            with self.subTest(text):
                self.assertTrue(self.judge(text))

    def test_reports_all_at_once_with_service_and_key(self):
        found = self.judge("services: {a: {image: x, pid: host, ports: [80]}, b: {image: y, ipc: host}}")
        self.assertEqual([one.split(":")[0] for one in found], ["services.a.pid", "services.a.ports", "services.b.ipc"])


def answer(result):
    lines = result.stdout.strip().splitlines()
    return json.loads(lines[-1]) if lines else {}


@unittest.skipUnless(HAS_DOCKER, f"needs Docker and the image {IMAGE}")
class Engine(unittest.TestCase):
    counter = 0

    def setUp(self):
        Engine.counter += 1
        self.root = Path(tempfile.mkdtemp(prefix="kiln-stack-"))
        self.name = f"kilntest-{os.getpid()}-{Engine.counter}"
        self.names = {self.name}
        self.addCleanup(self.clean)

    def clean(self):
        for name in self.names:
            label = f"label=com.docker.compose.project={name}"
            for kind, command in (("ps", ["docker", "ps", "-aq"]), ("volume", ["docker", "volume", "ls", "-q"])):
                found = quiet(*command, "--filter", label).stdout.split()
                if found:
                    quiet("docker", *(["rm", "-fv"] if kind == "ps" else ["volume", "rm"]), *found)
            found = quiet("docker", "network", "ls", "-q", "--filter", label).stdout.split()
            found += quiet("docker", "network", "ls", "-q", "--filter", f"label=kiln.link={name}").stdout.split()
            if found:
                quiet("docker", "network", "rm", *found)
        shutil.rmtree(self.root, ignore_errors=True)

    def run_stack(self, *arguments, stdin=None):
        return subprocess.run(
            [sys.executable, PROGRAM, *arguments], input=stdin, capture_output=True, text=True,
            env={**os.environ, "KILN_STACK_ROOT": str(self.root)})

    def want(self, compose, name=None, **more):
        """Puts a release's folder where Ansible would, and says that it is wanted."""
        name = name or self.name
        value = {
            "git": None, "file": "compose.yaml", "environment": {}, "secrets": [], "jobs": [], "images": [], "networks": [],
            "timeout": 40, **more,
        }
        if compose is not None:
            value["digest"] = kiln_stack.digest(compose)
            folder = self.root / "opt/kiln/stacks" / name / "releases" / value["digest"]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "compose.yaml").write_text(compose)
            self.folder = folder
        result = self.run_stack("want", name, stdin=json.dumps(value))
        self.assertEqual(result.returncode, 0, result.stderr)
        return answer(result)

    def apply(self, name=None, expect=0, check=False):
        result = self.run_stack("apply", name or self.name, *(["--check"] if check else []))
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        self.errors = result.stderr
        return answer(result)

    def status(self, name=None):
        return json.loads(self.run_stack("status", name or self.name).stdout)[name or self.name]

    def history(self, name=None):
        path = self.root / "var/lib/kiln/stacks" / (name or self.name) / "history.jsonl"
        return [json.loads(line)["result"] for line in path.read_text().splitlines()]

    def ids(self, name=None):
        label = f"label=com.docker.compose.project={name or self.name}"
        lines = quiet("docker", "ps", "-a", "--no-trunc", "--filter", label, "--format", '{{.Label "com.docker.compose.service"}} {{.ID}}')
        return dict(line.split() for line in lines.stdout.splitlines())

    def inside(self, service, *command, name=None):
        return quiet("docker", "exec", self.ids(name)[service], *command).stdout.strip()

    @staticmethod
    def web(**more):
        """A service that is healthy once /tmp/ready exists, which its command makes."""
        ready = more.pop("ready", True)
        return {
            "image": IMAGE, "init": True, "restart": "unless-stopped", "environment": {"WORD": "${WORD:-none}"},
            "command": ["sh", "-c", f"echo starting; {'touch /tmp/ready;' if ready else ''} exec sleep 1000"],
            "healthcheck": {"test": ["CMD", "test", "-e", "/tmp/ready"], "interval": "1s", "retries": 3},
            "stop_grace_period": "1s", **more,
        }

    def compose(self, *, also=None, **services):
        return json.dumps({"services": services, **(also or {})})

    def test_second_run_changes_nothing(self):
        text = self.compose(web=self.web(), other=self.web())
        self.assertTrue(self.want(text)["changed"])
        self.assertTrue(self.apply(check=True)["changed"])
        self.assertEqual(self.ids(), {})
        self.assertEqual(self.apply()["result"], "deployed")
        before = self.ids()
        self.assertFalse(self.want(text)["changed"])
        self.assertEqual(self.apply(), {**self.apply(), "result": "unchanged", "changed": False})
        self.assertEqual(self.ids(), before)
        self.assertEqual(self.history(), ["deployed"])
        self.assertEqual({one["health"] for one in self.status()["containers"]}, {"healthy"})

    def test_environment_is_taken_as_it_is(self):
        text = self.compose(web=self.web())
        word = "a $HOME ${X} 'b' \"c\" {{ 7 * 7 }} \\ #d"
        self.want(text, environment={"WORD": word})
        self.apply()
        self.assertEqual(self.inside("web", "printenv", "WORD"), word)
        self.want(text, environment={"WORD": "second"})
        self.assertEqual(self.apply()["result"], "deployed")
        self.assertEqual(self.inside("web", "printenv", "WORD"), "second")

    def test_changed_secret_reaches_the_services_that_read_it_and_no_other(self):
        also = {"secrets": {"password": {"file": "${KILN_SECRETS}/care/PASSWORD"}}}
        text = self.compose(web=self.web(secrets=["password"]), other=self.web(), also=also)
        self.want(text, secrets=[{"file": "care/PASSWORD", "value": "first"}])
        self.apply()
        before = self.ids()
        self.assertEqual(self.inside("web", "cat", "/run/secrets/password"), "first")
        self.want(text, secrets=[{"file": "care/PASSWORD", "value": "second"}])
        self.apply()
        self.assertEqual(self.inside("web", "cat", "/run/secrets/password"), "second")
        self.assertEqual(self.ids()["other"], before["other"])
        self.assertEqual(self.apply()["result"], "unchanged")
        folder = self.root / "etc/kiln/stacks" / self.name / "secrets"
        self.assertEqual((folder.stat().st_mode & 0o777, (folder / "care/PASSWORD").stat().st_mode & 0o777), (0o700, 0o600))
        self.want(text, secrets=[{"file": "OTHER", "value": "x"}])
        self.assertFalse((folder / "care").exists())

    def test_release_that_does_not_get_healthy_is_put_back(self):
        also = {"secrets": {"password": {"file": "${KILN_SECRETS}/PASSWORD"}}}
        good = self.compose(web=self.web(secrets=["password"]), also=also)
        self.want(good, environment={"WORD": "good"}, secrets=[{"file": "PASSWORD", "value": "old"}])
        self.apply()
        bad = self.compose(web=self.web(ready=False, secrets=["password"]), also=also)
        self.want(bad, environment={"WORD": "bad"}, secrets=[{"file": "PASSWORD", "value": "new"}], timeout=8)
        result = self.apply(expect=1)
        self.assertTrue(result["changed"] and result["undone"], result)
        self.assertIn("starting", self.errors)
        self.assertIn("web", result["reason"])
        self.assertEqual(self.inside("web", "printenv", "WORD"), "good")
        self.assertEqual(self.inside("web", "cat", "/run/secrets/password"), "old")
        self.assertEqual(self.history(), ["deployed", "failed", "restored"])
        self.want(good, environment={"WORD": "good"}, secrets=[{"file": "PASSWORD", "value": "old"}])
        self.assertEqual(self.apply()["result"], "unchanged")

    def test_service_that_waits_for_one_that_never_gets_healthy_fails_in_time(self):
        self.want(self.compose(db=self.web()))
        self.apply()
        slow = {"test": ["CMD", "test", "-e", "/tmp/ready"], "interval": "1s", "retries": 1000}
        self.want(self.compose(
            db=self.web(ready=False, healthcheck=slow), web=self.web(depends_on={"db": {"condition": "service_healthy"}})), timeout=6)
        result = self.apply(expect=1)
        self.assertTrue(result["undone"], result)
        self.assertIn("db", self.errors)
        self.assertEqual(set(self.ids()), {"db"})
        time.sleep(3)
        self.assertEqual(set(self.ids()), {"db"})

    def test_container_that_ends_again_and_again_fails_before_the_time_is_up(self):
        self.want(self.compose(web=self.web(command=["sh", "-c", "echo no database; exit 7"], healthcheck={"disable": True})), timeout=60)
        begin = time.monotonic()
        result = self.apply(expect=1)
        self.assertLess(time.monotonic() - begin, 30)
        self.assertIn("restarted", result["reason"])
        self.assertIn("no database", self.errors)
        self.assertFalse(result["undone"])

    def test_failing_job_stops_before_anything_is_replaced(self):
        job = {"image": IMAGE, "command": ["sh", "-c", "echo migrating; exit ${CODE:-0}"], "profiles": ["jobs"], "depends_on": ["web"]}
        text = self.compose(web=self.web(), migrate=job)
        self.want(text, jobs=["migrate"])
        self.assertEqual(self.apply()["result"], "deployed")
        self.assertEqual(set(self.ids()), {"web"})
        before = self.ids()
        self.want(self.compose(web=self.web(hostname="new"), migrate=job), jobs=["migrate"], environment={"CODE": "3"})
        self.assertIn("exit code 3", self.apply(expect=1)["reason"])
        self.assertIn("migrating", self.errors)
        self.assertEqual(self.ids(), before)
        self.want(text, jobs=["migrate"])
        self.assertEqual(self.apply()["result"], "unchanged")

    def test_what_was_stopped_or_removed_by_hand_comes_back(self):
        self.want(self.compose(web=self.web(), other=self.web()))
        self.apply()
        quiet("docker", "stop", "-t", "0", self.ids()["web"])
        quiet("docker", "rm", "-f", self.ids()["other"])
        self.assertTrue(self.apply(check=True)["changed"])
        self.assertEqual(self.apply()["result"], "deployed")
        self.assertEqual(self.apply()["result"], "unchanged")
        quiet("docker", "exec", self.ids()["web"], "rm", "/tmp/ready")
        time.sleep(6)
        self.assertIn("unhealthy", str(self.apply(check=True)["reasons"]))
        self.assertEqual(self.apply()["result"], "deployed")

    def test_run_that_was_killed_is_mended_by_the_next(self):
        first = self.compose(web=self.web(), other=self.web())
        self.want(first, environment={"WORD": "one"})
        self.apply()
        for delay in (0.3, 0.8, 1.5, 2.5):
            self.want(first, environment={"WORD": f"at {delay}"})
            process = subprocess.Popen(
                [sys.executable, PROGRAM, "apply", self.name], env={**os.environ, "KILN_STACK_ROOT": str(self.root)},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            process.wait()
            # Another release is wanted meanwhile: the one from before.
            self.want(first, environment={"WORD": "one"})
            self.apply()
            self.assertEqual(self.inside("web", "printenv", "WORD"), "one")
            self.assertEqual(self.inside("other", "printenv", "WORD"), "one")
            self.assertEqual(self.apply()["result"], "unchanged")

    def test_two_runs_at_once_wait_for_each_other(self):
        self.want(self.compose(web=self.web()))
        environment = {**os.environ, "KILN_STACK_ROOT": str(self.root)}
        runs = [
            subprocess.Popen([sys.executable, PROGRAM, "apply", self.name], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        results = [json.loads(run.communicate()[0].splitlines()[-1])["result"] for run in runs]
        self.assertEqual(sorted(results), ["deployed", "unchanged"])

    def test_rollback_brings_the_release_before(self):
        text = self.compose(web=self.web())
        for word in ("one", "two"):
            self.want(text, environment={"WORD": word})
            self.apply()
        result = self.run_stack("rollback", self.name)
        self.assertEqual(answer(result)["result"], "rolled-back", result.stderr)
        self.assertEqual(self.inside("web", "printenv", "WORD"), "one")
        self.assertEqual(self.history(), ["deployed", "deployed", "rolled-back"])
        # Forth again: what is wanted did not change.
        self.assertEqual(self.apply()["result"], "deployed")
        self.assertEqual(self.inside("web", "printenv", "WORD"), "two")

    def test_remove_keeps_volumes(self):
        self.want(self.compose(web=self.web(volumes=["data:/data"]), also={"volumes": {"data": {}}}))
        self.apply()
        result = answer(self.run_stack("remove", self.name))
        self.assertEqual((result["result"], result["volumes"]), ("removed", [f"{self.name}_data"]))
        self.assertEqual(self.ids(), {})
        self.assertEqual(quiet("docker", "volume", "inspect", f"{self.name}_data").returncode, 0)
        self.assertFalse(answer(self.run_stack("remove", self.name))["changed"])
        self.assertIsNone(self.status()["wanted"])

    def test_file_that_was_changed_by_hand_and_mended_reaches_its_container(self):
        text = self.compose(web=self.web(volumes=["./page:/page:ro"]), other=self.web())
        self.want(text)
        (self.folder / "page").write_text("right")
        self.apply()
        before = self.ids()
        (self.folder / "page").write_text("wrong")
        self.assertEqual(self.inside("web", "cat", "/page"), "wrong")
        # As Ansible mends it: another file takes its place.
        (self.folder / "new").write_text("right")
        os.replace(self.folder / "new", self.folder / "page")
        self.assertEqual(self.apply()["result"], "deployed")
        self.assertEqual(self.inside("web", "cat", "/page"), "right")
        self.assertEqual(self.ids()["other"], before["other"])
        self.assertEqual(self.apply()["result"], "unchanged")

    def test_image_comes_from_an_archive(self):
        reference = f"{self.name}:1"
        quiet("docker", "tag", IMAGE, reference)
        archive = self.root / "image.tar"
        quiet("docker", "save", "-o", str(archive), reference)
        quiet("docker", "rmi", reference)
        images = [{"reference": reference, "archived": True}]
        self.addCleanup(quiet, "docker", "rmi", "-f", reference)
        taken = self.want(self.compose(web=self.web(image=reference)), images=images)
        self.apply(expect=1)
        target = Path(taken["archives"][reference])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(archive, target)
        self.assertEqual(self.apply()["result"], "deployed")
        self.assertEqual(self.want(self.compose(web=self.web(image=reference)), images=images)["archives"], {})

    def test_warns_of_a_container_that_does_not_come_back_after_a_restart(self):
        self.want(self.compose(web=self.web(restart="no")))
        self.assertIn("restart: unless-stopped", self.apply()["warnings"][0])

    def repository(self, text):
        folder = self.root / "repository"
        folder.mkdir(exist_ok=True)
        git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com"]
        quiet("git", "init", "-q", str(folder))
        (folder / "compose.yaml").write_text(text)
        quiet(*git, "add", "-A")
        quiet(*git, "commit", "-qm", "one")
        return f"file://{folder}", quiet(*git, "rev-parse", "HEAD").stdout.strip()

    @unittest.skipUnless(yaml and shutil.which("git"), "needs git and python3-yaml")
    def test_partners_stack_reaches_named_services_and_no_others(self):
        partner = self.name + "-partner"
        self.names.add(partner)
        self.want(self.compose(api=self.web(), db=self.web()))
        self.apply()
        url, commit = self.repository(self.compose(bridge=self.web()))
        more = {"git": {"url": url, "commit": commit}, "digest": commit, "networks": [{"stack": self.name, "services": ["api"]}]}
        self.want(None, name=partner, **more)
        self.assertEqual(self.apply(partner)["result"], "deployed")
        self.assertTrue(self.inside("bridge", "getent", "hosts", "api", name=partner))
        self.assertFalse(self.inside("bridge", "getent", "hosts", "db", name=partner))
        before = (self.ids(), self.ids(partner))
        self.assertEqual(self.apply(partner)["result"], "unchanged")
        self.assertEqual(self.apply()["result"], "unchanged")
        self.assertEqual((self.ids(), self.ids(partner)), before)
        # The product's containers are made anew: they are on the network again.
        self.want(self.compose(api=self.web(hostname="new"), db=self.web()))
        self.assertEqual(self.apply()["result"], "deployed")
        self.assertTrue(self.inside("bridge", "getent", "hosts", "api", name=partner))
        self.assertEqual(self.ids(partner), before[1])
        self.run_stack("remove", partner)
        self.assertEqual(quiet("docker", "network", "ls", "-q", "--filter", f"label=kiln.link={partner}").stdout, "")

    @unittest.skipUnless(yaml and shutil.which("git"), "needs git and python3-yaml")
    def test_partners_stack_is_refused_before_anything_of_it_runs(self):
        url, commit = self.repository(self.compose(bridge=self.web(privileged=True, pid="host")))
        self.want(None, git={"url": url, "commit": commit}, digest=commit)
        self.assertEqual(self.apply(expect=1)["result"], "refused")
        self.assertIn("services.bridge.privileged", self.errors)
        self.assertIn("services.bridge.pid", self.errors)
        self.assertEqual(self.ids(), {})

    def test_values_that_could_reach_elsewhere_are_refused(self):
        for value in (
            {"secrets": [{"file": "../x", "value": "y"}]}, {"secrets": [{"file": "/etc/x", "value": "y"}]},
            {"environment": {"LD_PRELOAD": "x"}}, {"environment": {"DOCKER_HOST": "x"}}, {"environment": {"a b": "x"}},
            {"file": "../compose.yaml"}, {"digest": "../../x"},
        ):
            base = {
                "git": None, "file": "compose.yaml", "environment": {}, "secrets": [], "jobs": [], "images": [], "networks": [],
                "timeout": 5, "digest": "0" * 64,
            }
            with self.subTest(value):
                self.assertEqual(self.run_stack("want", self.name, stdin=json.dumps({**base, **value})).returncode, 1)
        self.assertEqual(self.run_stack("apply", "../x").returncode, 1)


if __name__ == "__main__":
    unittest.main()
