package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var announced = []string{
	"/services/webserver/u/host=core-1",
	"/services/webserver/u/ip=10.0.0.1",
	"/services/webserver/u/port=8001",
}

// instance is what an announcer watches, as a test has it answer.
type instance struct {
	*announcer
	memory *memory
	answer error
	said   strings.Builder
}

func newInstance(t *testing.T) *instance {
	t.Helper()
	i := &instance{memory: newMemory()}
	i.announcer = &announcer{
		entry:    entry{path: "/services/webserver/u", host: "core-1", ip: "10.0.0.1", port: 8001},
		probe:    probe{"test", func(context.Context) error { return i.answer }},
		ttl:      5 * time.Second,
		interval: 500 * time.Millisecond,
		etcd:     i.memory,
		journal:  &journal{out: &i.said},
	}
	return i
}

// says reads what was said since it was last asked.
func (i *instance) says(t *testing.T, want ...string) {
	t.Helper()
	said := i.said.String()
	i.said.Reset()
	if lines := strings.Join(append(want, ""), "\n"); said != lines {
		t.Errorf("it says\n%snot\n%s", said, lines)
	}
}

func (i *instance) isAnnounced(t *testing.T, want bool) {
	t.Helper()
	var keys []string
	if want {
		keys = announced
	}
	if held := i.memory.held(); !slices.Equal(held, keys) {
		t.Errorf("etcd holds %v, not %v", held, keys)
	}
	if (i.current != nil) != want {
		t.Errorf("the announcer takes it for announced: %t", i.current != nil)
	}
}

func TestAnInstanceThatAnswersIsAnnouncedOnce(t *testing.T) {
	i := newInstance(t)
	for range 3 {
		i.look(context.Background())
	}
	i.isAnnounced(t, true)
	i.says(t, "announced 10.0.0.1:8001 as /services/webserver/u on lease 1")
}

func TestAnInstanceThatDoesNotAnswerIsNotAnnounced(t *testing.T) {
	i := newInstance(t)
	i.answer = syscall.ECONNREFUSED
	i.look(context.Background())
	i.look(context.Background())
	i.isAnnounced(t, false)
	i.says(t, "not announced: probe test failed: connection refused")
}

func TestOneFailedProbeIsTolerated(t *testing.T) {
	i := newInstance(t)
	for _, answer := range []error{nil, syscall.ECONNREFUSED, nil, syscall.ECONNREFUSED} {
		i.answer = answer
		i.look(context.Background())
		i.isAnnounced(t, true)
	}
}

func TestTwoFailedProbesInARowWithdraw(t *testing.T) {
	i := newInstance(t)
	i.look(context.Background())
	i.answer = context.DeadlineExceeded
	i.look(context.Background())
	i.isAnnounced(t, true)
	i.look(context.Background())
	i.isAnnounced(t, false)
	i.says(t, "announced 10.0.0.1:8001 as /services/webserver/u on lease 1",
		"withdrawn: probe test failed twice: no answer within 1s")
	i.answer = nil
	i.look(context.Background())
	i.isAnnounced(t, true)
	i.says(t, "announced 10.0.0.1:8001 as /services/webserver/u on lease 2")
}

func TestALostLeaseIsReplaced(t *testing.T) {
	i := newInstance(t)
	i.look(context.Background())
	i.memory.expire(1)
	i.look(context.Background())
	i.isAnnounced(t, true)
	i.says(t, "announced 10.0.0.1:8001 as /services/webserver/u on lease 1",
		"lease 1 lost: etcd did not renew it within 5s",
		"announced 10.0.0.1:8001 as /services/webserver/u on lease 2")
	if closed := i.memory.lessors(); closed != 1 {
		t.Errorf("%d lessors were closed, not the one that lost its lease", closed)
	}
}

func TestAnEtcdThatIsAwayIsAskedAgain(t *testing.T) {
	i := newInstance(t)
	i.memory.fail(true, syscall.ECONNREFUSED, "grant", "txn", "keepalive", "revoke")
	i.look(context.Background())
	i.look(context.Background())
	i.isAnnounced(t, false)
	i.says(t, "not announced: etcd: connection refused")
	i.memory.fail(false, nil)
	i.look(context.Background())
	i.isAnnounced(t, true)
	i.says(t, "announced 10.0.0.1:8001 as /services/webserver/u on lease 1")
}

func TestAnEtcdThatGoesAwayLosesNothing(t *testing.T) {
	i := newInstance(t)
	i.look(context.Background())
	i.memory.expire(1)
	i.memory.fail(true, syscall.ECONNREFUSED, "grant")
	i.look(context.Background())
	i.isAnnounced(t, false)
	i.memory.fail(false, nil)
	i.look(context.Background())
	i.isAnnounced(t, true)
}

// Whatever of an announcement etcd did, without having said so, is undone.
func TestAnAnnouncementThatStopsHalfWayLeavesNothing(t *testing.T) {
	for _, call := range []string{"txn", "keepalive"} {
		i := newInstance(t)
		i.memory.fail(false, context.DeadlineExceeded, call)
		i.look(context.Background())
		i.isAnnounced(t, false)
		i.says(t, "not announced: etcd: no answer within 2s")
		if closed := i.memory.lessors(); closed != 1 {
			t.Errorf("%s: %d lessors were closed, not 1", call, closed)
		}
	}
}

func TestAStopDuringAProbeIsNoFailedProbe(t *testing.T) {
	i := newInstance(t)
	i.look(context.Background())
	ctx, stop := context.WithCancel(context.Background())
	i.probe.ask = func(context.Context) error { stop(); return errors.New("interrupted") }
	i.look(ctx)
	i.isAnnounced(t, true)
	if i.failures != 0 {
		t.Errorf("%d probes failed", i.failures)
	}
}

// stopped runs an announcer until it has announced, then stops it.
func (i *instance) stopped(await string) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan struct{})
	go func() { defer close(ended); i.run(ctx) }()
	for call := range i.memory.done {
		if call == await {
			break
		}
	}
	stop()
	<-ended
}

func TestAStopSaysGoodbye(t *testing.T) {
	i := newInstance(t)
	i.stopped("keepalive")
	i.isAnnounced(t, false)
	i.says(t, "announced 10.0.0.1:8001 as /services/webserver/u on lease 1",
		"withdrawn: stopping")
	// with a context of its own: the program's is over
	if len(i.memory.given) != 1 || i.memory.given[0] <= 0 || i.memory.given[0] > patience {
		t.Errorf("to say goodbye it had %v, not up to %s", i.memory.given, patience)
	}
}

func TestAStopDoesNotWaitForAnEtcdThatIsAway(t *testing.T) {
	i := newInstance(t)
	i.memory.fail(true, context.DeadlineExceeded, "revoke")
	i.stopped("keepalive")
	i.says(t, "announced 10.0.0.1:8001 as /services/webserver/u on lease 1",
		"withdrawn within 5s, when lease 1 expires (etcd: no answer within 2s): stopping")
}

func TestAStopOfWhatIsGoneByNow(t *testing.T) {
	i := newInstance(t)
	i.look(context.Background())
	i.memory.expire(1)
	i.withdraw("stopping")
	i.isAnnounced(t, false)
	i.withdraw("stopping")
	i.says(t, "announced 10.0.0.1:8001 as /services/webserver/u on lease 1",
		"withdrawn: stopping", "stopping, nothing announced")
}

func TestAnInstanceThatStartsIsGivenMoreTimeEachTime(t *testing.T) {
	i := newInstance(t)
	var given []time.Duration
	for i.failures = range 5 {
		given = append(given, i.probeTime())
	}
	want := []time.Duration{2 * eager, 4 * eager, 8 * eager, probeTimeout, probeTimeout}
	if !slices.Equal(given, want) {
		t.Errorf("it is given %v, not %v", given, want)
	}
	i.failures = 0
	i.look(context.Background())
	if i.probeTime() != probeTimeout {
		t.Errorf("once announced, it is given %s", i.probeTime())
	}
}

func TestWrongFlagsAreRefused(t *testing.T) {
	right := []string{"-unit=a@1.service", "-path=/services/webserver", "-ip=10.0.0.1", "-port=1"}
	for _, c := range []struct{ flag, want string }{
		{"-unit=", "-unit and -path"},
		{"-path=services", "-unit and -path"},
		{"-ip=core-1", "'core-1' is not an address"},
		{"-port=0", "-port 0 is not between"},
		{"-ttl=10ms", "-ttl has to be 1s or more"},
		{"-interval=0", "-interval more than 0"},
		{"what", "what is 'what'?"},
		{"-machine-id=/nowhere", "no such file"},
	} {
		_, err := newAnnouncer(append(slices.Clone(right), c.flag))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.flag, err)
		}
	}
}
