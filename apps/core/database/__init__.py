"""Django's PostgreSQL backend with connections that do not wait for ever for a server that has stopped answering.

A frozen PostgreSQL (a stopped process, a disk that hangs) keeps its sockets open: whoever waits for it waits without
end, and a web process has few threads. `patience.py` says who waits how long.
"""
