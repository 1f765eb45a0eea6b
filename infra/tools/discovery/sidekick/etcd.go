package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// patience bounds every single call to etcd.
const patience = 2 * time.Second

// etcd is what a sidekick asks of etcd.
type etcd interface {
	Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error)
	Txn(ctx context.Context) clientv3.Txn
	Revoke(ctx context.Context, id clientv3.LeaseID) (*clientv3.LeaseRevokeResponse, error)
	// newLease has a stream of its own: keep-alives of a new lease must not use one that lost the last
	newLease() clientv3.Lease
	Close() error
}

// members are the real etcd's.
type members struct{ *clientv3.Client }

func (m members) newLease() clientv3.Lease { return clientv3.NewLease(m.Client) }

// connect never waits for etcd: a member that is down is a matter of each later call.
func connect() (etcd, error) {
	endpoints := strings.FieldsFunc(os.Getenv("ETCD_ENDPOINTS"), func(r rune) bool {
		return r == ',' || r == ' '
	})
	if len(endpoints) == 0 {
		return nil, errors.New("ETCD_ENDPOINTS is empty; set it to etcd's members, comma separated")
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            endpoints,
		DialTimeout:          time.Second,
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: patience,
		Logger:               zap.NewNop(),
	})
	if err != nil {
		return nil, err
	}
	return members{client}, nil
}

// announcement is an entry in etcd, and the lease it lives on.
type announcement struct {
	etcd    etcd
	lessor  clientv3.Lease
	id      clientv3.LeaseID
	kept    <-chan *clientv3.LeaseKeepAliveResponse
	written bool // etcd said so
}

// onLease is an announcement not yet written; its lease is kept alive from now on.
func onLease(ctx context.Context, client etcd, ttl time.Duration) (*announcement, error) {
	a := &announcement{etcd: client, lessor: client.newLease()}
	granted, err := a.lessor.Grant(ctx, int64(ttl/time.Second))
	if err == nil {
		a.id = granted.ID
		a.kept, err = a.lessor.KeepAlive(context.WithoutCancel(ctx), a.id)
	}
	if err != nil {
		a.lessor.Close() // if etcd granted the lease all the same, it expires
		return nil, err
	}
	return a, nil
}

// write puts all keys of the entry at once. When etcd does not say that it did, the lease stays, for
// the next try: taking it back would take away an entry that may be right.
func (a *announcement) write(ctx context.Context, e entry) error {
	var puts []clientv3.Op
	for _, pair := range e.keys() {
		puts = append(puts, clientv3.OpPut(pair[0], pair[1], clientv3.WithLease(a.id)))
	}
	_, err := a.etcd.Txn(ctx).Then(puts...).Commit()
	a.written = err == nil
	return err
}

// alive is whether etcd still renews the lease; false once it expired or cannot be renewed in time.
func (a *announcement) alive() bool {
	for {
		select {
		case _, open := <-a.kept:
			if !open {
				return false
			}
		default:
			return true
		}
	}
}

// revoke takes the entry away at once. When etcd cannot be asked, the lease expires by itself.
func (a *announcement) revoke() error {
	defer a.lessor.Close()
	// not the program's context: this is what remains to be done after SIGTERM
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := a.etcd.Revoke(ctx, a.id)
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return nil
	}
	return err
}
