"""Path parts that the database can be asked about."""

from django.urls import register_converter


class IdConverter:
    """A positive 64-bit number; longer digits are no address at all."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IdConverter, "id")
