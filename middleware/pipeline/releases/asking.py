"""Asking others to publish a release, where that takes two persons."""

from collections.abc import Collection
from datetime import datetime

from middleware.domain.flow_drafts import FlowRequest
from middleware.domain.flow_releases import numbered
from middleware.domain.template_versions import same_person
from middleware.pipeline.releases.parts import Releases, read_head
from middleware.pipeline.releases.publishing import publishable, refuse_mistakes
from middleware.pipeline.templates.errors import NotNow
from middleware.pipeline.templates.parts import made
from middleware.ports import BrandStore, Put


async def ask_for_publication(of: Releases, number: int, *, by: str, now: datetime) -> FlowRequest:
    """Ask others to publish a release of one's own. Asked twice it is one request.

    Raises NoRelease, ReleaseRefused; and NotNow if it could not be published, or nobody else is needed.
    """
    release = await publishable(of, number, (await read_head(of.store)).record)
    if not of.two_persons or not same_person(release.by, by):
        raise NotNow(f"nobody has to be asked: publish release {number} yourself")
    await refuse_mistakes(of, number)
    request = made(FlowRequest, id=numbered(number), by=by, at=now)
    await of.store.write(Put(request))
    return (await requests(of.store, [number])).get(number, request)


async def requests(store: BrandStore, numbers: Collection[int]) -> dict[int, FlowRequest]:
    """Who asks for the publication of these releases, by number."""
    found = await store.get(FlowRequest, [numbered(each) for each in numbers])
    return {int(key): stored.record for key, stored in found.items()}
