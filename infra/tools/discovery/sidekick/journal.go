package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// journal is what people read in systemd's journal: it says a thing once, not at every look.
type journal struct {
	out  io.Writer
	last string
}

func newJournal() *journal {
	return &journal{out: os.Stderr}
}

func (j *journal) say(format string, values ...any) {
	line := fmt.Sprintf(format, values...)
	if line != j.last {
		j.last = line
		fmt.Fprintln(j.out, line)
	}
}

// reason is the part of an error that helps: "connection refused", "no answer within 1s".
func reason(err error, limit time.Duration) string {
	var number syscall.Errno
	var network net.Error
	switch {
	case errors.As(err, &number):
		return number.Error()
	case errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("no answer within %s", limit)
	case errors.Is(err, io.EOF):
		return "connection closed without an answer"
	}
	return err.Error()
}
