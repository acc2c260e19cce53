"""Microsoft Entra app registrations for sending mail, as code."""

__version__ = "0.1.0"
