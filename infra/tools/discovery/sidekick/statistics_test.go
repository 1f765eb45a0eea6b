package main

import (
	"strings"
	"testing"
)

const statistics = `# pxname,svname,qcur,status,weight,
www,FRONTEND,,OPEN,,
webserver_nodes,webserver_10.0.0.1_8001,0,UP,1,
webserver_nodes,webserver_10.0.0.2_8002,0,MAINT,1,
webserver_nodes,webserver_10.0.0.3_8003,0,DOWN,1,
webserver_nodes,BACKEND,0,UP,1,
`

func TestRoutesWhatIsListedAndNotInMaintenance(t *testing.T) {
	for server, want := range map[string]bool{
		"webserver_10.0.0.1_8001": true,
		"webserver_10.0.0.2_8002": false,
		// it may come up again while it is in the configuration
		"webserver_10.0.0.3_8003": true,
		"webserver_10.0.0.1_800":  false,
	} {
		got, err := routes(strings.NewReader(statistics), server)
		if err != nil || got != want {
			t.Errorf("%s: %v (%v)", server, got, err)
		}
	}
}

func TestOtherPagesAreNoStatistics(t *testing.T) {
	for _, text := range []string{"", "<html>", "# pxname,svname\na,b\n", "svname,x,status\na\n"} {
		if _, err := routes(strings.NewReader(text), "a"); err == nil {
			t.Errorf("%q was taken for statistics", text)
		}
	}
}
