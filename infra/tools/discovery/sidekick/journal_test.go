package main

import (
	"strings"
	"testing"
)

func TestJournalSaysAThingOnce(t *testing.T) {
	var out strings.Builder
	j := &journal{out: &out}
	for _, line := range []string{"a", "a", "b", "a"} {
		j.say("%s", line)
	}
	if out.String() != "a\nb\na\n" {
		t.Errorf("%q", out.String())
	}
}
