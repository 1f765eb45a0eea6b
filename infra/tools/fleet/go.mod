module pytest-cna/tools/fleet

go 1.22

require (
	github.com/coreos/etcd v3.3.27+incompatible
	github.com/coreos/fleet v1.0.0
	github.com/coreos/go-semver v0.3.1
	github.com/coreos/go-systemd v0.0.0-20180202092358-40e2722dffea
	github.com/gogo/protobuf v1.3.2
	github.com/jonboulle/clockwork v0.1.0
	github.com/pborman/uuid v1.2.1
	github.com/prometheus/client_golang v0.9.4
	github.com/rakyll/globalconf v0.0.0-20180912185831-87f8127c421f
	github.com/spf13/cobra v0.0.5
	github.com/spf13/pflag v1.0.5
	github.com/vishvananda/netlink v1.1.0
	google.golang.org/api v0.3.1
	google.golang.org/grpc v1.26.0
)

require (
	github.com/glacjay/goini v0.0.0-20161120062552-fd3024d87ee2 // indirect
	github.com/godbus/dbus v4.1.0+incompatible // indirect
)
