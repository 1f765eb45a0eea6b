"""``python -m pytest_cna.traffic``: the customers' process; Traffic starts it and speaks to it."""

from __future__ import annotations

from pytest_cna.traffic.process import main

if __name__ == "__main__":
    main()
