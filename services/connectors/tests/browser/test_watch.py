"""The watch over the pages: what it is there for, it sees."""

import pytest
from browser.watch import Watch, spills, violations


@pytest.fixture
def watched(browser):
    """A window and what watches it."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page, Watch(context, "http://localhost:1")
    context.close()


def test_a_request_that_leaves_the_machine_is_seen(watched):
    opened, watch = watched
    page = opened()
    with page.expect_event("requestfailed"):
        page.set_content('<img src="https://cdn.example.com/font.png">')
    assert "a request left this machine: https://cdn.example.com/font.png" in watch.trouble


def test_a_script_that_fails_is_seen(watched):
    opened, watch = watched
    opened().set_content("<script>nothing.here</script>")
    assert any(line.startswith("script error") for line in watch.trouble)


def test_a_page_that_is_too_wide_or_has_no_names_is_seen(watched):
    opened, _ = watched
    page = opened()
    page.set_content('<html lang="en"><title>t</title><main style="width: 900px"><button></button></main>')
    assert "518 pixels too wide" in spills(page)[0]  # with the margin
    assert any(line.startswith("button-name (critical)") for line in violations(page))
