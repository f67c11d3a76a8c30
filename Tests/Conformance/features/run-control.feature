Feature: Suspending and cancelling
  What is done to a whole workflow from outside.

  Scenario: What comes while a workflow is suspended is taken up later
    Given a workflow with the body:
    """yaml
    do:
      - ask: { call: cost }
      - next: { call: security }
    """
    And given the agent 'cost' answers after 2s:
    """yaml
    1
    """
    And given the agent 'security' answers after 1s:
    """yaml
    2
    """
    And given the workflow is suspended after 1s
    And given the workflow is resumed after 10s
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    2
    """
    And the agent 'security' should be called after 10s
    And the workflow should take 11s

  Scenario: A suspended workflow can be cancelled
    Given a workflow with the body:
    """yaml
    do:
      - ask: { call: cost }
    """
    And given the agent 'cost' never answers
    And given the workflow is suspended after 1s
    And given the workflow is cancelled after 2s
    When the workflow is executed
    Then the workflow should cancel
    And the agent 'cost' should be withdrawn

  Scenario: Cancelling ends every branch
    Given a workflow with the body:
    """yaml
    do:
      - both:
          fork:
            branches:
              - one: { wait: PT1M }
              - two: { listen: { to: { one: { with: { type: a } } } } }
    """
    And given the workflow is cancelled after 2s
    When the workflow is executed
    Then the workflow should cancel
    And one should cancel
    And two should cancel
    And both should cancel

  Scenario: A workflow that goes round and round is stopped
    Given a workflow with the body:
    """yaml
    do:
      - start: { set: { n: 0 } }
      - count:
          set: { n: "${ .n + 1 }" }
          then: count
    """
    When the workflow is executed
    Then the workflow should be refused with 'never ends'
