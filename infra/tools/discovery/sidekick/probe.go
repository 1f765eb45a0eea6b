package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// probeTimeout is how long an instance may take to answer.
const probeTimeout = time.Second

// probe asks the instance once whether it serves; nil is yes.
type probe struct {
	name string
	ask  func(ctx context.Context) error
}

// parseProbe reads tcp, memcache, mysql or an http URL. What the URL leaves out of IP and port is
// taken from the entry: http:///health asks the instance itself, http://:1936/ another of its ports.
func parseProbe(text string, e entry) (probe, error) {
	talks := map[string]func(net.Conn) error{
		"tcp":      func(net.Conn) error { return nil },
		"memcache": askMemcache,
		"mysql":    readGreeting,
	}
	if talk, known := talks[text]; known {
		ask := func(ctx context.Context) error { return converse(ctx, e.endpoint(), talk) }
		return probe{text + " " + e.endpoint(), ask}, nil
	}
	target, err := url.Parse(text)
	if err != nil || target.Scheme != "http" {
		return probe{}, fmt.Errorf(
			"no probe is called '%s'; there are tcp, memcache, mysql and http://[IP][:PORT]/PATH", text)
	}
	ip, port := target.Hostname(), target.Port()
	if ip == "" {
		ip = e.ip
	}
	if port == "" {
		port = strconv.Itoa(e.port)
	}
	target.Host = net.JoinHostPort(ip, port)
	ask := func(ctx context.Context) error { return get(ctx, target.String()) }
	return probe{target.String(), ask}, nil
}

func (p probe) run(ctx context.Context, timeout time.Duration) error {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return p.ask(bounded)
}

func converse(ctx context.Context, endpoint string, talk func(net.Conn) error) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", endpoint)
	if err != nil {
		return err
	}
	defer connection.Close()
	if deadline, set := ctx.Deadline(); set {
		if err := connection.SetDeadline(deadline); err != nil {
			return err
		}
	}
	return talk(connection)
}

func askMemcache(connection net.Conn) error {
	if _, err := io.WriteString(connection, "version\r\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "VERSION ") {
		return fmt.Errorf("it answered '%s'", strings.TrimSpace(line))
	}
	return nil
}

// readGreeting wants the first packet of a server that accepts clients: three bytes of length, a
// sequence number, then the version of the protocol, which is 10, or 255 and an error.
func readGreeting(connection net.Conn) error {
	var packet [5]byte
	if _, err := io.ReadFull(connection, packet[:]); err != nil {
		return err
	}
	switch packet[4] {
	case 10:
		return nil
	case 255:
		return errors.New("the database refuses clients")
	}
	return fmt.Errorf("it greets with protocol %d, not 10", packet[4])
}

// Neither a proxy nor a kept connection: both could answer for an instance that is gone, and a
// kept one holds up the end of an instance that finishes its connections first.
var client = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}

func get(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("HTTP status %d", response.StatusCode)
	}
	return nil
}
