"""What looks like a secret, or is known to be one, is taken out; nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_cna.core.redaction import MARK, Redactor, secrets_in, secrets_of

SECRET = "hunter22"


@pytest.mark.parametrize(
    "text",
    [
        "Environment=MYSQL_PASSWORD=hunter22 NEXT=1",
        '-e "DB_PASSWORD=hunter22" -e A=b',
        "-e MYSQL_PWD=hunter22 x",
        '{"password": "hunter22", "a": 1}',
        "password='hunter22'",
        "api_key: hunter22",
        "--token=hunter22 next",
        "--db-password hunter22 next",
        "stats auth admin:hunter22",
        "  user joe insecure-password hunter22",
        "mysql://crm:hunter22@10.0.0.1/crm",
        "curl -H 'Authorization: Bearer hunter22.xyz'",
        "authorization: Basic hunter22",
        "Set-Cookie: PHPSESSID=hunter22; path=/",
        "CREATE USER crm IDENTIFIED BY 'hunter22'",
        "mysql -u root -phunter22 crm",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter22\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nhunter22, cut off",
    ],
)
def test_what_looks_like_a_secret(text: str) -> None:
    clean = Redactor()(f"before {text} after")
    assert SECRET not in clean
    assert MARK in clean
    assert clean.startswith("before ")


@pytest.mark.parametrize(
    "text",
    [
        "User and password do not match.",
        "docker run -p 80:80 -p 1936:1936 --name zurmo_haproxy.80",
        "GET http://10.0.0.1:8001/health?token",
        "the key /services/webserver/0c5e/ip = 10.0.0.1",
        "password ''",
        "zurmo_apache@8001.service was not routed within its bound: 8.1 s = a + b",
        "passed 3, failed 1",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert Redactor()(text) == text


def test_a_known_secret_is_found_anywhere() -> None:
    redact = Redactor({SECRET, "jim"})
    assert redact(f"Access denied: {SECRET}!") == f"Access denied: {MARK}!"
    # too short to be distinguished from a word
    assert redact("customer jim") == "customer jim"


def test_everywhere_in_what_json_takes() -> None:
    redact = Redactor({SECRET})
    value = {"a": [f"x{SECRET}", 1, None, {SECRET: True}], "b": (SECRET,)}
    assert SECRET not in json.dumps(redact.everywhere(value))
    assert redact.everywhere(value)["a"][1:3] == [1, None]


def test_secrets_of_a_unit_file() -> None:
    text = (
        "[Service]\nEnvironment=MYSQL_PASSWORD=hunter22\n"
        'Environment="API_TOKEN=abc123" PLAIN=word\n'
        "ExecStart=/usr/bin/docker run -e ADMIN_SECRET=s3cret -e DB_PASSWORD=${FROM_FILE}\n"
        "Environment=DB_PASSWORD_FILE=/run/secrets/database\n"
    )
    assert secrets_in(text) == {"hunter22", "abc123", "s3cret"}


def test_secrets_of_an_environment() -> None:
    variables = {
        "CI_JOB_TOKEN": "abcdef",
        "PATH": "/bin",
        "MYSQL_PWD": "x",
        "USE_TOKEN_CACHE": "enabled",
    }
    assert secrets_of(variables) == {
        "abcdef",
        "x",
    }


@settings(deadline=None)
@given(st.text(), st.text(min_size=6))
def test_any_text_and_any_secret(text: str, secret: str) -> None:
    clean = Redactor({secret})(f"{text}{secret}{text}")
    assert secret not in clean.replace(MARK, "") or secret in MARK
