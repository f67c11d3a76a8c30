Feature: Data between tasks
  input, output, export and their schemas, in the order of the data flow.

  Scenario: The input of a workflow is transformed first
    Given a workflow with the body:
    """yaml
    input: { from: .order }
    do:
      - first:
          set: { id: "${ .id }", raw: "${ $workflow.input.order.id }" }
    """
    And given the workflow input is:
    """yaml
    { order: { id: 7 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { id: 7, raw: 7 }
    """

  Scenario: The input of a workflow is checked before it is transformed
    Given a workflow with the body:
    """yaml
    input:
      schema:
        format: json
        document: { type: object, required: [ order ] }
      from: .order
    do:
      - first:
          set: { a: 1 }
    """
    And given the workflow input is:
    """yaml
    { other: 1 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/validation", status: 400 }
    """
    And first should not run

  Scenario: The input of a task may be made of several expressions
    Given a workflow with the body:
    """yaml
    do:
      - first:
          input:
            from: { x: "${ .a }", y: "${ .b }" }
          set: { sum: "${ .x + .y }", input: "${ $input }", raw: "${ $task.input }" }
    """
    And given the workflow input is:
    """yaml
    { a: 1, b: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { sum: 3, input: { x: 1, y: 2 }, raw: { a: 1, b: 2 } }
    """

  Scenario: The input of a task is checked before it is transformed
    Given a workflow with the body:
    """yaml
    do:
      - first:
          input:
            schema:
              format: json
              document: { type: object, properties: { a: { type: integer } } }
            from: .a
          set: { a: "${ . }" }
    """
    And given the workflow input is:
    """yaml
    { a: text }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/validation", status: 400, instance: /do/0/first }
    """

  Scenario: The output of a task sees its raw output and its input
    Given a workflow with the body:
    """yaml
    do:
      - first:
          input: { from: .n }
          set: { twice: "${ . * 2 }" }
          output:
            as: { got: "${ .twice }", from: "${ $input }", raw: "${ $task.output.twice }" }
    """
    And given the workflow input is:
    """yaml
    { n: 4 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { got: 8, from: 4, raw: 8 }
    """

  Scenario: The output of a task is checked after it is transformed
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: 1 }
          output:
            as: .a
            schema:
              format: json
              document: { type: string }
    """
    When the workflow is executed
    Then the workflow should fault with error type 'validation'
    And first should fault

  Scenario: The output of a workflow is transformed and sees the context
    Given a workflow with the body:
    """yaml
    output:
      as: { last: "${ . }", context: "${ $context }" }
    do:
      - first:
          set: { a: 1 }
          export: { as: '{ kept: .a }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { last: { a: 1 }, context: { kept: 1 } }
    """

  Scenario: The output of a workflow is checked after it is transformed
    Given a workflow with the body:
    """yaml
    output:
      as: .a
      schema: { format: json, document: { type: string } }
    do:
      - first:
          set: { a: 1 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/validation", instance: /output }
    """

  Scenario: An export replaces the context
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: 1 }
          export: { as: '{ a: .a }' }
      - second:
          set: { b: 2 }
          export: { as: '$context + { b: .b }' }
      - third:
          set: ${ $context }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { a: 1, b: 2 }
    """

  Scenario: An export sees the transformed output
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: 1 }
          output: { as: .a }
          export:
            as: { got: "${ . }", output: "${ $output }", raw: "${ $task.output }" }
      - second:
          set: ${ $context }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { got: 1, output: 1, raw: { a: 1 } }
    """

  Scenario: An exported context is checked
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { a: 1 }
          export:
            as: '{ a: .a }'
            schema: { format: json, document: { type: object, required: [ b ] } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/validation", instance: /do/0/first }
    """

  Scenario: Before anything is exported the context is the input of the workflow
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: ${ $context }
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

  Scenario: What a task gives is what the next one gets
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { n: 1 }
          output: { as: .n }
      - second:
          set: { got: "${ . }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { got: 1 }
    """

  Scenario: A workflow without an input gets null
    Given a workflow with the body:
    """yaml
    do:
      - first:
          set: { got: "${ . }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { got: null }
    """
