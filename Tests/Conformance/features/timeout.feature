Feature: Timeouts
  What takes longer than it may is cut off and is an error of its own.

  Scenario: A call that never answers
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: cost
          timeout: { after: { seconds: 10 } }
    """
    And given the agent 'cost' never answers
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/timeout", status: 408, instance: /do/0/ask }
    """
    And the agent 'cost' should be given 10s
    And the agent 'cost' should be withdrawn
    And the workflow should take 10s

  Scenario: A call that answers in time
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: cost
          timeout: { after: { seconds: 10 } }
    """
    And given the agent 'cost' answers after 9s:
    """yaml
    { ok: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { ok: true }
    """

  Scenario: A timeout by name
    Given a workflow with the body:
    """yaml
    use: { timeouts: { short: { after: PT1S } } }
    do:
      - pause:
          wait: PT5S
          timeout: short
    """
    When the workflow is executed
    Then the workflow should fault with error type 'timeout'
    And the workflow should take 1s

  Scenario: A timeout of a scope cuts off what is within
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          timeout: { after: PT3S }
          do:
            - one:
                wait: PT2S
            - two:
                call: cost
    """
    And given the agent 'cost' never answers
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 408, instance: /do/0/outer }
    """
    And two should cancel
    And outer should fault
    And the agent 'cost' should be given 1s
    And the agent 'cost' should be withdrawn

  Scenario: A timeout can be caught
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
                timeout: { after: PT1S }
          catch:
            errors: { with: { status: 408 } }
            do:
              - handle:
                  set: { late: true }
    """
    And given the agent 'cost' never answers
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { late: true }
    """

  Scenario: The shortest deadline is that of a call
    Given a workflow with the body:
    """yaml
    timeout: { after: PT30S }
    do:
      - ask:
          call: cost
          timeout: { after: PT10S }
    """
    And given the agent 'cost' answers:
    """yaml
    { ok: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { ok: true }
    """
    And the agent 'cost' should be given 10s

  Scenario: A timeout of the workflow cannot be caught
    Given a workflow with the body:
    """yaml
    timeout: { after: PT5S }
    do:
      - attempt:
          try:
            - pause:
                wait: PT1M
          catch:
            do:
              - handle:
                  set: { never: true }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 408, instance: / }
    """
    And pause should cancel
    And handle should not run
    And the workflow should take 5s

  Scenario: A timeout holds over all attempts
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          timeout: { after: PT5S }
          try:
            - ask:
                call: cost
          catch:
            retry: { delay: PT2S, limit: { attempt: { count: 99 } } }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 408, instance: /do/0/attempt }
    """
    And the agent 'cost' should be called 3 times
    And the workflow should take 5s

  Scenario: A timeout by an expression
    Given a workflow with the body:
    """yaml
    do:
      - pause:
          timeout: { after: "${ .limit }" }
          wait: PT1M
    """
    And given the workflow input is:
    """yaml
    { limit: PT2S }
    """
    When the workflow is executed
    Then the workflow should fault with error type 'timeout'
    And the workflow should take 2s
