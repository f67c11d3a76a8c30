Feature: Emit tasks
  Events that are sent.

  Scenario: What an event does not say is filled in
    Given a workflow with the body:
    """yaml
    do:
      - tell:
          emit: { event: { with: { type: com.example.done } } }
    """
    When the workflow is executed
    Then the workflow should complete
    And 1 event should be emitted
    And the event 1 should be like:
    """yaml
    { specversion: "1.0", source: /test/flow/1.0.0, type: com.example.done }
    """
    And the workflow output should have properties 'id', 'time'

  Scenario: What an event says counts
    Given a workflow with the body:
    """yaml
    do:
      - tell:
          emit: { event: { with: { id: "7", source: "https://example.com", type: com.example.done, subject: "${ .who }", priority: 3, data: { n: "${ .n }" } } } }
    """
    And given the workflow input is:
    """yaml
    { who: me, n: 5 }
    """
    When the workflow is executed
    Then the workflow should complete
    And the event 1 should be like:
    """yaml
    { id: "7", source: "https://example.com", subject: me, priority: 3, data: { n: 5 } }
    """

  Scenario: Events in a loop have ids of their own
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { each: n, in: "[ 1, 2 ]" }
          do:
            - tell:
                emit: { event: { with: { type: com.example.n, data: "${ $n }" } } }
                output: { as: '.id' }
                export: { as: '{ ids: (($context.ids // []) + [ $output ]) }' }
      - look:
          set: { different: "${ ($context.ids | unique | length) == 2 }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { different: true }
    """
    And 2 events should be emitted
