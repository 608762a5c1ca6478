"""How rates are shown. Pure."""


def percent(part: int, whole: int) -> str:
    """`part` of `whole` in whole percent. 0 % and 100 % stand only where none and all are meant."""
    if not whole:
        return "–"
    rounded = (200 * part + whole) // (2 * whole)
    if part and not rounded:
        return "<1 %"
    return ">99 %" if part < whole and rounded == 100 else f"{rounded} %"
