Feature: One piece of research, from door to door
  I begin where I am, and go on wherever I happen to be.

  Scenario: Begun in Slack, followed in the dashboard, approved on the command line, read by a program
    Given a workspace of Slack in which Rookery listens
    And a clerk who posts what it was told to, and asks before
    When I ask in Slack "Post that the tide gauge is from 1884"
    Then Slack shows me how far it is, and what the clerk wants to do
    And the dashboard's stream tells the same, up to the clerk's request
    When I approve it on the command line
    Then the dashboard's stream goes on to the end, without a gap
    And Slack says that it was approved on the command line, and that the work is done
    And a program reads the same run over REST
    And the notice was posted once
