"""The user's cloud through openstacksdk, with its errors as pytest-cna's errors."""

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
    # with pauses of 0.5 s, 1 s, 2 s, …: a quarter of a minute
    "status_code_retries": 5,
    "connect_retries": 3,
    "retriable_status_codes": [500, 502, 503, 504],
    "api_timeout": 60,
}
LOGIN_PATIENCE = 15.0
"""Seconds that keystone may answer with errors."""


class CloudError(ProviderError):
    """A request to the cloud failed; ``status`` is the HTTP status, 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        self.status = status
        super().__init__(message)

    @property
    def gone(self) -> bool:
        """Whether the requested resource does not exist."""
        return self.status == 404

    @property
    def conflicts(self) -> bool:
        """Whether the request conflicts with the state or name of a resource."""
        return self.status == 409


class Cloud:
    """An authenticated connection to a cloud.

    Every call of openstacksdk is made in ``explaining``, which admits one thread at a time:
    openstacksdk is not guaranteed to be thread-safe.
    """

    def __init__(self, name: str, connection: Connection) -> None:
        self.name = name
        self.connection = connection
        self._lock = threading.RLock()

    @contextmanager
    def explaining(self, what: str) -> Iterator[Connection]:
        """Raise an error of openstacksdk as a CloudError with the cloud, ``what`` and the reason.

        Requests that were answered with 5xx have been repeated for a while by then.
        """
        with self._lock, _without_warnings():
            try:
                yield self.connection
            except (sdk.SDKException, keystone.ClientException) as error:
                status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
                raise CloudError(
                    f"cloud '{self.name}': {what}: {_message(error)}", int(status or 0)
                ) from error

    def answer(self, response: object) -> None:
        """Raise the error in an API's response, if there is one; for use in ``explaining``."""
        sdk.raise_from_response(response)

    @contextmanager
    def in_time(self, late: type[ProviderError] = ProviderError) -> Iterator[None]:
        """Raise a WaitTimeout as an error of type ``late`` that names the cloud."""
        try:
            yield
        except WaitTimeout as error:
            raise late(f"cloud '{self.name}': {error}") from error

    def version(self, service: str) -> str:
        """The newest microversion of a service, or its version."""
        with self.explaining(f"{service} has no version"):
            data = getattr(self.connection, service).get_endpoint_data()
        return ".".join(map(str, data.max_microversion or data.api_version or ()))

    def close(self) -> None:
        self.connection.close()


def connect(name: str) -> Cloud:
    """Log in; ``name`` may be empty when there is only one cloud.

    Raises ConfigurationError when there is no clouds.yaml or no such cloud, when the login is
    refused, the cloud cannot be reached or lacks a service; ProviderError when its identity service
    keeps answering with errors.
    """
    with _without_warnings():
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
def _without_warnings() -> Iterator[None]:
    """Suppress warnings that openstacksdk causes itself, with every request.

    A project's pytest may turn warnings into errors.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _configured(name: str) -> CloudRegion:
    try:
        known = openstack.config.OpenStackConfig()
        file = known.config_filename
        names = [each for each in known.get_cloud_names() if each != "defaults"]
        # openstacksdk makes a cloud of any variable OS_…, also of pytest-cna's
        if not os.environ.get("OS_AUTH_URL"):
            names = [each for each in names if each != known.envvar_key]
        if not names:
            raise ConfigurationError(
                "there is no readable clouds.yaml in ., ~/.config/openstack or "
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
            f"the settings of cloud '{name}' cannot be used: {_message(error)}"
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
        raise ProviderError(f"cloud '{cloud.name}' at {where}: the login fails: {error}") from error
    except keystone.Unauthorized as error:
        user = region.config.get("auth", {}).get("username", "")
        raise ConfigurationError(
            f"cloud '{cloud.name}' at {where} refuses the login of {user or 'the user'}: check "
            "user, password and project in clouds.yaml"
        ) from error
    except (sdk.SDKException, keystone.ClientException) as error:
        raise ConfigurationError(
            f"cloud '{cloud.name}' cannot be reached at {where}: {_message(error)}; is it up, is "
            "the address right, is there a proxy between?"
        ) from error


def _where(region: str | None) -> str:
    return f" of region {region}" if region else ""


def _message(error: Exception) -> str:
    """The error's message in one line, without details of the implementation."""
    if isinstance(error, sdk.HttpException):
        answer = f"{error.status_code} {error.details or ''}".strip()
        return " ".join(f"{answer} ({error.url})".split()) if error.url else answer
    text = str(error)
    reason = re.search(r"\[Errno -?\d+\] ([^'\")]+)", text)
    if reason:
        url = re.search(r"https?://[^\s:]+(?::\d+)?", text)
        return f"{reason[1]}{f' ({url[0]})' if url else ''}"
    return " ".join(text.split()) or type(error).__name__
