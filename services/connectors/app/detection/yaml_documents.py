"""YAML files of rules with the line of each key, read so that no file can take the process's time or memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]

_DEEPEST = 40
_MOST_NODES = 100_000


class Mistake(Exception):
    """What is wrong with a file or a rule: the reason in plain words, and where: a line, or a path of keys in it."""

    def __init__(self, reason: str, path: Path = (), line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path
        self.line = line


class _Loader(yaml.CSafeLoader):
    """Safe YAML in which dates stay text: rules compare text, and Sigma's own dates come in several spellings."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way
        letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for letter, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class Document:
    """One YAML document: its mapping, its text as written, and where its keys stand."""

    data: dict[str, Any]
    source: str
    line: int
    node: yaml.Node

    def line_of(self, path: Path) -> int:
        """Return the line, from 1, of the last part of a path that is there: a key's, or a list element's."""
        node, line = self.node, self.line
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line


def _child(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None


def read_documents(text: str) -> Iterator[Document]:
    """Yield the documents of a file that are not empty. Raises Mistake with the line."""
    try:
        _refuse_what_grows(text)
        loader = _Loader(text)
        try:
            while loader.check_node():
                node = loader.get_node()
                if node is not None and (document := _document(loader, node, text)):
                    yield document
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = error.problem or error.context or "it cannot be read"
        raise Mistake(f"This is not YAML: {told}.", line=mark.line + 1 if mark else 0) from None
    except yaml.YAMLError as error:
        raise Mistake(f"This is not YAML: {' '.join(str(error).split())}.", line=0) from None


def _refuse_what_grows(text: str) -> None:
    """Refuse aliases, which grow when they are written out, and depth and size that no rule has.

    Looks at the parser's events, because building nodes of deep nesting takes the C stack.
    """
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            raise Mistake("Aliases (*name) are not supported: write the value out.", line=line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > _DEEPEST:
            raise Mistake(f"It is nested deeper than {_DEEPEST} levels.", line=line)
        if nodes > _MOST_NODES:
            raise Mistake(f"It has more than {_MOST_NODES:,} values.", line=line)


def _document(loader: _Loader, node: yaml.Node, text: str) -> Document | None:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return None
    if not isinstance(node, yaml.MappingNode):
        raise Mistake("A rule is a mapping of keys to values; this is none.", line=line)
    _refuse_repeated_keys(node)
    source = "\n".join(text.splitlines()[node.start_mark.line : node.end_mark.line + 1])
    data = loader.construct_document(node)
    return Document(data, source.rstrip().removesuffix("---").rstrip() + "\n", line, node)


def _refuse_repeated_keys(node: yaml.Node) -> None:
    if isinstance(node, yaml.SequenceNode):
        for element in node.value:
            _refuse_repeated_keys(element)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Mistake("A key is a text.", line=line)
        if key.value in seen:
            raise Mistake(f"The key {key.value!r} is there twice.", line=line)
        seen.add(key.value)
        _refuse_repeated_keys(value)
