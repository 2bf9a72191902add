"""The operator's lists for |expand."""

import pytest

from app.detection.rule_values import read_values
from app.errors import InvalidInput


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lists.toml", 'admins = ["anna", "ada"]\nport = 22'),
        ("lists.json", '{"admins": ["anna", "ada"], "port": [22]}'),
        ("lists.yml", "admins: [anna, ada]\nport: 22"),
    ],
)
def test_lists_are_read_from_three_formats(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_values(tmp_path / name) == {"admins": ("anna", "ada"), "port": ("22",)}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("lists.toml", b"admins = [", "Invalid value"),
        ("lists.json", b"{", "Expecting"),
        ("lists.yml", b"a: [", "while parsing"),
        ("lists.yml", b"- a", "maps no names"),
        ("lists.yml", b"a: {b: c}", "'a' is no list"),
        ("lists.yml", b"a: []", "'a' is no list"),
        ("lists.yml", b"a: &a [*a]", "'a' is no list"),
        ("lists.yml", b"a: caf\xe9", "utf-8"),
        ("lists.yml", b"#" * (9 << 20), "larger than 8 MB"),
        ("gone.yml", None, "No such file"),
    ],
)
def test_a_mistake_in_the_file_is_told(tmp_path, name, content, reason):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_values(tmp_path / name)
    assert caught.value.code == "invalid_setting"
    assert reason in caught.value.message
