Feature: Functions of the file
  Tasks that are defined once and called by name.

  Scenario: A function gets its arguments as input
    Given a workflow with the body:
    """yaml
    use:
      functions:
        greet:
          set: { text: '${ "Hello \(.name)" }' }
    do:
      - hello:
          call: greet
          with: { name: "${ .user }" }
    """
    And given the workflow input is:
    """yaml
    { user: Ada }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { text: Hello Ada }
    """

  Scenario: A function may call agents, and each call of it is another
    Given a workflow with the body:
    """yaml
    use:
      functions:
        ask:
          call: cost
          with: { n: "${ .n }" }
    do:
      - one: { call: ask, with: { n: 1 } }
      - two: { call: ask, with: { n: "${ .n + 1 }" } }
    """
    And given the agent 'cost' echoes its input
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 2 }
    """
    And the agent 'cost' should be called 2 times

  Scenario: A function may have scopes, and end only itself by exit
    Given a workflow with the body:
    """yaml
    use:
      functions:
        work:
          do:
            - first:
                set: { n: "${ .n + 1 }" }
                then: exit
            - second:
                set: { never: true }
    do:
      - one: { call: work, with: { n: 1 } }
      - two:
          set: { got: "${ .n }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { got: 2 }
    """

  Scenario: An error in a function says where it is defined
    Given a workflow with the body:
    """yaml
    use:
      functions:
        boom:
          raise: { error: { type: "https://example.com/a", status: 400 } }
    do:
      - one: { call: boom }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { instance: /use/functions/boom }
    """
    And one should fault

  Scenario: A timeout of the caller cuts off the function
    Given a workflow with the body:
    """yaml
    use:
      functions:
        rest: { wait: PT1M }
    do:
      - one:
          call: rest
          timeout: { after: PT1S }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 408, instance: /do/0/one }
    """
