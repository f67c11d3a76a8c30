Feature: Set tasks
  What a set task gives is its output, whatever came in.

  Scenario: A set of constants replaces the data
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: 1 }
    """
    And given the workflow input is:
    """yaml
    { b: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 1 }
    """

  Scenario: Members of a set are evaluated against the input of the task
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { sum: "${ .a + .b }", list: [ "${ .a }", fixed ], deep: { b: "${ .b }" } }
    """
    And given the workflow input is:
    """yaml
    { a: 1, b: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { sum: 3, list: [ 1, fixed ], deep: { b: 2 } }
    """

  Scenario: A set may be one expression
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: ${ .a }
    """
    And given the workflow input is:
    """yaml
    { a: [ 1, 2 ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1, 2 ]
    """

  Scenario: Integers stay exact
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { n: "${ .n }" }
    """
    And given the workflow input is:
    """yaml
    { n: 9007199254740993 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 9007199254740993 }
    """

  Scenario: A text with an expression within stays a text
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: "say ${ .b }" }
    """
    And given the workflow input is:
    """yaml
    { b: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: "say ${ .b }" }
    """

  Scenario: Expressions in the data are data
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: "${ .b }" }
    """
    And given the workflow input is:
    """yaml
    { b: "${ .c }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: "${ .c }" }
    """
