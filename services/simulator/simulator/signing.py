"""The keys that sign tokens, published as a JSON Web Key Set; made when first needed, as RSA keys cost time."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


@dataclass(frozen=True)
class SigningKey:
    """An RSA key; `kid` is made from its public part."""

    private: rsa.RSAPrivateKey
    kid: str

    def sign(self, claims: dict[str, Any], kid: str | None = None) -> str:
        """Return a JWT (RS256). kid: names another key than the one that signs."""
        return jwt.encode(claims, self.private, "RS256", {"kid": kid or self.kid})

    def published(self, issuer: str) -> dict[str, Any]:
        public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        numbers = {name: public[name] for name in ("kty", "n", "e")}
        return {**numbers, "use": "sig", "kid": self.kid, "x5t": self.kid, "issuer": issuer}


class SigningKeys:
    """The keys in use, the newest last, which signs; the one before stays published."""

    def __init__(self) -> None:
        self._keys: list[SigningKey] = []

    @property
    def current(self) -> SigningKey:
        if not self._keys:
            self.rotate()
        return self._keys[-1]

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self._keys = [*self._keys[-1:], make_key()]

    def published(self, issuer: str) -> dict[str, Any]:
        """Return the key set as discovery/v2.0/keys answers it."""
        newest = self.current
        return {"keys": [key.published(issuer) for key in (*self._keys[:-1], newest)]}


def make_key() -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    modulus = private.public_key().public_numbers().n.to_bytes(256, "big")
    return SigningKey(private, urlsafe_b64encode(hashlib.sha256(modulus).digest()[:20]).decode().rstrip("="))
