// Sidekick stands beside one instance of a service: it announces the instance in etcd while the
// instance answers a probe, and tells when load balancers route to it no more.
//
// It runs under systemd: it logs to the journal, ends on SIGTERM, and finds etcd's members in
// ETCD_ENDPOINTS (comma separated). SIDEKICK_TTL is the machine's default of -ttl.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage:
  sidekick announce -unit NAME -path /services/SERVICE -ip IP -port PORT -probe PROBE
  sidekick drain -service SERVICE -server NAME
A PROBE is tcp, memcache, mysql or http://[IP][:PORT]/PATH; what is left out is the instance's own.
'sidekick VERB -help' lists all flags.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	verbs := map[string]func(context.Context, []string) error{"announce": announce, "drain": drain}
	if len(os.Args) < 2 || verbs[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := verbs[os.Args[1]](ctx, os.Args[2:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "sidekick %s: %v\n", os.Args[1], err)
		os.Exit(2)
	}
}
