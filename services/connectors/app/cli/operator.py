"""Who types commands, as the audit log names them."""

import getpass

from app.security.roles import Actor, Role


def operator() -> Actor:
    """Return the system's user as an admin: who may read the key ring needs no other permission."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        name = "unknown"
    return Actor(name, Role.ADMIN, "command line")
