# make acceptance            the main job: a cluster, the complete set, faults, a report
# make test                  the project's own tests: unit, plugin, integration
# make mutants               wrong judges, one change each: does a test turn red? (SAMPLE= of a file)
# make openstack-lab         a real OpenStack on this computer (IMAGE= a folder); openstack-lab-down
# make vagrant-test          how runs on virtual machines end, and machines by hand
# make openstack-test        the lab and the Heat template, on a second lab of their own
# PROVIDER=local is the default, vagrant, openstack and existing the others; ARGS= goes to pytest.

PROVIDER ?= local
ARGS ?=
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
VIEWERS := tests/viewers/node_modules/.ready

.PHONY: acceptance test unit soundness mutants coverage rooms lint typing docs benchmark defects packages test-packages \
	viewers go-modules sample-report clean openstack-lab openstack-lab-down openstack-test openstack-benchmark vagrant-test vagrant-benchmark

# the lab, unless a cloud is named
ifeq ($(PROVIDER)$(OS_CLOUD)$(OS_AUTH_URL)$(findstring --os-cloud,$(ARGS)),openstack)
export OS_CLOUD := cna-lab
export OS_CLIENT_CONFIG_FILE := /var/lib/pytest-cna/openstack/clouds.yaml
endif

acceptance: packages $(READY)
	$(VENV)/bin/pytest features --cna-provider=$(PROVIDER) $(ARGS)

test: packages test-packages viewers go-modules $(READY)
	$(VENV)/bin/pytest --cna-provider=local $(ARGS)

unit: $(READY)
	$(VENV)/bin/pytest tests/unit tests/soundness $(ARGS)

# many drawn schedules of one to three faults, each verdict held against the truth; an example of
# each kind of wrong verdict is saved under tests/soundness/examples/. SCHEDULES= says how many,
# MINUTES= when to stop
SCHEDULES ?= 20000
MINUTES ?= 28
soundness: $(READY)
	$(VENV)/bin/python tests/soundness/explore.py $(SCHEDULES) --random --save --jobs $(shell nproc) --minutes $(MINUTES)

# the judge with one small change after another, each of which has to turn a test red; SAMPLE= says how
# many of each file (0: all), SEED= which, MINUTES= when to stop, FILES= of which files (FILE or
# FILE:LINE); 95 % have to
SAMPLE ?= 12
SEED ?= 1
mutants: $(READY)
	$(VENV)/bin/python tests/mutants/mutate.py $(FILES) --sample $(SAMPLE) --seed $(SEED) --minutes $(MINUTES)

# lines of core, deployment, judgement, scenario and plugin that tests without a cluster run through
coverage: $(READY)
	@rm -rf .build/coverage
	$(VENV)/bin/coverage run -m pytest -n auto tests/unit tests/plugin $(ARGS)
	@$(VENV)/bin/coverage combine -q
	$(VENV)/bin/coverage report

# which room imports which, and on how many floors they stand
rooms: $(READY)
	@$(VENV)/bin/python tests/shared/imports.py

lint: $(READY) docs
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# the site, in .build/docs; a warning or a broken link fails
docs: $(READY)
	$(VENV)/bin/sphinx-build -q -E -a -n -W --keep-going docs .build/docs

typing: $(READY)
	$(VENV)/bin/mypy

openstack-lab:
	@infra/openstack/lab/packages
	@infra/openstack/lab/run $(if $(IMAGE),--image $(IMAGE)) up

openstack-lab-down:
	@infra/openstack/lab/run down

openstack-test: $(READY)
	@infra/openstack/lab/packages
	@infra/local/packages cpio=cpio $(PACKAGES_machines) $(PACKAGES_openstack)
	$(VENV)/bin/pytest tests/openstack $(ARGS)

openstack-benchmark: $(READY)
	$(VENV)/bin/python benchmarks/openstack_lab.py

vagrant-test: $(READY)
	@infra/local/packages $(PACKAGES_machines) $(PACKAGES_vagrant)
	$(VENV)/bin/pytest tests/vagrant $(ARGS)

vagrant-benchmark: $(READY)
	@infra/local/packages docker-registry=docker-registry $(PACKAGES_machines) $(PACKAGES_vagrant)
	for benchmark in benchmarks/vagrant_*.py; do $(VENV)/bin/python $$benchmark || exit 1; done

benchmark: packages test-packages $(READY)
	for benchmark in $(filter-out benchmarks/openstack_% benchmarks/vagrant_% benchmarks/checkouts.py,$(wildcard benchmarks/*.py)); do $(VENV)/bin/python $$benchmark || exit 1; done

# defects put into the deployed set, one after another, and what the suite says of each; ARGS= names some
defects: packages $(READY)
	$(VENV)/bin/python benchmarks/defects/try_out.py .build/defects $(ARGS)

# a real run, its page and pictures of it, under docs/
sample-report: packages test-packages $(READY)
	$(VENV)/bin/pytest features --cna-provider=$(PROVIDER) --cna-report=.build/sample-report $(ARGS)
	$(VENV)/bin/python docs/sample-report/pictures.py .build/sample-report/report.html

PACKAGES_machines := docker=docker.io mmdebstrap=mmdebstrap dockerd=docker.io
PACKAGES_vagrant := vagrant=vagrant-libvirt virsh=libvirt-clients libvirtd=libvirt-daemon-system \
  libvirtd=libvirt-daemon-driver-qemu qemu-system-x86_64=qemu-system-x86 qemu-img=qemu-utils \
  dnsmasq=dnsmasq-base ssh=openssh-client debugfs=e2fsprogs
PACKAGES_openstack := qemu-img=qemu-utils ssh=openssh-client
PACKAGES_existing := ssh=openssh-client

packages:
	@infra/local/packages $(PACKAGES_machines) $(PACKAGES_$(PROVIDER))

test-packages:
	@infra/local/packages haproxy=haproxy etcd=etcd-server chromium=chromium ssh=openssh-client

# what the Go tests of the sidekick are built from, where there is a go
go-modules:
	@! command -v go >/dev/null || (cd infra/tools/discovery && go mod download)

# what others read our files with, and the browser to see it in
viewers: $(VIEWERS)
	@infra/local/packages node=nodejs chromium=chromium

$(VIEWERS): tests/viewers/package.json
	@infra/local/packages npm=npm
	@echo "setting up viewers of Cucumber's files in $(@D)"
	@cd tests/viewers && npm install --no-package-lock --ignore-scripts --no-audit --no-fund
	@touch $@

$(READY): pyproject.toml
	@echo "setting up Python packages in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { infra/local/packages ensurepip=python3-venv && $(PYTHON) -m venv $(VENV); }
	@$(VENV)/bin/pip install -q --upgrade pip
	@$(VENV)/bin/pip install -q -e '.[openstack,vagrant]' --group test --group lint --group docs
	@command -v go >/dev/null || $(VENV)/bin/pip install -q -e '.[go]'
	@touch $@

clean:
	rm -rf $(VENV) tests/viewers/node_modules .tox .build dist cna-report
