"""The only room that knows msgraph-sdk, azure-identity and HTTP: one module a kind.

Each observes its kind and performs its steps, and turns Graph's refusals into errors with advice.
"""
