# make acceptance            the main job: a cluster, the complete set, faults, a report
# make test                  the project's own tests: unit, plugin, integration
# make openstack-lab         a real OpenStack on this computer (IMAGE= a folder); openstack-lab-down
# make openstack-test        the lab and the Heat template, on a second lab of their own
# PROVIDER=local is the default; ARGS= goes to pytest.

PROVIDER ?= local
ARGS ?=
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready

.PHONY: acceptance test unit lint typing benchmark packages test-packages clean \
	openstack-lab openstack-lab-down openstack-test openstack-benchmark

acceptance: packages $(READY)
	$(VENV)/bin/pytest features --cna-provider=$(PROVIDER) $(ARGS)

test: packages test-packages $(READY)
	$(VENV)/bin/pytest tests/unit tests/plugin tests/integration --cna-provider=local $(ARGS)

unit: $(READY)
	$(VENV)/bin/pytest tests/unit $(ARGS)

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy infra/openstack/lab

typing: $(READY)
	$(VENV)/bin/mypy

openstack-lab:
	@infra/openstack/lab/packages
	@infra/openstack/lab/run $(if $(IMAGE),--image $(IMAGE)) up

openstack-lab-down:
	@infra/openstack/lab/run down

openstack-test: $(READY)
	@infra/openstack/lab/packages
	@infra/local/packages cpio=cpio
	$(VENV)/bin/pytest tests/openstack $(ARGS)

openstack-benchmark: $(READY)
	$(VENV)/bin/python benchmarks/openstack_lab.py

benchmark: packages test-packages $(READY)
	for benchmark in $(filter-out benchmarks/openstack_%,$(wildcard benchmarks/*.py)); do $(VENV)/bin/python $$benchmark || exit 1; done

packages:
	@infra/local/packages docker=docker.io mmdebstrap=mmdebstrap dockerd=docker.io

test-packages:
	@infra/local/packages haproxy=haproxy etcd=etcd-server

$(READY): pyproject.toml
	@echo "setting up Python packages in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { infra/local/packages ensurepip=python3-venv && $(PYTHON) -m venv $(VENV); }
	@$(VENV)/bin/pip install -q --upgrade pip
	@$(VENV)/bin/pip install -q -e . --group test --group lint
	@command -v go >/dev/null || $(VENV)/bin/pip install -q -e '.[go]'
	@touch $@

clean:
	rm -rf $(VENV) .tox .build dist cna-report
