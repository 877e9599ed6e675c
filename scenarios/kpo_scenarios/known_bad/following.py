"""Reapers that go where they are led: with their token to another host, with their decisions to another cluster."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Sequence
from typing import Any

from kpo_scenarios.known_bad.plain import Api, PlainReaper
from kpo_scenarios.known_bad.registry import known_bad
from kpo_scenarios.known_bad.resting import RestPlainReaper


@known_bad(fails="API-REDIRECT", because="^GET .* with credentials")
class FollowsAsUrllibDoes(PlainReaper):
    """Lets urllib follow redirects, which sends the Authorization header to whatever host is named."""

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        super().__init__(api, dsn, namespaces)
        api.follow(urllib.request.HTTPRedirectHandler())


class SameMethod(urllib.request.HTTPRedirectHandler):
    """Follows 307 and 308 as they are meant: by the same method, with the same body and headers."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """The request anew, elsewhere."""
        return urllib.request.Request(  # noqa: S310 - that is what is wrong with it
            newurl, data=req.data, headers=dict(req.header_items()), method=req.get_method()
        )


@known_bad(fails="API-REDIRECT", because="^DELETE .* with credentials")
class DeletesWhereItIsSent(PlainReaper):
    """Repeats a DELETE at the place that a redirect names, as RFC 9110 has it for 307, with all its headers."""

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        super().__init__(api, dsn, namespaces)
        api.follow(SameMethod())


@known_bad(fails="API-REDIRECT", because="^GET /api/v2/.* with credentials")
class FollowsAirflowAsUrllibDoes(RestPlainReaper):
    """Takes care of the API server's token, and lets urllib carry Airflow's to whatever host is named."""

    redirects = urllib.request.HTTPRedirectHandler


@known_bad(fails="API-SAME-CLUSTER", because="in another cluster than the one that the reaper was told of")
class GoesWhereTheKubeconfigLeads(PlainReaper):
    """Is told which cluster to act in, and never asks which one it is in."""

    def is_elsewhere(self) -> bool:
        """Trust the file."""
        return False


@known_bad(fails="API-SAME-CLUSTER", because="in another cluster than the one that the reaper was told of")
class WarnsOfAnotherCluster(PlainReaper):
    """Notices that it is in another cluster, says so, and goes on."""

    def is_elsewhere(self) -> bool:
        """Leave the decision to whoever reads the log."""
        if super().is_elsewhere():
            sys.stderr.write("warning: this is another cluster\n")
        return False
