"""What goes wrong on purpose."""


class Gone(Exception):
    """The link was this member's, and its 14 days are over: 410."""


class ExportError(Exception):
    """The export cannot be made, and trying again is of no use; the message is for its member."""


class AbandonedError(Exception):
    """The export was cancelled meanwhile, or another worker has taken it over."""
