"""Passwords: which are refused, and that checking one takes the same work whoever is asked for."""

import pytest
from argon2 import PasswordHasher

from app.errors import InvalidInput
from app.security import passwords
from app.security.passwords import check_new_password, check_password, hash_password, is_outdated


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        "x" * 1025,
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "123456789012",
        "qwertyuiopasdf",
        "abcdefghijklmnop",
        "Password1234!",
        "passwordpassword",
        "Welcome2AiSOC!",
        "Summer2026!!!",
        "alice.carpenter1",
        "ALICE.CARPENTER",
    ],
)
def test_an_obvious_password_is_refused_and_never_quoted(password):
    with pytest.raises(InvalidInput) as raised:
        check_new_password(password, "alice.carpenter")
    assert raised.value.code == "weak_password"
    assert not password or password not in raised.value.message + raised.value.remedy


@pytest.mark.parametrize(
    "password", ["seven lamps on the river", "tR9#kq2Lw!x0", "пароль из пяти слов", "x1" * 5 + "yz3"]
)
def test_a_password_of_twelve_characters_that_is_not_obvious_is_taken(password):
    check_new_password(password, "alice")


async def test_a_password_is_stored_as_argon2id_with_a_salt_of_its_own():
    first, second = await hash_password("seven lamps"), await hash_password("seven lamps")
    assert first.startswith("$argon2id$")
    assert first != second
    assert await check_password(first, "seven lamps")
    assert not await check_password(first, "seven lamp")


async def test_accents_count_the_same_however_they_are_composed():
    assert await check_password(await hash_password("cafe\u0301 au lait"), "caf\u00e9 au lait")


async def test_half_a_character_and_an_endless_password_are_wrong_and_break_nothing():
    stored = await hash_password("seven lamps")
    assert not await check_password(stored, "\ud800")
    assert not await check_password(stored, "x" * 1_000_000)
    assert not await check_password("no such form", "seven lamps")


async def test_a_user_who_is_not_there_costs_the_same_check(monkeypatch):
    stored, checked = await hash_password("seven lamps"), []
    monkeypatch.setattr(passwords, "_hasher", Counting(checked))
    await check_password(stored, "wrong")
    await check_password(None, "wrong")
    await check_password(None, "nobody's")
    assert len(checked) == 3
    assert {form.rsplit("$", 2)[0] for form in checked} == {stored.rsplit("$", 2)[0]}, "the same parameters"


async def test_nobody_gets_in_with_the_password_that_nobody_has():
    assert not await check_password(None, "nobody's")


def test_a_form_of_weaker_parameters_is_outdated():
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=64).hash("seven lamps"))


class Counting:
    """Notes which stored forms were checked."""

    def __init__(self, checked: list[str]) -> None:
        self._checked = checked
        self._hasher = PasswordHasher()

    def hash(self, password: bytes) -> str:
        return self._hasher.hash(password)

    def verify(self, stored: str, password: bytes) -> bool:
        self._checked.append(stored)
        return self._hasher.verify(stored, password)
