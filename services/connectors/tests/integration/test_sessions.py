"""Signing in and sessions: fresh at each login, ended by time, silence and sign-out; guesses are limited."""

import asyncio
import hashlib

import pytest
from doors import PASSWORD, in_hands_of, person
from sqlalchemy import text
from support import query

from app.errors import NotFound, NotSignedIn, Retry
from app.security import passwords
from app.security.login import log_in
from app.security.roles import Role
from app.security.sessions import end_own_session, end_own_sessions, end_session, find_session, list_own_sessions
from app.security.users import add_user, set_password, switch_user

ALICE = {"ip": "192.0.2.1", "agent": "Firefox"}


async def refused(service, name="alice", ip="192.0.2.1"):
    """Return the code of a sign-in's refusal."""
    with pytest.raises((NotSignedIn, Retry)) as raised:
        await log_in(service, name, "wrong", ip=ip, agent=None)
    return raised.value.code


async def test_a_session_is_fresh_each_time_and_only_its_hash_is_stored(service):
    alice = await person(service, "alice", Role.ANALYST)
    first, second = [await log_in(service, "alice", PASSWORD, **ALICE) for _ in range(2)]
    assert first != second
    assert len(first) == 43
    actor = await find_session(service, second, "192.0.2.7")
    assert (actor.name, actor.role, actor.via, actor.user_id, actor.ip) == (
        "alice",
        Role.ANALYST,
        "console",
        alice.id,
        "192.0.2.7",
    )
    stored = {row["hash"] for row in await query(service, "SELECT hash FROM sessions")}
    assert stored == {hashlib.sha256(secret.encode()).digest() for secret in (first, second)}


async def test_a_session_ends_after_its_hours_however_busy_it_is(service, clock):
    await person(service, "alice")
    session = await log_in(service, "alice", PASSWORD, **ALICE)
    for _ in range(12):
        assert await find_session(service, session, None)
        clock.advance(hours=1)
    assert await find_session(service, session, None) is None


async def test_a_session_ends_after_two_idle_hours(service, clock):
    await person(service, "alice")
    session = await log_in(service, "alice", PASSWORD, **ALICE)
    clock.advance(hours=1, minutes=59)
    assert await find_session(service, session, None)
    clock.advance(hours=2)
    assert await find_session(service, session, None) is None


async def test_that_somebody_is_here_is_written_once_a_minute(service, clock):
    await person(service, "alice")
    session = await log_in(service, "alice", PASSWORD, **ALICE)
    begun = clock.now()
    clock.advance(seconds=59)
    await find_session(service, session, None)
    assert (await query(service, "SELECT seen_at FROM sessions"))[0]["seen_at"] == begun
    clock.advance(seconds=1)
    await find_session(service, session, None)
    assert (await query(service, "SELECT seen_at FROM sessions"))[0]["seen_at"] == clock.now()
    assert (await query(service, "SELECT last_seen_at FROM users"))[0]["last_seen_at"] == clock.now()


async def test_sessions_that_let_nobody_in_are_deleted_at_the_next_sign_in(service, clock):
    await person(service, "alice")
    await log_in(service, "alice", PASSWORD, **ALICE)
    clock.advance(hours=3)
    await log_in(service, "alice", PASSWORD, **ALICE)
    assert len(await query(service, "SELECT * FROM sessions")) == 1


async def test_signing_out_ends_the_session_on_the_server_and_is_noted(service):
    await person(service, "alice")
    session = await log_in(service, "alice", PASSWORD, **ALICE)
    await end_session(service, session, "192.0.2.1")
    assert await find_session(service, session, None) is None
    noted = await query(service, "SELECT action, actor, ip FROM audit_log WHERE action LIKE 'session.%' ORDER BY id")
    assert [(row["action"], row["actor"], row["ip"]) for row in noted] == [
        ("session.start", "alice", "192.0.2.1"),
        ("session.end", "alice", "192.0.2.1"),
    ]


async def test_somebody_lists_and_ends_their_own_sessions_and_no_others(service):
    alice, bob = await person(service, "alice"), await person(service, "bob")
    sessions = [await log_in(service, "alice", PASSWORD, **ALICE) for _ in range(3)]
    bobs = await log_in(service, "bob", PASSWORD, ip="192.0.2.2", agent="curl")
    mine = in_hands_of(service, alice)
    listed = await list_own_sessions(mine)
    assert {(row.ip, row.agent) for row in listed} == {("192.0.2.1", "Firefox")}
    with pytest.raises(NotFound):
        await end_own_session(in_hands_of(service, bob), listed[0].id)
    await end_own_session(mine, listed[0].id)
    assert len(await list_own_sessions(mine)) == 2
    keep, _ = [secret async for secret in living(service, sessions)]
    assert await end_own_sessions(mine, but=keep) == 1
    assert [secret async for secret in living(service, sessions)] == [keep]
    assert await find_session(service, bobs, None)


async def living(service, secrets):
    for secret in secrets:
        if await find_session(service, secret, None):
            yield secret


async def test_a_wrong_name_and_a_wrong_password_are_told_alike_and_cost_the_same(service, monkeypatch):
    await person(service, "root")
    await switch_user(service, (await person(service, "gone")).id, enabled=False)
    await add_user(service, "linkless", Role.VIEWER)
    checks, verify = [], passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda *given: checks.append(given) or verify(*given))
    told = set()
    for name in ("root", "gone", "linkless", "nobody", "a\x00b", "x" * 5000):
        with pytest.raises(NotSignedIn) as raised:
            await log_in(service, name, PASSWORD if name == "gone" else "wrong", ip=None, agent=None)
        told.add(str(raised.value.facts()))
    assert len(told) == 1
    assert len(checks) == 6


async def test_five_wrong_passwords_close_the_door_for_that_name_from_there(service, clock):
    await person(service, "alice")
    assert [await refused(service) for _ in range(5)] == ["wrong_password"] * 5
    with pytest.raises(Retry) as raised:
        await log_in(service, "ALICE", PASSWORD, ip="192.0.2.1", agent=None)
    assert raised.value.code == "too_many_attempts"
    assert (raised.value.after - clock.now()).total_seconds() == 900
    assert await log_in(service, "alice", PASSWORD, ip="192.0.2.2", agent=None), "from elsewhere it is open"
    clock.advance(minutes=15)
    assert await log_in(service, "alice", PASSWORD, ip="192.0.2.1", agent=None)


async def test_trying_again_too_soon_does_not_prolong_the_wait(service, clock):
    await person(service, "alice")
    for _ in range(5):
        await refused(service)
    for _ in range(10):
        clock.advance(minutes=1)
        assert await refused(service) == "too_many_attempts"
    clock.advance(minutes=5)
    assert await log_in(service, "alice", PASSWORD, **ALICE)


async def test_a_right_password_forgives_the_wrong_ones_before(service):
    await person(service, "alice")
    for _ in range(3):
        for _ in range(4):
            assert await refused(service) == "wrong_password"
        await log_in(service, "alice", PASSWORD, **ALICE)
    assert await query(service, "SELECT * FROM failed_logins") == []


async def test_many_names_from_one_address_close_the_door_for_the_address(service, monkeypatch):
    monkeypatch.setattr("app.security.login.check_password", never)
    codes = [await refused(service, f"user{n}") for n in range(31)]
    assert codes == ["wrong_password"] * 30 + ["too_many_attempts"]
    assert await refused(service, "user99", ip="192.0.2.2") == "wrong_password"


async def test_many_addresses_on_one_name_close_the_door_for_the_name(service, monkeypatch):
    monkeypatch.setattr("app.security.login.check_password", never)
    codes = [await refused(service, "alice", ip=f"198.51.100.{n}") for n in range(51)]
    assert codes == ["wrong_password"] * 50 + ["too_many_attempts"]


async def test_one_network_of_ipv6_is_one_address(service, monkeypatch):
    monkeypatch.setattr("app.security.login.check_password", never)
    codes = [await refused(service, "alice", ip=f"2001:db8:0:1::{n:x}") for n in range(6)]
    assert codes[-1] == "too_many_attempts"
    assert await refused(service, "alice", ip="2001:db8:0:2::1") == "wrong_password"


async def test_guesses_at_the_same_moment_count_too(service, monkeypatch):
    monkeypatch.setattr("app.security.login.check_password", never)
    codes = await asyncio.gather(*(refused(service) for _ in range(12)))
    assert codes.count("wrong_password") <= 5


async def test_the_record_of_attempts_has_no_names_and_does_not_grow(service, clock):
    await refused(service, "my password by mistake")
    rows = await query(service, "SELECT * FROM failed_logins")
    assert "mistake" not in str(rows)
    clock.advance(minutes=15)
    await refused(service, "other")
    assert len(await query(service, "SELECT * FROM failed_logins")) == 1


async def test_a_password_changed_while_it_was_checked_lets_nobody_in(service, monkeypatch):
    alice = await person(service, "alice")

    async def slowly(stored, password):
        await set_password(service, alice.id, "another long passphrase")
        return True

    monkeypatch.setattr("app.security.login.check_password", slowly)
    assert await refused(service) == "wrong_password"


async def test_an_old_form_of_a_password_is_renewed_at_sign_in(service):
    await person(service, "alice")
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD.encode())
    async with service.engine.begin() as connection:
        await connection.execute(text("UPDATE users SET password = :weak"), {"weak": weak})
    await log_in(service, "alice", PASSWORD, **ALICE)
    (row,) = await query(service, "SELECT password FROM users")
    assert row["password"] != weak
    await log_in(service, "alice", PASSWORD, **ALICE)


async def never(_stored, _password):
    return False
