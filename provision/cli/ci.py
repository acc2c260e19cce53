"""``--ci``: the pipeline around this run, told what it can use: annotations, outputs, a summary, masks.

Commands to it go to stderr, for stdout is data that may be sent elsewhere. Both hosts look for commands in
either stream of a step.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from provision import bounded
from provision.again import Again
from provision.cli.streams import err
from provision.errors import Entry, Finding, Place, ProvisionError, Severity, catalogue

if TYPE_CHECKING:
    from provision.config import Config
    from provision.resources import Desired
    from provision.secret import Secret


class Pipeline:
    """A pipeline's host; this one is the null object for runs outside any: nobody is told anything."""

    posts = False  # whether what is printed as Markdown may become a comment, which has a limit

    def error(self, error: ProvisionError) -> None:
        """Tell of an error, and the others found with it, each at its line of the config."""

    def remember(self, configs: Sequence[Config]) -> None:
        """Keep where the keys of configs stand, so that what is found later is annotated at its line."""

    def finding(self, finding: Finding, desired: Desired) -> None:
        """Tell of a finding at the line that it is about, unless it is only worth knowing."""

    @contextmanager
    def group(self, title: str, stream: IO[str]) -> Iterator[None]:  # noqa: ARG002 - nothing is folded
        """Fold what is printed to a stream meanwhile."""
        yield

    def folded(self, title: str, text: str) -> str:  # noqa: ARG002 - nothing is folded
        """Return a text as a part of the log that a reader can close."""
        return text

    def outputs(self, values: Mapping[str, str]) -> None:
        """Set outputs of the step."""

    def summary(self, markdown: str) -> None:
        """Add to the summary of the job."""

    def check_masks(self) -> None:
        """Raise ``ProvisionError`` if :meth:`mask` could not reach the pipeline."""

    def mask(self, secret: Secret) -> None:
        """Have the pipeline hide a value wherever it may be printed from now on."""


class RunContext:
    """The pipeline of one run of the program, once its option is read, and how the run is called again."""

    def __init__(self) -> None:
        self.pipeline = Pipeline()
        self.again = Again()


class _Telling(Pipeline):
    """What hosts have in common; ``root`` is the folder that the paths of annotations are relative to."""

    posts = True

    def __init__(self, root: str | None) -> None:
        self._root = root
        self._places: dict[tuple[str, str], Callable[..., Place]] = {}

    @abstractmethod
    def _annotation(self, severity: Severity, title: str, message: str, place: Place | None) -> str: ...

    @abstractmethod
    def _folds(self, title: str) -> tuple[str, str]: ...

    def error(self, error: ProvisionError) -> None:
        for single in error.all:
            self._annotate(Severity.ERROR, single.entry, single.message, single.fix, single.where)

    def remember(self, configs: Sequence[Config]) -> None:
        self._places |= {(item.desired.tenant, item.desired.name): item.place for item in configs}

    def finding(self, finding: Finding, desired: Desired) -> None:
        if finding.severity is Severity.INFO:
            return
        where = self._places.get((desired.tenant, desired.name))
        place = where(*finding.entry.key.split(".")) if where else None
        fix = finding.fix or finding.entry.fix
        self._annotate(finding.severity, finding.entry, finding.message, fix, place)

    def _annotate(
        self, severity: Severity, entry: Entry, message: str, fix: str, place: Place | None
    ) -> None:
        title = f"{entry.code} {entry.name}"
        _tell(self._annotation(severity, title, f"{message}. {fix}", self._in_repository(place)))

    def _in_repository(self, place: Place | None) -> Place | None:
        if place is None or not self._root:
            return place
        path = Path(os.path.relpath(Path(place.file).absolute(), self._root)).as_posix()
        return place if path.startswith("..") else replace(place, file=path)

    @contextmanager
    def group(self, title: str, stream: IO[str]) -> Iterator[None]:
        begin, end = self._folds(title)
        click.echo(begin, file=stream)
        try:
            yield
        finally:
            click.echo(end, file=stream)

    def folded(self, title: str, text: str) -> str:
        begin, end = self._folds(title)
        return f"{begin}\n{text}\n{end}"

    def check_masks(self) -> None:
        try:
            mode = os.fstat(sys.stderr.fileno()).st_mode
        except (OSError, ValueError):
            mode = 0
        # A file would keep the value, and the pipeline would never hear of it.
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or sys.stderr.isatty()):
            raise ProvisionError(catalogue.MASK_UNHEARD)


class GitHub(_Telling):
    """GitHub Actions: commands in the log, outputs and summary in the files that the runner names."""

    def __init__(self) -> None:
        super().__init__(os.environ.get("GITHUB_WORKSPACE"))
        _require("GITHUB_ACTIONS", "true")
        self._outputs = _writable("GITHUB_OUTPUT")
        self._summary = _writable("GITHUB_STEP_SUMMARY")

    def _annotation(self, severity: Severity, title: str, message: str, place: Place | None) -> str:
        from provision.report import github

        return github.annotation(severity, title, message, place)

    def _folds(self, title: str) -> tuple[str, str]:
        from provision.report import github

        return github.group(title), github.GROUP_END

    def outputs(self, values: Mapping[str, str]) -> None:
        """Append to the step's file, each between lines that no value can foresee."""
        from provision.report import github

        _append(self._outputs, github.outputs(values, f"end-{secrets.token_hex(16)}"))

    def summary(self, markdown: str) -> None:
        """Append to the step's file."""
        _append(self._summary, f"{markdown}\n")

    def mask(self, secret: Secret) -> None:
        """Say it before anybody has the value; the runner takes the line out of the log."""
        from provision.report.github import MASK

        # In one piece, for other lines are written side by side; no local has the value.
        sys.stderr.write(f"{MASK}{secret.reveal().replace('%', '%25')}\n")
        sys.stderr.flush()


class Azure(_Telling):
    """Azure Pipelines: everything is a command in the log; the summary is a file that one names."""

    def __init__(self) -> None:
        super().__init__(os.environ.get("BUILD_SOURCESDIRECTORY"))
        _require("TF_BUILD", "true")
        name = "AGENT_TEMPDIRECTORY"
        self._folder = Path(os.environ.get(name, ""))
        if not os.environ.get(name):
            raise _wrong(f"{name} is not set")
        if not (self._folder.is_dir() and os.access(self._folder, os.W_OK)):
            raise _wrong(f"{name} names {self._folder}, which is no folder that can be written to")

    def _annotation(self, severity: Severity, title: str, message: str, place: Place | None) -> str:
        from provision.report import azure_pipelines

        return azure_pipelines.annotation(severity, title, message, place)

    def _folds(self, title: str) -> tuple[str, str]:
        from provision.report import azure_pipelines

        return azure_pipelines.group(title), azure_pipelines.GROUP_END

    def outputs(self, values: Mapping[str, str]) -> None:
        """Set variables that later steps, jobs and stages can read."""
        from provision.report import azure_pipelines

        for name, value in values.items():
            _tell(azure_pipelines.output(name, value))

    def summary(self, markdown: str) -> None:
        """Write a file for the agent to take, which it does later: each has its own name."""
        from provision.report import azure_pipelines

        path = self._folder.absolute() / f"provision-{secrets.token_hex(8)}.md"
        _append(path, f"{markdown}\n")
        _tell(azure_pipelines.summary(str(path)))

    def mask(self, secret: Secret) -> None:
        """Say it before anybody has the value; the agent takes the line out of the log."""
        from provision.report.azure_pipelines import MASK

        sys.stderr.write(f"{MASK}{secret.reveal().replace('%', '%AZP25')}\n")
        sys.stderr.flush()


def chosen(name: str | None) -> Pipeline:
    """Return the pipeline of that name, or the one that is found; ``ProvisionError`` if it lacks something.

    Sources: https://docs.github.com/actions/reference/workflows-and-actions/variables and
    https://learn.microsoft.com/azure/devops/pipelines/build/variables
    """
    if name is None:
        name = "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "none"
        if os.environ.get("TF_BUILD", "").lower() == "true":
            name = "azure"
    match name:
        case "github":
            return GitHub()
        case "azure":
            return Azure()
        case _:
            return Pipeline()


def inside() -> bool:
    """Say whether this runs in a pipeline of any host, told of or not."""
    return any(os.environ.get(name) for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD", "GITLAB_CI"))


def of_configs(environment: Mapping[str, str]) -> tuple[Mapping[str, str], frozenset[str]]:
    """Return what configs may read of an environment, and which names that are set are withheld from them.

    A pipeline's environment holds what other steps need, under any name; only what is listed is read there.
    """
    if not inside():
        return environment, frozenset()
    from provision.config.interpolate import ENV_ALLOW

    allowed = set(re.split(r"[\s,]+", environment.get(ENV_ALLOW, "")))
    read = {name: value for name, value in environment.items() if name in allowed}
    return read, frozenset(environment) - allowed


def option(ctx: click.Context, _: click.Parameter, value: str | None) -> Pipeline:
    """Read ``--ci``, and keep the pipeline where the way out of the program finds it."""
    pipeline = chosen(value)
    holder = ctx.find_object(RunContext)
    if holder is not None:
        holder.pipeline = pipeline
    return pipeline


def ended(pipeline: Pipeline, code: int) -> None:
    """Tell the exit code: the last thing, so a disk that is full changes nothing any more."""
    with suppress(ProvisionError):
        pipeline.outputs({"exit_code": str(code)})


def _require(name: str, value: str) -> None:
    # Without a runner that obeys, a mask would be the very leak that it is to prevent.
    if os.environ.get(name, "").lower() != value:
        raise _wrong(f"{name} is not {value}, so this does not run there")


def _writable(name: str) -> Path:
    path = os.environ.get(name, "")
    if not path:
        raise _wrong(f"{name} is not set")
    try:
        os.close(bounded.for_appending(path))
    except OSError as error:
        raise _wrong(f"{name} names {path}, which cannot be written: {error.strerror}") from error
    return Path(path)


def _wrong(what: str) -> ProvisionError:
    return ProvisionError(catalogue.CI_VARIABLES, what)


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise ProvisionError(
            catalogue.DISK, f"{path} cannot be written for the pipeline: {error.strerror}"
        ) from error


def _tell(line: str) -> None:
    err(line)
