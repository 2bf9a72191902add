"""What the pages on rules show is true: its rule loads, its field names are known, its modifiers are Sigma's."""

import re
from pathlib import Path

import pytest
from sigma.modifiers import modifier_mapping

from app.detection import vocabulary
from app.detection.extension import _KEYS
from app.detection.reading import read_rules

DOCS = Path(__file__).parents[4] / "docs"
PAGE = "\n".join(page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("detections*.md")))


def test_the_rule_of_the_page_loads(tmp_path):
    blocks = [block for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if "%" in block]
    (tmp_path / "page.yml").write_text("---\n".join(blocks), encoding="utf-8")
    rules = read_rules([tmp_path], {"deployers": ("pipeline@contoso.com",)})
    assert rules.problems == ()
    assert rules.rules


@pytest.mark.parametrize("modifier", modifier_mapping)
def test_every_modifier_is_named(modifier):
    assert f"`{modifier}`" in PAGE or modifier in {"ignorecase", "multiline", "dotall"}  # other names of i, m and s


@pytest.mark.parametrize("name", sorted(vocabulary._NAMED))
def test_every_name_of_the_vocabularies_is_in_the_table(name):
    told = {found.lower() for found in re.findall(r"`([\w.]+)`", PAGE)}
    assert name.removesuffix(".value") in told or name.startswith("aisoc.")


@pytest.mark.parametrize("key", sorted(_KEYS))
def test_every_key_of_our_own_is_explained(key):
    assert f"| `{key}` |" in PAGE
