Feature: Documents that cannot be read
  A folder is never perfect. What cannot be read is named; the rest is read.

  Scenario Outline: One bad source among good ones
    Given a folder with a note that says "Rooks nest in tall elms."
    And a source that is <bad>
    When I ask "Where do rooks nest?"
    Then the answer mentions "tall elms"
    And I am told that <complaint>

    Examples:
      | bad                                  | complaint                |
      | a path that is not there             | there is no file         |
      | a broken PDF                         | is damaged               |
      | an empty folder                      | has no document          |
      | a text of 50 MB                      | more than the limit      |
      | a binary file                        | is not text              |
      | a broken Word document               | is damaged               |
      | a page that leads inside our network | is not on the public web |

  Scenario: Nothing can be read
    Given a source that is a path that is not there
    When I ask "Where do rooks nest?"
    Then I am told that the sources do not answer this question
    And I am told that there is no file

  Scenario Outline: What is not plain text
    Given <document> that says "Rooks nest in tall elms."
    When I ask "Where do rooks nest?"
    Then the answer mentions "tall elms"

    Examples:
      | document           |
      | a Word document    |
      | a page of our wiki |

  Scenario: One of two copies is taken out of the library
    Given two copies of a note that says "Rooks nest in tall elms."
    When I take one copy out of the library
    Then the library finds "tall elms" once
    When I take the other copy out of the library
    Then the library finds nothing
