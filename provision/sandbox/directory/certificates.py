"""Names in certificates, as the service writes them: .NET's ``X500DistinguishedName.Name``.

https://learn.microsoft.com/dotnet/api/system.security.cryptography.x509certificates.x500distinguishedname;
recorded 2024-11, Azure CLI's test_app_scenario: ``O=Internet Widgits Pty Ltd, S=Some-State, C=AU``.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

_KEYS = {
    NameOID.COMMON_NAME: "CN",
    NameOID.COUNTRY_NAME: "C",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "S",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.EMAIL_ADDRESS: "E",
    NameOID.DOMAIN_COMPONENT: "DC",
    NameOID.STREET_ADDRESS: "STREET",
    NameOID.TITLE: "T",
    NameOID.GIVEN_NAME: "G",
    NameOID.SURNAME: "SN",
    NameOID.INITIALS: "I",
    NameOID.SERIAL_NUMBER: "SERIALNUMBER",
    NameOID.POSTAL_CODE: "PostalCode",
}
_QUOTED = frozenset(',+="\n<>#;')


def distinguished_name(name: x509.Name) -> str:
    """Return the last part first, values with a delimiter in quotes."""
    parts = [
        " + ".join(f"{_KEYS.get(a.oid, f'OID.{a.oid.dotted_string}')}={_value(str(a.value))}" for a in rdn)
        for rdn in reversed(name.rdns)
    ]
    return ", ".join(parts)


def _value(text: str) -> str:
    if text and not set(text) & _QUOTED and text == text.strip():
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
