"""Secrets at rest open in their own row only, with keys that only their owner may read."""

import base64
import json
import subprocess
import sys
from uuid import UUID

import pytest

from app.errors import Abort, InvalidInput
from app.security.keyring import KeyRing, Keys
from app.security.vault import Vault

ROW, OTHER = UUID(int=1), UUID(int=2)
SECRETS = {"client_secret": "zebra~Secret-Value ✓"}


@pytest.fixture
def ring(tmp_path):
    return KeyRing(tmp_path / "home")


@pytest.fixture
def vault(ring):
    return Vault(ring)


def test_what_is_sealed_opens_in_its_row(vault):
    sealed = vault.seal(SECRETS, ROW)
    assert "zebra" not in sealed
    assert vault.open(sealed, ROW) == SECRETS


def test_the_same_secret_is_sealed_otherwise_each_time(vault):
    assert vault.seal(SECRETS, ROW) != vault.seal(SECRETS, ROW)


def test_a_sealed_secret_moved_to_another_row_does_not_open(vault):
    with pytest.raises(Abort, match="belong to another row") as caught:
        vault.open(vault.seal(SECRETS, ROW), OTHER)
    assert caught.value.code == "secret_unreadable"


def test_a_sealed_secret_with_any_byte_changed_does_not_open(vault):
    version, name, data = vault.seal(SECRETS, ROW).split(".")
    blob = base64.b64decode(data)
    for place in range(len(blob)):
        changed = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        with pytest.raises(Abort) as caught:
            vault.open(f"{version}.{name}.{base64.b64encode(changed).decode()}", ROW)
        assert caught.value.code == "secret_unreadable"


@pytest.mark.parametrize("spoil", [lambda _: "", lambda _: "v1", lambda _: "v1..", lambda s: s[:-1], lambda s: s[:30]])
def test_what_is_no_sealed_secret_is_said_to_be_unreadable(vault, spoil):
    with pytest.raises(Abort) as caught:
        vault.open(spoil(vault.seal(SECRETS, ROW)), ROW)
    assert caught.value.code == "secret_unreadable"


def test_a_sealed_secret_does_not_open_under_another_keys_name(ring, vault):
    keys = ring.load()
    ring.save(Keys("twin", {"twin": keys.by_name[keys.primary], **keys.by_name}))
    _, _, data = vault.seal(SECRETS, ROW).split(".")
    with pytest.raises(Abort):
        vault.open(f"v1.{keys.primary}.{data}", ROW)


def test_after_a_rotation_new_secrets_have_the_new_key_and_old_ones_still_open(ring, vault):
    old = vault.seal(SECRETS, ROW)
    ring.save(ring.load().with_new_primary())
    new = vault.seal(SECRETS, ROW)
    assert old.split(".")[1] != new.split(".")[1] == ring.load().primary
    assert vault.open(old, ROW) == vault.open(new, ROW) == SECRETS


def test_another_processs_rotation_is_noticed_when_its_key_is_met(ring, vault):
    vault.open(vault.seal(SECRETS, ROW), ROW)
    ring.save(ring.load().with_new_primary())
    elsewhere = Vault(ring).seal(SECRETS, ROW)
    assert vault.open(elsewhere, ROW) == SECRETS


def test_a_key_taken_off_the_ring_opens_nothing_and_is_named(ring, vault):
    sealed = vault.seal(SECRETS, ROW)
    name = sealed.split(".")[1]
    ring.save(ring.load().with_new_primary().keeping(set()))
    with pytest.raises(Abort, match=name):
        Vault(ring).open(sealed, ROW)


def test_a_ring_that_is_not_here_is_missed_and_never_made_anew_to_open_a_secret(tmp_path, vault):
    sealed = vault.seal(SECRETS, ROW)
    elsewhere = KeyRing(tmp_path / "other host")
    with pytest.raises(Abort) as caught:
        Vault(elsewhere).open(sealed, ROW)
    assert caught.value.code == "keyring_missing"
    assert not elsewhere.path.exists()


def test_keeping_keys_drops_all_others_but_the_primary():
    keys = Keys.fresh().with_new_primary().with_new_primary()
    first, _, last = keys.by_name
    assert list(keys.keeping({first}).by_name) == [first, last]
    assert keys.keeping(set()).primary == last


def test_keys_are_written_as_they_are_read():
    keys = Keys.fresh().with_new_primary()
    assert Keys.from_json(keys.to_json()) == keys


# --- the file


def test_the_ring_is_made_at_first_use_for_its_owner_alone(ring):
    keys = ring.load()
    assert ring.path.stat().st_mode & 0o777 == 0o600
    assert ring.path.parent.stat().st_mode & 0o777 == 0o700
    assert ring.load() == keys
    assert list(ring.path.parent.iterdir()) == [ring.path]


def test_a_saved_ring_stays_its_owners_alone(ring):
    ring.save(ring.load().with_new_primary())
    assert ring.path.stat().st_mode & 0o777 == 0o600
    assert list(ring.path.parent.iterdir()) == [ring.path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_ring_that_others_may_use_is_refused_with_the_command_that_helps(ring, mode):
    ring.load()
    ring.path.chmod(mode)
    with pytest.raises(Abort) as caught:
        ring.load()
    assert caught.value.code == "keyring_not_private"
    assert caught.value.remedy == f"Run: chmod 600 {ring.path}"


_MAKER = """
import sys
from pathlib import Path
from app.security.keyring import KeyRing
sys.stdin.readline()
print(KeyRing(Path(sys.argv[1])).load().primary)
"""


def test_processes_that_make_the_ring_at_once_end_with_one(tmp_path):
    command = [sys.executable, "-c", _MAKER, str(tmp_path / "home")]
    makers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write("now\n")
        maker.stdin.flush()
    made = {maker.communicate(timeout=30)[0].strip() for maker in makers}
    assert made == {KeyRing(tmp_path / "home").load().primary}


def test_a_ring_made_while_another_process_makes_one_is_the_others(ring):
    ring._create()
    first = ring.load()
    ring._create()
    assert ring.load() == first


def test_a_ring_that_cannot_be_made_is_said_to_be_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Abort) as caught:
        KeyRing(tmp_path, str(tmp_path / "file" / "ring.json")).load()
    assert caught.value.code == "keyring_unreadable"


# --- AISOC_KEYRING


def test_the_ring_may_come_as_text_and_is_then_never_written(tmp_path):
    keys = Keys.fresh()
    ring = KeyRing(tmp_path / "home", f"\n {keys.to_json()}")
    assert ring.load() == keys
    assert not ring.writable
    assert not (tmp_path / "home").exists()


def test_the_ring_may_be_a_file_elsewhere(tmp_path):
    file = tmp_path / "elsewhere" / "ring.json"
    ring = KeyRing(tmp_path / "home", str(file))
    assert ring.writable
    assert Keys.from_json(file.read_text() if ring.load() else "") == ring.load()
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("name", ["k1", "2026-05", "key.of.may", "key with spaces"])
def test_a_key_may_have_any_name(tmp_path, name):
    vault = Vault(KeyRing(tmp_path, Keys(name, {name: b"k" * 32}).to_json()))
    assert vault.open(vault.seal(SECRETS, ROW), ROW) == SECRETS


KEY = base64.b64encode(b"zebra" * 6 + b"zz").decode()


@pytest.mark.parametrize(
    "ring",
    [
        {"keys": {"k1": KEY}},
        {"primary": "k1"},
        {"primary": "k2", "keys": {"k1": KEY}},
        {"primary": ["k1"], "keys": {"k1": KEY}},
        {"primary": {}, "keys": {"k1": KEY}},
        {"primary": "k1", "keys": {"k1": KEY[:-4]}},
        {"primary": "k1", "keys": {"k1": KEY, "k2": ""}},
        {"primary": "k1", "keys": {"k1": KEY + "!"}},
        {"primary": "k1", "keys": {"k1": 5}},
        {"primary": "k1", "keys": [KEY]},
        {"primary": "k1", "keys": None},
    ],
)
def test_a_wrong_ring_is_refused_without_quoting_a_key(tmp_path, ring):
    file = tmp_path / "ring.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(ring))
    for source, place in ((json.dumps(ring), "AISOC_KEYRING"), (str(file), str(file))):
        with pytest.raises(InvalidInput) as caught:
            KeyRing(tmp_path, source).load()
        assert caught.value.code == "invalid_keyring"
        assert place in caught.value.message
        assert KEY[:8] not in str(caught.value.facts())


@pytest.mark.parametrize("text", ["", "{", "[]", "\udcff"])
def test_a_file_that_is_no_ring_is_refused(tmp_path, text):
    file = tmp_path / "ring.json"
    file.touch(mode=0o600)
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InvalidInput) as caught:
        KeyRing(tmp_path, str(file)).load()
    assert caught.value.code == "invalid_keyring"
