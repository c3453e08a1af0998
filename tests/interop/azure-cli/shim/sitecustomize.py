"""Name resolution for az: NAME.localhost is this machine, and there is nothing else.

Python reads this when it starts, before any line of az.
"""

import socket

_resolve = socket.getaddrinfo


def getaddrinfo(host, *args, **kwargs):
    name = host.decode() if isinstance(host, bytes) else host
    if name == "localhost" or name.endswith(".localhost"):
        name = "127.0.0.1"
    if name not in ("127.0.0.1", "::1"):
        raise socket.gaierror(socket.EAI_NONAME, f"{name} is not on this machine")
    return _resolve(name, *args, **kwargs)


socket.getaddrinfo = getaddrinfo
