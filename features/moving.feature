Feature: Moving to another machine
  Nothing stands still for a backup, and nothing is lost by the move.

  Scenario: In the middle of the work
    Given the archive of Kittiwake Point
    And a run that was answered some time ago
    And I have noted "Mara keeps the kiln by the slipway."
    When I make a backup while somebody asks "Who built the tide gauge?"
    And I restore it on another machine
    Then nothing is broken there
    And both answers are found whole there, the unfinished one in the same words
    And it is known there that "Mara keeps the kiln by the slipway."

  Scenario: Onto a machine that is in use
    Given the archive of Kittiwake Point
    And a run that was answered some time ago
    When I make a backup while somebody asks "Who built the tide gauge?"
    And I restore it where I still work
    Then I am told who is in the way, and nothing has changed
