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
    """One content, where it stands, which variant and channel it is for, and the fallback that goes with it.

    `instead` are the channels that get something else, written for them alone.
    """

    locale: str
    place: Place
    key: Key
    content: ContentFile
    fallback: str
    fallback_place: Place
    instead: frozenset[str] = frozenset()

    def channels(self) -> tuple[Capabilities, ...]:
        """The channels that it may be shown on."""
        _, channel = self.key
        return tuple(
            each for each in CHANNELS.values() if channel in (None, each.name) and each.name not in self.instead
        )


def contents_of(locale: str, form: FormFile) -> Iterator[Placed]:
    """The content of a locale, then those of its channels and its variants."""
    place: Place = ("locales", locale)
    base = Placed(locale, place, (BASE, None), form, form.fallback, (*place, "fallback"), frozenset(form.channels))
    yield base
    yield from _of_channels(base, form.channels)
    for name, variant in form.variants.items():
        other = replace(_instead(base, ("variants", name), (name, None), variant), instead=frozenset(variant.channels))
        yield other
        yield from _of_channels(other, variant.channels)


def _of_channels(base: Placed, channels: dict[ChannelName, OverrideFile]) -> Iterator[Placed]:
    variant, _ = base.key
    for channel, content in channels.items():
        yield replace(_instead(base, ("channels", channel), (variant, channel), content), instead=frozenset())


def _instead(base: Placed, below: Place, key: Key, content: OverrideFile) -> Placed:
    place = (*base.place, *below)
    if content.fallback is None:
        return replace(base, place=place, key=key, content=content)
    return Placed(base.locale, place, key, content, content.fallback, (*place, "fallback"))
