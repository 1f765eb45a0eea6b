"""Payloads: data for the page's scripts, encoded so that it cannot contain HTML."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVEL = 6


def packed(value: Mapping[str, Any]) -> str:
    """JSON, deflated (raw), in base64: letters, digits, ``+/=``. The page decodes it itself."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    # output of programs may hold characters that UTF-8 cannot encode
    data = packer.compress(text.encode("utf-8", errors="replace")) + packer.flush()
    return base64.b64encode(data).decode("ascii")


def unpacked(text: str) -> Any:  # noqa: ANN401 - whatever was packed
    """The data that ``packed`` was given, as JSON data."""
    return json.loads(zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS))


class Strings:
    """A table of distinct texts, which are referred to by number."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._index: dict[str, int] = {}

    def number(self, text: str) -> int:
        number = self._index.setdefault(text, len(self.all))
        if number == len(self.all):
            self.all.append(text)
        return number
