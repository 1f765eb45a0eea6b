//go:build tools

// Package tools pins confd, which reads the discovery tree that the sidekick writes.
package tools

import _ "github.com/abtreece/confd/cmd/confd"
