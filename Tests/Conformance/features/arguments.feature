Feature: Arguments of expressions
  What the language hands to each expression.

  Scenario: The workflow describes itself
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { name: "${ $workflow.definition.document.name }", id: "${ $workflow.id | length > 0 }", input: "${ $workflow.input }", year: "${ $workflow.startedAt.iso8601[:2] }", seconds: "${ $workflow.startedAt.epoch.seconds > 0 }" }
    """
    And given the workflow input is:
    """yaml
    { a: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { name: flow, id: true, input: { a: 1 }, year: "20", seconds: true }
    """

  Scenario: The task describes itself
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          do:
            - first:
                metadata: { colour: red }
                set: { name: "${ $task.name }", reference: "${ $task.reference }", colour: "${ $task.definition.metadata.colour }", started: "${ $task.startedAt.epoch.milliseconds > 0 }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { name: first, reference: /do/0/outer/do/0/first, colour: red, started: true }
    """

  Scenario: The runtime describes itself
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { named: "${ $runtime.name | length > 0 }", version: "${ $runtime.version | type }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { named: true, version: string }
    """

  Scenario: A declared secret is at hand
    Given a workflow with the body:
    """yaml
    use: { secrets: [ token ] }
    do:
      - first:
          input: { from: $secrets.token.value }
          set: { got: "${ . }" }
    """
    And given the secret 'token' is:
    """yaml
    { value: s3cret }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { got: s3cret }
    """

  Scenario: A declared secret that is not there ends the workflow
    Given a workflow with the body:
    """yaml
    use: { secrets: [ token ] }
    do:
      - first:
          set: { a: 1 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/authorization", status: 403 }
    """
    And first should not run

  Scenario: A basic authentication describes itself to the output
    Given a workflow with the body:
    """yaml
    do:
      - first:
          call: http
          with:
            method: get
            endpoint: { uri: "https://example.com", authentication: { basic: { username: admin, password: secret } } }
          output:
            as: $authorization
    """
    And given the agent 'http' answers:
    """yaml
    { ok: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { scheme: Basic, parameter: YWRtaW46c2VjcmV0 }
    """

  Scenario: Now is the time of the run
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { same: "${ (now | floor) == $workflow.startedAt.epoch.seconds }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { same: true }
    """
