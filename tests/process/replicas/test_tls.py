"""Encrypted connections and passwords: what is wrong is said, without the password."""

import datetime
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.drill.postgresql import PostgreSql
from server.database.interface import StoreError
from server.database.postgres import PostgresDatabase
from server.jobs.schema import JOBS

PASSWORD, WRONG = "right-secret", "wrong-secret"


@dataclass(frozen=True)
class Certificate:
    """A self-signed one for localhost, which is its own authority."""

    public: bytes
    key: bytes


def make_certificate() -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        made.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the certificate of the server's authority is to be."""
    return tmp_path_factory.mktemp("tls") / "root.crt"


@pytest.fixture(scope="module")
def address(postgresql: PostgreSql, root: Path) -> Iterator[str]:
    """Let the server encrypt and ask for a password; return an address with neither."""
    made = make_certificate()
    root.write_bytes(made.public)
    url = postgresql.create("guarded")
    with psycopg.connect(postgresql.url(), autocommit=True) as admin:
        folder = Path(show(admin, "data_directory"))
        rules = Path(show(admin, "hba_file"))
        before = rules.read_text()
        for name, content in (("server.crt", made.public), ("server.key", made.key)):
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)
            shutil.chown(folder / name, folder.owner())
        rules.write_text(
            f"hostssl all guarded all scram-sha-256\nhost all guarded all reject\n{before}"
        )
        admin.execute(f"CREATE ROLE guarded LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
        change(admin, "ALTER SYSTEM SET ssl = on")
        yield url.replace("postgres@127.0.0.1", "guarded:{password}@localhost")
        rules.write_text(before)
        change(admin, "ALTER SYSTEM RESET ssl")


def show(admin: psycopg.Connection, name: str) -> str:
    row = admin.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def change(admin: psycopg.Connection, statement: str) -> None:
    admin.execute(statement)
    admin.execute("SELECT pg_reload_conf()")


def test_a_verified_connection(address: str, root: Path) -> None:
    verified = f"?sslmode=verify-full&sslrootcert={root}"
    with closing(PostgresDatabase(address.format(password=PASSWORD) + verified, JOBS)) as database:
        assert database.select("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == [
            {"ssl": True}
        ]


@pytest.mark.parametrize(
    ("password", "options", "message"),
    [
        (WRONG, "?sslmode=require", 'password authentication failed for user "guarded"'),
        (PASSWORD, "?sslmode=disable", "pg_hba.conf rejects connection"),
        (PASSWORD, "?sslmode=verify-full&sslrootcert={other}", "certificate verify failed"),
        (
            PASSWORD,
            "?sslmode=verify-full&sslrootcert=gone.crt",
            "does not exist Either provide the file",
        ),
        (PASSWORD, "?sslmode=verify-full&sslrootcert={root}&host=127.0.0.1", "does not match host"),
    ],
)
def test_what_is_wrong_is_said(
    address: str, root: Path, password: str, options: str, message: str
) -> None:
    other = root.with_name("other.crt")
    other.write_bytes(make_certificate().public)
    url = address.format(password=password) + options.format(other=other, root=root)
    with pytest.raises(StoreError, match=message) as error:
        PostgresDatabase(url, JOBS)
    assert "secret" not in str(error.value)
