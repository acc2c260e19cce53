"""An answer that is about another object ends its config's run before anything more is written.

In every verb, each answer that says whose it is is made a stranger's once: what is not compared shows here.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import httpx
import pytest

from provision.sandbox import Sandbox
from tests.crash.many import VERBS, Many, Verb, prepared
from tests.crash.own import LIMITED, Asked, Owned, Ran, judge
from tests.soak import soaking

PLAIN, OTHER, ADOPTED, BY_EXCHANGE = "app-00", "app-01", "app-03", "app-04"
_CONTEXT = re.compile(r'"@odata.context":\s*"[^"]*"')
# What may still be written: an unseen secret's end.
_UNDOING = "post [^ ]*/(removepassword|oauth2/)"
SAMPLE = (("plan", "applied"), ("apply", "empty"), ("rotate", "rotated"), ("consent", "not granted"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every verb in the soak, a few of them otherwise."""
    if "verb" in metafunc.fixturenames:
        soaks = soaking(metafunc.config)
        cases = list(_cases())
        if not soaks:
            cases = [next(c for c in cases if (c[0].argv[0], c[0].state) == wanted) for wanted in SAMPLE]
        ids = [
            f"{'-'.join(verb.argv[:2])} {verb.state} {config} {at}" for at, (verb, config) in enumerate(cases)
        ]
        metafunc.parametrize(("verb", "config"), cases, ids=ids)


def _cases() -> Iterator[tuple[Verb, str]]:
    for verb in VERBS:
        if verb.only is None:
            yield from ((verb, PLAIN), (verb, ADOPTED))
        else:
            yield verb, BY_EXCHANGE if verb.only <= LIMITED else PLAIN


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """A tenant with four configs."""
    with prepared(tmp_path_factory.mktemp("other"), (PLAIN, OTHER, ADOPTED, BY_EXCHANGE)) as made:
        yield made


class Still(random.Random):
    """Dice that always fall the same: no request is held up."""

    def choice(self, seq: Any) -> Any:
        """Return the first."""
        return seq[0]


class Swapped:
    """Makes the ``nth`` answer that says whose it is, of those to one config, a stranger's."""

    def __init__(self, sandbox: Sandbox, config: str, nth: int) -> None:
        self._sandbox, self._config, self._nth = sandbox, config, nth
        self.seen = 0
        self.line = ""  # the request whose answer it was
        self._sent = 0  # how many requests had been sent by then

    def after(self, ran: Ran) -> list[str]:
        """What the config's run asked from then on; what was under way then was asked before."""
        return [asked.line for asked in ran.asked[self._sent :] if asked.config == self._config]

    def __call__(self, asked: Asked, response: httpx.Response, ran: Ran) -> httpx.Response:
        """Return the answer, or a stranger's."""
        if asked.config != self._config or self.line:
            return response
        text = self._strange(response.text) if response.is_success else response.text
        if not re.search("/v1.0/[a-z]+/[0-9a-f-]{36}", asked.line):  # of another key, a context tells nothing
            for told in _CONTEXT.findall(response.text):
                text = _CONTEXT.sub(lambda _, told=told: told, text)  # type: ignore[misc]
        if text == response.text:
            return response
        self.seen += 1
        if self.seen == self._nth:
            self.line, self._sent = asked.line, len(ran.asked)
            response._content = text.encode()  # read already, so this is what the program reads
        return response

    def _strange(self, text: str) -> str:
        for token, owner in Owned(self._sandbox, (self._config,)).owners.items():
            if owner == self._config:
                text = re.sub(re.escape(token), _stranger(token), text, flags=re.IGNORECASE)
        return text.replace(f'"{self._config}"', '"stranger"').replace(f":{self._config}]", ":stranger]")


def _stranger(token: str) -> str:
    return f"stranger@{token.partition('@')[2]}" if "@" in token else str(uuid5(NAMESPACE_OID, token))


def _takes_back(line: str, before: frozenset[str]) -> bool:
    """Whether a request drops what was announced of an unseen secret: no tag that was not there before."""
    found = re.match(r"patch [^ ]*/applications/[^ ]* (\{.*\})", line)
    body = json.loads(found[1]) if found else {}
    return body.keys() == {"tags"} and before >= set(body["tags"])


@pytest.mark.soak
def test_an_answer_about_another_object_ends_the_run_of_that_config(
    many: Many, verb: Verb, config: str
) -> None:
    """It is said with its code; nothing is written after it but what undoes; another config goes on."""
    nth, names = 0, [config] if verb.only else [config, OTHER]
    while True:
        nth += 1
        with many.copied(verb, names) as (sandbox, folder):
            before, swap = Owned(sandbox), Swapped(sandbox, config, nth)
            app = before.applications.get(config)
            tags = frozenset(tag.lower() for tag in app.props["tags"]) if app else frozenset()
            ran = many.launch(verb, names, sandbox, folder, Still(), swap=swap)
            if not swap.line:
                assert ran.code in (0, 3, 4), ran.err
                break
            text = json.dumps(ran.document)
            assert ran.code == 1, (swap.line, text[:2000])
            assert "other-object" in text, (swap.line, text[:2000])
            for line in swap.after(ran):
                known = line.startswith("get ") or re.match(_UNDOING, line) or _takes_back(line, tags)
                assert known, f"after {swap.line} the run went on with {line}"
            judge(before, Owned(sandbox), ran, names, folder)
    assert nth > 1, "no answer said whose it is"
