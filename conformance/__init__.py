"""How near the sandbox comes to recorded answers of Microsoft Graph: ``python -m conformance FOLDER``.

The recordings are somebody else's and stay where they are; this package knows only their format.
"""
