Feature: A question over a folder of documents
  A researcher asks, and gets an answer in which every claim is a quote that can be looked up.

  Scenario Outline: An answer that needs two documents
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    When I ask "Where did the man who built the tide gauge at Kittiwake Point learn his trade?"
    Then I get an answer
    And the answer mentions "Besançon"
    And it rests on at least 2 documents
    And every quote stands in its source, character for character

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |

  Scenario: A question that the documents do not answer
    Given the archive of Kittiwake Point
    When I ask "What is the boiling point of tungsten?"
    Then I am told that the sources do not answer this question
    And nothing is claimed as supported

  Scenario: A question that the documents only come near
    Given the archive of Kittiwake Point
    When I ask "When was the seismograph at Kittiwake Point installed?"
    Then the answer is partial
    And nothing is claimed as supported
    And I am told that nothing clearly answers it

  Scenario Outline: The colony divides the work
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    When I ask "Where did the man who built the tide gauge at Kittiwake Point learn his trade?"
    Then the coordinator made a plan
    And each sub-question had a researcher of its own
    And the critic looked at the evidence before the writer wrote

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |

  Scenario: Asking again reads nothing twice
    Given the archive of Kittiwake Point
    When I ask "When was the observatory founded?"
    And I ask the same again
    Then no document was new the second time
    And both answers are the same

  Scenario Outline: Time runs out
    Given <conductor> conducts my runs
    And the archive of Kittiwake Point
    When I give the colony no time to ask "When was the observatory founded?"
    Then the answer is partial
    And I am told that the time was used up

    Examples:
      | conductor      |
      | Rookery itself |
      | Prefect        |
