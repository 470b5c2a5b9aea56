Feature: Models that go astray
  A model that loses its way is brought back, and stopped when that does not help. What it had found is not lost, and the
  answer says what happened.

  Scenario Outline: It is brought back, then stopped
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    And a model that <goes astray>
    When I ask for everything about "When was the observatory founded?"
    Then the answer is partial
    And it shows what was found until then
    And the supervisor tried to <help> before it stopped it
    And the answer says "<reason>"

    Examples:
      | conductor      | goes astray                  | help              | reason                                                  |
      | Rookery itself | makes the same call for ever | switch tool       | no valid action in 2 rounds: stop with what was found |
      | Prefect        | makes the same call for ever | rephrase          | no valid action in 2 rounds: stop with what was found |
      | Rookery itself | calls what is not there      | raise temperature | no valid action in 2 rounds: stop with what was found |
      | Prefect        | calls what is not there      | raise temperature | no valid action in 2 rounds: stop with what was found |

  Scenario: It looks for ever and finds nothing new
    Given the archive of Kittiwake Point
    And a historian of my own
    And a model that finds something once and looks for more for ever
    When I have the historian find out "When was the observatory founded?"
    Then the answer is partial
    And it shows what was found until then
    And the supervisor tried to rephrase before it stopped it
    And the answer says "nothing new in 3 rounds: stop with what was found"

  Scenario Outline: It says nothing that makes sense
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    And a model that talks nonsense
    When I ask "When was the observatory founded?"
    Then the answer is partial
    And it shows what was found until then
    And the answer says "stands in"
    And the answer names who stood in

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |

  Scenario: It claims more than its quotes say
    Given the archive of Kittiwake Point
    And a model that states figures of its own
    When I ask "When was the observatory founded?"
    Then the answer is partial
    And nothing is claimed as supported

  Scenario: It does its work
    Given the archive of Kittiwake Point
    And a model that works as it should
    When I ask "When was the observatory founded?"
    Then I get an answer
    And the supervisor had nothing to do
