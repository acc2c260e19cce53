"""The only room that knows msgraph-sdk, azure-identity and HTTP: one module a kind.

Each observes its kind and performs its steps, and turns Graph's refusals into errors with advice.
"""

import sys

# Where the libraries of httpx' own command line are installed, as by tools for tests, importing httpx would
# import all of them: eighty modules. It does without where it finds none.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
