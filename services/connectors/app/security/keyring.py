"""The key ring: the AES-256 keys that protect connectors' secrets, in a file that only its owner may read."""

import base64
import json
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from app.errors import Abort, InvalidInput
from app.settings import expanded

_KEY_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Keys:
    """Keys by name; the primary one encrypts, all decrypt."""

    primary: str
    by_name: dict[str, bytes]

    @classmethod
    def fresh(cls) -> Self:
        """Make a ring of one new key."""
        return cls("", {}).with_new_primary()

    def with_new_primary(self) -> Self:
        """Return these keys and a new one, which encrypts from now on."""
        name = f"k{secrets.token_hex(4)}"
        return type(self)(name, {**self.by_name, name: secrets.token_bytes(_KEY_BYTES)})

    def keeping(self, names: set[str]) -> Self:
        """Return the ring with only these keys and the primary one."""
        return type(self)(self.primary, {n: key for n, key in self.by_name.items() if n in names or n == self.primary})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read `{"primary": NAME, "keys": {NAME: base64 of 32 bytes}}`. Raises ValueError without quoting a key."""
        try:
            ring: Any = json.loads(text)
            keys = {name: base64.b64decode(key, validate=True) for name, key in ring["keys"].items()}
            primary = str(ring["primary"])
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ValueError('it is not JSON like {"primary": "k1", "keys": {"k1": "…"}}') from None
        if primary not in keys or any(len(key) != _KEY_BYTES for key in keys.values()):
            raise ValueError("its primary key is missing, or a key is not 32 bytes in base64")
        return cls(primary, keys)

    def to_json(self) -> str:
        """Write the form that from_json reads."""
        keys = {name: base64.b64encode(key).decode() for name, key in self.by_name.items()}
        return json.dumps({"primary": self.primary, "keys": keys}, indent=1)


class KeyRing:
    """Where the keys are: a file, made at first use, or the ring's own text from the environment."""

    def __init__(self, home: Path, source: str | None = None) -> None:
        """source: AISOC_KEYRING, a path or the ring as JSON; None for `keyring.json` in home.

        What cannot be a path is a spoiled ring, and never quoted: keys do not belong in messages.
        """
        self._text = source if source and not _is_path(source) else None
        self.path = expanded(Path(source)) if source and not self._text else home / "keyring.json"

    @property
    def writable(self) -> bool:
        """Whether this process may change the ring (not when it came in the environment)."""
        return self._text is None

    @property
    def exists(self) -> bool:
        """Whether there is a ring already."""
        return self._text is not None or self.path.exists()

    def load(self) -> Keys:
        """Read the keys, making the file at first use.

        Raises Abort (keyring_unreadable, keyring_not_private) or InvalidInput (invalid_keyring).
        """
        try:
            if self._text is None and not self.path.exists():
                self._create()
            return Keys.from_json(self._text if self._text is not None else self._read())
        except ValueError as error:
            raise InvalidInput(
                "invalid_keyring",
                f"The key ring ({self._place}) cannot be used: {error}.",
                "Restore it from your backup: without its keys the stored secrets cannot be read.",
            ) from None
        except OSError as error:
            raise Abort(
                "keyring_unreadable",
                f"The key ring {self.path} cannot be read or made: {error.strerror}.",
                "Give this user a folder it owns in AISOC_HOME, or name the ring in AISOC_KEYRING.",
            ) from error

    def save(self, keys: Keys) -> None:
        """Replace the file at once, so that a crash leaves the old ring or the new one."""
        fresh = self.path.with_suffix(f".{secrets.token_hex(4)}")
        _write_private(fresh, keys.to_json())
        fresh.replace(self.path)

    @property
    def _place(self) -> str:
        return "AISOC_KEYRING" if self._text is not None else str(self.path)

    def _create(self) -> None:
        """Make the file unless another process was first: a second ring would orphan the first one's secrets."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.path.with_suffix(f".{secrets.token_hex(4)}")
        _write_private(fresh, Keys.fresh().to_json())
        try:
            os.link(fresh, self.path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()

    def _read(self) -> str:
        mode = self.path.stat().st_mode
        if os.name == "posix" and mode & _OTHERS:
            raise Abort(
                "keyring_not_private",
                f"The key ring {self.path} can be read by others (mode {stat.S_IMODE(mode):o}).",
                f"Run: chmod 600 {self.path}",
            )
        return self.path.read_text(encoding="utf-8")


def _is_path(source: str) -> bool:
    """Tell a path from the text of a ring, or of what was meant to be one (quoted twice, or a bare key)."""
    return not set(source) & set('{}"\n') and not re.fullmatch(r"[A-Za-z0-9+/_-]{43}=?", source.strip())


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
