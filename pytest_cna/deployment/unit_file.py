"""Unit files in systemd's syntax, with values as systemd and fleet read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.core.errors import UnitFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

TIME_UNITS = {
    "us": 1e-6,
    "ms": 1e-3,
    "": 1.0,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "minutes": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "days": 86400.0,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line. ``text`` is the line as written, with its continuation lines; ``name`` is
    empty unless the line is an option."""

    text: str
    section: str
    name: str = ""
    value: str = ""
    """Continued lines joined by a space, as systemd does."""
    number: int = 0

    @property
    def raw_value(self) -> str:
        """The value as fleet stores it: as written, with its continuation lines.

        Comments between them are left out, because fleet ends the value at a comment.
        """
        if not self.name:
            return ""
        first, *more = self.text.split("\n")
        kept = [first.partition("=")[2], *(each for each in more if not _is_comment(each))]
        # an empty last line must stay, or the next option would become part of this one
        return "\n".join(kept).strip() + ("" if kept[-1].strip() or not more else "\n")


@dataclass(frozen=True, slots=True)
class UnitFile:
    """A parsed unit file that keeps order, repeated keys, comments and continuation lines.

    ``render`` returns the parsed text byte for byte, up to the final newline.
    """

    lines: tuple[Line, ...]
    path: Path

    @classmethod
    def parse(cls, text: str, path: Path | str = "unit") -> UnitFile:
        """Parse ``text``.

        Raises UnitFileError, with the line, for a line that is neither section, option nor comment.
        """
        lines: list[Line] = []
        section = ""
        source = iter(enumerate(text.removesuffix("\n").split("\n"), 1))
        for number, physical in source:
            stripped = physical.strip()
            if not stripped or _is_comment(stripped):
                lines.append(Line(physical, section, number=number))
            elif stripped.startswith("["):
                if not stripped.endswith("]") or len(stripped) < 3:
                    raise UnitFileError(f"'{stripped}' is not a section", path, number)
                section = stripped[1:-1]
                lines.append(Line(physical, section, number=number))
            else:
                written, joined, continued = [physical], stripped, physical.endswith("\\")
                while continued:
                    _, more = next(source, (0, None))
                    if more is None:
                        raise UnitFileError(
                            "the last line ends in \\ but no line follows", path, number
                        )
                    written.append(more)
                    if not _is_comment(more):
                        joined = f"{joined[:-1].rstrip()} {more.strip()}".strip()
                        continued = more.endswith("\\")
                name, equals, value = joined.partition("=")
                if not equals or not name.strip():
                    raise UnitFileError(f"'{stripped}' is not an option (name=value)", path, number)
                if not section:
                    raise UnitFileError(
                        f"'{name.strip()}=' is before the first section", path, number
                    )
                lines.append(Line("\n".join(written), section, name.strip(), value.strip(), number))
        return cls(tuple(lines), Path(path))

    @classmethod
    def read(cls, path: Path) -> UnitFile:
        """Read and parse the file. Raises UnitFileError."""
        try:
            return cls.parse(path.read_text(encoding="utf-8"), path)
        except (OSError, UnicodeDecodeError) as error:
            raise UnitFileError(f"cannot be read: {error}", path) from error

    @classmethod
    def from_options(cls, options: Iterable[tuple[str, str, str]]) -> UnitFile:
        """The unit file with these options: section, name and value, as fleet's API gives them."""
        text: list[str] = []
        current = None
        for section, name, value in options:
            if section != current:
                text.append(f"[{section}]")
                current = section
            text.append(f"{name}={value}")
        return cls.parse("".join(f"{line}\n" for line in text))

    def render(self) -> str:
        return "".join(f"{line.text}\n" for line in self.lines)

    def options(self) -> list[dict[str, str]]:
        """All options in the format of fleet's API."""
        return [
            {"section": line.section, "name": line.name, "value": line.raw_value}
            for line in self.lines
            if line.name
        ]

    def values(self, section: str, name: str, unit: str = "") -> tuple[str, ...]:
        """All values of an option, in order; an empty value resets the list, as in systemd.

        Specifiers are expanded when the unit's name is given.
        """
        found: list[str] = []
        for line in self.lines:
            if (line.section, line.name) == (section, name):
                found = [*found, line.value] if line.value else []
        return tuple(expand(value, unit) for value in found) if unit else tuple(found)

    def value(self, section: str, name: str, default: str = "") -> str:
        """The last value of an option that is not a list."""
        values = self.values(section, name)
        return values[-1] if values else default

    def line_of(self, section: str, name: str) -> int | None:
        for line in self.lines:
            if (line.section, line.name) == (section, name):
                return line.number
        return None


def _is_comment(line: str) -> bool:
    return line.strip()[:1] in {"#", ";"}


def instance_name(template: str, instance: str) -> str:
    """``web@.service``, ``8001`` → ``web@8001.service``."""
    prefix, _, suffix = template.partition("@")
    return f"{prefix}@{instance}{suffix}"


def template_of(unit: str) -> str:
    """``web@8001.service`` → ``web@.service``; the name itself when the unit has no instance."""
    prefix, at, rest = unit.partition("@")
    return f"{prefix}@.{rest.rpartition('.')[2]}" if at else unit


def is_template(unit: str) -> bool:
    return "@." in unit


def expand(value: str, unit: str) -> str:
    """Expand the specifiers that depend only on the unit's name: %n %N %p %i and %%."""
    stem = unit.rpartition(".")[0] or unit
    prefix, _, instance = stem.partition("@")
    known = {"%n": unit, "%N": stem, "%p": prefix, "%i": instance, "%%": "%"}
    return re.sub(r"%.", lambda match: known.get(match[0], match[0]), value)


def seconds(span: str) -> float:
    """Seconds of a systemd time span: ``500ms``, ``1min 30s``, ``5``. Raises ValueError."""
    if span.strip() == "infinity":
        return float("inf")
    parts = re.findall(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", span)
    if not parts or "".join(f"{n}{u}" for n, u in parts) != re.sub(r"\s", "", span):
        raise ValueError(f"'{span}' is not a time span such as 500ms or '1min 30s'")
    try:
        return sum(float(number) * TIME_UNITS[unit] for number, unit in parts)
    except KeyError as error:
        raise ValueError(f"'{span}': {error} is not a unit of time") from error
