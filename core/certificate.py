"""A certificate this machine signs for itself, so that phones in the room may use their camera.

Browsers give the camera to secure origins only. Everyone has to accept this certificate once;
an installation with a name of its own puts a real one in front.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Phones refuse a server's certificate that is valid for longer.
VALID = timedelta(days=397)
RENEW_BEFORE = timedelta(days=14)
# Documentation addresses (RFC 5737, RFC 3849): nothing is sent, the system only picks a route.
ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def addresses() -> list[str]:
    """Return the addresses under which others may reach this machine, the likeliest first."""
    found = []
    for family, target in ELSEWHERE:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((target, 9))
            except OSError:
                continue  # the machine has no route for this family
            found.append(str(probe.getsockname()[0]))
    try:
        named = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        named = []  # the machine does not know its own name
    found += [str(entry[4][0]).partition("%")[0] for entry in named]
    outside = (one for one in found if not ipaddress.ip_address(one).is_loopback)
    return list(dict.fromkeys(outside))


def keep(folder: Path, now: datetime) -> tuple[Path, Path]:
    """Return certificate and key in a folder, made anew when they no longer fit this machine."""
    certificate, key = folder / "https.crt", folder / "https.key"
    names = _names()
    if not (certificate.exists() and key.exists() and _fits(certificate, names, now)):
        _make(certificate, key, names, now)
    return certificate, key


def _names() -> set[str]:
    return {"localhost", "127.0.0.1", "::1", socket.gethostname(), *addresses()}


def _fits(certificate: Path, names: set[str], now: datetime) -> bool:
    kept = x509.load_pem_x509_certificate(certificate.read_bytes())
    said = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = {str(one.value) for one in said}
    return names <= known and now + RENEW_BEFORE < kept.not_valid_after_utc


def _make(certificate: Path, key: Path, names: Iterable[str], now: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Huigou (self-signed)")])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID - timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(map(_general, sorted(names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    _write(
        key,
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    _write(certificate, built.public_bytes(serialization.Encoding.PEM))


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    fresh = path.with_suffix(f"{path.suffix}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
