"""Passwords: which may be chosen, and their argon2 form, made and checked beside the event loop."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import InvalidInput

Result = TypeVar("Result")

LEAST_LENGTH = 12
_MOST_LENGTH = 1024
_LEAST_KINDS = 5
_ROWS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn")
# What people write when they are asked for twelve characters; digits and marks around them change nothing.
_OBVIOUS = (
    "password",
    "administrator",
    "changeme",
    "letmein",
    "welcome",
    "iloveyou",
    "qwerty",
    "secret",
    "default",
    "monkey",
    "dragon",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "trustno",
    "starwars",
    "whatever",
    "master",
    "summer",
    "winter",
    "spring",
    "autumn",
    "aisoc",
    "azure",
    "microsoft",
    "security",
    "correcthorsebatterystaple",
)

# The library's defaults are the low-memory profile of RFC 9106: 64 MiB each. Two at a time, so that a flood of
# sign-ins takes neither all memory nor all processors.
_hasher = PasswordHasher()
_workers = ThreadPoolExecutor(2, thread_name_prefix="passwords")


def check_new_password(password: str, name: str) -> None:
    """Raise InvalidInput (weak_password) when somebody of that name should not have this password."""
    if len(password) < LEAST_LENGTH or len(password) > _MOST_LENGTH:
        reason = f"it has {len(password)} characters"
    elif len(set(password)) < _LEAST_KINDS or _is_obvious(password.casefold()):
        reason = "it is among the first that are guessed"
    elif name.casefold() in password.casefold() and len(password) - len(name) < LEAST_LENGTH:
        reason = "it is hardly more than the user's name"
    else:
        return
    raise InvalidInput(
        "weak_password",
        f"This password cannot be used: {reason}.",
        f"Choose {LEAST_LENGTH} characters or more, best by a password manager, or several words that do not belong "
        "together.",
    )


def _is_obvious(password: str) -> bool:
    """Whether a password is a known one, repeated or with digits and marks around it, or a row of keys."""
    core = password
    for word in _OBVIOUS:
        core = core.replace(word, "")
    letters = [character for character in core if character.isalpha()]
    shortened = len(core) < len(password)
    return (shortened and len(letters) < _LEAST_KINDS) or any(password in row + row for row in _ROWS)


async def hash_password(password: str) -> str:
    """Return the argon2id form of a password, with a salt of its own."""
    return await _beside(_hasher.hash, _bytes(password))


async def check_password(stored: str | None, password: str) -> bool:
    """Whether that is the password. stored: None when there is none, which takes as long to say as a wrong one."""
    typed = _bytes(password[: _MOST_LENGTH + 1])
    right = await _beside(_verify, stored or await _beside(_nobodys), typed)
    return right and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a stored form was made with other parameters than those of now."""
    return _hasher.check_needs_rehash(stored)


def _verify(stored: str, password: bytes) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """Return the form of a password that nobody has."""
    return _hasher.hash(b"nobody's")


def _bytes(password: str) -> bytes:
    """Return a password as it is hashed: the same however a keyboard composes its characters."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


async def _beside(work: Callable[..., Result], *arguments: object) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_workers, work, *arguments)
