Feature: A machine is lost
  Machines lose power. fleet has to notice that a machine is silent and place its units on the
  machines that are left; etcd has to go on deciding with those that remain.

  The database keeps its data on the disk of one machine, and nothing else has a copy: that machine
  is kept out of these scenarios (only it carries storage=true, and MySQL is placed there alone).

  Background:
    Given the complete set is launched

  Scenario: The machine of a web server is lost and returns
    Given a web server runs on a machine without the load balancer and the database
    And customers are working
    When the machine of that web server is lost
    Then etcd keeps its quorum
    And fleet places it on another machine within the bound
    And it is announced within the bound
    And it is routed within the bound
    And it serves customers within the bound
    And no request has failed
    When the lost machine returns
    Then it joins the cluster again within the bound
    And no unit runs twice
    And each instance has exactly one discovery entry
    And no acknowledged account is lost

  Scenario: The machine of the load balancer is lost
    Given customers are working
    When the machine of the load balancer is lost
    Then etcd keeps its quorum
    And fleet places it on another machine that is public within the bound
    And it is announced within the bound
    And customers who follow discovery are served within the bound
    And no acknowledged account is lost

  Scenario: The machine of the etcd leader is lost
    Given the etcd leader runs on a machine without the database
    And customers are working
    When the machine of the etcd leader is lost
    Then etcd keeps its quorum
    And every unit of the lost machine is placed on another machine within the bound
    And each instance has exactly one discovery entry
    And the load balancer routes to exactly the announced web servers
    When the lost machine returns
    Then it joins the cluster again within the bound
    And no unit runs twice
    And no acknowledged account is lost
