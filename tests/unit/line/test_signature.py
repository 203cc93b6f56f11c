"""Verify signatures as LINE makes them."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline.adapters.line.signature import sign, verify
from hookline.adapters.requests import Request

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # how fast is not the fact

SECRET = b"8c570fa6dd201bb328f1c1eac23a96d8"
BODY = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
SIGNATURE = b"GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="


def request(body: bytes, *signatures: bytes) -> Request:
    """Return a request with *signatures*."""
    return Request(body, [(b"host", b"localhost"), *((b"x-line-signature", signature) for signature in signatures)])


def test_official_test_vector_is_signed_as_line_does() -> None:
    assert sign(SECRET, BODY) == SIGNATURE


def test_official_test_vector_is_verified() -> None:
    assert verify([SECRET], request(BODY, SIGNATURE)) == 0


@relaxed
@given(st.binary(max_size=80), st.binary(max_size=300))
def test_signature_is_base64_of_hmac_sha256(secret: bytes, body: bytes) -> None:
    assert sign(secret, body) == base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())


@pytest.mark.parametrize(("secret", "index"), [(b"newest", 0), (b"older", 1), (b"oldest", 2)])
def test_index_of_the_secret_that_signed_is_returned(secret: bytes, index: int) -> None:
    assert verify([b"newest", b"older", b"oldest"], request(BODY, sign(secret, BODY))) == index


def test_first_of_equal_secrets_is_returned() -> None:
    assert verify([SECRET, SECRET], request(BODY, SIGNATURE)) == 0


def test_without_secrets_nothing_is_verified() -> None:
    assert verify([], request(BODY, sign(b"", BODY))) is None


@pytest.mark.parametrize(
    "signatures",
    [
        [],
        [b""],
        [b"wrong"],
        [b"\xff\xfe\x00"],
        ["é簽".encode()],
        [SIGNATURE, SIGNATURE],
        [SIGNATURE, b"wrong"],
        [b"wrong", SIGNATURE],
        [SIGNATURE + b" "],
        [b" " + SIGNATURE],
        [SIGNATURE + b"\n"],
        [SIGNATURE.rstrip(b"=")],
        [SIGNATURE + b"="],
        [SIGNATURE.replace(b"+", b"-")],
        [SIGNATURE.lower()],
        [SIGNATURE + b"," + SIGNATURE],
        [SIGNATURE * 1_000],
    ],
)
def test_anything_but_one_right_signature_is_refused(signatures: list[bytes]) -> None:
    assert verify([SECRET], request(BODY, *signatures)) is None


@relaxed
@given(st.integers(0, len(BODY) * 8 - 1))
def test_any_flipped_bit_of_the_body_is_noticed(bit: int) -> None:
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8

    assert verify([SECRET], request(bytes(changed), SIGNATURE)) is None


@relaxed
@given(st.integers(0, len(SIGNATURE) * 8 - 1))
def test_any_flipped_bit_of_the_signature_is_noticed(bit: int) -> None:
    changed = bytearray(SIGNATURE)
    changed[bit // 8] ^= 1 << bit % 8

    assert verify([SECRET], request(BODY, bytes(changed))) is None


@relaxed
@given(
    st.lists(st.binary(max_size=20), max_size=3), st.lists(st.binary(max_size=60), max_size=3), st.binary(max_size=60)
)
def test_nothing_raises(secrets: list[bytes], signatures: list[bytes], body: bytes) -> None:
    assert verify(secrets, request(body, *signatures)) in {None, 0, 1, 2}
