Feature: Wait tasks
  Time that passes.

  Scenario: A duration of parts
    Given a workflow with the body:
    """yaml
    do:
      - pause:
          wait: { minutes: 1, seconds: 30, milliseconds: 500 }
    """
    And given the workflow input is:
    """yaml
    { a: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 1 }
    """
    And the workflow should take 90500ms

  Scenario: A duration as text
    Given a workflow with the body:
    """yaml
    do:
      - pause:
          wait: PT1H
    """
    When the workflow is executed
    Then the workflow should take 1h
    And the workflow should complete

  Scenario: A duration by an expression
    Given a workflow with the body:
    """yaml
    do:
      - pause:
          wait: ${ .pause }
    """
    And given the workflow input is:
    """yaml
    { pause: PT5S }
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow should take 5s

  Scenario: What is no duration is an error
    Given a workflow with the body:
    """yaml
    do:
      - pause:
          wait: ${ .pause }
    """
    And given the workflow input is:
    """yaml
    { pause: soon }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/expression", instance: /do/0/pause }
    """

  Scenario: Waits one after another add up
    Given a workflow with the body:
    """yaml
    do:
      - one:
          wait: PT2S
      - two:
          wait: PT3S
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow should take 5s
