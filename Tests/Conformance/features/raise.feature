Feature: Raise tasks
  Errors that a workflow raises, inline and by name.

  Scenario: An error by name
    Given a workflow with the body:
    """yaml
    use:
      errors:
        late: { type: "https://example.com/late", status: 409, title: Too late }
    do:
      - stop:
          raise: { error: late }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://example.com/late", status: 409, title: Too late, instance: /do/0/stop }
    """

  Scenario: Parts of an error may be expressions
    Given a workflow with the body:
    """yaml
    do:
      - stop:
          raise:
            error: { type: "https://example.com/late", status: 409, title: "${ .title }", detail: '${ "by \(.hours) hours" }' }
    """
    And given the workflow input is:
    """yaml
    { title: Late, hours: 3 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { title: Late, detail: by 3 hours }
    """

  Scenario: An error may say itself where it comes from
    Given a workflow with the body:
    """yaml
    do:
      - stop:
          raise: { error: { type: "https://example.com/late", status: 409, instance: /elsewhere } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { instance: /elsewhere }
    """

  Scenario: An error in nested scopes says where it comes from
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          do:
            - inner:
                do:
                  - stop:
                      raise: { error: { type: "https://example.com/late", status: 409 } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { instance: /do/0/outer/do/0/inner/do/0/stop }
    """
    And stop should fault
    And inner should fault
    And outer should fault

  Scenario: What follows an error does not run
    Given a workflow with the body:
    """yaml
    do:
      - stop:
          raise: { error: { type: "https://example.com/late", status: 409 } }
      - next:
          set: { a: 1 }
    """
    When the workflow is executed
    Then the workflow should fault with error type 'https://example.com/late'
    And next should not run

  Scenario: An error that is not defined is refused
    Given a workflow with the body:
    """yaml
    do:
      - stop:
          raise: { error: late }
    """
    When the workflow is executed
    Then the workflow should be refused with 'late'
