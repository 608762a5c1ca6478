#!/usr/bin/env python3
"""Django's command line; the embedded servers are started for the commands that need them."""

import os
import sys


def main() -> None:
    """Run a management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from apps.core.startup import refusals

    with refusals():
        from django.core.management import execute_from_command_line

        from config.services import ensure_services

        ensure_services(sys.argv)
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
