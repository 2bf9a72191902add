"""Changing one's own password: only with the current one, and every session ends."""

import pytest

from app.errors import Conflict, InvalidInput, NotFound, NotSignedIn, Retry
from app.security.login import log_in
from app.security.own_password import change_own_password
from app.security.roles import Actor, Role
from app.security.sessions import find_session
from app.security.users import add_user
from app.storage.audit import list_changes

OLD, NEW = "the old words of alice 1", "some other words of hers 2"
FROM = {"ip": "192.0.2.9", "agent": "tests"}


@pytest.fixture
async def hers(service):
    user = await add_user(service, "alice", Role.VIEWER, password=OLD)
    return service.acting_as(Actor("alice", Role.VIEWER, "console", user.id, FROM["ip"]))


async def test_the_new_password_lets_in_and_the_old_one_no_longer(service, hers):
    await change_own_password(hers, OLD, NEW)
    assert await log_in(service, "alice", NEW, **FROM)
    with pytest.raises(NotSignedIn):
        await log_in(service, "alice", OLD, **FROM)


async def test_every_session_ends_with_the_old_password(service, hers):
    session = await log_in(service, "alice", OLD, **FROM)
    await change_own_password(hers, OLD, NEW)
    assert await find_session(service, session, FROM["ip"]) is None


async def test_without_the_current_password_nothing_changes(service, hers):
    with pytest.raises(InvalidInput) as caught:
        await change_own_password(hers, NEW, NEW)
    assert caught.value.code == "wrong_current_password"
    assert await log_in(service, "alice", OLD, **FROM)


async def test_the_current_password_cannot_be_guessed_from_an_open_session(hers):
    for _ in range(5):
        with pytest.raises(InvalidInput):
            await change_own_password(hers, "a guess of twelve", NEW)
    with pytest.raises(Retry) as caught:
        await change_own_password(hers, OLD, NEW)
    assert caught.value.code == "too_many_attempts"


async def test_a_weak_password_is_refused(hers):
    with pytest.raises(InvalidInput) as caught:
        await change_own_password(hers, OLD, "short")
    assert caught.value.code == "weak_password"


async def test_who_signs_in_elsewhere_has_no_password_to_change(service):
    user = await add_user(service, "eva", Role.VIEWER, subject="tenant/eva")
    eva = service.acting_as(Actor("eva", Role.VIEWER, "console", user.id))
    with pytest.raises(Conflict):
        await change_own_password(eva, "", NEW)


async def test_the_command_line_is_nobody_with_a_password(service):
    with pytest.raises(NotFound):
        await change_own_password(service, OLD, NEW)


async def test_the_audit_log_can_be_asked_by_whom(service, hers):
    await change_own_password(hers, OLD, NEW)
    async with service.engine.connect() as connection:
        by_her = await list_changes(connection, 10, actor="ALICE")
        assert [change["action"] for change in by_her] == ["user.password"]
        assert await list_changes(connection, 10, actor="bob") == []
        assert await list_changes(connection, 10, action="keys", actor="alice") == []
