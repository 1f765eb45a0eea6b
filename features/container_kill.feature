Feature: A container is killed
  Containers die without warning: out of memory, a crash, a mistake. The machine's own systemd has
  to notice and bring the container back, and service discovery has to tell the truth meanwhile.

  Background:
    Given the complete set is launched
    And customers are working

  Scenario Outline: The container of a <service> comes back and customers notice nothing
    When the container of a <service> is killed
    Then systemd runs it again within the bound
    And it is announced within the bound
    And each instance has exactly one discovery entry
    And the load balancer routes to exactly the announced web servers
    And no request has failed
    And no acknowledged account is lost

    Examples:
      | service    |
      | web server |
      | cache      |

  Scenario Outline: The container of the <service> comes back and nothing is lost
    When the container of the <service> is killed
    Then systemd runs it again within the bound
    And it is announced within the bound
    And customers are served within the bound
    And each instance has exactly one discovery entry
    And the load balancer routes to exactly the announced web servers
    And no acknowledged account is lost

    Examples:
      | service       |
      | database      |
      | load balancer |
