"""What a release is made of: the package, its bill of materials, its checksums, and a bundle for no network.

``make dist`` and ``make bundle`` run it; docs/install.md says what a person does with what comes of it.
"""

NAME = "provision-entra-mail"
"""The name of the distribution; the command and the module are called ``provision``."""
