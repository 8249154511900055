"""What the keys of a flow file mean: for the reference, and for editors that show it beside them."""

from flows.engine import model
from middleware.domain.record import Record

KEYS: dict[type[Record], dict[str, str]] = {
    model.FlowFile: {
        "flow": "its name: small letters, digits, `_`",
        "purpose": "a sentence for whoever reads it",
        "priority": "a whole number, default 0; higher is tried first. The shipped flows have 0",
        "needs": "the blocks of the context that it reads; it, and the templates it says, get no others",
        "triggers": "what starts it, at least one",
        "when": "a condition; if it does not hold, the next flow is tried",
        "gather": "`false`: a text that starts it is answered at once, instead of waiting a moment for what is written "
        "next; default `true`",
        "promotes": "`true`: it promotes; after a timer it says nothing to whoever has not agreed to that",
        "steps": "what it does, in order",
    },
    model.Triggers: {
        "payload": "a pressed button carries something that begins with one of these",
        "code": "`true`: the message was taken as a one-time code, right or wrong",
        "any_message": "`true`: whatever the customer writes, presses or comes through",
        "intent": "the words of a phrase stand in the message, in this order, with at most two others between each; "
        "phrases by language. Of several flows of one priority the one with the longest phrase answers",
        "address": "`true`: the message names one e-mail address, and the brand sends one-time codes",
        "order_placed": "`true`: the shop tells of an order just placed, and the customer may be told of it here",
        "ticket_solved": "`true`: the help desk tells of a ticket that was just solved",
        "cart_abandoned": "`true`: a cart that the customer may be told of here was left: it has not changed for an "
        "hour, or for the time that stands here, from `15m` to `23h`",
        "ad_referral": "`true`: this very event came through an ad or a link",
        "first_message": "`true`: nothing was said here before",
        "unmatched": "`true`: nothing above has matched",
        "fallback": "`true`: last of all, and where a bot engine has failed",
    },
    model.Step: {
        "when": "a condition; the step is done only where it holds",
        "then": "beside `if`: what is done where it holds",
        "else": "beside `if`: what is done where it does not hold",
        "name": "beside `ask` and `wait`: what the place is called, by which a flow that waits there is found again",
    },
    model.AskFile: {
        "template": "the question",
        "again": "the template that is said when a message was no answer; the question itself without it",
        "capture": "what counts as an answer: `email`, `phone`, `order_reference`, `name`, `text`, `number`, or "
        "`choice`: one of what the template offers to tap",
        "into": "the name of the answer; that of the capture without it",
        "tries": "after so many messages that are no answer it is given up; 1 to 5, default 2",
        "within": "how long it waits; at most `7d`, default `24h`",
        "otherwise": "what is done where no answer comes; the flow ends with it",
    },
    model.WaitFile: {
        "for": "how long; at most `7d`",
        "until": "`customer_writes`: it goes on when they write, or when the time is over, whichever is first",
        "though_written": "`true`: it waits on although the customer writes something in between; else that ends it",
    },
    model.HandOverFile: {
        "reason": "why, for whoever looks at it",
        "to": "`person` (anybody) or `vip` (those who look after special customers)",
    },
}  # fmt: skip
"""By the part of the file, by the key as it is written. What the steps do is in `STEPS`."""
