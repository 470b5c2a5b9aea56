Feature: The same answer everywhere
  It does not matter where I ask.

  Scenario: Command line, programs and dashboard agree
    Given a running Rookery
    When I ask on the command line, over the network and in the dashboard
      """
      Where did the man who built the tide gauge at Kittiwake Point learn his trade?
      """
    Then all three answers are the same, claim for claim and quote for quote

  Scenario: Opening a quote at its place
    Given a running Rookery
    When I ask in the dashboard
      """
      Where did the man who built the tide gauge at Kittiwake Point learn his trade?
      """
    And I open the first quote
    Then the source is shown with exactly that quote highlighted

  Scenario: An earlier run is reopened
    Given a running Rookery
    When I ask in the dashboard
      """
      When was the observatory founded?
      """
    And I open it again from the list of runs
    Then I read the same answer
