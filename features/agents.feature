Feature: Agents that work together
  A question is divided, its parts are worked on side by side, and what is missing is asked for again.

  Scenario Outline: A question is divided, and its parts are worked on side by side
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    And a model that divides a question, and reads when all parts are being worked on
    When I ask "What happened at Kittiwake Point?"
    Then the coordinator made a plan
    And each sub-question had a researcher of its own
    And they worked side by side
    And every quote stands in its source, character for character

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |

  Scenario Outline: An agent of my own does a part of another's task
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    And a historian of my own
    And a model that has the historian help
    When I ask for everything about "When was the observatory founded?"
    Then I get an answer
    And the historian did a part of a researcher's task
    And what the historian found is cited

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |

  Scenario: Tasks are not handed on for ever
    Given the archive of Kittiwake Point
    And a model that hands everything on
    When I ask for everything about "When was the observatory founded?"
    Then I get an answer
    And no task was handed on more than twice

  Scenario Outline: An agent of my own works alone
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    And a historian of my own
    When I have the historian find out "Who built the tide gauge?"
    Then I get an answer
    And the answer mentions "Lucien Méridot"
    And nobody planned, and nobody else searched

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |

  Scenario Outline: The critic sends researchers out again
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    When I ask "Where did the man who built the tide gauge at Kittiwake Point learn his trade?"
    Then the critic asked on
    And its question had a researcher of its own
    And the answer mentions "Besançon"

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |

  Scenario Outline: Two sources contradict each other
    Given <conductor> conducts my runs
    And a note that says "The mill on the Weir was built in 1871 by Jonas Pell."
    And a note that says "The mill on the Weir was built in 1874 by Jonas Pell."
    When I ask "When was the mill on the Weir built?"
    Then the answer mentions "1871"
    And the answer mentions "1874"
    And I am told that the sources disagree

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |

  Scenario Outline: A limit is reached
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    And a historian of my own who may have <allowance>
    And a model that <manner>
    When I have the historian find out "When was the observatory founded?"
    Then the answer is partial
    And it shows what was found until then
    And I am told that <limit> were used up

    Examples:
      | conductor      | allowance         | manner                              | limit        |
      | Rookery itself | max_steps = 2     | always thinks of one more thing     | 2 steps      |
      | Prefect        | max_steps = 2     | always thinks of one more thing     | 2 steps      |
      | Rookery itself | max_tool_calls = 2| always thinks of one more thing     | 2 tool calls |
      | Rookery itself | max_tokens = 6000 | always thinks of one more thing     | 6000 tokens  |
      | Rookery itself | max_seconds = 2   | falls silent when it is to decide   | 2 seconds    |
      | Prefect        | max_seconds = 2   | falls silent when it is to decide   | 2 seconds    |
