"""The stand-in as a process of its own: `python -m connectors.testing --port 0 --ledger sent.jsonl`.

Prints its URL on one line once it listens, and runs until it is stopped.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from connectors.testing.behaviour import Behaviour, Rule
from connectors.testing.callbacks import Callback
from connectors.testing.graph_api import GraphRequest
from connectors.testing.limits import PUBLISHED, Limits, Published
from connectors.testing.stand_in import GraphStandIn


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m connectors.testing", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--ledger", type=Path, help="file to which each accepted message is appended")
    parser.add_argument("--token", action="append", default=[], help="access token to let in (default: any)")
    parser.add_argument("--instagram", action="append", default=[], help="id that belongs to Instagram")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each message is accepted")
    parser.add_argument("--answer-delay", type=float, default=0.0, help="seconds from accepting to answering")
    parser.add_argument("--callback", action="append", default=[], help="JSON object: the fields of Callback")
    parser.add_argument("--limits", action="store_true", help="enforce the published rate limits")
    parser.add_argument(
        "--limit", action="append", default=[], help="JSON object: a channel, and the fields of Published for it"
    )
    return parser.parse_args(given)


def _callback(text: str) -> Callback:
    """A callback from JSON: secret is text, every other field as in `Callback`."""
    fields = json.loads(text)
    return Callback(**{**fields, "secret": fields["secret"].encode()})


def _limits(arguments: argparse.Namespace) -> Limits | None:
    """The limits that were asked for: the published ones, with those of some channels in their place."""
    own: dict[str, Published] = {}
    for text in arguments.limit:
        fields = json.loads(text)
        channel = fields.pop("channel")
        own[channel] = Published(**fields)
    return Limits({**PUBLISHED, **own}) if arguments.limits or own else None


def _rule(limits: Limits | None, ordinary: Behaviour) -> Rule:
    """What is within the limits takes its time as always."""

    def rule(request: GraphRequest) -> Behaviour:
        found = limits(request) if limits is not None else None
        if found is None or not found.accepts:
            return found or ordinary
        return replace(ordinary, usage=found.usage)

    return rule


async def _run(arguments: argparse.Namespace) -> None:
    stand_in = GraphStandIn(
        tokens=arguments.token,
        instagram=arguments.instagram,
        callbacks=[_callback(text) for text in arguments.callback],
        ledger=arguments.ledger,
    )
    ordinary = Behaviour(delay=arguments.delay, answer_delay=arguments.answer_delay)
    stand_in.behave(_rule(_limits(arguments), ordinary))
    await stand_in.start(arguments.port)
    try:
        sys.stdout.write(stand_in.url + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
    finally:
        await stand_in.close()


def main(given: Sequence[str] | None = None) -> None:
    """Run until interrupted."""
    try:
        asyncio.run(_run(_arguments(given)))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
