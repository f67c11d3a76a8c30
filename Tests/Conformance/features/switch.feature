Feature: Switch tasks
  The first case that holds decides where control goes; the data stays.

  Scenario: The first case that holds is taken
    Given a workflow with the body:
    """yaml
    do:
      - choose:
          switch:
            - one: { when: .n > 0, then: positive }
            - two: { when: .n > 10, then: great }
      - great:
          set: { is: great }
          then: end
      - positive:
          set: { is: positive }
    """
    And given the workflow input is:
    """yaml
    { n: 20 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { is: positive }
    """

  Scenario: A switch gives its input
    Given a workflow with the body:
    """yaml
    do:
      - choose:
          input: { from: .n }
          switch:
            - one: { when: . > 0, then: next }
      - next:
          set: { got: "${ . }" }
    """
    And given the workflow input is:
    """yaml
    { n: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { got: 2 }
    """

  Scenario: The default is taken only where no other case holds
    Given a workflow with the body:
    """yaml
    do:
      - choose:
          switch:
            - other: { then: otherwise }
            - one: { when: .n == 1, then: isOne }
      - otherwise:
          set: { is: other }
          then: end
      - isOne:
          set: { is: one }
    """
    And given the workflow input is:
    """yaml
    { n: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { is: one }
    """

  Scenario: Without a case that holds the next task follows
    Given a workflow with the body:
    """yaml
    do:
      - choose:
          switch:
            - one: { when: .n == 1, then: isOne }
      - next:
          set: { is: next }
          then: end
      - isOne:
          set: { is: one }
    """
    And given the workflow input is:
    """yaml
    { n: 3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { is: next }
    """

  Scenario: A case may exit the scope or end the workflow
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          do:
            - choose:
                switch:
                  - one: { when: .n == 1, then: exit }
                  - two: { then: end }
            - inner:
                set: { is: inner }
      - after:
          set: { is: after }
    """
    And given the workflow input is:
    """yaml
    { n: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { is: after }
    """
    And inner should not run
