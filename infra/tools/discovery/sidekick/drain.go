package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	drainInterval = 50 * time.Millisecond
	// Rest so many times as long as a look takes: on a slow machine looking must not hold up the
	// load balancer it waits for.
	restPerLook = 3
	// While HAProxy reloads, its old and its new process both answer: one answer is only half.
	answersInRow = 2
)

// drainer waits until no load balancer routes to a server any more.
type drainer struct {
	service string
	server  string
	port    int
	timeout time.Duration
	etcd    etcd
	journal *journal
}

func drain(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("drain", flag.ContinueOnError)
	service := flags.String("service", "loadbalancer", "`service` under /services that routes")
	server := flags.String("server", "", "`name` of the server in the load balancer")
	port := flags.Int("stats-port", 1936, "`port` of the load balancer's statistics")
	timeout := flags.Duration("timeout", 5*time.Second, "how long to wait at most")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *server == "" || flags.NArg() > 0 {
		return errors.New("-server NAME has to be given, and nothing but flags")
	}
	d := &drainer{
		service: *service, server: *server, port: *port, timeout: *timeout, journal: newJournal(),
	}
	// systemd sets it when the unit's process ended before a stop was asked for
	if os.Getenv("EXIT_CODE") != "" {
		d.journal.say("%s ended by itself, nothing to drain", d.server)
		return nil
	}
	var err error
	if d.etcd, err = connect(); err != nil {
		return err
	}
	defer d.etcd.Close()
	d.run(ctx)
	return nil
}

// run is part of stopping a unit, so it never hangs and never fails: what it could not see it says,
// and then lets the stop go on.
func (d *drainer) run(ctx context.Context) {
	begun := time.Now()
	bounded, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	addresses, err := balancers(bounded, d.etcd, d.service)
	if err != nil {
		d.journal.say("%s may still be routed to: etcd: %s", d.server, reason(err, patience))
	}
	for _, ip := range addresses {
		url := fmt.Sprintf("http://%s/;csv", net.JoinHostPort(ip, fmt.Sprint(d.port)))
		if err := awaitGone(bounded, url, d.server); errors.Is(err, errStillRouted) {
			d.journal.say("load balancer %s still routes to %s after %s, going on", ip, d.server, d.timeout)
		} else if err != nil {
			d.journal.say("load balancer %s skipped: %s", ip, reason(err, probeTimeout))
		} else {
			d.journal.say("load balancer %s does not route to %s any more", ip, d.server)
		}
	}
	d.journal.say("%s drained after %s (load balancers: %d)",
		d.server, time.Since(begun).Round(time.Millisecond), len(addresses))
}

// balancers lists the addresses announced for a service.
func balancers(ctx context.Context, client etcd, service string) ([]string, error) {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := client.Get(bounded, path.Join("/services", service)+"/", clientv3.WithPrefix())
	if err != nil {
		return nil, err
	}
	var addresses []string
	for _, pair := range found.Kvs {
		if strings.HasSuffix(string(pair.Key), "/ip") {
			addresses = append(addresses, string(pair.Value))
		}
	}
	return addresses, nil
}

var errStillRouted = errors.New("still routed")

// awaitGone looks until a load balancer does not route to the server any more. A load balancer that
// does not answer routes nothing, or cannot be waited for.
func awaitGone(ctx context.Context, url, server string) error {
	for gone := 0; ; {
		began := time.Now()
		routed, err := askRoutes(ctx, url, server)
		pause := max(drainInterval, restPerLook*time.Since(began))
		switch {
		case ctx.Err() != nil:
			return errStillRouted
		case err != nil:
			return err
		case routed:
			gone = 0
		default:
			gone++
		}
		if gone == answersInRow {
			return nil
		}
		select {
		case <-ctx.Done():
			return errStillRouted
		case <-time.After(pause):
		}
	}
}
