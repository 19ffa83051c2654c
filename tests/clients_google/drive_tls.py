"""Asks a TLS server on this machine as production would ask Google, and prints what it saw, as JSON."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import json
import os
import sys
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from google.cloud.run_v2 import ListExecutionsRequest, ListExecutionsResponse
from google_samples import make_settings

from bot.clients.google import GoogleCloud


def write_identity(folder: Path) -> tuple[bytes, bytes]:
    """A self-signed certificate with its key, and a service account's key file that opens nothing."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": "acme-ml",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "bot@acme-ml.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "https://127.0.0.1:9/token",
    }
    (folder / "roots.pem").write_bytes(certificate)
    (folder / "account.json").write_text(json.dumps(account))
    return pem, certificate


async def main(folder: Path) -> None:
    pem, certificate = write_identity(folder)
    os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = str(folder / "roots.pem")
    os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(folder / "account.json")
    seen: dict[str, Any] = {}

    async def list_executions(_request: Any, context: Any) -> Any:
        seen.update(context.invocation_metadata())
        return ListExecutionsResponse()

    handler = grpc.unary_unary_rpc_method_handler(
        list_executions,
        request_deserializer=ListExecutionsRequest.deserialize,
        response_serializer=ListExecutionsResponse.serialize,
    )
    server = grpc.aio.server()
    service = grpc.method_handlers_generic_handler(
        "google.cloud.run.v2.Executions", {"ListExecutions": handler}
    )
    server.add_generic_rpc_handlers((service,))
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(pem, certificate)]))
    await server.start()
    cloud = GoogleCloud(make_settings({"run": f"https://localhost:{port}"}))
    rows = await cloud.runners.list_executions("us-central1", deadline=20)
    await cloud.close()
    await server.stop(None)
    result = {
        "rows": len(rows),
        "authorization": seen["authorization"],
        "routing": seen["x-goog-request-params"],
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
