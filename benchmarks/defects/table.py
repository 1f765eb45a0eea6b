"""Defects that the suite has to notice in the deployed set, and the scenarios that are asked."""

from __future__ import annotations

from change import Change, Defect

from pytest_cna.core.links import (
    APPLICATION,
    CONFIGURATION,
    ENGINE,
    REGISTRY,
    RENDERER,
    ROUTER,
    SCHEDULER,
    SUPERVISOR,
)

KILL_WEB_SERVER = "notice_nothing and web"
KILL_CACHE = "notice_nothing and cache"
KILL_DATABASE = "nothing_is_lost and database"
KILL_BALANCER = "nothing_is_lost and balancer"
PAUSE_WEB_SERVER = "servers_container_is_paused"
LOSE_WEB_SERVER = "machine_of_a_web_server"
LOSE_BALANCER = "machine_of_the_load_balancer"
STOP_WEB_SERVER = "a_web_server_is_stopped"
STOP_CACHE = "a_cache_is_stopped"
WHOLE = "every_part_is_announced"
NOT_TIED = "not_tied"

SIDEKICKS = tuple(
    f"units/zurmo_{name}_discovery@.service" for name in ("apache", "haproxy", "memcache", "mysql")
)
WEB_SERVER = "units/zurmo_apache@.service"
ANNOUNCE = "infra/tools/discovery/sidekick/announce.go"
HAPROXY = "images/haproxy/haproxy.tmpl"
SESSIONS = "images/crm/code/src/sessions.php"
PREFORK = "images/apache/prefork.conf"
CACHES = '{{- range $uuid := lsdir "/services/cache"}}'

DEFECTS = (
    Defect(
        "MachineOf= missing on the web server's sidekick",
        (Change(SIDEKICKS[0], "[X-Fleet]\nMachineOf=zurmo_apache@%i.service\n", ""),),
        (WHOLE,),
        (SCHEDULER, REGISTRY),  # etcd has no entry: its sidekick is on another machine
    ),
    Defect(
        "-ttl 60s of every sidekick",
        tuple(Change(unit, " -path ", " -ttl 60s -path ") for unit in SIDEKICKS),
        (LOSE_BALANCER, LOSE_WEB_SERVER),
        (REGISTRY,),
    ),
    Defect(
        "lease never kept alive",
        (
            Change(
                "infra/tools/discovery/sidekick/etcd.go",
                "a.kept, err = a.lessor.KeepAlive(context.WithoutCancel(ctx), a.id)",
                "a.kept = make(chan *clientv3.LeaseKeepAliveResponse)",
            ),
        ),
        (WHOLE, NOT_TIED),
        (REGISTRY,),
    ),
    Defect(
        "never probes",
        (Change(ANNOUNCE, "err := a.probe.run(ctx, timeout)", "var err error"),),
        (KILL_DATABASE, KILL_WEB_SERVER, PAUSE_WEB_SERVER),
        (REGISTRY,),
    ),
    Defect(
        "keeps announcing what fails its probe",
        (Change(ANNOUNCE, "case a.failures >= tolerated:", "case a.failures >= 1<<30:"),),
        (PAUSE_WEB_SERVER, KILL_WEB_SERVER),
        (REGISTRY,),
    ),
    Defect(
        "reload_cmd does nothing",
        (Change("images/haproxy/haproxy.toml", "bash /usr/local/bin/reload", "true"),),
        (WHOLE,),
        (ROUTER, RENDERER),
    ),
    Defect(
        "servers are not checked",
        (Change(HAPROXY, "default-server check inter", "default-server inter"),),
        (WHOLE, KILL_WEB_SERVER),
        (ROUTER,),
    ),
    Defect(
        "wrong check path",
        (Change(HAPROXY, "httpchk GET @HEALTH@", "httpchk GET /nothing@HEALTH@"),),
        (WHOLE,),
        (ROUTER,),
    ),
    Defect(
        "timeout server 250ms",
        (Change(HAPROXY, "timeout server 5s", "timeout server 250ms"),),
        (NOT_TIED,),
        (ROUTER,),
    ),
    Defect(
        "balance source",
        (Change(HAPROXY, "balance roundrobin", "balance source"),),
        (NOT_TIED,),
        (ROUTER,),
    ),
    Defect(
        "sessions in files of the web server",
        (Change(SESSIONS, "session_set_save_handler(new ReplicatedSessions(), true);", ""),),
        (NOT_TIED,),
        (APPLICATION,),
    ),
    Defect(
        "sessions in the first cache only",
        (Change(SESSIONS, "= endpoints('cache')", "= array_slice(endpoints('cache'), 0, 1)"),),
        (STOP_CACHE, KILL_CACHE),
        (APPLICATION,),
    ),
    Defect(
        "configuration names only the first cache",
        (
            Change(
                "images/crm/config.tmpl",
                CACHES,
                '{{- range $number, $uuid := lsdir "/services/cache"}}'
                "{{if $number}}{{break}}{{end}}",
            ),
        ),
        (STOP_CACHE,),
        (CONFIGURATION,),
    ),
    Defect(
        "/health needs the database",
        (
            Change(
                "images/crm/code/src/routes.php",
                "        answer(200, \"ok\\n\", 'text/plain');",
                "        database();\n        answer(200, \"ok\\n\", 'text/plain');",
            ),
        ),
        (KILL_DATABASE,),
        (APPLICATION,),
    ),
    Defect(
        "MaxRequestWorkers 10",
        (
            Change(PREFORK, "StartServers 32\nMinSpareServers 32", "StartServers 5"),
            Change(PREFORK, "MaxSpareServers 64\nMaxRequestWorkers 64", "MaxRequestWorkers 10"),
        ),
        (LOSE_WEB_SERVER, KILL_WEB_SERVER),
        (APPLICATION,),
    ),
    Defect(
        "containers run with --restart=always instead of --rm",
        (Change(WEB_SERVER, "docker run --rm --name", "docker run --restart=always --name"),),
        (LOSE_WEB_SERVER, KILL_WEB_SERVER),
        (ENGINE,),
    ),
    Defect(
        "KillMode=none and no docker stop",
        (
            Change(
                WEB_SERVER,
                "ExecStop=-/usr/bin/docker stop -t 12 zurmo_apache.%i",
                "KillMode=none",
            ),
        ),
        (STOP_WEB_SERVER,),
        (ENGINE, SUPERVISOR),
    ),
    Defect(
        "agent_ttl 60 s on the machines, the suite believes 10",
        (
            Change(
                "pytest_cna/machines/ignition.py",
                '"agent_ttl": f\'"{spec.timing.agent_ttl:g}s"\'',
                '"agent_ttl": \'"60s"\'',
            ),
        ),
        (LOSE_WEB_SERVER,),
        (SCHEDULER,),
    ),
    Defect(
        "etcd's data does not survive a reboot",
        (
            Change(
                "infra/machine/root/usr/lib/cna/boot",
                "mount --make-rshared /\n",
                "mount --make-rshared /\nrm -rf /var/lib/etcd/*\n",
            ),
        ),
        (LOSE_WEB_SERVER,),
        (REGISTRY,),
    ),
    Defect(
        "RestartSec=40s of the database",
        (Change("units/zurmo_mysql@.service", "RestartSec=500ms", "RestartSec=40s"),),
        (KILL_DATABASE,),
        (SUPERVISOR,),
    ),
    Defect(
        "TimeoutStopSec=1 of the web server",
        (Change(WEB_SERVER, "TimeoutStopSec=30", "TimeoutStopSec=1"),),
        (STOP_WEB_SERVER,),
        (SUPERVISOR,),
    ),
    # those that were caught, for the link
    Defect(
        "Restart= removed from the web server",
        (Change(WEB_SERVER, "Restart=always\n", ""),),
        (KILL_WEB_SERVER,),
        (SUPERVISOR,),
    ),
    Defect(
        "Wants= of the web server's sidekick removed",
        (Change(WEB_SERVER, "Wants=zurmo_apache_discovery@%i.service\n", ""),),
        (KILL_WEB_SERVER,),
        (REGISTRY,),
    ),
    Defect(
        "no revoke when the sidekick is stopped",
        (Change(ANNOUNCE, '\t\t\ta.withdraw("stopping")\n', ""),),
        (STOP_WEB_SERVER,),
        (REGISTRY,),
    ),
    Defect(
        "confd looks every 10 s only",
        (
            Change(
                "images/confd/supervise", '"${confd[@]}" -watch &', '"${confd[@]}" -interval 10 &'
            ),
        ),
        (STOP_WEB_SERVER,),
        (RENDERER, ROUTER),
    ),
    Defect(
        "no redispatch",
        (
            Change(
                HAPROXY,
                "    retries 3\n    option redispatch 1\n",
                "    retries 3\n    no option redispatch\n",
            ),
        ),
        (KILL_WEB_SERVER,),
        (ROUTER,),
    ),
    Defect(
        "retries 0",
        (Change(HAPROXY, "    retries 3\n", "    retries 0\n"),),
        (KILL_WEB_SERVER,),
        (ROUTER,),
    ),
    Defect(
        "data in the container",
        (Change("units/zurmo_mysql@.service", "  -v zurmo_mysql.%i:/var/lib/mysql \\\n", ""),),
        (KILL_DATABASE,),
        (ENGINE,),
    ),
)
