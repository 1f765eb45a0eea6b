"""The provider ``paper``: machines in memory, which boot as slowly as the user wants."""

from __future__ import annotations

from cna_paper.options import PaperOptions
from pytest_cna.testing import FakeProvider


class PaperProvider(FakeProvider):
    name = "paper"
    takes = PaperOptions
    options: PaperOptions

    def set_up(self) -> None:
        super().set_up()
        self.world.delays.boot = self.options.boot
