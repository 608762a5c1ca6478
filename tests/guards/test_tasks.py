"""Celery carries hints: each task names its queue, and holds no rule."""

import ast

from apps.core import queues
from config.schedule import BEAT_SCHEDULE
from tests.guards.source import ROOT, Function, Module, decorator, modules

LONGEST_BODY = 10


def tasks() -> list[tuple[Module, Function, ast.expr]]:
    """Every task with the decorator that makes it one."""
    return [
        (module, function, made)
        for module in modules("apps", "config")
        for function in module.functions()
        if (made := decorator(function, "shared_task", "task")) is not None
    ]


def test_every_task_names_its_queue() -> None:
    known = {f"queues.{name}" for name in vars(queues) if getattr(queues, name) in queues.ALL}
    found = []
    for module, function, made in tasks():
        named = {k.arg: ast.unparse(k.value) for k in made.keywords} if isinstance(made, ast.Call) else {}
        if named.get("queue") not in known:
            found.append(module.at(function, f"{function.name} runs on {named.get('queue') or 'no queue'}"))
    assert not found, "\n".join(found)


def test_tasks_are_short() -> None:
    found = [
        module.at(function, f"{function.name} has a body of {length} lines")
        for module, function, _ in tasks()
        if (length := (function.end_lineno or 0) - function.body[0].lineno + 1) > LONGEST_BODY
    ]
    assert not found, "\n".join(found)


def test_tasks_live_in_modules_of_that_name() -> None:
    assert {module.parts[2] for module, _, _ in tasks()} <= {"tasks"}


def test_the_clock_calls_tasks_that_exist_on_queues_that_exist() -> None:
    names = {".".join((*module.parts, function.name)) for module, function, _ in tasks()}
    for entry, line in BEAT_SCHEDULE.items():
        path = ROOT.joinpath(*line["task"].split(".")[:-1]).with_suffix(".py")
        assert line["task"] in names, f"{entry}: {path.name} has no such task"
        assert line["options"]["queue"] in queues.ALL, entry


def test_broker_messages_are_sent_to_tasks_that_exist() -> None:
    """Names of tasks in strings: what a rename would miss."""
    names = {".".join((*module.parts, function.name)) for module, function, _ in tasks()}
    found = [
        module.at(node, f"no task {node.value}")
        for module in modules("apps", "config")
        for node in module.walk(ast.Constant)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and " " not in node.value
        and node.value.startswith("apps.")
        and ".tasks." in node.value
        and node.value not in names
    ]
    assert not found, "\n".join(found)
