"""`aisoc users` and `aisoc tokens`, the set-up link of `aisoc serve` and the demo's link, as an operator meets them."""

import json
import re
import signal
import socket

import httpx
import pytest
from doors import PASSWORD, serving

OWN = {"accept": "text/html"}


def test_the_first_start_prints_a_link_that_makes_the_first_admin(aisoc):
    with serving(aisoc) as (address, process):
        told = process.stderr.readline().decode()
        link = re.fullmatch(
            rf"Set up the first admin, once, within 24 hours: ({address}/set-up\?link=[\w-]{{43}})\n", told
        )
        with httpx.Client(headers=OWN | {"origin": address}) as client:
            fields = {"name": "alice", "password": PASSWORD, "again": PASSWORD}
            assert client.post(link[1], data=fields).status_code == 303
            assert client.get(f"{address}/sign-in").headers["location"] == "/"
    (alice,) = aisoc.json("users", "list")
    assert (alice["name"], alice["role"], alice["enabled"], alice["signs_in_with"]) == (
        "alice",
        "admin",
        True,
        "password",
    )
    with serving(aisoc) as (_, process):
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
        assert b"set-up" not in said


def test_users_are_added_changed_and_removed(aisoc):
    assert "No users yet." in aisoc("users", "list")[0]
    added = aisoc.json("users", "add", "alice", "--role", "admin")
    assert re.fullmatch(r"http://localhost:8080/password\?link=[\w-]{43}", added["password_link"])
    assert added["signs_in_with"] == "nothing yet"
    out, _ = aisoc("users", "add", "bob", "--password-stdin", stdin=f"{PASSWORD}\n".encode())
    assert out == "Added bob as viewer.\n"
    assert aisoc.json("users", "role", "BOB", "analyst")["role"] == "analyst"
    assert aisoc.json("users", "disable", "bob")["enabled"] is False
    assert "disabled" in aisoc("users", "list")[0]
    assert "bob is enabled." in aisoc("users", "enable", "bob")[0]
    assert "has a new password" in aisoc("users", "password", "bob", "--password-stdin", stdin=PASSWORD.encode())[0]
    assert "once, within 72 hours" in aisoc("users", "password", "bob")[0]
    assert aisoc.json("users", "remove", "bob", "--yes") == {"removed": "bob"}
    assert [user["name"] for user in aisoc.json("users", "list")] == ["alice"]


def test_a_password_link_of_the_command_line_lets_a_locked_out_admin_in(aisoc):
    aisoc("users", "add", "alice", "--role", "admin")
    with serving(aisoc) as (address, _):
        link = httpx.URL(aisoc.json("users", "password", "alice")["password_link"])
        with httpx.Client(headers=OWN | {"origin": address}) as client:
            answer = client.post(f"{address}{link.raw_path.decode()}", data={"password": PASSWORD, "again": PASSWORD})
            assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        (("add", "x" * 101), b"", "cannot be a user's name"),
        (("add", "alice"), b"", "already a user named"),
        (("add", "bob", "--password-stdin"), b"", "no password"),
        (("add", "bob", "--password-stdin"), b"short\n", "it has 5 characters"),
        (("role", "nobody", "admin"), b"", "no user named 'nobody'"),
        (("disable", "alice"), b"", "last enabled admin"),
        (("remove", "alice", "--yes"), b"", "last enabled admin"),
    ],
)
def test_a_mistake_with_users_is_told_and_exits_with_2(aisoc, arguments, stdin, told):
    aisoc("users", "add", "alice", "--role", "admin")
    assert told in aisoc("users", *arguments, stdin=stdin, code=2)[1]


def test_tokens_are_made_listed_and_revoked(aisoc):
    aisoc("users", "add", "alice", "--role", "analyst")
    out, said = aisoc("tokens", "create", "report", "--user", "alice", "--days", "7")
    assert re.fullmatch(r"aisoc_[\w-]{43}\n", out)
    assert "not shown again" in said
    listed = aisoc("tokens", "list", "--json")[0]
    assert out.strip() not in listed
    (token,) = json.loads(listed)
    assert (token["user"], token["name"], token["role"], token["used_at"]) == ("alice", "report", "viewer", None)
    assert "report" in aisoc("tokens", "list")[0]
    assert (
        "role admin; alice has the role analyst"
        in aisoc("tokens", "create", "x", "--user", "alice", "--role", "admin", code=1)[1]
    )
    assert aisoc.json("tokens", "create", "more", "--user", "alice", "--role", "analyst")["token"].startswith("aisoc_")
    aisoc("tokens", "revoke", "report", "--user", "alice")
    assert "has no token 'report'" in aisoc("tokens", "revoke", "report", "--user", "alice", code=2)[1]


def test_the_demos_link_signs_in_on_loopback_even_where_the_port_is_taken(aisoc):
    aisoc.environment |= {"AISOC_HOST": "0.0.0.0", "AISOC_PUBLIC_URL": "https://aisoc.contoso.com"}  # noqa: S104 - not obeyed
    with socket.create_server(("127.0.0.1", 0)) as taken:
        aisoc.environment["AISOC_PORT"] = str(taken.getsockname()[1])
        with aisoc.start("demo", "--seconds", "20") as process:
            said = ""
            while not (found := re.search(r"(http://localhost:(\d+))/demo\?link=\S+", said)):
                line = process.stdout.readline().decode()
                assert line, said
                said += line
            assert found[2] != aisoc.environment["AISOC_PORT"]
            with httpx.Client(headers=OWN) as client:
                assert client.get(f"{found[1]}/demo?link=wrong").status_code == 404
                assert client.get(found[0]).headers["location"] == "/"
                assert client.get(f"{found[1]}/sign-in").headers["location"] == "/"
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=40)
    assert b"Traceback" not in err
