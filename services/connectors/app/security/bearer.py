"""Secrets whose bearer is let in (sessions, tokens, links): 256 random bits, of which the database has a hash."""

import hashlib
import secrets

_BYTES = 32


def make_secret() -> str:
    """Return a new secret: 43 characters of the alphabet of base64url."""
    return secrets.token_urlsafe(_BYTES)


def hash_secret(secret: str) -> bytes:
    """Return what is stored of a secret. SHA-256 alone will do: nobody can guess 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
