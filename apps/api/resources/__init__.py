"""One module a resource: its shape, its filters, its views."""
