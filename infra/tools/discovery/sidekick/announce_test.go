package main

import (
	"context"
	"errors"
	"os"
	"path"
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
		patience: time.Second,
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

func (i *instance) isHeld(t *testing.T, want bool) {
	t.Helper()
	var keys []string
	if want {
		keys = announced
	}
	if held := i.memory.held(); !slices.Equal(held, keys) {
		t.Errorf("etcd holds %v, not %v", held, keys)
	}
}

func (i *instance) isAnnounced(t *testing.T, want bool) {
	t.Helper()
	i.isHeld(t, want)
	if (i.current != nil) != want {
		t.Errorf("the announcer has an announcement: %t", i.current != nil)
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

// What etcd did without having said so stays: the instance answers, and its lease is renewed.
func TestAnEntryThatEtcdDidNotConfirmIsWrittenAgain(t *testing.T) {
	for _, away := range []bool{false, true} {
		i := newInstance(t)
		i.memory.fail(away, context.DeadlineExceeded, "txn")
		i.look(context.Background())
		i.isHeld(t, !away)
		i.says(t, "not announced: etcd: no answer within 2s")
		i.memory.fail(false, nil)
		for range 2 {
			i.look(context.Background())
			i.isAnnounced(t, true)
		}
		i.says(t, "announced 10.0.0.1:8001 as /services/webserver/u on lease 1")
		if writes := i.memory.count("txn"); writes != 2 {
			t.Errorf("it was written %d times, not 2", writes)
		}
	}
}

// A lost lease is replaced by another before it expires: at no time is the entry away.
func TestAnEntryStaysWhenItsLeaseIsReplacedInTwoTries(t *testing.T) {
	i := newInstance(t)
	i.look(context.Background())
	i.memory.silence(1)
	i.memory.fail(false, context.DeadlineExceeded, "txn")
	i.look(context.Background())
	i.isAnnounced(t, true)
	i.memory.expire(1)
	i.memory.fail(false, nil)
	i.look(context.Background())
	i.isAnnounced(t, true)
	i.says(t, "announced 10.0.0.1:8001 as /services/webserver/u on lease 1",
		"lease 1 lost: etcd did not renew it within 5s", "not announced: etcd: no answer within 2s",
		"announced 10.0.0.1:8001 as /services/webserver/u on lease 2")
}

func TestAnEntryThatEtcdDidNotConfirmIsTakenAway(t *testing.T) {
	i := newInstance(t)
	i.memory.fail(false, context.DeadlineExceeded, "txn")
	i.look(context.Background())
	i.answer = syscall.ECONNREFUSED
	i.look(context.Background())
	i.look(context.Background())
	i.isAnnounced(t, false)
}

func TestALeaseThatCannotBeRenewedIsNotUsed(t *testing.T) {
	i := newInstance(t)
	i.memory.fail(false, context.DeadlineExceeded, "keepalive")
	i.look(context.Background())
	i.isAnnounced(t, false)
	i.says(t, "not announced: etcd: no answer within 2s")
	if closed := i.memory.lessors(); closed != 1 {
		t.Errorf("%d lessors were closed, not 1", closed)
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
	want := []time.Duration{2 * eager, 4 * eager, 8 * eager, i.patience, i.patience}
	if !slices.Equal(given, want) {
		t.Errorf("it is given %v, not %v", given, want)
	}
	i.failures = 0
	i.look(context.Background())
	if i.probeTime() != i.patience {
		t.Errorf("once announced, it is given %s", i.probeTime())
	}
}

// right are the flags that have to be given.
func right(t *testing.T) []string {
	t.Helper()
	t.Setenv("ETCD_ENDPOINTS", "http://127.0.0.1:2379")
	id := path.Join(t.TempDir(), "machine-id")
	if err := os.WriteFile(id, []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"-unit=a@1.service", "-path=/services/webserver", "-ip=10.0.0.1", "-port=1", "-machine-id=" + id}
}

func TestAFlagIsTheUnitsThenTheMachines(t *testing.T) {
	for _, c := range []struct {
		flag, variable, machine string
		want                    time.Duration
	}{
		{"", "SIDEKICK_TTL", "", 5 * time.Second},
		{"", "SIDEKICK_TTL", "15s", 15 * time.Second},
		{"-ttl=7s", "SIDEKICK_TTL", "15s", 7 * time.Second},
		{"", "SIDEKICK_PATIENCE", "", time.Second},
		{"", "SIDEKICK_PATIENCE", "3s", 3 * time.Second},
		{"-patience=2s", "SIDEKICK_PATIENCE", "3s", 2 * time.Second},
	} {
		t.Setenv(c.variable, c.machine)
		flags := right(t)
		if c.flag != "" {
			flags = append(flags, c.flag)
		}
		a, err := newAnnouncer(flags)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]time.Duration{"SIDEKICK_TTL": a.ttl, "SIDEKICK_PATIENCE": a.patience}
		if got[c.variable] != c.want {
			t.Errorf("%v: %s", c, got[c.variable])
		}
		a.etcd.Close()
		t.Setenv(c.variable, "long")
		if _, err := newAnnouncer(right(t)); err == nil || !strings.Contains(err.Error(), c.variable) {
			t.Errorf("%s=long: %v", c.variable, err)
		}
		t.Setenv(c.variable, "")
	}
}

func TestWrongFlagsAreRefused(t *testing.T) {
	flags := right(t)
	for _, c := range []struct{ flag, want string }{
		{"-unit=", "-unit and -path"},
		{"-path=services", "-unit and -path"},
		{"-ip=core-1", "'core-1' is not an address"},
		{"-port=0", "-port 0 is not between"},
		{"-ttl=10ms", "-ttl has to be 1s or more"},
		{"-interval=0", "-interval and -patience more than 0"},
		{"-patience=0", "-interval and -patience more than 0"},
		{"what", "what is 'what'?"},
		{"-machine-id=/nowhere", "no such file"},
	} {
		_, err := newAnnouncer(append(slices.Clone(flags), c.flag))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.flag, err)
		}
	}
}
