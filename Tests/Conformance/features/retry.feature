Feature: Retry policies
  When and how often what failed is tried again, under virtual time.

  Scenario: A constant delay
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: { delay: { seconds: 3 }, backoff: { constant: {} }, limit: { attempt: { count: 5 } } }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
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
    And the agent 'cost' should be called 3 times
    And attempt should be retried 2 times
    And the workflow should take 6s

  Scenario: A linear backoff
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: { delay: { seconds: 1 }, backoff: { linear: {} }, limit: { attempt: { count: 5 } } }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
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
    And the workflow should take 6s

  Scenario: An exponential backoff
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: { delay: { seconds: 1 }, backoff: { exponential: {} }, limit: { attempt: { count: 5 } } }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
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
    And the workflow should take 15s

  Scenario: After the last attempt the error goes on
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: { delay: PT1S, limit: { attempt: { count: 2 } } }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 503, instance: /do/0/attempt/try/0/ask }
    """
    And the agent 'cost' should be called 3 times

  Scenario: After the last attempt a handler takes the error
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: { delay: PT1S, limit: { attempt: { count: 1 } } }
            do:
              - handle:
                  set: { gaveUp: "${ $error.status }" }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { gaveUp: 503 }
    """
    And the agent 'cost' should be called 2 times

  Scenario: A policy by name
    Given a workflow with the body:
    """yaml
    use:
      retries:
        often: { delay: { milliseconds: 100 }, limit: { attempt: { count: 3 } } }
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: often
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    When the workflow is executed
    Then the workflow should fault
    And the agent 'cost' should be called 4 times
    And the workflow should take 300ms

  Scenario: A retry may depend on the error
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: { when: $error.status == 503, delay: PT1S, limit: { attempt: { count: 9 } } }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 400 }
    """
    When the workflow is executed
    Then the workflow should complete
    And the agent 'cost' should be called 2 times

  Scenario: A retry may be excepted
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: { exceptWhen: $error.status == 503, delay: PT1S, limit: { attempt: { count: 9 } } }
            do:
              - handle:
                  set: { handled: true }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { handled: true }
    """
    And the agent 'cost' should be called 1 time

  Scenario: The time in all is limited
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: { delay: PT2S, limit: { duration: PT5S } }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 503 }
    """
    And the agent 'cost' should be called 3 times
    And the workflow should take 4s

  Scenario: The time of each attempt is limited
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: { delay: PT1S, limit: { attempt: { count: 1, duration: PT2S } } }
            do:
              - handle:
                  set: { is: "${ $error.status }" }
    """
    And given the agent 'cost' never answers
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { is: 408 }
    """
    And the agent 'cost' should be called 2 times
    And the agent 'cost' should be withdrawn
    And the workflow should take 5s

  Scenario: Attempts begin with the input of the try task
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - count:
                set: { n: "${ .n + 1 }" }
            - ask:
                call: cost
                with: { n: "${ .n }" }
          catch:
            retry: { delay: PT1S, limit: { attempt: { count: 3 } } }
    """
    And given the workflow input is:
    """yaml
    { n: 0 }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    And given the agent 'cost' echoes its input
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 1 }
    """

  Scenario: Jitter adds to the delay
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            retry: { delay: PT1S, jitter: { from: PT2S, to: PT2S }, limit: { attempt: { count: 1 } } }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
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
    And the workflow should take 3s

  Scenario: Tries in tries count their attempts for themselves
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          try:
            - inner:
                try:
                  - ask:
                      call: cost
                catch:
                  retry: { delay: PT1S, limit: { attempt: { count: 1 } } }
          catch:
            retry: { delay: PT1S, limit: { attempt: { count: 1 } } }
    """
    And given the agent 'cost' fails with:
    """yaml
    { status: 503 }
    """
    When the workflow is executed
    Then the workflow should fault
    And the agent 'cost' should be called 4 times
    And inner should be retried 2 times
    And outer should be retried 1 time
