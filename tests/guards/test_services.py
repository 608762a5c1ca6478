"""Services write, selectors read: keyword-only, typed, and listed."""

import ast

from tests.guards.source import Function, Module, decorator, kind, modules

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PUBLIC = [*kind("services"), *kind("selectors")]


def faces() -> list[Module]:
    """The modules that other apps import: `services.py`, or the package's `__init__.py`."""
    return [module for module in PUBLIC if len(module.parts) == 3 or module.parts[-1] == "__init__"]


def public_functions() -> list[tuple[Module, Function]]:
    """Every function that a face lists, wherever it is written."""
    found = []
    for face in faces():
        near = [module for module in PUBLIC if module.parts[:3] == face.parts[:3]]
        listed = set(face.exported or [])
        found += [
            (module, node)
            for module in near
            for node in module.tree.body
            if isinstance(node, Function) and node.name in listed
        ]
    return found


def test_every_face_lists_its_names() -> None:
    assert [module.name for module in faces() if not module.exported] == []


def test_listed_names_exist_and_are_listed_once() -> None:
    found = []
    for module in faces():
        listed = module.exported or []
        known = {node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name)}
        known |= {node.name for node in module.tree.body if isinstance(node, DEFINITIONS)}
        known |= {name.rpartition(".")[2] for name, _ in module.imports()}
        found += [
            f"{module.name} lists {name}" for name in listed if name not in known or listed.count(name) > 1
        ]
    assert not found, "\n".join(found)


def test_public_functions_take_keywords_only() -> None:
    found = [
        module.at(function, f"{function.name} takes arguments by position")
        for module, function in public_functions()
        if function.args.posonlyargs or function.args.args or function.args.vararg
    ]
    assert not found, "\n".join(found)


def test_public_functions_are_typed() -> None:
    found = [
        module.at(function, function.name)
        for module, function in public_functions()
        if function.returns is None or any(arg.annotation is None for arg in function.args.kwonlyargs)
    ]
    assert not found, "\n".join(found)


def test_services_save_only_the_columns_they_changed() -> None:
    found = [
        module.at(call, f"{ast.unparse(call)}: name the columns (update_fields), or create")
        for module in kind("services")
        for call in module.walk(ast.Call)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"save", "asave"}
        and not call.args
        and not call.keywords
    ]
    assert not found, "\n".join(found)


def test_services_know_neither_http_nor_celery() -> None:
    closed = ("django.http", "django.shortcuts", "django.views", "celery", "rest_framework", "unfold")
    found = [
        f"{module.name}:{line} imports {name}"
        for module in PUBLIC
        for name, line in module.imports()
        if name.startswith(closed)
    ]
    assert not found, "\n".join(found)


def test_transactions_are_done_again_where_another_came_first() -> None:
    found = [
        module.at(function, f"{function.name}: @transactional (core/retry.py) instead of @transaction.atomic")
        for module in modules("apps")
        for function in module.functions()
        if decorator(function, "atomic")
    ]
    assert not found, "\n".join(found)


def test_rows_are_locked_against_changes_and_not_against_references() -> None:
    """FOR UPDATE waits for, and stops, whoever inserts a row that refers to this one: a ring waiting to happen."""
    found = [
        module.at(call, f"{ast.unparse(call)}: no_key=True")
        for module in modules("apps")
        for call in module.walk(ast.Call)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).endswith(".select_for_update")
        and not {"no_key", "skip_locked"} & {keyword.arg for keyword in call.keywords}
    ]
    assert not found, "\n".join(found)


def test_nobody_is_enrolled_but_by_the_demo() -> None:
    """Members are invited (docs/decisions/0025)."""
    found = [
        f"{module.name} calls make_member"
        for module in modules("apps")
        if module.parts[1:2] != ("demo",) and "accounts/services" not in module.name.replace(".", "/")
        for node in module.walk(ast.Attribute, ast.Name)
        if getattr(node, "attr", getattr(node, "id", "")) == "make_member"
    ]
    assert not found, "\n".join(found)
