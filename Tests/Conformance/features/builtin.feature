Feature: Built-in functions
  The functions of the default catalog.

  Scenario: The name of an agent may be data
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: agent
          with: { name: "${ .who }", version: 1.0.0, input: { q: "${ .q }" } }
    """
    And given the workflow input is:
    """yaml
    { who: cost, q: why }
    """
    And given the agent 'cost' answers:
    """yaml
    42
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    42
    """
    And the agent 'cost' should be called with:
    """yaml
    { q: why }
    """
    And the agent 'cost' should be called in version '1.0.0'

  Scenario: An agent may be given a time
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: agent
          with: { name: cost, timeout: PT10S }
    """
    And given the agent 'cost' never answers
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 408, instance: /do/0/ask }
    """
    And the agent 'cost' should be given 10s
    And the agent 'cost' should be withdrawn
    And the workflow should take 10s

  Scenario: An agent without a name is an error
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: agent
          with: { input: 1 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/validation", instance: /do/0/ask }
    """

  Scenario: A fan-out calls its agents side by side and keeps their order
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: fan-out
          with: { agents: "${ .domains }", input: { q: "${ .q }" } }
          output: { as: '{ responses, failed, all: (.successRate == 1) }' }
    """
    And given the workflow input is:
    """yaml
    { domains: [ cost, security ], q: why }
    """
    And given the agent 'cost' answers after 5s:
    """yaml
    { text: cheap }
    """
    And given the agent 'security' answers after 2s:
    """yaml
    { text: safe }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { responses: { cost: { text: cheap }, security: { text: safe } }, failed: [], all: true }
    """
    And the workflow should take 5s
    And the agent 'cost' should be called with:
    """yaml
    { q: why }
    """

  Scenario: A fan-out collects errors among its results
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: fan-out
          with: { agents: [ a, b, c, d ], input: {} }
          output: { as: '{ failed, successRate, second: .results[1].success, error: .results[1].error.status }' }
    """
    And given the agent 'a' answers:
    """yaml
    1
    """
    And given the agent 'b' fails with:
    """yaml
    { status: 503 }
    """
    And given the agent 'c' answers:
    """yaml
    3
    """
    And given the agent 'd' answers:
    """yaml
    4
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { failed: [ b ], successRate: 0.75, second: false, error: 503 }
    """

  Scenario: A fan-out may fail with the first error
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: fan-out
          with: { agents: [ a, b ], onError: fail, input: {} }
    """
    And given the agent 'a' never answers
    And given the agent 'b' fails with after 1s:
    """yaml
    { status: 503 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { status: 503, instance: /do/0/ask }
    """
    And the agent 'a' should be withdrawn

  Scenario: A fan-out over data
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: fan-out
          with: { over: "${ .files }", agent: reader, as: file, input: { mode: fast } }
          output: { as: '[ .results[].result ]' }
    """
    And given the workflow input is:
    """yaml
    { files: [ x, y ] }
    """
    And given the agent 'reader' echoes its input
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { mode: fast, file: x }, { mode: fast, file: y } ]
    """

  Scenario: A fan-out keeps to its concurrency
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: fan-out
          with: { over: [ 1, 2, 3, 4 ], agent: worker, concurrency: 2 }
          output: { as: .total }
    """
    And given the agent 'worker' echoes its input after 1s
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    4
    """
    And the workflow should take 2s

  Scenario: A fan-out over nobody
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: fan-out
          with: { agents: [] }
          output: { as: '{ total, successRate: (.successRate == 0) }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { total: 0, successRate: true }
    """

  Scenario: An agent of a fan-out may be too late
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: fan-out
          with: { agents: [ a, { name: b, timeout: PT2S, as: second } ], input: {} }
          output: { as: '{ failed, status: .results[1].error.status }' }
    """
    And given the agent 'a' answers after 3s:
    """yaml
    1
    """
    And given the agent 'b' never answers
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { failed: [ second ], status: 408 }
    """
    And the agent 'b' should be withdrawn
    And the workflow should take 3s

  Scenario: Keywords are matched as whole words
    Given a workflow with the body:
    """yaml
    do:
      - match:
          call: keyword-match
          with: { text: "${ .q }", rules: { graph: [ graph ], greeting: [ hi ], alert: [ notify ] } }
          output: { as: .matches }
    """
    And given the workflow input is:
    """yaml
    { q: This paragraph notified nobody of graphs }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ graph, alert ]
    """

  Scenario: Keywords are matched as parts of words
    Given a workflow with the body:
    """yaml
    do:
      - match:
          call: keyword-match
          with: { text: "${ .q }", match: substring, rules: { graph: [ graph ], greeting: [ hi ] } }
          output: { as: .matches }
    """
    And given the workflow input is:
    """yaml
    { q: This paragraph }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ graph, greeting ]
    """

  Scenario: The longest phrase wins where phrases overlap
    Given a workflow with the body:
    """yaml
    do:
      - match:
          call: keyword-match
          with:
            text: "${ .q }"
            overlap: longest
            rules: [ { label: triage, words: [ health check ] }, { label: all, words: [ comprehensive health check ] } ]
          output: { as: .matches }
    """
    And given the workflow input is:
    """yaml
    { q: Run a comprehensive health check please }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ all ]
    """

  Scenario: A cached agent has one key for the same parameters
    Given a workflow with the body:
    """yaml
    do:
      - one: { call: cached-agent, with: { name: schema, input: { a: 1, b: 2 }, ttl: PT1H } }
      - two: { call: cached-agent, with: { name: schema, input: { b: 2, a: 1 }, ttl: PT1H } }
    """
    And given the agent 'schema' answers:
    """yaml
    { tables: [] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { tables: [] }
    """
    And the calls of the agent 'schema' should share 1 answers

  Scenario: A classification counts keywords
    Given a workflow with the body:
    """yaml
    do:
      - classify:
          call: classify
          with: { text: "${ .q }", rules: { cost: [ price, bill ], security: [ leak ] }, default: other }
          output: { as: '{ what: .["label"], confidence }' }
    """
    And given the workflow input is:
    """yaml
    { q: The price on the bill after the leak }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { what: cost, confidence: 0.6666666666666666 }
    """

  Scenario: A route without a match is the default
    Given a workflow with the body:
    """yaml
    do:
      - route:
          call: route
          with: { text: hello, rules: { cost: [ price ] }, default: [ general ] }
          output: { as: '{ routes, isDefault }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { routes: [ general ], isDefault: true }
    """

  Scenario: A synthesis joins what was answered
    Given a workflow with the body:
    """yaml
    do:
      - join:
          call: synthesize
          with: { responses: { cost: { response: cheap }, security: { error: down }, quality: { response: fine } } }
          output: { as: .text }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    "cost: cheap\nquality: fine"
    """

  Scenario: A policy takes the first rule that holds
    Given a workflow with the body:
    """yaml
    do:
      - decide:
          call: policy
          with:
            confidence: "${ .confidence }"
            rules:
              - { when: "${ .remediated }", min: 0.8, decision: auto_close }
              - { min: 0.5, decision: auto_retry }
            default: escalate
          output: { as: .decision }
    """
    And given the workflow input is:
    """yaml
    { confidence: 0.7, remediated: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    auto_retry
    """

  Scenario: Memory lasts as long as the run
    Given a workflow with the body:
    """yaml
    do:
      - one: { call: memory-save, with: { session: s1, append: { q: first } } }
      - two: { call: memory-save, with: { session: s1, append: { q: second } } }
      - three: { call: memory-load, with: { session: s1 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { q: first }, { q: second } ]
    """

  Scenario: A question that nobody answers takes its default
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: ask-human
          with: { question: Go on?, assignee: ada, due: PT1H, default: { goOn: false } }
    """
    And given the agent 'ask-human' never answers
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { goOn: false }
    """
    And the agent 'ask-human' should be withdrawn
    And the workflow should take 1h

  Scenario: A question that is answered
    Given a workflow with the body:
    """yaml
    do:
      - ask:
          call: ask-human
          with: { question: Go on?, due: PT1H }
    """
    And given the agent 'ask-human' answers after 10m:
    """yaml
    { goOn: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { goOn: true }
    """
    And the workflow should take 10m

  Scenario: A fan-out may take answers from a cache
    Given a workflow with the body:
    """yaml
    do:
      - one: { call: fan-out, with: { agents: [ schema, sizes ], input: { a: 1 }, ttl: PT1H } }
      - two: { call: cached-agent, with: { name: schema, input: { a: 1 }, ttl: PT1H } }
    """
    And given the agent 'schema' answers:
    """yaml
    { tables: [] }
    """
    And given the agent 'sizes' answers:
    """yaml
    {}
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { tables: [] }
    """
    And the calls of the agent 'schema' should share 1 answers

  Scenario: What is remembered is a list by table and session, and the last of it is loaded
    Given a workflow with the body:
    """yaml
    do:
      - save: { call: memory-save, with: { table: talks, session: s, messages: [ a, b, c ] } }
      - other: { call: memory-save, with: { table: wishes, session: s, value: { tone: short } } }
      - more: { call: memory-save, with: { table: talks, session: s, append: d, limit: 3 } }
      - load: { call: memory-load, with: { table: talks, session: s, limit: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ c, d ]
    """
