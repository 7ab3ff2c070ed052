"""A self-signed certificate for tests of TLS."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def self_signed(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 and its key into one file, and return its path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(today).not_valid_after(today + timedelta(days=1))
    certificate = dated.add_extension(address, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, encryption_algorithm=NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    return file
