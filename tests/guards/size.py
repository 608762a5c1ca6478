"""How long things are. `python -m tests.guards.size` lists what grows beyond the rule, without failing."""

from tests.guards.source import Function, Module, modules

MODULE, MODULE_RULE = 400, 250
FUNCTION, FUNCTION_RULE = 50, 25


def long_modules(limit: int, *tops: str) -> list[str]:
    """Modules with more lines than that, as `name (lines)`."""
    sizes = ((module, len(module.text.splitlines())) for module in modules(*tops))
    return [f"{module.name} ({lines} lines)" for module, lines in sizes if lines > limit]


def long_functions(limit: int) -> list[str]:
    """Functions with more lines than that, docstring not counted."""
    return [
        module.at(function, f"{function.name} ({lines} lines)")
        for module in modules("apps", "config")
        for function in module.functions()
        if (lines := _length(module, function)) > limit
    ]


def _length(module: Module, function: Function) -> int:
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    documented = "docstring" if _is_text(first) else ""
    return lines - ((first.end_lineno or 0) - first.lineno + 1 if documented else 0)


def _is_text(node: object) -> bool:
    return isinstance(getattr(getattr(node, "value", None), "value", None), str)


if __name__ == "__main__":
    listed = long_modules(MODULE_RULE) + long_functions(FUNCTION_RULE)
    print("\n".join(["Longer than the rule (250 and 25 lines), to be shortened when touched:", *listed]))
