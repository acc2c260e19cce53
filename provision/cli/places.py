"""Where each config's secret goes: the sink that is meant, and that no two configs mean the same place."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from provision.cli.console import talk
from provision.cli.options import Common, Embedded, Served
from provision.cli.worktree import Exposed, exposed
from provision.config import Config
from provision.delivery import Owner, Place, Spec, parse_option
from provision.delivery.file import owner_at
from provision.delivery.ownership import GRAPH, SANDBOX, Claim
from provision.errors import Finding, ProvisionError, Severity, catalogue


def owner_of(config: Config, options: Common) -> Owner:
    """Return whose the config's values are; its tenant must be named by id."""
    desired = config.desired
    if options.sandbox:
        return Owner(desired.name, desired.tenant, SANDBOX, word_of(options.sandbox))
    return Owner(desired.name, desired.tenant, GRAPH, urlsplit(desired.cloud.graph).netloc.lower())


def word_of(sandbox: Embedded | Served, seen_from: Path = Path()) -> str:
    """Return a word for a sandbox that it keeps when it is emptied: a digest of where it is.

    A state is known by its way from the working folder, or another one, so that both may be moved or copied
    together.
    """
    if isinstance(sandbox, Embedded):
        where = os.path.relpath(os.path.realpath(sandbox.state), os.path.realpath(seen_from))
    else:
        where = urlsplit(sandbox.url).netloc.lower().replace("127.0.0.1", "localhost")
    return hashlib.sha256(where.encode()).hexdigest()[:8]


def stands_in(options: Common, sink: str | None) -> bool:
    """Say whether a file takes the place of a sink of the command line, or of the config's (``None``)."""
    if not options.sandbox:
        return False
    real = sink is None or sink.partition(":")[0] not in ("file", "terminal")
    return real and (sink is None or catalogue.REHEARSAL_DELIVERY.name not in options.allow)


def specs_of(configs: Sequence[Config], options: Common, folder: Path) -> list[Spec]:
    """Return where each config's secret goes: ``--deliver`` before the config.

    A rehearsal reaches no service and no command: files in the ``folder`` stand in for them, unless
    ``--allow rehearsal-delivery`` lets what ``--deliver`` names be reached.
    """
    if not stands_in(options, options.deliver):
        specs = [
            named_sink(options.deliver, "--deliver", config) if options.deliver else config.delivery
            for config in configs
        ]
        if options.sandbox and options.deliver and stands_in(options, None):
            _tell_of_reality(specs)
        return specs
    if options.deliver:
        for config in configs:
            named_sink(options.deliver, "--deliver", config)  # what is wrong with it is told all the same
        kind = options.deliver.partition(":")[0]
        talk(
            f"a rehearsal reaches no service and no command: a file under {folder} stands in for the sink "
            f"{kind} (--allow {catalogue.REHEARSAL_DELIVERY.name} lets it be reached)"
        )
    return list(stand_ins(configs, options, folder))


def _tell_of_reality(specs: Sequence[Spec]) -> None:
    if kinds := sorted({spec.kind for spec in specs} - {"file", "terminal"}):
        talk(f"the rehearsal's secret goes to the real sink {', '.join(kinds)}, as --allow lets it")


def stand_ins(configs: Sequence[Config], options: Common, folder: Path) -> Iterator[Spec]:
    """Yield the file that stands in for each config's sink: by its name, or where that is another's, by its
    name and tenant, and if need be by the sandbox, too.
    """
    taken: set[Path] = set()
    for config in configs:
        owner = owner_of(config, options)
        names = (owner.name, f"{owner.name}.{owner.tenant_id}")
        paths = [folder / f"{name}.secret" for name in (*names, f"{names[1]}.{owner.graph}")]
        path = next((each for each in paths[:-1] if each not in taken and _free(each, owner)), paths[-1])
        taken.add(path)
        yield parse_option(f"file:{path}")


def _free(path: Path, owner: Owner) -> bool:
    there = owner_at(path)
    return not isinstance(there, Owner) or Claim(owner).has(there, ())


def findings_of_files(specs: Sequence[Spec], folder: Path, *, rehearsal: bool) -> list[tuple[Finding, ...]]:
    """Return for each sink what is to be said of its file: that git would take it.

    A rehearsal's secret is worthless, so that is a warning. What is in our own ``folder`` is ignored at the
    latest once something is written there.
    """
    paths: dict[Spec, Path] = {spec: spec.options.file for spec in specs if spec.kind == "file"}
    ours = {
        spec for spec, path in paths.items() if path.parent == folder and not (folder / ".gitignore").exists()
    }
    taken = exposed(path for spec, path in paths.items() if spec not in ours)
    return [_exposed(paths[spec], taken, rehearsal=rehearsal) if spec in paths else () for spec in specs]


def _exposed(path: Path, found: Mapping[Path, Exposed], *, rehearsal: bool) -> tuple[Finding, ...]:
    taken = found.get(path)
    if taken is None:
        return ()
    fix = f"Add this line to the .gitignore of the work tree: {taken.line}"
    if taken.first:
        fix = f"Run: {taken.first}\n{fix}"
    return (
        Finding(
            catalogue.SECRET_IN_WORKTREE,
            Severity.WARNING if rehearsal else Severity.ERROR,
            f"git would take {path}, which would hold the secret: {taken.why}",
            fix
            if rehearsal
            else f"{fix} or choose a path outside; --allow secret-in-worktree goes on all the same.",
        ),
    )


def named_sink(text: str, option: str, config: Config) -> Spec:
    """Read a sink from the command line; ``{name}`` and ``{tenant}`` in it stand for the config's."""
    stranger = re.search(r"{(?!name}|tenant})\w+}", text)
    if stranger and not text.startswith("command:"):  # a program such as awk has its own use of braces
        raise ProvisionError(
            catalogue.USAGE,
            f"{option}: there is no {stranger[0]}; {{name}} stands for the config's name, {{tenant}} for its "
            "tenant's id",
        )
    desired = config.desired
    return parse_option(text.replace("{name}", desired.name).replace("{tenant}", desired.tenant), option)


def reached(config: Config, spec: Spec, options: Common) -> tuple[str, ...]:
    """Return the addresses that a run asks over the network for a config, its sink's too."""
    cloud = config.desired.cloud
    match options.sandbox:
        case None:
            asked = [cloud.login, cloud.graph]
        case Served(url):
            asked = [url]
        case _:
            asked = []
    return tuple(url for url in (*asked, spec.reaches(cloud.name)) if url)


def claims(configs: Sequence[Config], specs: Sequence[Spec], options: Common) -> list[tuple[str, ...]]:
    """Return what this run writes to, tenants and sinks, as a second run on this machine would name it."""
    match options.sandbox:
        case None:
            where = None
        case Served(url):
            where = url
        case Embedded(state):
            where = os.path.realpath(state)
    applications = [
        (where or config.desired.cloud.graph, config.desired.tenant, config.desired.name)
        for config in configs
    ]
    places = [
        ("delivery", *place.certain)
        for config, spec in zip(configs, specs, strict=True)
        for place in spec.places(config.desired.name, config.desired.cloud.name)[:1]
    ]
    return [*applications, *places]


def refuse_one_place(configs: Sequence[Config], specs: Sequence[Spec]) -> None:
    """Raise ``ProvisionError`` if two configs of a run would write to the same place."""
    for _, error in sharing_a_place(configs, specs):
        raise error


def sharing_a_place(configs: Sequence[Config], specs: Sequence[Spec]) -> Iterator[tuple[str, ProvisionError]]:
    """Yield the path of each config that would write to the place of an earlier one, and the refusal."""
    taken: dict[tuple[str, ...], list[tuple[Place, Config, Spec]]] = defaultdict(list)
    for config, spec in zip(configs, specs, strict=True):
        for place in spec.places(config.desired.name, config.desired.cloud.name):
            for other, theirs, their_spec in taken[place.certain]:
                if theirs is not config and place.may_be(other):
                    yield config.path, _one_place(theirs, their_spec, config, spec)
            taken[place.certain].append((place, config, spec))


def _one_place(first: Config, theirs: Spec, second: Config, spec: Spec) -> ProvisionError:
    same_name = first.desired.name == second.desired.name
    placeholder = "{tenant}-{name}" if same_name else "{name}"
    where = getattr(spec.options, "path", None) or spec.kind
    fix = f"Give each its own file, for example --deliver 'file:secrets/{placeholder}.secret'."
    if spec.kind != "file":
        fix = "Give each its own name there, in secret.delivery of each config or with {name} and {tenant}."
    if getattr(theirs.options, "path", where) != where:
        where = f"{where}, which is the same file as {theirs.options.path} or its record"
    return ProvisionError(
        catalogue.USAGE,
        f"'{first.desired.name}' ({first.path}) and '{second.desired.name}' ({second.path}) would both be "
        f"delivered to {where if spec.kind == 'file' else 'the same place of the sink ' + spec.kind}",
        fix=fix,
    )
