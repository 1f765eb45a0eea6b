"""Entry point of the customers' process (``python -m pytest_cna.scenario.traffic``), which Traffic
starts."""

from __future__ import annotations

from pytest_cna.scenario.traffic.process import main

if __name__ == "__main__":
    main()
