package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	up    = "webserver_nodes,webserver_a,UP\n"
	maint = "webserver_nodes,webserver_a,MAINT\n"
	other = "webserver_nodes,webserver_b,UP\n"
)

// balancer is a load balancer whose statistics are, look after look, these; the last one stays.
// looked is called before each answer.
func balancer(t *testing.T, looked func(), rows ...string) (port int, looks *atomic.Int32) {
	t.Helper()
	looks = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		look := int(looks.Add(1))
		if looked != nil {
			looked()
		}
		fmt.Fprint(w, "# pxname,svname,status\n", rows[min(look, len(rows))-1])
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).Port, looks
}

// drained runs a drain against these load balancers and gives what it says, times left out.
func drained(ctx context.Context, m *memory, port int, addresses ...string) []string {
	for _, ip := range addresses {
		m.keys["/services/loadbalancer/"+ip+"/ip"] = stored{value: ip}
		m.keys["/services/loadbalancer/"+ip+"/port"] = stored{value: "80"}
	}
	m.keys["/services/webserver/w/ip"] = stored{value: "127.0.0.9"}
	var said strings.Builder
	d := &drainer{
		service: "loadbalancer", server: "webserver_a", port: port, timeout: time.Hour,
		etcd: m, journal: &journal{out: &said},
	}
	d.run(ctx)
	lines := strings.Split(strings.TrimSuffix(said.String(), "\n"), "\n")
	for n, line := range lines {
		if before, after, cut := strings.Cut(line, " drained after "); cut {
			_, rest, _ := strings.Cut(after, " ")
			lines[n] = before + " drained " + rest
		}
	}
	return lines
}

func expect(t *testing.T, said []string, want ...string) {
	t.Helper()
	if !slices.Equal(said, want) {
		t.Errorf("it says\n%s\nnot\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

func TestDrainWaitsUntilNoBalancerRoutes(t *testing.T) {
	port, looks := balancer(t, nil, up, up, other, other)
	said := drained(context.Background(), newMemory(), port, "127.0.0.1")
	expect(t, said, "load balancer 127.0.0.1 does not route to webserver_a any more",
		"webserver_a drained (load balancers: 1)")
	if looks.Load() != 4 {
		t.Errorf("it looked %d times", looks.Load())
	}
}

func TestOneAnswerOfABalancerThatReloadsIsNotEnough(t *testing.T) {
	port, looks := balancer(t, nil, other, up, maint, other)
	said := drained(context.Background(), newMemory(), port, "127.0.0.1")
	expect(t, said, "load balancer 127.0.0.1 does not route to webserver_a any more",
		"webserver_a drained (load balancers: 1)")
	if looks.Load() != 4 {
		t.Errorf("it looked %d times", looks.Load())
	}
}

func TestDrainGoesOnWhenItsTimeIsOver(t *testing.T) {
	ctx, over := context.WithCancel(context.Background())
	defer over()
	port, _ := balancer(t, over, up)
	said := drained(ctx, newMemory(), port, "127.0.0.1")
	expect(t, said, "load balancer 127.0.0.1 still routes to webserver_a after 1h0m0s, going on",
		"webserver_a drained (load balancers: 1)")
}

func TestABalancerThatDoesNotAnswerIsSkipped(t *testing.T) {
	port, _ := balancer(t, nil, other)
	// nothing listens at the second address
	said := drained(context.Background(), newMemory(), port, "127.0.0.1", "127.0.0.2")
	slices.Sort(said)
	expect(t, said, "load balancer 127.0.0.1 does not route to webserver_a any more",
		"load balancer 127.0.0.2 skipped: connection refused",
		"webserver_a drained (load balancers: 2)")
}

func TestAPageThatIsNoStatisticsIsSkipped(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	port := server.Listener.Addr().(*net.TCPAddr).Port
	said := drained(context.Background(), newMemory(), port, "127.0.0.1")
	expect(t, said, "load balancer 127.0.0.1 skipped: HTTP status 404",
		"webserver_a drained (load balancers: 1)")
}

func TestWithoutBalancersThereIsNothingToDrain(t *testing.T) {
	said := drained(context.Background(), newMemory(), 1)
	expect(t, said, "webserver_a drained (load balancers: 0)")
}

func TestDrainDoesNotFailWithoutEtcd(t *testing.T) {
	m := newMemory()
	m.fail(true, syscall.ECONNREFUSED, "get")
	said := drained(context.Background(), m, 1, "127.0.0.1")
	expect(t, said, "webserver_a may still be routed to: etcd: connection refused",
		"webserver_a drained (load balancers: 0)")
}

// No etcd is asked: there is none.
func TestAnInstanceThatEndedByItselfHasNothingToDrain(t *testing.T) {
	t.Setenv("EXIT_CODE", "killed")
	t.Setenv("ETCD_ENDPOINTS", "")
	if err := drain(context.Background(), []string{"-server=webserver_a"}); err != nil {
		t.Error(err)
	}
	t.Setenv("EXIT_CODE", "")
	err := drain(context.Background(), []string{"-server=webserver_a"})
	if err == nil || !strings.Contains(err.Error(), "ETCD_ENDPOINTS is empty") {
		t.Errorf("with a stop that was asked for: %v", err)
	}
}

func TestDrainNeedsAServer(t *testing.T) {
	for _, arguments := range [][]string{{}, {"-server=a", "b"}, {"-what"}} {
		if err := drain(context.Background(), arguments); err == nil {
			t.Errorf("%v was taken", arguments)
		}
	}
}
