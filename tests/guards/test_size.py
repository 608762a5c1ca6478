"""The hard limits; the softer ones are listed by `python -m tests.guards.size`."""

from tests.guards import size


def test_no_module_is_over_400_lines_and_no_test_over_800() -> None:
    found = [*size.long_modules(size.MODULE, "apps", "config"), *size.long_modules(2 * size.MODULE, "tests")]
    assert not found, "\n".join(found)


def test_no_function_is_over_50_lines() -> None:
    found = size.long_functions(size.FUNCTION)
    assert not found, "\n".join(found)
