Feature: Steering a run
  A run is mine to stop, and nothing that it did is done twice.

  Scenario Outline: A paused run goes on where it was
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    And a run that is paused after its plan
    When I resume it
    Then I get an answer
    And the plan was made once

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |

  Scenario Outline: A cancelled run ends
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    And a run that is cancelled after its plan
    Then the run is cancelled
    And it cannot be resumed

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |

  Scenario Outline: A run whose machine was switched off goes on
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    And a run whose process was killed after its plan
    Then the run is shown as interrupted
    When I resume it
    Then I get an answer
    And the plan was made once

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |
