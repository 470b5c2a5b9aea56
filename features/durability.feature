Feature: Runs that survive anything
  What a run did is kept: I can stop it at any moment, see it again without a model, and have it checked anywhere.

  Scenario: A run is cancelled while its model is thinking
    Given the archive of Kittiwake Point
    And a run whose model thinks and thinks
    When I cancel it from another terminal
    Then the run is cancelled
    And the model thinks no more

  Scenario: An old run is shown again, and no model is asked
    Given the archive of Kittiwake Point
    And a run that was answered some time ago
    When I have it shown again
    Then I see the agents at work and the same answer
    And no model was asked

  Scenario: A run is checked on another machine
    Given the archive of Kittiwake Point
    And a run that was answered some time ago
    When I take it to another machine
    Then it is found whole there, every quote in its source
    When somebody changes a word of a quote on the way
    Then I am told there what was changed
