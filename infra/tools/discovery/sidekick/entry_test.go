package main

import (
	"regexp"
	"slices"
	"testing"
)

const machineID = "4c4c4544004b31108056b4c04f4d3333"

func identify(t *testing.T, unit, machine string) string {
	t.Helper()
	id, err := instanceID(unit, machine)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestInstanceIDIsAUUIDOfVersion5(t *testing.T) {
	id := identify(t, "zurmo_apache@8001.service", machineID+"\n")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("%s is no UUID of version 5", id)
	}
	// RFC 9562, appendix A.4: www.example.com in the namespace of DNS
	if id := identify(t, "www.example.com", "6ba7b8109dad11d180b400c04fd430c8"); id != "2ed6657d-e927-568b-95e1-2665a8aea6a2" {
		t.Errorf("the RFC's example gives %s", id)
	}
}

func TestInstanceIDTellsInstancesAndMachinesApart(t *testing.T) {
	ids := []string{
		identify(t, "zurmo_apache@8001.service", machineID),
		identify(t, "zurmo_apache@8002.service", machineID),
		identify(t, "zurmo_apache@8001.service", "5"+machineID[1:]),
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 3 {
		t.Errorf("two of three instances share an id: %v", ids)
	}
}

func TestInstanceIDRefusesAnEmptyMachineID(t *testing.T) {
	for _, machine := range []string{"", "uninitialized", machineID[2:]} {
		if _, err := instanceID("x@1.service", machine); err == nil {
			t.Errorf("'%s' was taken for a machine's id", machine)
		}
	}
}

func TestEntryHasThreeKeys(t *testing.T) {
	e := entry{path: "/services/webserver/u", host: "core-1", ip: "10.0.0.1", port: 8001}
	want := [][2]string{
		{"/services/webserver/u/host", "core-1"},
		{"/services/webserver/u/ip", "10.0.0.1"},
		{"/services/webserver/u/port", "8001"},
	}
	if !slices.Equal(e.keys(), want) {
		t.Errorf("got %v", e.keys())
	}
}
