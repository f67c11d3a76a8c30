Feature: Run tasks
  Shells and other workflows.

  Scenario: A shell is a call of the command agent
    Given a workflow with the body:
    """yaml
    do:
      - list:
          run:
            shell: { command: "ls ${ .folder }", arguments: [ "${ .first }" ], environment: { A: b }, stdin: "${ .text }" }
            return: all
    """
    And given the workflow input is:
    """yaml
    { folder: /tmp, first: -l, text: in }
    """
    And given the agent 'command' answers:
    """yaml
    { code: 0, stdout: out, stderr: "" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { code: 0, stdout: out, stderr: "" }
    """
    And the agent 'command' should be called with:
    """yaml
    { command: "ls ${ .folder }", arguments: [ -l ], environment: { A: b }, stdin: in, return: all }
    """

  Scenario: A shell that is not awaited gives the input
    Given a workflow with the body:
    """yaml
    do:
      - start:
          run:
            shell: { command: make }
            await: false
    """
    And given the workflow input is:
    """yaml
    { a: 1 }
    """
    And given the agent 'command' answers:
    """yaml
    { accepted: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 1 }
    """

  Scenario: A shell that returns nothing gives null
    Given a workflow with the body:
    """yaml
    do:
      - start:
          run:
            shell: { command: make }
            return: none
    """
    And given the agent 'command' answers:
    """yaml
    whatever
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    null
    """

  Scenario: Another workflow gives its output
    Given a workflow with the body:
    """yaml
    do:
      - sub:
          run:
            workflow: { namespace: other, name: work, version: 1.0.0, input: { n: "${ .n }" } }
    """
    And given the workflow input is:
    """yaml
    { n: 3 }
    """
    And given the workflow 'other/work' echoes its input
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 3 }
    """

  Scenario: Another workflow that faults is an error here
    Given a workflow with the body:
    """yaml
    do:
      - attempt:
          try:
            - sub:
                run: { workflow: { namespace: other, name: work, version: 1.0.0 } }
          catch:
            do:
              - handle: { set: { status: "${ $error.status }" } }
    """
    And given the workflow 'other/work' fails with:
    """yaml
    { type: "https://example.com/a", status: 418 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { status: 418 }
    """

  Scenario: Another workflow that is not awaited
    Given a workflow with the body:
    """yaml
    do:
      - sub:
          run:
            workflow: { namespace: other, name: work, version: 1.0.0, input: {} }
            await: false
    """
    And given the workflow input is:
    """yaml
    { a: 1 }
    """
    And given the workflow 'other/work' answers:
    """yaml
    { started: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 1 }
    """

  Scenario: Containers and scripts are refused
    Given a workflow with the body:
    """yaml
    do:
      - one:
          run: { container: { image: alpine } }
    """
    When the workflow is executed
    Then the workflow should be refused with 'container'
