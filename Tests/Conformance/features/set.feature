Feature: Set
  What a set task gives.

  Scenario: A set of constants
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: test, name: set, version: '1.0.0' }
    do:
      - first:
          set: { a: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    a: 1
    """
