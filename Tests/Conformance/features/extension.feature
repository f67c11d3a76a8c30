Feature: Extensions
  Tasks before and after others.

  Scenario: What is done before and after does not change the data
    Given a workflow with the body:
    """yaml
    use:
      extensions:
        - log:
            extend: set
            before:
              - enter: { call: log, with: { at: "${ $task.reference }" } }
            after:
              - leave: { call: log, with: { done: "${ $task.name }" } }
    do:
      - first:
          set: { n: "${ .n + 1 }" }
    """
    And given the workflow input is:
    """yaml
    { n: 1 }
    """
    And given the agent 'log' answers:
    """yaml
    { logged: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 2 }
    """
    And enter should run before leave
    And the call 1 of the agent 'log' should be with:
    """yaml
    { at: /do/0/first }
    """
    And the call 2 of the agent 'log' should be with:
    """yaml
    { done: first }
    """

  Scenario: An exit before skips the task and gives what was set
    Given a workflow with the body:
    """yaml
    use:
      extensions:
        - mock:
            extend: call
            when: $task.call == "http" and ($task.with.endpoint.uri | startswith("https://mocked"))
            before:
              - respond:
                  set: { content: { foo: bar } }
                  then: exit
    do:
      - ask:
          call: http
          with: { method: get, endpoint: { uri: "https://mocked.example.com" } }
          output: { as: .content }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { foo: bar }
    """
    And the agent 'http' should not be called

  Scenario: A condition that does not hold leaves the task alone
    Given a workflow with the body:
    """yaml
    use:
      extensions:
        - mock:
            extend: call
            when: $task.name == "other"
            before:
              - respond:
                  set: { mocked: true }
                  then: exit
    do:
      - ask:
          call: cost
    """
    And given the agent 'cost' answers:
    """yaml
    { real: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { real: true }
    """

  Scenario: Only tasks of its kind are extended
    Given a workflow with the body:
    """yaml
    use:
      extensions:
        - log:
            extend: call
            before:
              - enter: { set: { logged: true } }
    do:
      - first:
          set: { a: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 1 }
    """
    And enter should not run

  Scenario: All tasks are extended, but not those of extensions
    Given a workflow with the body:
    """yaml
    use:
      extensions:
        - log:
            extend: all
            before:
              - enter: { set: { logged: true } }
    do:
      - outer:
          do:
            - first: { set: { a: 1 } }
            - second: { set: { b: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { b: 2 }
    """
    And enter should run 3 times

  Scenario: Several extensions come in their order
    Given a workflow with the body:
    """yaml
    use:
      extensions:
        - one:
            extend: set
            before:
              - a: { set: { x: 1 } }
        - two:
            extend: all
            before:
              - b: { set: { x: 2 } }
    do:
      - first: { set: { done: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { done: true }
    """
    And a should run before b

  Scenario: An error before is the error of the task
    Given a workflow with the body:
    """yaml
    use:
      extensions:
        - guard:
            extend: call
            before:
              - refuse: { raise: { error: { type: "https://example.com/no", status: 403 } } }
    do:
      - attempt:
          try:
            - ask: { call: cost }
          catch:
            do:
              - handle: { set: { status: "${ $error.status }", at: "${ $error.instance }" } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { status: 403, at: /use/extensions/0/guard/before/0/refuse }
    """
    And ask should fault
