Feature: Listen tasks
  Events that are awaited.

  Scenario: One event, read as its data
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { one: { with: { type: a } } } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: b, data: { n: 1 } }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: a, data: { n: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 2 } ]
    """
    And the workflow should take 2s

  Scenario: An event read as its envelope
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { one: { with: { type: a } } }, read: envelope }
    """
    And given the event arrives after 1s:
    """yaml
    { specversion: "1.0", id: "1", source: s, type: a, time: "2026-07-01T12:00:00Z", data: { n: 1 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { specversion: "1.0", id: "1", source: s, type: a, time: "2026-07-01T12:00:00Z", data: { n: 1 } } ]
    """

  Scenario: Any of several events
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: a } }, { with: { type: b } } ] } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: b, data: 1 }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: a, data: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1 ]
    """

  Scenario: All events, in whatever order
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { all: [ { with: { type: a } }, { with: { type: b } } ] } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: b, data: 1 }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: b, data: 2 }
    """
    And given the event arrives after 3s:
    """yaml
    { id: "3", source: s, type: a, data: 3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1, 3 ]
    """
    And the workflow should take 3s

  Scenario: Any event at all
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { any: [] } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: what, data: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1 ]
    """

  Scenario: Attributes may be expressions over themselves
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: temperature, data: "${ .value > 38 }" } } ] } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: temperature, data: { value: 37 } }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: temperature, data: { value: 39 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { value: 39 } ]
    """

  Scenario: A filter that fails for an event does not fault the workflow
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: t, data: "${ (.value | tonumber) > 38 }" } } ] } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: t, data: { value: [] } }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: t, data: { value: 39 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { value: 39 } ]
    """

  Scenario: Types may be regular expressions
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { one: { with: { type: 'com\.example\.(a|b)' } } } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: com.example.c, data: 1 }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: com.example.b, data: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 2 ]
    """

  Scenario: Until a condition over what was consumed
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: a } } ], until: ( . | length ) >= 2 } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: a, data: 1 }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: b, data: 2 }
    """
    And given the event arrives after 3s:
    """yaml
    { id: "3", source: s, type: a, data: 3 }
    """
    And given the event arrives after 4s:
    """yaml
    { id: "4", source: s, type: a, data: 4 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1, 3 ]
    """

  Scenario: Until another event, which is not consumed
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: a } } ], until: { one: { with: { type: stop } } } } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: a, data: 1 }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: a, data: 2 }
    """
    And given the event arrives after 3s:
    """yaml
    { id: "3", source: s, type: stop, data: 3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1, 2 ]
    """
    And the workflow should take 3s

  Scenario: For ever means until a timeout
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - hear:
                listen: { to: { any: [ { with: { type: a } } ], until: false } }
                foreach:
                  do:
                    - keep:
                        set: { n: "${ $item }" }
                        export: { as: '{ seen: (($context.seen // []) + [ .n ]) }' }
                timeout: { after: PT10S }
          catch:
            do:
              - result: { set: "${ $context }" }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: a, data: 1 }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: a, data: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { seen: [ 1, 2 ] }
    """
    And the workflow should take 10s

  Scenario: Each event is worked on before the next
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: a } } ], until: { one: { with: { type: stop } } } } }
          foreach:
            item: event
            at: place
            do:
              - pause: { wait: PT5S }
              - keep: { set: { event: "${ $event }", place: "${ $place }" } }
            output: { as: '[ .place, .event ]' }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: a, data: x }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: a, data: y }
    """
    And given the event arrives after 3s:
    """yaml
    { id: "3", source: s, type: stop }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ [ 0, x ], [ 1, y ] ]
    """
    And the workflow should take 11s

  Scenario: Until may ask what the iterator exported
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: a } } ], until: ($context.count // 0) >= 2 } }
          foreach:
            do:
              - keep: { set: { n: "${ $item }" } }
            export: { as: '{ count: (($context.count // 0) + 1) }' }
    """
    And given the workflow input is:
    """yaml
    {}
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: a, data: 1 }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: a, data: 2 }
    """
    And given the event arrives after 3s:
    """yaml
    { id: "3", source: s, type: a, data: 3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 1 }, { n: 2 } ]
    """

  Scenario: Events correlate with what is expected
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { one: { with: { type: paid }, correlate: { order: { from: .data.order, expect: "${ .order }" } } } } }
    """
    And given the workflow input is:
    """yaml
    { order: 7 }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: paid, data: { order: 6 } }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: paid, data: { order: 7 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { order: 7 } ]
    """

  Scenario: The first event sets what the others correlate with
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen:
            to:
              all:
                - with: { type: temperature }
                  correlate: { room: { from: .room } }
                - with: { type: humidity }
                  correlate: { room: { from: .room } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: temperature, room: a, data: 20 }
    """
    And given the event arrives after 2s:
    """yaml
    { id: "2", source: s, type: humidity, room: b, data: 50 }
    """
    And given the event arrives after 3s:
    """yaml
    { id: "3", source: s, type: humidity, room: a, data: 60 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 20, 60 ]
    """

  Scenario: Events of before are not heard
    Given a workflow with the body:
    """yaml
    do:
      - pause: { wait: PT2S }
      - hear:
          listen: { to: { one: { with: { type: a } } } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: a, data: 1 }
    """
    When the workflow is executed
    Then the workflow should still be running

  Scenario: Two branches hear the same event
    Given a workflow with the body:
    """yaml
    do:
      - both:
          fork:
            branches:
              - one: { listen: { to: { one: { with: { type: a } } } } }
              - two: { listen: { to: { one: { with: { type: a } } } } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: a, data: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ [ 1 ], [ 1 ] ]
    """

  Scenario: An error in an iterator is the error of the listen
    Given a workflow with the body:
    """yaml
    do:
      - hear:
          listen: { to: { any: [] , until: false } }
          foreach:
            do:
              - boom: { raise: { error: { type: "https://example.com/a", status: 400 } } }
    """
    And given the event arrives after 1s:
    """yaml
    { id: "1", source: s, type: a, data: 1 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 400, instance: /do/0/hear/foreach/do/0/boom }
    """
