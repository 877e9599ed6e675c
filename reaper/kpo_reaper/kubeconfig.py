"""An HTTP client for the API server that a kubeconfig, or the pod that the reaper runs in, leads to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import httpx2
import msgspec
import yaml
from lightkube.config.client_adapter import user_auth, verify_cluster
from lightkube.config.kubeconfig import SERVICE_ACCOUNT, KubeConfig, SingleConfig
from lightkube.core.exceptions import ConfigError
from yaml import YAMLError

from kpo_reaper.errors import SettingsError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def api_client(path: str | None, environ: Mapping[str, str] = os.environ) -> httpx2.AsyncClient:
    """A client with base URL, TLS and credentials, without time-outs of its own (each request brings a total one).

    ``path`` is a kubeconfig; None means the file that ``KUBECONFIG`` names or else the pod's service account. Its
    current context counts. Raises SettingsError, which never quotes the file: it holds credentials.
    """
    path = path or environ.get("KUBECONFIG") or None
    try:
        if path is not None:
            config = _read(Path(path).expanduser()).get()
        elif Path(SERVICE_ACCOUNT).is_dir():
            config = KubeConfig.from_service_account().get()
        else:
            raise SettingsError("no cluster: give --kubeconfig, set KUBECONFIG, or run in a pod with a service account")
        return _client(config)
    except (ConfigError, YAMLError, msgspec.ValidationError, KeyError, TypeError, AttributeError, OSError) as error:
        where = f"kubeconfig {path}" if path is not None else "the pod's service account"
        why = f": {error}" if isinstance(error, ConfigError) else ""
        raise SettingsError(f"{where} does not lead to a cluster ({type(error).__name__}{why})") from None
    except ValueError as error:  # a bad base64, certificate or URL
        raise SettingsError(f"kubeconfig {path} holds a value that cannot be used ({type(error).__name__})") from None


def _read(path: Path) -> KubeConfig:
    """The file, by libyaml where PyYAML has it: a sweep spends a tenth of its time on YAML otherwise."""
    if not path.is_file():
        raise ConfigError("there is no such file")
    return KubeConfig.from_dict(yaml.load(path.read_text(), Loader=_LOADER), fname=path)  # noqa: S506 - a safe one


def _client(config: SingleConfig | None) -> httpx2.AsyncClient:
    if config is None or config.user is None:
        raise ConfigError("its current context names no user")
    return httpx2.AsyncClient(
        base_url=config.cluster.server,
        verify=verify_cluster(config.cluster, config.user, config.abs_file),
        auth=user_auth(config.user),
        headers={"User-Agent": "kpo-reaper", "Accept": "application/json"},
        # A redirect would take the credentials to a host of someone else's choice.
        follow_redirects=False,
        timeout=None,
        limits=httpx2.Limits(max_connections=1, max_keepalive_connections=1),
    )
