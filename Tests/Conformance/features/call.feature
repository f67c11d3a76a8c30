Feature: Calls
  Calls of agents, protocols and functions, as they leave the engine.

  Scenario: An agent by its bare name
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: cost
          with: { query: "${ .q }", depth: 2 }
    """
    And given the workflow input is:
    """yaml
    { q: why }
    """
    And given the agent 'cost' answers:
    """yaml
    { answer: because }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { answer: because }
    """
    And the agent 'cost' should be called with:
    """yaml
    { query: why, depth: 2 }
    """

  Scenario: Without arguments an agent is given the input of the task
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          input: { from: .q }
          call: cost
    """
    And given the workflow input is:
    """yaml
    { q: { text: why } }
    """
    And given the agent 'cost' echoes its input
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { text: why }
    """

  Scenario: An agent of the catalog by the major of its version
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: cost:1.2.0@default
    """
    And given the agent 'cost' answers:
    """yaml
    1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    1
    """
    And the agent 'cost' should be called in version '1.2.0'

  Scenario: An agent of the catalog in exactly one version
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: cost:=1.2.0@default
    """
    And given the agent 'cost' answers:
    """yaml
    1
    """
    When the workflow is executed
    Then the agent 'cost' should be called in version '=1.2.0'
    And the workflow should complete

  Scenario: An agent that fails says where it was called
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: cost
    """
    And given the agent 'cost' fails with:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/communication", status: 503 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 503, instance: /do/0/ask }
    """
    And ask should fault

  Scenario: A URI is filled from the input
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: http
          with:
            method: get
            endpoint: https://example.com/{city}/{number}?all={none}
    """
    And given the workflow input is:
    """yaml
    { city: "São Paulo", number: 7 }
    """
    And given the agent 'http' answers:
    """yaml
    { ok: true }
    """
    When the workflow is executed
    Then the workflow should complete
    And the agent 'http' should be called with:
    """yaml
    { method: get, endpoint: "https://example.com/S%C3%A3o%20Paulo/7?all=" }
    """

  Scenario: A URI is not filled from what is no scalar
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: http
          with:
            method: get
            endpoint: https://example.com/{city}
    """
    And given the workflow input is:
    """yaml
    { city: [ 1 ] }
    """
    And given the agent 'http' answers:
    """yaml
    1
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/expression", status: 400, instance: /do/0/ask }
    """

  Scenario: Headers, query and body are evaluated
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: http
          with:
            method: post
            endpoint: { uri: "https://example.com" }
            headers: { X-Id: "${ .id }" }
            query: { page: "${ .page }" }
            body: { all: "${ . }" }
    """
    And given the workflow input is:
    """yaml
    { id: a1, page: 2 }
    """
    And given the agent 'http' answers:
    """yaml
    { ok: true }
    """
    When the workflow is executed
    Then the workflow should complete
    And the agent 'http' should be called with:
    """yaml
    { method: post, endpoint: { uri: "https://example.com" }, headers: { X-Id: a1 }, query: { page: 2 }, body: { all: { id: a1, page: 2 } } }
    """

  Scenario: An authentication by name is put where it is used
    Given a workflow with the body:
    """yaml
    use:
      authentications:
        shop: { bearer: { token: "${ .token }" } }
    do:
      - ask:
          call: http
          with:
            method: get
            endpoint: { uri: "https://example.com", authentication: { use: shop } }
    """
    And given the workflow input is:
    """yaml
    { token: abc }
    """
    And given the agent 'http' answers:
    """yaml
    1
    """
    When the workflow is executed
    Then the workflow should complete
    And the agent 'http' should be called with:
    """yaml
    { method: get, endpoint: { uri: "https://example.com", authentication: { bearer: { token: abc } } } }
    """

  Scenario: An authentication by a secret
    Given a workflow with the body:
    """yaml
    use: { secrets: [ login ] }
    do:
      - ask:
          call: http
          with:
            method: get
            endpoint: { uri: "https://example.com", authentication: { basic: { use: login } } }
    """
    And given the secret 'login' is:
    """yaml
    { username: me, password: pass }
    """
    And given the agent 'http' answers:
    """yaml
    1
    """
    When the workflow is executed
    Then the workflow should complete
    And the agent 'http' should be called with:
    """yaml
    { method: get, endpoint: { uri: "https://example.com", authentication: { basic: { username: me, password: pass } } } }
    """

  Scenario: MCP and A2A are calls of their agents
    Given a workflow with the body:
    """yaml
    do:
      - tool:
          call: mcp
          with:
            method: tools/call
            parameters: { name: find, arguments: { q: "${ .q }" } }
            transport: { http: { endpoint: "https://example.com/mcp" } }
      - peer:
          call: a2a
          with:
            method: message/send
            server: https://example.com/a2a
            parameters: { message: { parts: [ { kind: text, text: hello } ] } }
    """
    And given the workflow input is:
    """yaml
    { q: why }
    """
    And given the agent 'mcp' answers:
    """yaml
    { content: [] }
    """
    And given the agent 'a2a' answers:
    """yaml
    { kind: message }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { kind: message }
    """
    And the agent 'mcp' should be called 1 time
    And the agent 'a2a' should be called 1 time

  Scenario: A call that is cancelled with its workflow is withdrawn
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: cost
    """
    And given the agent 'cost' never answers
    And given the workflow is cancelled after 3s
    When the workflow is executed
    Then the workflow should cancel
    And ask should cancel
    And the agent 'cost' should be withdrawn
    And the workflow should take 3s

  Scenario: Protocols that are left out are refused
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: grpc
          with: { proto: { endpoint: "file://a.proto" }, service: { name: A, host: b }, method: C }
    """
    When the workflow is executed
    Then the workflow should be refused with 'grpc'
