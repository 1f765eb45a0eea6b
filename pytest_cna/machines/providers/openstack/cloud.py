"""The user's cloud through openstacksdk, and what goes wrong with it in our words."""

from __future__ import annotations

import os
import re
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import openstack
from keystoneauth1 import exceptions as keystone
from openstack import exceptions as sdk

from pytest_cna.core.errors import ConfigurationError, ProviderError, WaitTimeout
from pytest_cna.core.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openstack.config.cloud_region import CloudRegion
    from openstack.connection import Connection

SERVICES = {
    "orchestration": "Heat",
    "compute": "Nova",
    "network": "Neutron",
    "image": "Glance",
}
PATIENCE = {
    # with pauses of half a second, one, two, …: a quarter of a minute
    "status_code_retries": 5,
    "connect_retries": 3,
    "retriable_status_codes": [500, 502, 503, 504],
    "api_timeout": 60,
}
LOGIN_PATIENCE = 15.0
"""Seconds that keystone may be unable."""


class CloudError(ProviderError):
    """The cloud said no, or nothing; ``status`` is HTTP's, 0 when there was no answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        self.status = status
        super().__init__(message)

    @property
    def gone(self) -> bool:
        """What was asked for is not there."""
        return self.status == 404

    @property
    def conflicts(self) -> bool:
        """What is there is in a state, or has a name, that does not go with it."""
        return self.status == 409


class Cloud:
    """A connection that has logged in. Calls of openstacksdk go into ``explaining``, which lets
    one thread in at a time: openstacksdk does not promise to be safe in threads."""

    def __init__(self, name: str, connection: Connection) -> None:
        self.name = name
        self.connection = connection
        self._lock = threading.RLock()

    @contextmanager
    def explaining(self, what: str) -> Iterator[Connection]:
        """Raise every error of openstacksdk within as a CloudError that says ``what`` cannot be
        done, on which cloud and why. An answer 5xx was asked for again for a while by then."""
        with self._lock, _unwarned():
            try:
                yield self.connection
            except (sdk.SDKException, keystone.ClientException) as error:
                status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
                raise CloudError(
                    f"cloud '{self.name}': {what}: {_words(error)}", int(status or 0)
                ) from error

    def answer(self, response: object) -> None:
        """Raise the error of an API's plain response, if it is one; for use in ``explaining``."""
        sdk.raise_from_response(response)

    @contextmanager
    def in_time(self, late: type[ProviderError] = ProviderError) -> Iterator[None]:
        """Raise a WaitTimeout within as ``late``, which names the cloud."""
        try:
            yield
        except WaitTimeout as error:
            raise late(f"cloud '{self.name}': {error}") from error

    def version(self, service: str) -> str:
        """The newest microversion that a service speaks, or its version."""
        with self.explaining(f"{service} has no version"):
            data = getattr(self.connection, service).get_endpoint_data()
        return ".".join(map(str, data.max_microversion or data.api_version or ()))

    def close(self) -> None:
        self.connection.close()


def connect(name: str) -> Cloud:
    """Log in; ``name`` may be empty where there is one cloud only.

    Raises ConfigurationError: no clouds.yaml, no such cloud, refused, not to be reached, a service
    missing; ProviderError when its identity service is unable for a while.
    """
    with _unwarned():
        region = _configured(name)
        cloud = Cloud(region.name, openstack.connection.Connection(config=region))
    _log_in(cloud, region)
    for service, program in SERVICES.items():
        if not region.get_session_endpoint(service):
            raise ConfigurationError(
                f"cloud '{cloud.name}' has no {service} service ({program}) in its catalogue"
                f"{_where(region.region_name)}, and machines need one"
            )
    return cloud


@contextmanager
def _unwarned() -> Iterator[None]:
    """openstacksdk warns of what it does itself, with every request; that is an error where a
    project's pytest is strict."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _configured(name: str) -> CloudRegion:
    try:
        known = openstack.config.OpenStackConfig()
        file = known.config_filename
        names = [each for each in known.get_cloud_names() if each != "defaults"]
        # openstacksdk makes a cloud of any variable OS_…, also of ours
        if not os.environ.get("OS_AUTH_URL"):
            names = [each for each in names if each != known.envvar_key]
        if not names:
            raise ConfigurationError(
                "there is no clouds.yaml that can be read: in ., ~/.config/openstack or "
                "/etc/openstack, or named by OS_CLIENT_CONFIG_FILE; write one (docs/openstack.md)"
            )
        if not name and len(names) > 1:
            raise ConfigurationError(
                f"which cloud? Give --os-cloud=NAME, one of {', '.join(names)} ({file})"
            )
        if name and name not in names:
            raise ConfigurationError(
                f"cloud '{name}' is not in {file or 'the environment'}; known: {', '.join(names)}"
            )
        return known.get_one(name or names[0], **PATIENCE)
    except (sdk.SDKException, keystone.ClientException, OSError) as error:
        raise ConfigurationError(
            f"the settings of cloud '{name}' cannot be used: {_words(error)}"
        ) from error


def _log_in(cloud: Cloud, region: CloudRegion) -> None:
    where = region.config.get("auth", {}).get("auth_url", "an unknown address")
    try:
        wait_for(
            region.get_session().get_token,
            waiting_for=f"the identity service of cloud '{cloud.name}'",
            timeout=LOGIN_PATIENCE,
            interval=1.0,
            transient=(keystone.HttpServerError,),
        )
    except WaitTimeout as error:
        raise ProviderError(f"cloud '{cloud.name}' at {where} is not able to: {error}") from error
    except keystone.Unauthorized as error:
        user = region.config.get("auth", {}).get("username", "")
        raise ConfigurationError(
            f"cloud '{cloud.name}' at {where} does not let {user or 'us'} in: wrong user, password "
            "or project in clouds.yaml"
        ) from error
    except (sdk.SDKException, keystone.ClientException) as error:
        raise ConfigurationError(
            f"cloud '{cloud.name}' cannot be reached at {where}: {_words(error)}; is it up, is "
            "the address right, is there a proxy between?"
        ) from error


def _where(region: str | None) -> str:
    return f" of region {region}" if region else ""


def _words(error: Exception) -> str:
    """In one line, without what only a programmer reads."""
    if isinstance(error, sdk.HttpException):
        answer = f"{error.status_code} {error.details or ''}".strip()
        return " ".join(f"{answer} ({error.url})".split()) if error.url else answer
    text = str(error)
    reason = re.search(r"\[Errno -?\d+\] ([^'\")]+)", text)
    if reason:
        url = re.search(r"https?://[^\s:]+(?::\d+)?", text)
        return f"{reason[1]}{f' ({url[0]})' if url else ''}"
    return " ".join(text.split()) or type(error).__name__
