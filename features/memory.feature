Feature: A memory that can be trusted
  What was learnt is found again, can be corrected, forgotten and shared, and nothing is lost.

  Scenario: Something learnt is found again
    Given I noted "Ada: The rooks nest in the elms by the weir."
    And I noted "The mill opens at nine."
    When I look for "Where do the rooks nest?"
    Then the first thing I find is "Ada: The rooks nest in the elms by the weir."
    And I am told what speaks for it

  Scenario: A correction takes the place of what was wrong
    Given I noted "The mill opens at nine." about the mill
    When I note "The mill opens at ten." about the mill
    And I look for "When does the mill open?"
    Then the first thing I find is "The mill opens at ten."
    And I do not find "The mill opens at nine."
    And the history of the mill shows, newest first
      """
      The mill opens at ten.
      The mill opens at nine.
      """

  Scenario: Something is forgotten
    Given I noted "The mill opens at nine." about the mill
    And I noted "The rooks nest in the elms."
    When I forget what I know about the mill
    And I look for "When does the mill open?"
    Then I do not find "The mill opens at nine."
    But I find "The rooks nest in the elms." when I look for "rooks"

  Scenario: Two machines that disagree come to agree
    Given a laptop and a desktop that share a folder
    And on the laptop I noted "The mill opens at nine." about the mill
    And later on the desktop I noted "The mill opens at ten." about the mill
    When both exchange their memories
    Then both hold "The mill opens at ten." about the mill
    And on both the history of the mill shows that "The mill opens at nine." lost

  Scenario: What one machine forgets the other one forgets too
    Given a laptop and a desktop that share a folder
    And on the laptop I noted "The mill opens at nine." about the mill
    And both exchange their memories
    When I forget on the desktop what I know about the mill
    And both exchange their memories
    Then neither holds anything about the mill

  Scenario: Credentials are not kept
    When I note a recipe with a password in it
    Then the password is nowhere on my disk
    And the note says where it was
    And I am told that one credential was replaced

  Scenario: Moving from another memory
    Given an export from mem0 in which Zoë "Keeps two rooks in the attic."
    When I import it twice
    And I look for "What does Zoë keep in the attic?"
    Then the first thing I find is "Keeps two rooks in the attic."
    And it is there once, under Zoë's name
