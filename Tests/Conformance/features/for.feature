Feature: For tasks
  Iterations: each takes what the one before gave.

  Scenario: The output of an iteration is the input of the next
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { each: n, in: .list }
          do:
            - add:
                set: { list: "${ .list }", sum: "${ (.sum // 0) + $n }" }
          output: { as: .sum }
    """
    And given the workflow input is:
    """yaml
    { list: [ 1, 2, 3 ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    6
    """
    And add should run 3 times

  Scenario: Names of item and index have defaults
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { in: .list }
          do:
            - add:
                set: { list: "${ .list }", last: "${ { item: $item, index: $index } }" }
          output: { as: .last }
    """
    And given the workflow input is:
    """yaml
    { list: [ a, b ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { item: b, index: 1 }
    """

  Scenario: The name of the index may be chosen
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { each: word, in: .list, at: place }
          do:
            - add:
                set: { places: "${ (.places // []) + [ $place ] }" }
    """
    And given the workflow input is:
    """yaml
    { list: [ a, b, c ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { places: [ 0, 1, 2 ] }
    """

  Scenario: An inline list is iterated over
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for:
            each: colour
            in: [ { name: red }, { name: "${ .favourite }" } ]
          do:
            - add:
                set: { names: "${ (.names // []) + [ $colour.name ] }", favourite: "${ .favourite }" }
          output: { as: .names }
    """
    And given the workflow input is:
    """yaml
    { favourite: blue }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ red, blue ]
    """

  Scenario: Nothing to iterate over gives the input
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { in: .list }
          do:
            - add:
                set: { never: true }
    """
    And given the workflow input is:
    """yaml
    { list: [] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { list: [] }
    """
    And add should not run

  Scenario: While ends the loop before an iteration
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { each: n, in: .list }
          while: (.sum // 0) < 3
          do:
            - add:
                set: { list: "${ .list }", sum: "${ (.sum // 0) + $n }" }
          output: { as: .sum }
    """
    And given the workflow input is:
    """yaml
    { list: [ 1, 2, 3, 4 ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    3
    """
    And add should run 2 times

  Scenario: While may look at the item
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { each: n, in: "[ 1, 2, 9, 3 ]" }
          while: $n < 5
          do:
            - add:
                set: { sum: "${ (.sum // 0) + $n }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { sum: 3 }
    """

  Scenario: Loops in loops see the items of both
    Given a workflow with the body:
    """yaml
    do:
      - outer:
          for: { each: a, in: "[ 1, 2 ]" }
          do:
            - inner:
                for: { each: b, in: "[ 10, 20 ]" }
                do:
                  - add:
                      set: { all: "${ (.all // []) + [ $a * $b ] }" }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { all: [ 10, 20, 20, 40 ] }
    """

  Scenario: Exit in an iteration goes on with the next
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { each: n, in: "[ 1, 2, 3 ]" }
          do:
            - keep:
                set: { all: "${ (.all // []) + [ $n ] }" }
                then: exit
            - never:
                set: { all: [] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { all: [ 1, 2, 3 ] }
    """
    And never should not run

  Scenario: End in an iteration ends the workflow
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { each: n, in: "[ 1, 2, 3 ]" }
          do:
            - keep:
                set: { n: "${ $n }" }
                then: end
      - after:
          set: { never: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 1 }
    """

  Scenario: What is no list cannot be iterated over
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { in: .list }
          do:
            - add:
                set: { never: true }
    """
    And given the workflow input is:
    """yaml
    { list: text }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { type: "https://open-workflow-specification.org/spec/1.0.0/errors/expression", status: 400, instance: /do/0/loop }
    """

  Scenario: A call in each iteration is a call of its own
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { each: n, in: "[ 1, 2, 3 ]" }
          do:
            - ask:
                call: doubler
                with: { n: "${ $n }" }
    """
    And given the agent 'doubler' echoes its input after 1s
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { n: 3 }
    """
    And the agent 'doubler' should be called 3 times
    And the workflow should take 3s

  Scenario: An error in an iteration says where it comes from
    Given a workflow with the body:
    """yaml
    do:
      - loop:
          for: { each: n, in: "[ 1 ]" }
          do:
            - boom:
                raise: { error: { type: "https://example.com/boom", status: 500 } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    { instance: /do/0/loop/do/0/boom }
    """
