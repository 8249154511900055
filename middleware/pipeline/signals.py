"""Signals: that a message was seen, that a reply is being written. Best effort, beside the turn and never in its way.

Shown once a reply is decided and before it is sent: never in a group, never when nothing will be said, and not again
when the turn is carried out once more.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress

from middleware.domain.capabilities import Signal
from middleware.pipeline.passage import Passage
from middleware.ports import Account

AT_ONCE = 50
"""Signals of one process on their way at the same time; while there are so many, no more are shown."""

_SECONDS = 2.0
"""A signal that takes longer than this would come after the reply."""


def show_signals(passage: Passage) -> None:
    """Show the signals of the account, if it has some, without waiting for them."""
    process, event = passage.process, passage.event
    account = passage.brand.accounts.get((event.connector, event.account))
    if account is None or len(process.signalling) >= AT_ONCE or not _says_something_new(passage):
        return
    signals = [signal for signal in account.signals if signal in process.channels[event.connector].capabilities.signals]
    if signals:
        task = asyncio.get_running_loop().create_task(_show(passage, account, signals))
        process.signalling.add(task)
        task.add_done_callback(process.signalling.discard)


def _says_something_new(passage: Passage) -> bool:
    """Whether this turn has something to say, or asks for it, in a conversation of two, and was not begun before."""
    turn, message = passage.turn.record, passage.event.message
    in_group = message is not None and message.group is not None
    says = bool(turn.messages) or turn.asked() is not None
    return says and not in_group and turn.id not in passage.conversation.record.applied


async def _show(passage: Passage, account: Account, signals: Collection[Signal]) -> None:
    channel, turn, message = passage.process.channels[account.connector], passage.turn.record, passage.event.message
    # Whatever goes wrong with a signal is nobody's concern.
    with suppress(Exception):
        await channel.signal(
            account, turn.recipient, signals, message.id if message is not None else None, timeout=_SECONDS
        )
