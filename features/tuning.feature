Feature: What I correct, the writer can learn
  An answer that held is a lesson as it stands; where I know better, my words are.

  Background:
    Given the archive of Kittiwake Point

  Scenario: An answer whose claims are all supported can be learnt
    When I ask "When was the lighthouse at Kittiwake Point built?"
    Then the writer can learn the answer

  Scenario: My words take the place of a claim, and the answer stays as it was given
    When I ask "When was the lighthouse at Kittiwake Point built?"
    And I say that the first claim should have been "It was built long ago, say the papers."
    Then the writer can learn "It was built long ago, say the papers."
    And the answer is what it was

  Scenario: A credential that I write is neither kept nor learnt
    When I ask "When was the lighthouse at Kittiwake Point built?"
    And I say that the first claim should have been "The key is sk-ant-api03-a1B2c3D4a1B2c3D4a1B2c3D4a1B2c3D4a1B2c3D4."
    Then the writer can learn nothing of it
    And the key is not in what was noted

  Scenario: Where the sources say nothing, there is nothing to learn
    When I ask "What does a ticket to the moon cost?"
    Then the writer can learn nothing of it
