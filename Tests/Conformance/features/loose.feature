Feature: Loose and strict mode
  Whether a text is an expression only where it stands in braces.

  Scenario: In strict mode a bare text is a text
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: .b }
    """
    And given the workflow input is:
    """yaml
    { b: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: .b }
    """

  Scenario: In loose mode a bare text is an expression
    Given a workflow with the body:
    """yaml
    evaluate: { mode: loose }
    do:
      - first:
          set: { a: .b, c: "${ .b }" }
    """
    And given the workflow input is:
    """yaml
    { b: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 2, c: 2 }
    """

  Scenario: In loose mode what is no expression stays a text
    Given a workflow with the body:
    """yaml
    evaluate: { mode: loose }
    do:
      - first:
          set: { a: hello world, b: "not an expression (" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: hello world, b: "not an expression (" }
    """

  Scenario: In loose mode what cannot be evaluated stays a text
    Given a workflow with the body:
    """yaml
    evaluate: { mode: loose }
    do:
      - first:
          set: { a: .b + 1 }
    """
    And given the workflow input is:
    """yaml
    { b: text }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: .b + 1 }
    """
