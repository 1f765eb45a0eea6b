"""Names that one part writes and another one reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_cna.core.model import DiscoveryEntry, ServerName

texts = st.text(min_size=1)


@given(texts, texts.filter(lambda ip: "_" not in ip), st.integers(0, 65535))
def test_a_servers_name_is_read_as_it_was_written(service: str, ip: str, port: int) -> None:
    name = ServerName(service, ip, port)
    assert ServerName.parse(str(name)) == name


def test_an_entry_has_the_name_of_its_server() -> None:
    entry = DiscoveryEntry("web_server", "uuid", "core-1", "10.0.0.1", 8001)
    assert entry.server == "web_server_10.0.0.1_8001"
    assert ServerName.parse(entry.server) == ServerName("web_server", "10.0.0.1", 8001)


@pytest.mark.parametrize(
    "name", ["", "web", "web_8001", "_10.0.0.1_80", "web__80", "web_1_²", "a_b_c"]
)
def test_another_servers_name_says_nothing(name: str) -> None:
    assert ServerName.parse(name) is None
