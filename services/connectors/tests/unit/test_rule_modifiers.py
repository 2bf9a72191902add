"""What each of Sigma's modifiers asks of a value."""

import json
import time

import pytest
from unit.records import rest
from unit.sigma_rules import one_rule, record_of

LISTS = {"Admins": ("anna@contoso.com", "ada@*"), "Verbs": ("write", "delete"), "Empty": ()}


@pytest.mark.parametrize(
    ("item", "value", "expected"),
    [
        ("x: Write", "write", True),
        ("x: write", "rewrite", False),
        ("x: [a, b]", "B", True),
        ("x: [a, b]", "c", False),
        ("x: 'a*z'", "a/b/z", True),
        ("x: 'a*z'", "a\nz", True),
        ("x: 'a?z'", "abz", True),
        ("x: 'a?z'", "az", False),
        (r"x: 'a\*z'", "a*z", True),
        (r"x: 'a\*z'", "abz", False),
        (r"x: 'C:\\*'", r"C:\Windows", True),
        ("x: '*'", "", True),
        ("x: '*'", None, False),
        ("x: ''", "", True),
        ("x: ''", None, False),
        ("x: ''", "a", False),
        ("x: null", None, True),
        ("x: null", [], True),
        ("x: null", "", False),
        ("x: null", [None, "a"], False),
        ("x: [null, a]", None, True),
        ("x: [null, a]", "a", True),
        ("x|contains: rit", "WRITE", True),
        ("x|contains: rit", "wrote", False),
        ("x|contains: [q, rit]", "write", True),
        ("x|contains|all: [wr, te]", "write", True),
        ("x|contains|all: [wr, zz]", "write", False),
        ("x|startswith: wr", "Write", True),
        ("x|startswith: wr", "rewrite", False),
        ("x|endswith: /write", "a/WRITE", True),
        ("x|endswith: /write", "a/write/b", False),
        ("x|cased: Write", "Write", True),
        ("x|cased: Write", "write", False),
        ("x|contains|cased: Wri", "aWrite", True),
        ("x|contains|cased: Wri", "awrite", False),
        ("x|re: '^wr.te$'", "write", True),
        ("x|re: '^wr.te$'", "Write", False),
        ("x|re: r.t", "write", True),
        ("x|re|i: '^wr.te$'", "WRITE", True),
        ("x|re|m: '^b$'", "a\nb", True),
        ("x|re: '^b$'", "a\nb", False),
        ("x|re|s: 'a.b'", "a\nb", True),
        ("x|re: 'a.b'", "a\nb", False),
        ("x|re|startswith: 'b|c'", "abc", False),
        ("x|re|startswith: 'b|c'", "cab", True),
        ("x|re|endswith: 'b|c'", "cba", False),
        ("x|cidr: 10.0.0.0/8", "10.20.30.40", True),
        ("x|cidr: 10.0.0.0/8", "11.20.30.40", False),
        ("x|cidr: [192.0.2.0/24, 10.0.0.0/8]", "10.0.0.1:50123", True),
        ("x|cidr: 10.0.0.0/8", "::ffff:10.0.0.1", True),
        ("x|cidr: 2001:db8::/32", "2001:db8::1", True),
        ("x|cidr: 2001:db8::/32", "[2001:db8::1]:443", True),
        ("x|cidr: 2001:db8::/32", "2001:db9::1", False),
        ("x|cidr: 0.0.0.0/0", "no address", False),
        ("x: 443", 443, True),
        ("x: 443", "443", True),
        ("x: 443", 443.0, True),
        ("x: 443", "4430", False),
        ("x: '443'", 443, True),
        ("x: 0.5", "0.50", True),
        ("x: true", True, True),
        ("x: true", "True", True),
        ("x: true", 1, False),
        ("x: 'false'", False, True),
        ("x|gt: 10", 11, True),
        ("x|gt: 10", "10", False),
        ("x|gte: 10", "10", True),
        ("x|lt: 10", 9.5, True),
        ("x|lt: 10", "nine", False),
        ("x|lte: -1", "-1", True),
        ("x|exists: true", "a", True),
        ("x|exists: true", None, False),
        ("x|exists: false", None, True),
        ("x|exists: false", "a", False),
        ("x|neq: a", "b", True),
        ("x|neq: a", ["a", "b"], False),
        ("x|neq: a", None, True),
        ("x|hour: 3", "2026-05-01T03:59:59.1234567Z", True),
        ("x|hour: 3", "2026-05-01T03:00:00+02:00", False),
        ("x|hour|gte: 22", "2026-05-01T23:00:00Z", True),
        ("x|minute: 59", "2026-05-01T03:59:59Z", True),
        ("x|day: 1", "2026-05-01T03:59:59Z", True),
        ("x|week: 18", "2026-05-01T03:59:59Z", True),
        ("x|month: 5", "2026-05-01", True),
        ("x|year: 2026", "2026-05-01T03:59:59Z", True),
        ("x|year: 2026", "long ago", False),
        ("x|windash|contains: ' -enc'", "powershell /enc x", True),
        ("x|windash|contains: ' -enc'", "powershell -enc x", True),
        ("x|base64: foo", "Zm9v", True),
        ("x|base64offset|contains: whoami", "QWhvd2hvYW1pCg", True),
        ("x|wide|base64offset|contains: whoami", "aQB3AGgAbwBhAG0AaQA=", True),
        ("x|utf16|base64: a", "//5hAA==", True),
        ("x|expand: '%Admins%'", "Anna@contoso.com", True),
        ("x|expand: '%Admins%'", "ada@fabrikam.com", True),
        ("x|expand: '%Admins%'", "eve@contoso.com", False),
        ("x|expand|endswith: '/%Verbs%'", "a/delete", True),
        ("x|contains|expand: '%Verbs%'", "a/deleted", True),
        ("x|re|expand: '^%Verbs%$'", "write", True),
        ("x|fieldref: caller", "Megan@contoso.com", True),
        ("x|fieldref: caller", "eve@contoso.com", False),
        ("x|fieldref|startswith: caller", "megan@contoso.com.evil", True),
        ("x|fieldref|endswith: caller", "not-megan@contoso.com", True),
        ("x|fieldref|contains: caller", "<megan@contoso.com>", True),
        ("x|fieldref: nowhere", "a", False),
        ("x: b", ["a", ["b"]], True),
        ("x|all: [a, b]", ["a", "b"], True),
        ("x|all: [a, b]", ["a", "c"], False),
        ("x.name: b", [{"name": "a"}, {"NAME": "b"}], True),
        ("X.Name: b", {"name": ["a", "b"]}, True),
        ("x{}.name: b", [{"name": "b"}], True),
        ("x.name: b", '{"name": "b"}', True),
        ("x.a.b: c", '{"a": "{\\"b\\": \\"c\\"}"}', True),
        ("x.a.b: c", {"a.b": "c"}, True),
        ('x|contains: \'"name":"b"\'', {"name": "b"}, True),
    ],
)
def test_a_value_fits_or_does_not(tmp_path, item, value, expected):
    rule = one_rule(tmp_path, item, LISTS)
    assert rule.matches(record_of(rest(x=value))) is expected


@pytest.mark.parametrize(
    ("keywords", "value", "expected"),
    [
        ("- listKeys", "Microsoft.Storage/storageAccounts/LISTKEYS/action", True),
        ("- listKeys", "list keys", False),
        ("- 'list*act'", "a/listKeys/action/b", True),
        ("- 4711", 4711, True),
        ("- 4711", "id 4711", False),
        ("- [a1, b1]", "b1", True),
        ("'|all': [red, green]", ["a red", "a green"], True),
        ("'|all': [red, green]", ["a red", "a blue"], False),
        ("'|startswith': red", "redder", True),
        ("'|startswith': red", "a red", False),
        ("'|re': 'r.d+er$'", "redder", True),
        ("'|cased': Red", "a Red", True),
        ("'|cased': Red", "a red", False),
        ("'|cidr': 100.64.0.0/10", "100.64.0.9", True),
        ("- caf\u00e9", "the caf\u00e9", True),
    ],
)
def test_keywords_are_looked_for_in_all_values(tmp_path, keywords, value, expected):
    rule = one_rule(tmp_path, keywords)
    assert rule.matches(record_of(rest(deep={"in": [{"a": {"list": value}}]}))) is expected


@pytest.mark.parametrize("character", ["\u212a", "\u0130", "/"])
def test_a_keyword_is_found_however_json_writes_it(tmp_path, character):
    rule = one_rule(tmp_path, f"- 'ab{character.lower()}cd'")
    for raw in (
        encode_with(character, ascii_only=True),
        encode_with(character, ascii_only=False),
        encode_with("/", ascii_only=True).replace(b"/", b"\\/") if character == "/" else encode_with(character),
    ):
        assert rule.matches(record_of(raw))


def encode_with(character: str, *, ascii_only: bool = True) -> bytes:
    return json.dumps(rest(x=f"AB{character}CD"), ensure_ascii=ascii_only).encode()


def test_a_record_whose_bytes_lack_the_keywords_need_not_be_decoded(tmp_path):
    rule = one_rule(tmp_path, "words: [contoso/a/write, contoso/b/write]\nip: {x: 1}\ncondition: words and ip")
    for raw in (b'{"x": "CONTOSO/A/write"}', b'{"x": "contoso\\/a"}', b'{"x": "\\u0063ontoso"}'):
        assert rule.may_be_in(raw)
    assert not rule.may_be_in(b'{"x": "contoso/c/write"}')
    for detection in (
        "x: contoso",
        "words: [contoso/a]\nip: {x: 1}\ncondition: words or ip",
        "- ab",
        "a: [abc]\ncondition: not a",
    ):
        assert one_rule(tmp_path, detection).may_be_in(b"{}")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){25}$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_catastrophic_expression_takes_no_time(tmp_path, pattern):
    rule = one_rule(tmp_path, f"x|re: '{pattern}'")
    record = record_of(rest(x="a" * 60_000 + "!"))
    begun = time.perf_counter()
    rule.matches(record)
    assert time.perf_counter() - begun < 2


def test_many_wildcards_take_no_time(tmp_path):
    rule = one_rule(tmp_path, f"x: '{'*a' * 30}*b'")
    record = record_of(rest(x="a" * 60_000))
    begun = time.perf_counter()
    assert not rule.matches(record)
    assert time.perf_counter() - begun < 2


def test_of_a_very_long_text_an_expression_sees_the_beginning(tmp_path):
    rule = one_rule(tmp_path, "x|re: needle")
    assert rule.matches(record_of(rest(x="a" * 60_000 + "needle")))
    assert not rule.matches(record_of(rest(x="a" * 70_000 + "needle")))


CONDITIONS = {
    "a": True,
    "b": False,
    "not b": True,
    "a and not b": True,
    "a and b or c": True,
    "b and (a or c)": False,
    "not (a and b)": True,
    "1 of them": True,
    "any of them": True,
    "all of them": False,
    "1 of b*": False,
    "all of sel_*": True,
    "1 of sel_* and not b": True,
    "not 1 of b*": True,
    "not all of them": True,
}


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS.items())
def test_conditions_join_selections(tmp_path, condition, expected):
    detection = (
        "a: {x: yes}\nb: {x: 'no'}\nc: {x: [yes, 'no']}\nsel_1: {x: yes}\nsel_2: [{x: never}, {x: yes, y: 2}]\n"
        f"condition: {condition}"
    )
    assert one_rule(tmp_path, detection.replace("yes", "'yes'")).matches(record_of(rest(x="yes", y=2))) is expected


def test_of_several_conditions_one_is_enough(tmp_path):
    rule = one_rule(tmp_path, "a: {x: 1}\nb: {x: 2}\ncondition: [a, b]")
    assert [rule.matches(record_of(rest(x=value))) for value in (1, 2, 3)] == [True, True, False]


def test_not_holds_where_no_value_fits(tmp_path):
    rule = one_rule(tmp_path, "a: {x: bad}\ncondition: not a")
    assert [rule.matches(record_of(rest(x=value))) for value in (["good"], ["good", "bad"], None)] == [
        True,
        False,
        True,
    ]


def test_a_document_that_cannot_be_read_matches_no_field(tmp_path):
    record = record_of(rest())
    broken = type(record)(record.event, b"{broken")
    assert not one_rule(tmp_path, "x: a").matches(broken)
    assert not one_rule(tmp_path, "- contoso").matches(broken)
