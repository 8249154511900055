"""What each code of a finding on flows means, and what to do."""

from flows.files import FlowCode

CODES: dict[FlowCode, str] = {
    "unknown-template": "a step says a template that is not there",
    "undeclared-block": "a template reads a block of the context that the flow does not name under `needs`",
    "unknown-link": "a template says a personal link that no step of the flow takes",
    "unknown-answer": "a template says an answer that no step of the flow asks for",
    "not-looked-up": "a template says what a look-up found that no step of the flow makes",
    "not-recommended": "a template says what is recommended, and no step of the flow recommends anything",
    "unknown-field": "a template or a condition reads a field that the look-up has not, by the settings",
    "no-choices": "a step asks for a choice, and its template offers nothing to tap",
    "unreachable": "a step stands where the flow has always ended",
    "never-holds": "a condition is settled by one before it, so that one of its ways is never taken",
    "asks-again": "`otherwise` asks for the same once more: somebody who does not want to answer is asked on and on",
    "unused-answer": "an answer is asked for, and nothing says it or asks for it in a condition",
    "unused-link": "a personal link is taken, and nothing says it",
    "read-too-early": "what a look-up says is read where it has not been made: there is never anything",
    "unused-look-up": "something is looked up, and nothing says it or asks for it in a condition",
    "dead-button": "a button leads nowhere: no flow starts with its payload, nor with its title",
    "same-phrase": "two flows have the same phrase; the message says which of them answers",
    "shadowed-phrase": "a phrase never starts the flow: a flow of a higher priority has one that stands in it",
    "longer-phrase": "another flow has a phrase in which this one stands, and with more words: it answers there",
    "never-starts": "a trigger never starts the flow: another flow with the same one always answers first",
    "reply-lacks-locale": "the flow hears a language that a template of it does not speak",
}
"""By code. The first seven are errors, the others hints."""
