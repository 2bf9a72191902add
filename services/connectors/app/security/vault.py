"""Secrets at rest: AES-256-GCM, each ciphertext bound to the row it belongs to."""

import base64
import json
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import Abort
from app.security.keyring import KeyRing, Keys

_NONCE_BYTES = 12


class Vault:
    """Seals and opens the secrets of rows with the ring's keys.

    A sealed text is `v1.<key name>.<base64 of nonce and ciphertext>`; row and key name are authenticated with it, so
    that it opens nowhere else.
    """

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        self._keys: Keys | None = None

    @property
    def keys(self) -> Keys:
        """The keys, read at first use: commands that need no secret need no ring."""
        if self._keys is None:
            self._keys = self.ring.load()
        return self._keys

    def reload(self) -> None:
        """Read the ring again at the next use: another process may have rotated it."""
        self._keys = None

    def need_ring(self) -> None:
        """Raise Abort (keyring_missing) when there is no ring: making one would not bring the right keys back."""
        if self._keys is None and not self.ring.exists:
            raise Abort(
                "keyring_missing",
                f"This database has connectors, but the key ring {self.ring.path} with their keys is not here.",
                "Copy the ring of the host that added them, restore it from the backup, or name it in AISOC_KEYRING.",
            )

    def seal(self, values: dict[str, str], row: UUID) -> str:
        """Encrypt a row's secrets with the primary key, read anew: it may have been rotated away meanwhile."""
        self.reload()
        name = self.keys.primary
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self.keys.by_name[name]).encrypt(nonce, json.dumps(values).encode(), _bound_to(row, name))
        return f"v1.{name}.{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, row: UUID) -> dict[str, str]:
        """Decrypt a row's secrets. Raises Abort (keyring_missing, secret_unreadable)."""
        self.need_ring()
        name, data = key_name(sealed), sealed.rpartition(".")[2]
        if name not in self.keys.by_name:
            self.reload()
        key = self.keys.by_name.get(name)
        if key is None:
            raise _unreadable(f"the key {name} that protects them is not in the key ring")
        try:
            blob = base64.b64decode(data, validate=True)
            plain = AESGCM(key).decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], _bound_to(row, name))
        except (InvalidTag, ValueError):
            raise _unreadable("they were changed, or belong to another row") from None
        opened: dict[str, str] = json.loads(plain)
        return opened


def key_name(sealed: str) -> str:
    """Return the name of the key that a sealed text was sealed with."""
    return sealed.removeprefix("v1.").rpartition(".")[0]


def _bound_to(row: UUID, key_name: str) -> bytes:
    return f"aisoc/connector/{row}/{key_name}".encode()


def _unreadable(reason: str) -> Abort:
    return Abort(
        "secret_unreadable",
        f"The connector's stored secrets cannot be read: {reason}.",
        "Restore the key ring that belongs to this database, or give the connector its secret anew "
        "(aisoc connectors update).",
    )
