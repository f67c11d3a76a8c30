Feature: Try tasks
  Which errors are caught, and what is done about them.

  Scenario: Without a filter every error is caught
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - boom:
                raise: { error: { type: "https://example.com/a", status: 400 } }
          catch:
            do:
              - handle:
                  set: { caught: "${ $error.status }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { caught: 400 }
    """
    And boom should fault
    And attempt should complete

  Scenario: A filter by status lets other errors through
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - boom:
                raise: { error: { type: "https://example.com/a", status: 400 } }
          catch:
            errors: { with: { status: 500 } }
            do:
              - handle:
                  set: { caught: true }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 400, instance: /do/0/attempt/try/0/boom }
    """
    And handle should not run

  Scenario: The four URIs of a standard error are the same
    Given a workflow with the body:
    """yaml
    do:
      - one:
          try:
            - boom:
                raise: { error: { type: "https://serverlessworkflow.io/spec/1.0.0/errors/timeout", status: 408 } }
          catch:
            errors: { with: { type: "https://open-workflow-specification.org/dsl/errors/types/timeout" } }
            do:
              - first:
                  set: { n: 1 }
      - two:
          try:
            - boom:
                raise: { error: { type: "https://open-workflow-specification.org/spec/1.0.0/errors/timeout", status: 408 } }
          catch:
            errors: { with: { type: "https://serverlessworkflow.io/dsl/errors/types/timeout" } }
            do:
              - second:
                  set: { n: "${ .n + 1 }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 2 }
    """

  Scenario: Errors of other origins are compared as they are
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - boom:
                raise: { error: { type: "https://example.com/errors/timeout", status: 408 } }
          catch:
            errors: { with: { type: "https://serverlessworkflow.io/dsl/errors/types/timeout" } }
    """
    When the workflow is executed
    Then the workflow should fault with error type 'https://example.com/errors/timeout'

  Scenario: A condition decides beside the filter
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - boom:
                raise: { error: { type: "https://example.com/a", status: 503 } }
          catch:
            as: problem
            when: $problem.status >= 500
            do:
              - handle:
                  set: { caught: "${ $problem.status }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { caught: 503 }
    """

  Scenario: An exception to the condition lets the error through
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - boom:
                raise: { error: { type: "https://example.com/a", status: 503 } }
          catch:
            exceptWhen: $error.status == 503
            do:
              - handle:
                  set: { caught: true }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 503 }
    """

  Scenario: A filter by instance and title
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - first:
                set: { a: 1 }
            - boom:
                raise: { error: { type: "https://example.com/a", status: 503, title: Boom } }
          catch:
            errors: { with: { instance: /do/0/attempt/try/1/boom, title: Boom } }
            do:
              - handle:
                  set: { caught: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { caught: true }
    """

  Scenario: The handler gets the input of the try task
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - change:
                set: { changed: true }
            - boom:
                raise: { error: { type: "https://example.com/a", status: 400 } }
          catch:
            do:
              - handle:
                  set: { got: "${ . }" }
    """
    And given the workflow input is:
    """yaml
    { a: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { got: { a: 1 } }
    """

  Scenario: A caught error without a handler gives the input
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - boom:
                raise: { error: { type: "https://example.com/a", status: 400 } }
          catch: {}
    """
    And given the workflow input is:
    """yaml
    { a: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 1 }
    """

  Scenario: Then of a catch is the way of the error
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - boom:
                raise: { error: { type: "https://example.com/a", status: 400 } }
          catch:
            then: mend
          then: next
      - next:
          set: { is: next }
          then: end
      - mend:
          set: { is: mended }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { is: mended }
    """
    And next should not run

  Scenario: Then of a catch is not the way without an error
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - fine:
                set: { is: fine }
          catch:
            then: mend
      - next:
          set: { is: next }
          then: end
      - mend:
          set: { is: mended }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { is: next }
    """

  Scenario: An error in the handler goes on to the try around
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          try:
            - attempt:
                try:
                  - boom:
                      raise: { error: { type: "https://example.com/a", status: 400 } }
                catch:
                  do:
                    - again:
                        raise: { error: { type: "https://example.com/b", status: 401 } }
          catch:
            do:
              - handle:
                  set: { caught: "${ $error.type }", at: "${ $error.instance }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { caught: "https://example.com/b", at: /do/0/outer/try/0/attempt/catch/do/0/again }
    """

  Scenario: An expression that fails is an error like others
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - boom:
                set: { a: "${ .a + 1 }" }
          catch:
            errors: { with: { type: "https://open-workflow-specification.org/dsl/errors/types/expression" } }
            do:
              - handle:
                  set: { status: "${ $error.status }" }
    """
    And given the workflow input is:
    """yaml
    { a: text }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { status: 400 }
    """

  Scenario: The problem that an agent answers is kept
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - ask:
                call: cost
          catch:
            do:
              - handle:
                  set: { error: "${ $error }" }
    """
    And given the agent 'cost' fails with:
    """yaml
    { type: "https://example.com/broke", status: 402, title: Broke, detail: no money, balance: -3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { error: { type: "https://example.com/broke", status: 402, title: Broke, detail: no money, instance: /do/0/attempt/try/0/ask, balance: -3 } }
    """

  Scenario: A condition that cannot be evaluated is the error
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - boom:
                raise: { error: { type: "https://example.com/a", status: 400 } }
          catch:
            when: $error.status | error("no")
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/expression", instance: /do/0/attempt }
    """
