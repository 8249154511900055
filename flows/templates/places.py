"""Every content of a template file with the place that it stands at: what the check looks at and loading compiles."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flows.files import Place
from flows.templates.model import BASE, ChannelName, ContentFile, FormFile, OverrideFile
from middleware.domain.capabilities import Capabilities
from middleware.domain.channels import CHANNELS

Key = tuple[str, str | None]
"""The variant and, for what is said on one channel alone, its name."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One content, where it stands, which variant and channel it is for, and the fallback that goes with it."""

    locale: str
    place: Place
    key: Key
    content: ContentFile
    fallback: str
    fallback_place: Place

    def channels(self) -> tuple[Capabilities, ...]:
        """The channels that it may be shown on."""
        _, channel = self.key
        return tuple(each for each in CHANNELS.values() if channel in (None, each.name))


def contents_of(locale: str, form: FormFile) -> Iterator[Placed]:
    """The content of a locale, then those of its channels and its variants."""
    place: Place = ("locales", locale)
    base = Placed(locale, place, (BASE, None), form, form.fallback, (*place, "fallback"))
    yield base
    yield from _of_channels(base, form.channels)
    for name, variant in form.variants.items():
        instead = _instead(base, ("variants", name), (name, None), variant)
        yield instead
        yield from _of_channels(instead, variant.channels)


def _of_channels(base: Placed, channels: dict[ChannelName, OverrideFile]) -> Iterator[Placed]:
    variant, _ = base.key
    for channel, content in channels.items():
        yield _instead(base, ("channels", channel), (variant, channel), content)


def _instead(base: Placed, below: Place, key: Key, content: OverrideFile) -> Placed:
    place = (*base.place, *below)
    if content.fallback is None:
        return replace(base, place=place, key=key, content=content)
    return Placed(base.locale, place, key, content, content.fallback, (*place, "fallback"))
