Feature: A container is paused
  A container may stop answering without ending: its processes stand still and its connections stay
  open. Nothing restarts it, so service discovery has to take it out of service, and to bring it
  back when it answers again.

  Background:
    Given the complete set is launched
    And customers are working

  Scenario: A web server's container is paused and resumed
    When the container of a web server is paused
    Then its discovery entry is gone within the bound
    And it is out of routing within the bound
    When the container of the web server is resumed
    Then it is announced within the bound
    And it is routed within the bound
    And it serves customers within the bound
    And each instance has exactly one discovery entry
    And no request has failed
    And no acknowledged account is lost

  Scenario: A cache's container is paused and resumed
    When the container of a cache is paused
    Then its discovery entry is gone within the bound
    When the container of the cache is resumed
    Then it is announced within the bound
    And each instance has exactly one discovery entry
    And no acknowledged account is lost
