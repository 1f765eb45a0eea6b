package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"path"
	"time"
)

// eager is the time between probes of an instance that is not announced yet: somebody waits for it.
const eager = 100 * time.Millisecond

// tolerated is how many failed probes in a row take an entry away.
const tolerated = 2

// announcer keeps an entry in etcd exactly while its instance answers.
type announcer struct {
	entry    entry
	probe    probe
	ttl      time.Duration
	interval time.Duration
	patience time.Duration // how long the instance may take to answer
	etcd     etcd
	journal  *journal
	failures int
	current  *announcement // nil while there is nothing to take away
}

func announce(ctx context.Context, arguments []string) error {
	a, err := newAnnouncer(arguments)
	if err != nil {
		return err
	}
	defer a.etcd.Close()
	a.run(ctx)
	return nil
}

// run looks until the program has to stop, then takes the entry away.
func (a *announcer) run(ctx context.Context) {
	for {
		a.look(ctx)
		pause := a.interval
		if a.current == nil && pause > eager {
			pause = eager
		}
		select {
		case <-ctx.Done():
			a.withdraw("stopping")
			return
		case <-time.After(pause):
		}
	}
}

func newAnnouncer(arguments []string) (*announcer, error) {
	flags := flag.NewFlagSet("announce", flag.ContinueOnError)
	unit := flags.String("unit", "", "`name` of the instance's unit; the entry's uuid is made from it")
	directory := flags.String("path", "", "`directory` in etcd to announce under")
	ip := flags.String("ip", "", "`address` of the instance")
	port := flags.Int("port", 0, "`port` of the instance")
	wanted := flags.String("probe", "tcp", "what the instance has to answer")
	ttl := flags.Duration("ttl", 5*time.Second, "how long an entry outlives its sidekick, in whole seconds")
	interval := flags.Duration("interval", 500*time.Millisecond, "time between probes")
	patience := flags.Duration("patience", probeTimeout, "how long the instance may take to answer")
	machine := flags.String("machine-id", "/etc/machine-id", "`file` with the machine's id")
	for variable, flag := range map[string]string{"SIDEKICK_TTL": "ttl", "SIDEKICK_PATIENCE": "patience"} {
		if suitable := os.Getenv(variable); suitable != "" {
			if err := flags.Set(flag, suitable); err != nil {
				return nil, fmt.Errorf("%s: %w", variable, err)
			}
		}
	}
	if err := flags.Parse(arguments); err != nil {
		return nil, err
	}
	switch {
	case flags.NArg() > 0:
		return nil, fmt.Errorf("what is '%s'?", flags.Arg(0))
	case *unit == "" || !path.IsAbs(*directory):
		return nil, fmt.Errorf("-unit and -path /services/SERVICE have to be given")
	case net.ParseIP(*ip) == nil:
		return nil, fmt.Errorf("-ip '%s' is not an address", *ip)
	case *port < 1 || *port > 65535:
		return nil, fmt.Errorf("-port %d is not between 1 and 65535", *port)
	case *ttl < time.Second || *interval <= 0 || *patience <= 0:
		return nil, fmt.Errorf("-ttl has to be 1s or more, -interval and -patience more than 0")
	}
	id, err := os.ReadFile(*machine)
	if err != nil {
		return nil, err
	}
	uuid, err := instanceID(*unit, string(id))
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	e := entry{path: path.Join(*directory, uuid), host: host, ip: *ip, port: *port}
	p, err := parseProbe(*wanted, e)
	if err != nil {
		return nil, err
	}
	client, err := connect()
	if err != nil {
		return nil, err
	}
	return &announcer{
		entry: e, probe: p, ttl: *ttl, interval: *interval, patience: *patience,
		etcd: client, journal: newJournal(),
	}, nil
}

// look probes once and acts on what it sees.
func (a *announcer) look(ctx context.Context) {
	timeout := a.probeTime()
	err := a.probe.run(ctx, timeout)
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		a.failures = 0
		a.ensure(ctx)
		return
	}
	a.failures++
	why := reason(err, timeout)
	switch {
	case a.current == nil:
		a.journal.say("not announced: probe %s failed: %s", a.probe.name, why)
	case a.failures >= tolerated:
		a.withdraw(fmt.Sprintf("probe %s failed twice: %s", a.probe.name, why))
	}
}

// probeTime is short at first for an instance that is not announced: while its container starts a
// connection may be taken by Docker and never be answered. It grows, for an instance may be slow.
func (a *announcer) probeTime() time.Duration {
	if a.current != nil {
		return a.patience
	}
	return min(eager<<min(a.failures+1, 8), a.patience)
}

// ensure announces what is not announced, or whose lease was lost.
func (a *announcer) ensure(ctx context.Context) {
	if a.current != nil && !a.current.alive() {
		a.journal.say("lease %x lost: etcd did not renew it within %s", a.current.id, a.ttl)
		a.current.lessor.Close()
		a.current = nil
	}
	if a.current != nil && a.current.written {
		return
	}
	err := a.put(ctx)
	switch {
	case err == nil:
		a.journal.say("announced %s as %s on lease %x", a.entry.endpoint(), a.entry.path, a.current.id)
	case ctx.Err() == nil:
		a.journal.say("not announced: etcd: %s", reason(err, patience))
	}
}

// put writes the entry, on the lease of the last try if there is one.
func (a *announcer) put(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if a.current == nil {
		current, err := onLease(bounded, a.etcd, a.ttl)
		if err != nil {
			return err
		}
		a.current = current
	}
	return a.current.write(bounded, a.entry)
}

func (a *announcer) withdraw(why string) {
	if a.current == nil {
		a.journal.say("%s, nothing announced", why)
		return
	}
	if err := a.current.revoke(); err != nil {
		a.journal.say(
			"withdrawn within %s, when lease %x expires (etcd: %s): %s",
			a.ttl, a.current.id, reason(err, patience), why)
	} else {
		a.journal.say("withdrawn: %s", why)
	}
	a.current = nil
}
