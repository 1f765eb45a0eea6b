Feature: A service is stopped
  Operators stop services for maintenance. A stopped part first says goodbye to service discovery,
  then serves its last customers, and only then ends; started again, it finds its own way back.

  Background:
    Given the complete set is launched
    And customers are working

  Scenario: A web server is stopped and started
    When a web server is stopped
    Then its discovery entry is gone within the bound
    And it is out of routing within the bound
    And its container has ended within the bound
    When the web server is started
    Then it is announced within the bound
    And it is routed within the bound
    And it serves customers within the bound
    And no request has failed

  Scenario: The load balancer is stopped and started
    When the load balancer is stopped
    Then its discovery entry is gone within the bound
    And its container has ended within the bound
    When the load balancer is started
    Then it is announced within the bound
    And customers who follow discovery are served within the bound

  Scenario: A cache is stopped and started
    When a cache is stopped
    Then its discovery entry is gone within the bound
    And the application's configuration no longer names it within the bound
    And its container has ended within the bound
    When the cache is started
    Then it is announced within the bound
    And the application's configuration names it again within the bound
    And no request has failed
