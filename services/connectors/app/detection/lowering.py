"""A record's bytes in lower case, so that a text which is nowhere in them need not be looked for in its values."""

# Letters beyond ASCII whose lower case has a letter of ASCII: K (Kelvin) and İ.
_ODD = ("\u212a".encode(), "\u0130".encode())


def lowered(raw: bytes) -> bytes | None:
    """Return a record's bytes in lower case; None where they may hide a text: by an escape, or an odd letter."""
    if b"\\u" in raw or b"\\/" in raw or (not raw.isascii() and any(letter in raw for letter in _ODD)):
        return None
    return raw.lower()
