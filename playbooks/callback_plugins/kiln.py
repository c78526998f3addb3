"""What Ansible does, as one line of JSON for each event: `kiln hosts` reads it."""

from __future__ import annotations

DOCUMENTATION = """
name: kiln
type: stdout
short_description: One line of JSON for each event.
description:
  - Each line is "kiln " and an object with the key "event": task, result, diff, report or stats.
  - Results of tasks with no_log say nothing but how they ended.
"""

import json

from ansible.plugins.callback import CallbackBase

# Characters of a message and of a difference; the rest is left out.
MESSAGE_LIMIT = 8000
DIFF_LIMIT = 60000
# What a program printed last says why it failed.
TAIL_LINES = 20


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "kiln"

    def _emit(self, event, **values):
        values["event"] = event
        line = json.dumps(values, sort_keys=True, default=str, ensure_ascii=True)
        self._display.display("kiln " + line, screen_only=True)

    # Ansible 2.19 made the fields public; before, they had an underscore.
    @staticmethod
    def _parts(result):
        host = getattr(result, "host", None) or result._host
        task = getattr(result, "task", None) or result._task
        values = getattr(result, "result", None)
        return host.get_name(), task, values if values is not None else result._result

    @staticmethod
    def _role(task):
        role = getattr(task, "_role", None)
        # The role that the playbook names, not one that this includes.
        while role is not None and getattr(role, "_parents", None):
            role = role._parents[-1]
        return role.get_name(include_role_fqcn=False) if role is not None else ""

    @staticmethod
    def _task_name(task):
        return task.get_name().split(" : ", 1)[-1].strip()

    @staticmethod
    def _tail(text):
        return "\n".join(str(text).rstrip().splitlines()[-TAIL_LINES:])

    def _message(self, values):
        if values.get("censored"):
            return str(values["censored"])
        parts = []
        for key in ("msg", "reason"):
            if values.get(key):
                parts.append(str(values[key]).strip())
                break
        for key in ("stderr", "module_stderr", "stdout", "module_stdout"):
            if values.get(key) and str(values[key]).strip() not in parts:
                parts.append(self._tail(values[key]))
                break
        return "\n".join(parts)[-MESSAGE_LIMIT:]

    def _result(self, result, status):
        host, task, values = self._parts(result)
        if not isinstance(values, dict):
            values = {}
        changed = bool(values.get("changed")) and status == "ok"
        self._emit(
            "result",
            host=host,
            role=self._role(task),
            task=self._task_name(task),
            status="changed" if changed else status,
            message=self._message(values) if status in ("failed", "ignored", "unreachable") else "",
        )
        if task.action in ("debug", "ansible.builtin.debug") and status == "ok" and "msg" in values:
            self._emit("report", host=host, task=self._task_name(task), value=values["msg"])

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._emit("task", role=self._role(task), task=self._task_name(task))

    def v2_playbook_on_handler_task_start(self, task):
        self.v2_playbook_on_task_start(task, False)

    def v2_runner_on_ok(self, result):
        self._result(result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._result(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result):
        self._result(result, "unreachable")

    def v2_runner_item_on_failed(self, result):
        host, task, values = self._parts(result)
        self._emit(
            "item",
            host=host,
            role=self._role(task),
            task=self._task_name(task),
            item="" if values.get("censored") else str(values.get("_ansible_item_label", values.get("item", ""))),
            message=self._message(values),
        )

    def v2_on_file_diff(self, result):
        host, task, values = self._parts(result)
        results = values.get("results") if "results" in values else [values]
        for one in results or []:
            if not isinstance(one, dict) or one.get("censored") or not one.get("changed") or not one.get("diff"):
                continue
            text = self._get_diff(one["diff"])
            if text:
                self._emit(
                    "diff",
                    host=host,
                    role=self._role(task),
                    task=self._task_name(task),
                    text=text[:DIFF_LIMIT],
                )

    def v2_playbook_on_no_hosts_matched(self):
        self._emit("empty")

    def v2_playbook_on_stats(self, stats):
        hosts = {}
        for host in sorted(stats.processed):
            hosts[host] = stats.summarize(host)
        self._emit("stats", hosts=hosts)
