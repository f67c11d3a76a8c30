Feature: Fork tasks
  Branches side by side.

  Scenario: The outputs of all branches in their order
    Given a workflow with the body:
    """yaml
    do:
      - both:
          fork:
            branches:
              - slow:
                  call: slow
              - fast:
                  call: fast
    """
    And given the agent 'slow' answers after 5s:
    """yaml
    1
    """
    And given the agent 'fast' answers after 1s:
    """yaml
    2
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1, 2 ]
    """
    And the workflow should take 5s

  Scenario: Each branch gets the input of the fork
    Given a workflow with the body:
    """yaml
    do:
      - both:
          fork:
            branches:
              - one:
                  set: { n: "${ .n + 1 }" }
              - two:
                  set: { n: "${ .n + 2 }" }
    """
    And given the workflow input is:
    """yaml
    { n: 0 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 1 }, { n: 2 } ]
    """

  Scenario: An error in one branch ends the others
    Given a workflow with the body:
    """yaml
    do:
      - both:
          fork:
            branches:
              - slow:
                  call: slow
              - later:
                  do:
                    - pause: { wait: PT1S }
                    - boom: { raise: { error: { type: "https://example.com/a", status: 400 } } }
    """
    And given the agent 'slow' never answers
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 400, instance: /do/0/both/fork/branches/1/later/do/1/boom }
    """
    And slow should cancel
    And the agent 'slow' should be withdrawn

  Scenario: An error in a branch can be caught around the fork
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - both:
                fork:
                  branches:
                    - slow:
                        call: slow
                    - boom:
                        raise: { error: { type: "https://example.com/a", status: 400 } }
          catch:
            do:
              - handle:
                  set: { caught: true }
    """
    And given the agent 'slow' never answers
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { caught: true }
    """
    And slow should cancel

  Scenario: The first branch to end wins a competition
    Given a workflow with the body:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - slow:
                  call: slow
              - fast:
                  call: fast
    """
    And given the agent 'slow' answers after 5s:
    """yaml
    1
    """
    And given the agent 'fast' answers after 1s:
    """yaml
    2
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    2
    """
    And slow should cancel
    And the agent 'slow' should be withdrawn
    And the workflow should take 1s

  Scenario: A branch that fails does not win
    Given a workflow with the body:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - slow:
                  call: slow
              - boom:
                  raise: { error: { type: "https://example.com/a", status: 400 } }
    """
    And given the agent 'slow' answers after 5s:
    """yaml
    1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    1
    """

  Scenario: A competition that all branches lose fails with the first error
    Given a workflow with the body:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - one:
                  call: one
              - two:
                  call: two
    """
    And given the agent 'one' fails with after 2s:
    """yaml
    { status: 501 }
    """
    And given the agent 'two' fails with after 1s:
    """yaml
    { status: 502 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 502 }
    """

  Scenario: End in a branch ends the workflow
    Given a workflow with the body:
    """yaml
    do:
      - both:
          fork:
            branches:
              - slow:
                  call: slow
              - later:
                  do:
                    - pause: { wait: PT1S }
                    - last:
                        set: { is: last }
                        then: end
      - next:
          set: { never: true }
    """
    And given the agent 'slow' never answers
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { is: last }
    """
    And the agent 'slow' should be withdrawn

  Scenario: Forks in forks
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          fork:
            branches:
              - left:
                  fork:
                    branches:
                      - a:
                          call: slow
                      - b:
                          set: { b: 1 }
              - right:
                  fork:
                    compete: true
                    branches:
                      - c:
                          wait: PT9S
                      - d:
                          set: { d: 1 }
    """
    And given the agent 'slow' answers after 3s:
    """yaml
    { a: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ [ { a: 1 }, { b: 1 } ], { d: 1 } ]
    """
    And the workflow should take 3s

  Scenario: Branches of several tasks go on side by side
    Given a workflow with the body:
    """yaml
    do:
      - both:
          fork:
            branches:
              - left:
                  do:
                    - l1: { wait: PT1S }
                    - l2: { wait: PT1S }
                    - l3: { set: { is: left } }
              - right:
                  do:
                    - r1: { wait: PT3S }
                    - r2: { set: { is: right } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { is: left }, { is: right } ]
    """
    And the workflow should take 3s
    And l3 should run before r2

  Scenario: A timeout of a fork ends all branches
    Given a workflow with the body:
    """yaml
    do:
      - both:
          timeout: { after: PT2S }
          fork:
            branches:
              - one:
                  call: slow
              - two:
                  wait: PT1M
    """
    And given the agent 'slow' never answers
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 408, instance: /do/0/both }
    """
    And one should cancel
    And two should cancel

  Scenario: Branches share the context
    Given a workflow with the body:
    """yaml
    do:
      - both:
          fork:
            branches:
              - one:
                  set: { a: 1 }
                  export: { as: '{ a: 1 }' }
              - two:
                  do:
                    - pause: { wait: PT1S }
                    - look: { set: { saw: "${ $context.a }" } }
      - last:
          set: ${ .[1] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { saw: 1 }
    """
