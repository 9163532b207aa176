"""A security key in software: registers and signs as a browser's passkey does."""

from __future__ import annotations

import json
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

HOST = "testserver"
FLAG = AuthenticatorData.FLAG
PRESENT = FLAG.UP | FLAG.UV


class SoftKey:
    """One key; ``handle`` names its person, as the library asks for it."""

    def __init__(self, handle: bytes) -> None:
        self.handle = handle
        self.credential_id = os.urandom(16)
        self.private = ec.generate_private_key(ec.SECP256R1())

    def registration(self, client: Client) -> str:
        """Answer what the page in ``client`` has asked a new key to sign."""
        public = ES256.from_cryptography_key(self.private.public_key())  # type: ignore[no-untyped-call]
        data = AuthenticatorData.create(
            sha256(HOST.encode()),
            PRESENT | FLAG.AT,
            0,
            AttestedCredentialData.create(Aaguid.NONE, self.credential_id, public),
        )
        answer = {
            "clientDataJSON": websafe_encode(self._client_data(client, "webauthn.create")),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        return self._credential(answer)

    def assertion(self, client: Client) -> str:
        """Answer what the page in ``client`` has asked this key to sign."""
        data = AuthenticatorData.create(sha256(HOST.encode()), PRESENT, 1)
        client_data = self._client_data(client, "webauthn.get")
        signature = self.private.sign(data + client_data.hash, ec.ECDSA(hashes.SHA256()))
        answer = {
            "clientDataJSON": websafe_encode(client_data),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(self.handle),
        }
        return self._credential(answer)

    def _client_data(self, client: Client, kind: Any) -> CollectedClientData:
        challenge = client.session["mfa.webauthn.state"]["challenge"]
        return CollectedClientData.create(kind, challenge, f"https://{HOST}")

    def _credential(self, answer: dict[str, str]) -> str:
        name = websafe_encode(self.credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "clientExtensionResults": {},
                "response": answer,
            }
        )
