"""Rules are not hidden in what a model does by itself."""

import ast

from tests.guards.source import modules


def test_no_model_overrides_save_or_delete() -> None:
    found = [
        module.at(function, f"overrides {function.name}")
        for module in modules("apps")
        for cls in module.walk(ast.ClassDef)
        if isinstance(cls, ast.ClassDef) and module.parts[2:3] in (("models",), ("querysets",))
        for function in cls.body
        if isinstance(function, ast.FunctionDef)
        and function.name in {"save", "asave", "delete", "adelete", "bulk_create", "clean", "full_clean"}
    ]
    assert not found, "\n".join(found)


def test_nobody_listens_to_signals() -> None:
    signals = (
        "django.db.models.signals",
        "django.dispatch",
        "django.core.signals",
        "django.contrib.auth.signals",
    )
    found = [
        f"{module.name}:{line} imports {name}"
        for module in modules("apps", "config")
        for name, line in module.imports()
        if name.startswith(signals)
    ]
    assert not found, "\n".join(found)


def test_every_constraint_and_index_has_a_name() -> None:
    kinds = {"UniqueConstraint", "CheckConstraint", "ExclusionConstraint", "Index", "GinIndex", "BrinIndex"}
    found = [
        module.at(call, ast.unparse(call.func))
        for module in modules("apps")
        for call in module.walk(ast.Call)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).rpartition(".")[2] in kinds
        and "name" not in {keyword.arg for keyword in call.keywords}
    ]
    assert not found, "\n".join(found)
