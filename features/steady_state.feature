Feature: Steady state
  The CRM runs as a complete set of units on a cluster of machines. Before anything is broken it
  has to be whole: every part announced, customers routed to all of it, nothing remembered by one
  web server alone.

  Background:
    Given the complete set is launched

  Scenario: Every part is announced and routed
    Then each instance has exactly one discovery entry
    And the load balancer routes to exactly the announced web servers
    And no unit runs twice

  Scenario: Customers are not tied to a web server
    Given customers are working
    When every customer has been served by each web server
    Then no customer had to log in again
    And no request has failed

  Scenario: What a customer creates is found again
    Given customers are working
    When customers have created 10 accounts
    Then no acknowledged account is lost
