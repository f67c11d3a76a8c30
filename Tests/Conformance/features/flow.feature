Feature: Flow directives
  Where control goes after a task.

  Scenario: Continue goes on with the next task
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: 1 }
          then: continue
      - second:
          set: { b: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { b: 2 }
    """

  Scenario: End in a nested scope ends the workflow
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          do:
            - first:
                set: { a: 1 }
                then: end
            - second:
                set: { b: 2 }
      - third:
          set: { c: 3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 1 }
    """
    And third should not run

  Scenario: Exit leaves the scope and goes on behind it
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          do:
            - first:
                set: { a: 1 }
                then: exit
            - second:
                set: { b: 2 }
      - third:
          set: { got: "${ . }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { got: { a: 1 } }
    """
    And second should not run

  Scenario: Exit in the main scope ends the workflow
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: 1 }
          then: exit
      - second:
          set: { b: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 1 }
    """

  Scenario: A jump over tasks leaves them out
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: 1 }
          then: third
      - second:
          set: { b: 2 }
      - third:
          set: { c: "${ .a }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { c: 1 }
    """
    And second should not run

  Scenario: A jump back repeats tasks until a switch leaves
    Given a workflow with the body:
    """yaml
    do:
      - count:
          set: { n: "${ (.n // 0) + 1 }" }
      - again:
          switch:
            - more: { when: .n < 5, then: count }
            - enough: { then: done }
      - done:
          set: { n: "${ .n }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 5 }
    """
    And count should run 5 times

  Scenario: Calls that are repeated by a jump back are different calls
    Given a workflow with the body:
    """yaml
    do:
      - count:
          call: counter
          with: { n: "${ (.n // 0) + 1 }" }
      - again:
          switch:
            - more: { when: .n < 3, then: count }
            - enough: { then: end }
    """
    And given the agent 'counter' echoes its input
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 3 }
    """
    And the agent 'counter' should be called 3 times

  Scenario: A jump to a task of another scope is refused
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          do:
            - first:
                set: { a: 1 }
                then: second
      - second:
          set: { b: 2 }
    """
    When the workflow is executed
    Then the workflow should be refused with 'there is no task "second"'

  Scenario: The task to go to after an end may be the last
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: 1 }
          then: second
      - second:
          set: { b: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { b: 2 }
    """
    And second should run last
