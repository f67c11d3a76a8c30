Feature: Conditions of tasks
  A task whose condition does not hold is skipped with everything it says.

  Scenario: A skipped task gives its raw input
    Given a workflow with the body:
    """yaml
    do:
      - first:
          if: .go
          set: { a: 1 }
      - second:
          set: { seen: "${ . }" }
    """
    And given the workflow input is:
    """yaml
    { go: false }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { seen: { go: false } }
    """
    And first should be skipped
    And first should not run

  Scenario: A condition that holds lets the task run
    Given a workflow with the body:
    """yaml
    do:
      - first:
          if: ${ .go == true }
          set: { a: 1 }
    """
    And given the workflow input is:
    """yaml
    { go: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 1 }
    """

  Scenario: A skipped task ignores its input, output, export and then
    Given a workflow with the body:
    """yaml
    do:
      - first:
          if: .go
          input: { from: .nothing }
          set: { a: 1 }
          output: { as: .a }
          export: { as: '{ exported: . }' }
          then: end
      - second:
          set: { context: "${ $context }" }
    """
    And given the workflow input is:
    """yaml
    { go: false }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { context: { go: false } }
    """

  Scenario: A condition sees the context
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: 1 }
          export: { as: '{ go: true }' }
      - second:
          if: $context.go
          set: { b: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { b: 2 }
    """

  Scenario: A condition that cannot be evaluated faults where it stands
    Given a workflow with the body:
    """yaml
    do:
      - first:
          if: .a + 1 > 0
          set: { a: 1 }
    """
    And given the workflow input is:
    """yaml
    { a: text }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/expression", status: 400, instance: /do/0/first }
    """
