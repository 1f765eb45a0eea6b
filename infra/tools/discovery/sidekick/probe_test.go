package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var here = entry{ip: "10.0.0.1", port: 8001}

func TestProbesAskTheInstanceUnlessToldOtherwise(t *testing.T) {
	for text, want := range map[string]string{
		"tcp":                   "tcp 10.0.0.1:8001",
		"mysql":                 "mysql 10.0.0.1:8001",
		"http:///health":        "http://10.0.0.1:8001/health",
		"http://:1936/":         "http://10.0.0.1:1936/",
		"http://127.0.0.1/":     "http://127.0.0.1:8001/",
		"http://[::1]:80/a?b=c": "http://[::1]:80/a?b=c",
	} {
		p, err := parseProbe(text, here)
		if err != nil || p.name != want {
			t.Errorf("%s asks '%s' (%v), not '%s'", text, p.name, err, want)
		}
	}
}

func TestUnknownProbesAreRefused(t *testing.T) {
	for _, text := range []string{"", "udp", "https:///health", "/health", "http://%"} {
		if _, err := parseProbe(text, here); err == nil || !strings.Contains(err.Error(), "memcache") {
			t.Errorf("'%s': %v", text, err)
		}
	}
}

// answering runs a server that says something and closes, and returns the entry of it.
func answering(t *testing.T, words string) entry {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			if words == "VERSION 1.6.18\r\n" {
				// a real one speaks when it is asked
				buffer := make([]byte, len("version\r\n"))
				_, _ = connection.Read(buffer)
			}
			_, _ = connection.Write([]byte(words))
			connection.Close()
		}
	}()
	return entry{ip: "127.0.0.1", port: listener.Addr().(*net.TCPAddr).Port}
}

func ask(t *testing.T, text string, e entry) string {
	t.Helper()
	p, err := parseProbe(text, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.run(context.Background(), probeTimeout); err != nil {
		return reason(err, probeTimeout)
	}
	return "healthy"
}

func TestProbesJudgeAnswers(t *testing.T) {
	for _, c := range []struct{ probe, answer, want string }{
		{"memcache", "VERSION 1.6.18\r\n", "healthy"},
		{"memcache", "ERROR\r\n", "it answered 'ERROR'"},
		{"mysql", "\x49\x00\x00\x00\x0a10.11.6-MariaDB", "healthy"},
		{"mysql", "\x45\x00\x00\x00\xff\x10\x04Too many connections", "the database refuses clients"},
		{"mysql", "SSH-2.0-x", "it greets with protocol 50, not 10"},
		{"tcp", "", "healthy"},
	} {
		if got := ask(t, c.probe, answering(t, c.answer)); got != c.want {
			t.Errorf("%s on %q: %s, not %s", c.probe, c.answer, got, c.want)
		}
	}
}

func TestNobodyListening(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := entry{ip: "127.0.0.1", port: listener.Addr().(*net.TCPAddr).Port}
	listener.Close()
	for _, text := range []string{"tcp", "mysql", "memcache", "http:///health"} {
		if got := ask(t, text, e); got != "connection refused" {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestSilenceIsUnhealthy(t *testing.T) {
	// the kernel accepts, no program answers
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	e := entry{ip: "127.0.0.1", port: listener.Addr().(*net.TCPAddr).Port}
	for _, text := range []string{"mysql", "http:///health"} {
		if got := ask(t, text, e); got != "no answer within 1s" {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestOnlySuccessIsHealth(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	defer server.Close()
	for answered, want := range map[int]string{
		200: "healthy", 204: "healthy", 302: "HTTP status 302", 503: "HTTP status 503",
	} {
		status = answered
		if got := ask(t, server.URL+"/health", here); got != want {
			t.Errorf("%d: %s", answered, got)
		}
	}
}
