"""Files that somebody has written wrong, in as many ways as there are."""

TEMPLATES = (
    "name: [a]",
    "[1]",
    "a: b: c",
    "name: x\nname: y",
    "name: &a x\npurpose: *a",
    "a:\n\t- b",
    'name: "x',
    "- a\nb: c",
    "name: x\npurpose: y\nlocales: {}",
    """
name: Unclear
purpose: ''
too_long: never
variants: {base: -1, b: 1.5, c: many, d: 99999999}
locales:
  english: {text: 3}
  en: [a]
""",
    """
name: x
purpose: y
locales:
  en:
    text: a
    fallback: b
    textt: c
    quick_replies: {title: x}
    buttons: [{title: t, payload: p, url: "https://a.example"}]
    media: {type: image}
    ask: age
    list: {button: b, sections: []}
    cards: [{title: x, image: nowhere}]
  de:
    text: a
    fallback: b
    quick_replies: [{title: x, payload: y}]
    media: {type: image, url: "https://a.example/b.png"}
""",
    """
name: many
purpose: Says too much.
variants: {short: 1, gone: 0}
locales:
  en:
    text: "{{ cart.items }} {{ profile.nam }} {{ message.text * 2 }} {{ message.text | plural('a', 'b', 'c', 'd') }}"
    fallback: "{{ x }}"
    variants: {long: {text: z}}
  xx:
    text: "{{ message.text }}{{ message.text }}{{ profile.name | default('') }}{{ cart.count | plural('a', 'b', 'c') }}"
    fallback: "\\u200b"
    quick_replies: [{title: "A title that is much longer than any channel shows", payload: p}]
    outside_window: {name: some, language: de}
  es:
    text: ok
    fallback: ok
    cards: [{title: one, buttons: [{title: a, payload: b}]}]
    channels: {whatsapp: {text: a, media: {type: video, file: film.mov}}, instagram: {text: b, ask: email}}
""",
)

FLOWS = (
    "flow: x",
    "flow: x\npurpose: y\npriority: high\nneeds: [weather]\ntriggers: {}\nsteps: []",
    """
flow: x
purpose: y
triggers: {payload: []}
gather: perhaps
steps:
  - {reply: a, stop: true}
  - when: orders
  - wait: 3
  - wait: {though_written: true}
  - wait: {until: customer_writes, though_written: true}
  - ask: {template: a, capture: shoe, tries: 9, within: 8d}
  - set: {shoe: 1}
  - look_up: [a, a]
  - recommend: {most: 99, why: [luck]}
  - {reply: a, then: [stop]}
  - {reply: a, name: b}
  - hand_over: {to: me}
""",
    "flow: x\npurpose: y\ntriggers: {intent: {en: ['?'], xxxx: [a]}, cart_abandoned: 2m}\nsteps: [stop, what]",
    """
flow: astray
purpose: Leads nowhere.
triggers: {any_message: true, intent: {fr: [bonjour, "where is my order"]}, payload: [fallback]}
when: orders
needs: [orders]
steps:
  - {reply: fallback, when: not orders}
  - look_up: nothing
  - personal_link: cart
  - ask: {template: fallback, capture: choice, otherwise: [{ask: {template: fallback, capture: choice}, name: again}]}
  - ask: {template: fallback, capture: text, into: unused}
  - reply: fallbak
  - if: orders
    then: [{reply: continue_cart}]
    else: [{recommend: 3}]
  - stop
  - reply: fallback
""",
    """
flow: mistaken
purpose: Reads what is not there.
triggers: {any_message: true}
when: answers.a == 1 and lookups.b.c and recommendations and profile.nam and cart
steps: [{reply: recommend}]
""",
)

TESTS = (
    "tests: []",
    """
channel: pigeon
at: yesterday
brand: {locale: English}
tests:
  - test: a
    turns:
      - {says: b, presses: c}
      - {says: b, replies: [{}]}
      - sends: love
  - {test: b, turns: []}
  - {test: c, at: 2026-01-01T00:00:00, turns: [{says: b}]}
""",
    "tests:\n  - {test: a, turns: [{says: b}]}\n  - {test: a, turns: [{says: b}]}",
)

MAPPINGS = (
    "record: {}",
    "a: b",
    "[]",
    """
record:
  id: 'a['
  changed_at: {from: a, written: soon, time_zone: Nowhere}
  fields:
    shoe: x
    email: {from: a, as: text}
    phone: {}
    custom.X: y
    custom.a: {from: b, as: money}
    custom.b: {from: b, as: choice}
    custom.c: {from: 7}
  consents:
    email: {from: a}
""",
)

OWNERSHIP = "fields: {shoe: {}, name: {owner: [a], never: [a]}}"
