Feature: Telling the team
  What the colony found reaches the team where it works: whole, once, and without disturbing anybody.

  Background:
    Given the archive of Kittiwake Point

  Scenario Outline: The team gets the report once, although the service was busy
    Given our team works in <service>
    And <service> is busy for 10 seconds
    When I ask "When was the observatory founded?"
    And I send the report to the team
    Then the team has the report once
    And every claim of it is there, with its sources
    And <service> was left alone for as long as it asked
    And I was told that it is waited for

    Examples:
      | service |
      | Slack   |
      | Notion  |
      | GitHub  |
      | Jira    |

  Scenario Outline: The answer of the service is lost on the way
    Given our team works in <service>
    And the connection to <service> breaks as soon as it has taken something
    When I ask "When was the observatory founded?"
    And I send the report to the team
    Then the team has the report once

    Examples:
      | service |
      | Slack   |
      | Notion  |
      | GitHub  |
      | Jira    |

  Scenario Outline: I send the same report again
    Given our team works in <service>
    When I ask "When was the observatory founded?"
    And I send the report to the team
    And Rookery is started anew
    And I send the report to the team
    Then the team has the report once
    And I am told that it was sent before

    Examples:
      | service |
      | Slack   |
      | Notion  |
      | GitHub  |
      | Jira    |

  Scenario Outline: The service does not know us
    Given our team works in <service>
    And our access to <service> was revoked
    When I ask "When was the observatory founded?"
    And I send the report to the team
    Then I am told what to set
    And the team has nothing

    Examples:
      | service |
      | Slack   |
      | Notion  |
      | GitHub  |
      | Jira    |

  Scenario: A password in a message stays here
    Given our team works in Slack
    When I tell the team "The gauge is at ftp.kittiwake.test, password: hunter2-Gauge-1902!"
    Then the team reads about the gauge
    And the team does not read "hunter2-Gauge-1902!"
