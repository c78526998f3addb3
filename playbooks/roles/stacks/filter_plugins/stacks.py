"""What is said to kiln-stack, and what may be shown of a stack."""


def wanted(stack):
    """What `kiln-stack want` reads."""
    git = stack.get("git")
    return {
        "digest": git["commit"] if git else stack["digest"],
        "git": {"url": git["url"], "commit": git["commit"]} if git else None,
        "file": (git.get("file") or "compose.yaml") if git else "compose.yaml",
        "environment": dict(stack.get("environment") or {}),
        "secrets": [{"file": one["file"], "value": one["value"]} for one in stack.get("secrets") or []],
        "jobs": list(stack.get("jobs") or []),
        "images": [
            {"reference": one["reference"], "archived": bool(one.get("archive")), "pull": one.get("pull") or ""}
            for one in stack.get("images") or []
        ],
        "networks": list(stack.get("networks") or []),
        "timeout": int(stack.get("timeout") or 300),
    }


def shown(stacks):
    """Stacks from the controller's folders, without their secrets: Ansible prints the item of a loop that fails."""
    return [
        {"name": stack["name"], "source": stack["source"], "digest": stack["digest"]}
        for stack in stacks if not stack.get("git")
    ]


def archives(stacks, results):
    """Archives that a machine needs, from what `kiln-stack want` answered."""
    files = {
        (stack["name"], one["reference"]): one["archive"]
        for stack in stacks for one in stack.get("images") or [] if one.get("archive")
    }
    return [
        {"name": result["stack"], "reference": reference, "source": files[result["stack"], reference], "target": target}
        for result in results for reference, target in sorted(result.get("archives", {}).items())
    ]


class FilterModule:
    def filters(self):
        return {"kiln_stack_wanted": wanted, "kiln_stacks_shown": shown, "kiln_stacks_archives": archives}
