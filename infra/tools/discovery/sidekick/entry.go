package main

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net"
	"path"
	"strconv"
	"strings"
)

// entry is one instance in service discovery.
type entry struct {
	path string // /services/SERVICE/UUID
	host string
	ip   string
	port int
}

func (e entry) keys() [][2]string {
	return [][2]string{
		{path.Join(e.path, "host"), e.host},
		{path.Join(e.path, "ip"), e.ip},
		{path.Join(e.path, "port"), strconv.Itoa(e.port)},
	}
}

func (e entry) endpoint() string {
	return net.JoinHostPort(e.ip, strconv.Itoa(e.port))
}

// instanceID is the same whenever this unit runs on this machine, so that a restart overwrites its
// own entry: the UUID of version 5 of the unit's name, the machine's id being the namespace.
func instanceID(unit, machineID string) (string, error) {
	namespace, err := hex.DecodeString(strings.TrimSpace(machineID))
	if err != nil || len(namespace) != 16 {
		return "", fmt.Errorf("the machine's id '%s' is not 32 hexadecimal digits", machineID)
	}
	sum := sha1.Sum(append(namespace, unit...))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]), nil
}
