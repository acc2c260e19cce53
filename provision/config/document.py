"""Read one file's text into a tree with places; features of YAML that mislead a reader are refused.

Only the parser's events are used, never a loader: no object is built, no alias is ever expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from provision.config.node import Entry, Items, Kind, Map, Node, Scalar
from provision.errors import Entry as CatalogueEntry
from provision.errors import Place, ProvisionError, catalogue, combined

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_FAULTS = 50  # more than a person reads; a hostile file could hold a hundred thousand
_MAX_LINE = 400  # a longer line is not shown: a caret under it would help nobody

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer
_POINTER = b"version https://git-lfs.github.com/spec/"
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
# What YAML calls not printable, and the marks that make a reviewer see another order of words than
# there is (https://trojansource.codes).
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff\u200b-\u200f\u202a-\u202e\u2060-\u2069]"
)
_TAGS = {
    "tag:yaml.org,2002:str": Kind.TEXT,
    "tag:yaml.org,2002:bool": Kind.BOOLEAN,
    "tag:yaml.org,2002:int": Kind.NUMBER,
    "tag:yaml.org,2002:float": Kind.NUMBER,
    "tag:yaml.org,2002:timestamp": Kind.DATE,
    "tag:yaml.org,2002:null": Kind.NULL,
}
# libyaml's words, and what most often is the cause
_PLAIN_WORDS = {
    "mapping values are not allowed in this context": "a colon stands where none can; "
    "check the indentation of this line and of the one above, and put text that holds ': ' in quotes",
    "did not find expected key": "a key was expected; check the indentation, and quotes inside quoted text",
    "could not find expected ':'": "this line is no 'key: value': the colon is missing, or a space after it",
    "found unexpected end of stream": "the file ends in the middle of something; is a quote not closed?",
    "found unknown escape character": "\\ begins an escape inside double quotes; use single quotes",
    "found unexpected document indicator": "a quote is not closed before '---'",
    "block sequence entries are not allowed in this context": "a '- ' stands where none can; "
    "begin the list on the line after its key",
    "did not find expected '-' indicator": "an item of the list was expected; check the indentation",
    "did not find expected ',' or ']'": "a list that was opened with '[' is not closed; "
    "put ${...} in quotes inside it",
    "did not find expected ',' or '}'": "a map that was opened with '{' is not closed; "
    "put ${...} in quotes inside it",
}
# libyaml stops where it can go no further; what is wrong began here
_OPENED = (
    "while scanning a quoted scalar",
    "while scanning a simple key",
    "while parsing a flow sequence",
    "while parsing a flow mapping",
)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_resolver: Any = yaml.resolver.Resolver()


def decode(raw: bytes, file: str) -> str:
    """Return the text of a file's bytes; a byte order mark is taken, anything but UTF-8 is not."""
    if len(raw) > MAX_BYTES:
        raise too_large(file)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise unreadable(file, "is UTF-16 text; save it as UTF-8")
    if raw.startswith(_POINTER):
        raise unreadable(
            file,
            "is a pointer of Git LFS, not the file itself",
            "Check it out with LFS ('git lfs pull'; actions/checkout: 'lfs: true'), or take it out of LFS.",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        raise ProvisionError(
            catalogue.CONFIG_UNREADABLE,
            f"{file} is not UTF-8 text (Latin-1, perhaps); save it as UTF-8",
            where=Place(file, line, column),
        ) from None


def too_large(file: str) -> ProvisionError:
    """Return the error for a file with more in it than any config has."""
    return unreadable(file, f"is larger than {MAX_BYTES // 1024} KiB, so it is no config")


def unreadable(file: str, what: str, fix: str | None = None) -> ProvisionError:
    """Return the error for a file that cannot be read as a config; ``what`` says why."""
    return ProvisionError(catalogue.CONFIG_UNREADABLE, f"{file} {what}", fix=fix, where=Place(file))


def read(text: str, file: str) -> tuple[Map, list[ProvisionError]]:
    """Return the tree of one file and the faults that leave it readable (a key that stands twice).

    Raises ``ProvisionError`` for what does not.
    """
    return _Reader(text, file).parse()


def top_keys(text: str, enough: frozenset[str] = frozenset()) -> frozenset[str] | None:
    """Return the keys at the top of a YAML file of any kind; ``None`` if it cannot be parsed.

    To tell a config from what other tools keep beside it, in YAML that a config may not use. The first key
    that is ``enough`` is the last that is looked at.
    """
    found: set[str] = set()
    loader = _Loader(text)
    depth, in_map, at_key = 0, False, False
    try:
        while (event := loader.get_event()) is not None:
            if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                depth += 1
                if depth == 1:
                    in_map = at_key = isinstance(event, yaml.MappingStartEvent)
                continue
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                depth -= 1
            if depth != 1 or not in_map:
                continue
            if at_key and isinstance(event, yaml.ScalarEvent):
                found.add(str(event.value))
                if event.value in enough:
                    break
            at_key = not at_key
    except yaml.YAMLError:
        return None
    finally:
        loader.dispose()
    return frozenset(found)


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._lines = _BREAK.split(text)
        self._broken: list[ProvisionError] = []
        self._doubled: list[ProvisionError] = []

    def parse(self) -> tuple[Map, list[ProvisionError]]:
        self._refuse_hidden()
        events = self._events()
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise self._feature(event, "a second document begins here; one file is one application")
                root = self._node(next(events), events, 0)
        if self._broken:
            raise combined(self._broken)
        if root is None or (isinstance(root, Scalar) and root.kind is Kind.NULL):
            raise unreadable(
                self._file,
                "is empty, or holds nothing but comments",
                "Begin with an example: provision example prod --out prod.yaml",
            )
        if not isinstance(root, Map):
            raise ProvisionError(
                catalogue.WRONG_TYPE,
                f"a config is a map of keys (version: 1, name: ...), not {_what(root)}",
                fix="Compare with an example: provision example",
                where=root.place,
            )
        return root, self._doubled

    def _refuse_hidden(self) -> None:
        hidden = _HIDDEN.search(self._text)
        if hidden is None:
            return
        before = self._text[: hidden.start()]
        line = len(_BREAK.split(before))
        column = len(_BREAK.split(before)[-1]) + 1
        raise ProvisionError(
            catalogue.CONFIG_UNREADABLE,
            f"an invisible character (U+{ord(hidden[0]):04X}) stands here",
            fix="Remove it; it may have come with a copy from a web page or a document.",
            where=Place(self._file, line, column),
        )

    def _events(self) -> Iterator[Any]:
        loader = _Loader(self._text)
        try:
            while True:
                event = loader.get_event()
                if event is None:
                    return
                yield event
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error) from None
        except yaml.YAMLError:
            raise ProvisionError(catalogue.YAML_SYNTAX, where=Place(self._file)) from None
        finally:
            loader.dispose()

    def _syntax(self, error: yaml.MarkedYAMLError) -> ProvisionError:
        problem = str(error.problem or error.context or "")
        opened = error.context_mark if error.context in _OPENED and problem in _PLAIN_WORDS else None
        where = self._place(opened or error.problem_mark or error.context_mark)
        line = where.text or ""
        fix = None
        if "\t" in line[: len(line) - len(line.lstrip())] or line[(where.column or 1) - 1 :][:1] == "\t":
            message = "a tab is used for indentation"
            fix = "Indent with spaces."
        elif "character that cannot start any token" in problem:
            message = f"a value cannot begin with {line[(where.column or 1) - 1 :][:1]!r}; put it in quotes"
        else:
            message = _PLAIN_WORDS.get(problem, problem or catalogue.YAML_SYNTAX.title)
        return ProvisionError(catalogue.YAML_SYNTAX, message, fix=fix, where=where)

    def _place(self, mark: Any) -> Place:
        if mark is None:
            return Place(self._file)
        line = min(mark.line, len(self._lines) - 1)
        text = self._lines[line]
        return Place(self._file, line + 1, mark.column + 1, text if len(text) <= _MAX_LINE else None)

    def _fault(self, entry: CatalogueEntry, event: Any, message: str, fix: str | None = None) -> None:
        faults = self._doubled if entry is catalogue.DUPLICATE_KEY else self._broken
        if len(faults) < MAX_FAULTS:
            faults.append(ProvisionError(entry, message, fix=fix, where=self._place(event.start_mark)))

    def _feature(self, event: Any, message: str) -> ProvisionError:
        return ProvisionError(catalogue.YAML_FEATURE, message, where=self._place(event.start_mark))

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._feature(event, f"a config is not nested deeper than {MAX_DEPTH} levels")
        place = self._place(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            self._fault(
                catalogue.YAML_FEATURE, event, f"the alias *{event.anchor} stands for a text elsewhere"
            )
            return Scalar(place, "", "")
        if event.anchor is not None:
            self._fault(
                catalogue.YAML_FEATURE,
                event,
                f"the anchor &{event.anchor} cannot be used: YAML anchors and aliases are not supported",
            )
        if event.tag is not None:
            self._fault(catalogue.YAML_FEATURE, event, "a tag (a word with '!') is not taken here")
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(place, event.value, event.value, self._kind(event))
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(self._node(event, events, depth + 1))
            return Items(place, tuple(items))
        return self._map(place, events, depth)

    def _map(self, place: Place, events: Iterator[Any], depth: int) -> Map:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar):
                self._fault(catalogue.YAML_FEATURE, event, "a key must be one word, not a list or a map")
            elif key.text == "<<":
                self._fault(catalogue.YAML_FEATURE, event, "the merge key '<<' is not taken here")
            elif key.text in entries:
                first = entries[key.text].key.line
                self._fault(
                    catalogue.DUPLICATE_KEY, event, f"the key '{key.text}' stands already in line {first}"
                )
            else:
                entries[key.text] = Entry(key.place, value)
        return Map(place, entries)

    @staticmethod
    def _kind(event: Any) -> Kind:
        if event.style:  # quoted, or a block: text, whatever it looks like
            return Kind.TEXT
        tag = _resolver.resolve(yaml.ScalarNode, event.value, (True, False))
        return _TAGS.get(str(tag), Kind.TEXT)


def _what(node: Node) -> str:
    return "a list" if isinstance(node, Items) else "a text"
