"""API tokens: shown once, stored as hashes, never mightier than their owner, ended by time or by somebody."""

import hashlib
import re

import pytest
from doors import in_hands_of, person
from support import query

from app.errors import Conflict, Denied, InvalidInput, NotFound
from app.security.roles import Role
from app.security.tokens import create_token, find_token, list_tokens, revoke_token
from app.security.users import change_role


async def test_a_token_is_a_secret_of_which_the_database_has_a_hash(service):
    mine = in_hands_of(service, await person(service, "alice"))
    row, secret = await create_token(mine, "report", Role.VIEWER)
    assert re.fullmatch(r"aisoc_[A-Za-z0-9_-]{43}", secret)
    (stored,) = await query(service, "SELECT * FROM tokens")
    assert stored["hash"] == hashlib.sha256(secret.encode()).digest()
    tables = [
        row["tablename"] for row in await query(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    dump = "".join([str(await query(service, f'SELECT * FROM "{name}"')) for name in tables])  # noqa: S608 - names from the catalogue
    assert "report" in dump
    assert secret.removeprefix("aisoc_") not in dump
    assert secret not in repr(row)


async def test_a_token_lets_in_until_it_expires_and_its_use_is_noted_once_a_minute(service, clock):
    alice = await person(service, "alice", Role.ANALYST)
    made = clock.now()
    _, secret = await create_token(in_hands_of(service, alice), "report", Role.VIEWER, days=1)
    actor = await find_token(service, secret, "192.0.2.9")
    assert (actor.name, actor.role, actor.via, actor.ip) == ("alice", Role.VIEWER, "api", "192.0.2.9")
    clock.advance(seconds=59)
    await find_token(service, secret, None)
    assert (await query(service, "SELECT used_at FROM tokens"))[0]["used_at"] == made
    clock.advance(hours=23, minutes=59)
    assert await find_token(service, secret, None)
    clock.advance(seconds=1)
    assert await find_token(service, secret, None) is None


@pytest.mark.parametrize("secret", ["", "aisoc_", "aisoc_" + "x" * 43, "aisoc_" + "x" * 42 + "\n", "\ud800"])
async def test_what_is_no_token_lets_nobody_in(service, secret):
    assert await find_token(service, secret, None) is None


async def test_a_token_may_never_do_more_than_its_owner_may_now(service):
    await person(service, "root")
    alice = await person(service, "alice", Role.ANALYST)
    mine = in_hands_of(service, alice)
    with pytest.raises(Denied):
        await create_token(mine, "too much", Role.ADMIN)
    _, secret = await create_token(mine, "fetch", Role.ANALYST)
    await change_role(service, alice.id, Role.VIEWER)
    assert (await find_token(service, secret, None)).role is Role.VIEWER
    await change_role(service, alice.id, Role.ADMIN)
    assert (await find_token(service, secret, None)).role is Role.ANALYST


async def test_an_admin_cannot_give_somebodys_token_more_than_they_may(service):
    root, bob = await person(service, "root"), await person(service, "bob", Role.VIEWER)
    with pytest.raises(Denied):
        await create_token(in_hands_of(service, root), "x", Role.ANALYST, user_id=bob.id)
    with pytest.raises(Denied):
        await create_token(in_hands_of(service, bob), "x", Role.VIEWER, user_id=root.id)


async def test_a_token_that_is_no_admins_makes_no_tokens(service):
    alice = await person(service, "alice", Role.ANALYST)
    with pytest.raises(Denied):
        await create_token(in_hands_of(service, alice, "api"), "forever", Role.VIEWER)


@pytest.mark.parametrize(("name", "days"), [("", 1), ("x" * 101, 1), ("a\x00b", 1), ("ok", 0), ("ok", 366)])
async def test_a_token_needs_a_name_and_an_end_within_a_year(service, name, days):
    mine = in_hands_of(service, await person(service, "alice"))
    with pytest.raises(InvalidInput):
        await create_token(mine, name, Role.VIEWER, days=days)


async def test_a_name_is_an_owners_only_once_and_tokens_have_a_limit(service, monkeypatch):
    alice, bob = await person(service, "alice"), await person(service, "bob")
    await create_token(in_hands_of(service, alice), "report", Role.VIEWER)
    await create_token(in_hands_of(service, bob), "report", Role.VIEWER)
    with pytest.raises(Conflict):
        await create_token(in_hands_of(service, alice), "report", Role.VIEWER)
    monkeypatch.setattr("app.security.tokens._MOST_TOKENS", 1)
    with pytest.raises(Conflict) as raised:
        await create_token(in_hands_of(service, alice), "second", Role.VIEWER)
    assert raised.value.code == "too_many_tokens"


async def test_everybody_sees_and_revokes_their_own_and_an_admin_all(service):
    root, alice = await person(service, "root"), await person(service, "alice", Role.VIEWER)
    own, secret = await create_token(in_hands_of(service, alice), "mine", Role.VIEWER)
    other, _ = await create_token(in_hands_of(service, root), "other", Role.ADMIN)
    assert [token.name for token in await list_tokens(in_hands_of(service, alice))] == ["mine"]
    with pytest.raises(Denied):
        await list_tokens(in_hands_of(service, alice), everybodys=True)
    with pytest.raises(NotFound):
        await revoke_token(in_hands_of(service, alice), other.id)
    assert len(await list_tokens(in_hands_of(service, root), everybodys=True)) == 2
    await revoke_token(in_hands_of(service, root), own.id)
    assert await find_token(service, secret, None) is None
    with pytest.raises(NotFound):
        await revoke_token(in_hands_of(service, alice), own.id)
    noted = await query(service, "SELECT action, target, actor FROM audit_log WHERE action LIKE 'token.%' ORDER BY id")
    assert [tuple(row.values()) for row in noted] == [
        ("token.create", "mine", "alice"),
        ("token.create", "other", "root"),
        ("token.revoke", "mine", "root"),
    ]


async def test_the_command_line_has_no_tokens_of_its_own(service):
    with pytest.raises(Denied) as raised:
        await create_token(service, "x", Role.VIEWER)
    assert raised.value.code == "no_user"
