"""Users: added, changed, removed; each change is noted and ends what they had open."""

import asyncio
import json

import pytest
from doors import PASSWORD, in_hands_of, person
from support import query

from app.errors import Conflict, Denied, InvalidInput, NotFound
from app.security.links import make_password_link
from app.security.login import log_in
from app.security.roles import Role
from app.security.sessions import find_session
from app.security.tokens import create_token, find_token
from app.security.users import add_user, change_role, list_users, remove_user, set_password, switch_user, user_named


async def entries(service):
    return [
        (row["action"], row["target"], row["actor"])
        for row in await query(service, "SELECT action, target, actor FROM audit_log ORDER BY id")
    ]


async def let_in(service, user):
    """Return a session and a token of a user."""
    session = await log_in(service, user.name, PASSWORD, ip=None, agent=None)
    _, token = await create_token(in_hands_of(service, user), "script", user.role)
    return session, token


async def test_each_change_is_in_the_audit_log_with_who_made_it(service):
    root = await person(service, "root")
    mine = in_hands_of(service, root)
    alice = await add_user(mine, "alice", Role.VIEWER)
    await change_role(mine, alice.id, Role.ANALYST)
    await switch_user(mine, alice.id, enabled=False)
    await switch_user(mine, alice.id, enabled=True)
    await set_password(mine, alice.id, PASSWORD)
    await make_password_link(mine, alice.id)
    await remove_user(mine, alice.id)
    told = ["add", "role", "disable", "enable", "password", "password_link", "remove"]
    assert await entries(service) == [
        ("user.add", "root", "system"),
        *((f"user.{what}", "alice", "root") for what in told),
    ]
    (role,) = await query(service, "SELECT facts, ip, via FROM audit_log WHERE action = 'user.role'")
    assert role == {
        "facts": {"before": {"role": "viewer"}, "after": {"role": "analyst"}},
        "ip": "192.0.2.1",
        "via": "console",
    }


async def test_no_password_hash_or_link_is_in_the_audit_log(service):
    alice = await person(service, "alice")
    link = await make_password_link(service, alice.id)
    noted = json.dumps(await query(service, "SELECT facts, target FROM audit_log"))
    assert PASSWORD not in noted
    assert "argon2" not in noted
    assert link not in noted


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
async def test_only_an_admin_sees_and_changes_users(service, role):
    await person(service, "root")
    alice = await person(service, "alice", role)
    mine = in_hands_of(service, alice)
    for work in (
        list_users(mine),
        user_named(mine, "root"),
        add_user(mine, "bob", Role.VIEWER),
        change_role(mine, alice.id, Role.ADMIN),
        switch_user(mine, alice.id, enabled=False),
        remove_user(mine, alice.id),
        make_password_link(mine, alice.id),
        set_password(mine, (await user_named(service, "root")).id, "another long passphrase"),
    ):
        with pytest.raises(Denied):
            await work
    assert [user.name for user in await list_users(service)] == ["alice", "root"]


async def test_a_name_is_taken_in_any_letter_case_and_found_in_any(service):
    await person(service, "Alice")
    with pytest.raises(Conflict) as raised:
        await person(service, "aLICE")
    assert raised.value.code == "name_taken"
    assert (await user_named(service, "ALICE")).name == "Alice"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b", "a\nb", "\ud800", "abc\u202egpj", "a  b"])
async def test_a_name_that_cannot_be_shown_is_refused(service, name):
    with pytest.raises(InvalidInput) as raised:
        await add_user(service, name, Role.VIEWER)
    assert raised.value.code == "invalid_user_name"


async def test_a_user_who_is_not_there_cannot_be_changed(service):
    alice = await person(service, "alice")
    await person(service, "root")
    await remove_user(service, alice.id)
    for work in (change_role(service, alice.id, Role.VIEWER), remove_user(service, alice.id)):
        with pytest.raises(NotFound):
            await work
    with pytest.raises(NotFound):
        await user_named(service, "a\x00b")


async def test_the_last_enabled_admin_stays(service):
    root, former = await person(service, "root"), await person(service, "former")
    await switch_user(service, former.id, enabled=False)
    for work in (
        change_role(service, root.id, Role.VIEWER),
        switch_user(service, root.id, enabled=False),
        remove_user(service, root.id),
    ):
        with pytest.raises(Conflict) as raised:
            await work
        assert raised.value.code == "last_admin"
    assert await user_named(service, "root") == root
    await remove_user(service, former.id)


async def test_two_admins_who_remove_each_other_at_once_leave_one(service):
    both = [await person(service, name) for name in ("one", "two")]
    done = await asyncio.gather(*(remove_user(service, user.id) for user in both), return_exceptions=True)
    assert sorted(type(result).__name__ for result in done) == ["Conflict", "NoneType"]
    assert len(await list_users(service)) == 1


async def test_a_disabled_user_is_out_at_once_with_sessions_and_tokens(service):
    await person(service, "root")
    alice = await person(service, "alice", Role.ANALYST)
    session, token = await let_in(service, alice)
    assert await find_session(service, session, None)
    assert await find_token(service, token, None)
    await switch_user(service, alice.id, enabled=False)
    assert await find_session(service, session, None) is None
    assert await find_token(service, token, None) is None
    await switch_user(service, alice.id, enabled=True)
    assert await find_session(service, session, None) is None, "an ended session stays ended"
    assert await find_token(service, token, None)


async def test_another_role_and_another_password_end_the_sessions(service):
    await person(service, "root")
    alice = await person(service, "alice", Role.ANALYST)
    session, _ = await let_in(service, alice)
    await change_role(service, alice.id, Role.VIEWER)
    assert await find_session(service, session, None) is None
    session = await log_in(service, "alice", PASSWORD, ip=None, agent=None)
    await set_password(service, alice.id, "another long passphrase")
    assert await find_session(service, session, None) is None


async def test_what_a_user_is_already_changes_nothing(service):
    alice = await person(service, "alice")
    session = await log_in(service, "alice", PASSWORD, ip=None, agent=None)
    await change_role(service, alice.id, Role.ADMIN)
    assert await find_session(service, session, None)
    assert [action for action, *_ in await entries(service)] == ["user.add", "session.start"]


async def test_a_removed_users_session_and_token_are_gone(service):
    await person(service, "root")
    alice = await person(service, "alice", Role.ANALYST)
    session, token = await let_in(service, alice)
    await remove_user(service, alice.id)
    assert await find_session(service, session, None) is None
    assert await find_token(service, token, None) is None


async def test_who_signs_in_elsewhere_gets_no_password_here(service):
    alice = await add_user(service, "alice", Role.VIEWER, subject="tenant/object")
    for work in (make_password_link(service, alice.id), set_password(service, alice.id, PASSWORD)):
        with pytest.raises(Conflict) as raised:
            await work
        assert raised.value.code == "signs_in_elsewhere"
