"""The services of the lab: their commands, addresses and order.

Debian's ``supervisor`` runs them: it is mature, part of the distribution, works as process 1 (reaps
orphans), restarts failed services, rotates logs, and is controlled over a socket.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab import Lab

HERE = Path(__file__).parent
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Service:
    """A service; ``answers`` is a URL (http, tcp, unix) that shows when it is ready. The readiness
    of one without a URL is known from its heartbeats (ready.py)."""

    name: str
    command: str
    answers: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def program(self, lab: Lab) -> str:
        """Its section in supervisor's configuration."""
        environment = "".join(f',{key}="{value}"' for key, value in self.environment.items())
        return (
            f"[program:{self.name}]\n"
            f"command={self.command}\n"
            + (f"environment={environment[1:]}\n" if environment else "")
            + f"stdout_logfile={lab.log(self.name)}\n"
            # started in order by supervisor_client.py; one that ends in its first seconds is
            # retried once
            "autostart=false\nstartsecs=10\nstartretries=1\nautorestart=true\n"
            "redirect_stderr=true\nstdout_logfile_maxbytes=20MB\nstdout_logfile_backups=1\n"
            "stopasgroup=true\nkillasgroup=true\nstopwaitsecs=8\n"
        )


def foundation(lab: Lab) -> list[Service]:
    """The services that OpenStack depends on."""
    state = lab.state
    rabbitmq = {
        "HOME": f"{state}/rabbitmq",
        "RABBITMQ_NODENAME": "openstack@localhost",
        "RABBITMQ_MNESIA_BASE": f"{state}/rabbitmq/mnesia",
        "RABBITMQ_LOG_BASE": f"{state}/rabbitmq/log",
        "RABBITMQ_CONFIG_FILE": f"{state}/etc/rabbitmq.conf",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{state}/rabbitmq/plugins",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        # idle schedulers sleep instead of spinning
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
    }
    return [
        Service(
            "mariadb",
            f"mariadbd --no-defaults --user=mysql --datadir={state}/mysql"
            f" --socket={state}/mysql/socket --bind-address=127.0.0.1 --max-connections=1000"
            # neutron's indexes are too long for four bytes a character
            " --character-set-server=utf8mb3 --skip-log-bin"
            # no sync of every commit: a lab that lost power is created again
            " --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0",
            f"unix://{state}/mysql/socket",
        ),
        Service("memcached", "memcached -u memcache -l 127.0.0.1 -m 64", "tcp://127.0.0.1:11211"),
        # as a service, or RabbitMQ would start one that supervisor does not control
        Service("epmd", "epmd -address 127.0.0.1", "tcp://127.0.0.1:4369"),
        Service(
            "rabbitmq",
            "/usr/lib/rabbitmq/bin/rabbitmq-server",
            "tcp://127.0.0.1:5672",
            rabbitmq,
        ),
        Service("virtlogd", "virtlogd", "unix:///run/libvirt/virtlogd-sock"),
        Service("libvirtd", "libvirtd", "unix:///run/libvirt/libvirt-sock"),
    ]


def identity(lab: Lab) -> list[Service]:
    environment = {
        "OS_KEYSTONE_CONFIG_DIR": f"{lab.state}/etc",
        "OS_KEYSTONE_CONFIG_FILES": f"{lab.state}/etc/keystone.conf",
    }
    command = _wsgi(lab, 5000, "/usr/bin/keystone-wsgi-public", processes=2)
    return [Service("keystone", command, f"http://{lab.api}:5000/", environment)]


def apis(lab: Lab) -> list[Service]:
    """The API services; they need their users in keystone."""
    nova = f"--config-file {lab.state}/etc/nova.conf"
    heat = f"--config-file {lab.state}/etc/heat.conf"
    glance = f"glance-api --config-file {lab.state}/etc/glance.conf"
    neutron = f"neutron-server --config-file {lab.state}/etc/neutron.conf"
    return [
        Service("neutron-server", neutron, f"http://{lab.api}:9696/"),
        Service("nova-conductor", f"nova-conductor {nova}"),
        Service("nova-api", f"nova-api {nova}", f"http://{lab.api}:8774/"),
        Service(
            "placement",
            _wsgi(lab, 8778, "/usr/bin/placement-api", processes=1),
            f"http://{lab.api}:8778/",
            {"OS_PLACEMENT_CONFIG_DIR": f"{lab.state}/etc/placement"},
        ),
        Service("glance-api", glance, f"http://{lab.api}:9292/"),
        Service("nova-scheduler", f"nova-scheduler {nova}"),
        Service("heat-engine", f"heat-engine {heat}"),
        Service("heat-api", f"heat-api {heat}", f"http://{lab.api}:8004/"),
    ]


def agents(lab: Lab) -> list[Service]:
    """The agents, started when the APIs answer: an agent that starts earlier retries only after a
    minute or two."""
    etc = f"{lab.state}/etc"
    neutron = f"--config-file {etc}/neutron.conf --config-file {etc}"
    return [
        Service("nova-compute", f"nova-compute --config-file {etc}/nova.conf"),
        Service(
            "neutron-linuxbridge-agent",
            f"neutron-linuxbridge-agent {neutron}/linuxbridge.conf",
            environment={"PATH": f"{HERE}/bin:{PATH}"},
        ),
        Service("neutron-dhcp-agent", f"neutron-dhcp-agent {neutron}/dhcp.conf"),
        Service("neutron-metadata-agent", f"neutron-metadata-agent {neutron}/metadata.conf"),
    ]


def every(lab: Lab) -> list[Service]:
    return [*foundation(lab), *identity(lab), *apis(lab), *agents(lab)]


def supervisor_settings(lab: Lab) -> str:
    """``supervisord.conf``: the settings of supervisor and of each service."""
    return (
        f"[unix_http_server]\nfile={lab.state}/supervisor.sock\nchmod=0700\n"
        f"[supervisord]\nlogfile={lab.log('supervisor')}\npidfile=/run/supervisord.pid\n"
        "user=root\n"
        f'environment=PATH="{PATH}",HOME="{lab.state}",TMPDIR="{lab.state}/tmp",LANG="C.UTF-8"\n'
        "[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[supervisorctl]\nserverurl=unix://{lab.state}/supervisor.sock\n"
    ) + "".join(service.program(lab) for service in every(lab))


def _wsgi(lab: Lab, port: int, script: str, processes: int) -> str:
    return (
        f"uwsgi_python3 --plugins python3 --http-socket {lab.api}:{port} --wsgi-file {script}"
        f" --master --die-on-term --lazy-apps --need-app --enable-threads --processes {processes}"
        # uwsgi's HTTP has no persistent connections, and the header informs clients
        " --threads 4 --buffer-size 65535 --listen 100 --add-header 'Connection: close'"
        " --disable-logging"
    )
