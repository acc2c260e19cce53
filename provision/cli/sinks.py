"""From a config and the options to its sink: where a value goes, and where one is read from."""

from __future__ import annotations

from provision.cli import sink_identity
from provision.cli.ci_mask import Masked, MaskedSource
from provision.cli.log_file import LogFile, LoggedSink
from provision.cli.options import FOLDER, Common
from provision.cli.places import named_sink, owner_of, stand_ins, stands_in
from provision.cli.progress import Progress
from provision.config import Config
from provision.delivery import Opening, Retrieving, Sink, Spec, open_sink
from provision.errors import ProvisionError, catalogue
from provision.graph.credentials import Credential, credential
from provision.graph.identities import credential_of
from provision.graph.named_files import said
from provision.graph.sink_credentials import OneTenant, own_identity
from provision.graph.ways import Auth
from provision.network import current


def sink_of(config: Config, spec: Spec, options: Common, progress: Progress, log: LogFile | None) -> Sink:
    """Return the sink of a config; what goes there is masked in a pipeline first, and noted in ``log``."""
    masked = Masked(open_sink(spec, _opening(config, spec, options, progress)), options.ci)
    return LoggedSink(masked, log) if log is not None else masked


def source_of(config: Config, options: Common, progress: Progress) -> Retrieving | None:
    """Return what ``--secret-from`` names, if it does; ``ProvisionError`` if no value comes from there."""
    if options.secret_from is None:
        return None
    spec = named_sink(options.secret_from, "--secret-from", config)
    opening = _opening(config, spec, options, progress)
    sink = open_sink(spec, opening)
    if not isinstance(sink, Retrieving):
        raise ProvisionError(catalogue.USAGE, f"--secret-from: {sink.label} does not give a value back")
    if stands_in(options, options.secret_from):  # a rehearsal reads no service either
        (own,) = stand_ins([config], options, FOLDER)
        stand_in = open_sink(own, opening)
        assert isinstance(stand_in, Retrieving)
        return MaskedSource(stand_in, options.ci)
    return MaskedSource(sink, options.ci)


def _opening(config: Config, spec: Spec, options: Common, progress: Progress) -> Opening:
    """A sink signs in as --auth says, and only once it has to; in a rehearsal, too, if --deliver names it.

    One that names a tenant or an identity of its own signs in there, as that.
    """
    desired = config.desired

    def sign_in() -> Credential:
        auth = Auth(options.auth)
        tenant, client_id = sink_identity.of(spec, desired) or (desired.tenant, None)
        identity = options.identities.once_chosen(config) if options.identities else None
        if client_id is None and identity is not None and tenant == desired.tenant:
            found = credential_of(identity, tenant, desired.cloud, prompt=progress.say, network=current())
        elif client_id is None:
            found = credential(auth, tenant, desired.cloud, prompt=progress.say, network=current())
        else:
            try:
                found = own_identity(auth, tenant, client_id, desired.cloud, network=current())
            except (OSError, ValueError) as error:
                raise ProvisionError(
                    catalogue.SIGN_IN,
                    f"nothing here can sign in to the sink as the application {client_id}. {said(error)}",
                    fix="Set one of these variables, or have the pipeline's federation trust it "
                    "(docs/delivery.md).",
                ) from error
        return OneTenant(found, tenant)

    return Opening(owner_of(config, options), desired.cloud.name, sign_in)
