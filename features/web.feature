Feature: Searching the web
  A researcher who names no documents gets an answer from the web, and sees which page each sentence comes from.

  Scenario: A page of the web is cited
    Given a search engine that knows a page about the lighthouse
    When the researcher asks how tall the lighthouse is
    Then the answer quotes that page word for word

  Scenario: One search engine stands in for another
    Given a search engine that knows a page about the lighthouse
    And a preferred search engine that is too busy
    When the researcher asks how tall the lighthouse is
    Then the answer quotes that page word for word
    And the researcher can see that the other engine was asked

  Scenario: A result that leads inside the house is not opened
    Given a search engine whose result leads to a machine inside
    When the researcher asks how tall the lighthouse is
    Then nothing inside was opened
