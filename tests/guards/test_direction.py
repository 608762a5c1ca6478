"""What import-linter cannot see: names in strings, and who may know a framework."""

import ast

from tests.guards.source import Module, apps, layers, modules

RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}


def test_every_app_has_its_layer() -> None:
    assert set(apps()) <= set(layers())


def test_relations_by_name_point_down() -> None:
    found = []
    for module in modules("apps"):
        for call in module.walk(ast.Call):
            assert isinstance(call, ast.Call)
            if ast.unparse(call.func).rpartition(".")[2] not in RELATIONS:
                continue
            target = (
                call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "to"), None)
            )
            name = target.value if isinstance(target, ast.Constant) else ""
            if isinstance(name, str) and "." in name and _not_below(module, name.split(".")[0]):
                found.append(module.at(call, f"{module.app} refers to {name}"))
    assert not found, "\n".join(found)


def test_dotted_names_in_strings_point_down() -> None:
    found = []
    for module in modules("apps"):
        for node in module.walk(ast.Constant):
            assert isinstance(node, ast.Constant)
            name = node.value if isinstance(node.value, str) and " " not in node.value else ""
            words = name.split(".")
            if (
                len(words) > 2
                and words[0] == "apps"
                and words[1] in layers()
                and _not_below(module, words[1])
            ):
                found.append(module.at(node, f"{module.app} names {name}"))
    assert not found, "\n".join(found)


def _not_below(module: Module, app: str) -> bool:
    heights = layers()
    return app != module.app and heights.get(app, -1) >= heights[module.app]


def test_models_are_imported_and_never_looked_up_by_name() -> None:
    found = [
        module.at(node, "get_model")
        for module in modules("apps", "config")
        for node in module.walk(ast.Attribute)
        if isinstance(node, ast.Attribute) and node.attr == "get_model"
    ]
    assert not found, "\n".join(found)


def test_frameworks_stay_in_their_app() -> None:
    homes = {
        "unfold": {"backoffice": ""},
        "rest_framework": {"api": ""},
        "drf_spectacular": {"api": ""},
        "drf_standardized_errors": {"api": ""},
        "django_filters": {"api": ""},
        "knox": {"api": "", "accounts": "knox.models knox.settings"},
    }
    found = []
    for module in modules("apps"):
        for name, line in module.imports():
            home = homes.get(name.split(".")[0])
            if home is None or home.get(module.app) == "":
                continue
            if module.app not in home or not name.startswith(tuple(home[module.app].split())):
                found.append(f"{module.name}:{line} imports {name}")
    assert not found, "\n".join(found)
