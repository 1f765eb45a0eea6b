package main

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// memory is an etcd in memory: keys on leases, and each call may be made to fail.
type memory struct {
	mu     sync.Mutex
	keys   map[string]stored
	leases map[clientv3.LeaseID]chan *clientv3.LeaseKeepAliveResponse
	last   clientv3.LeaseID
	closed int // lessors
	// what each call answers after it was done, "grant", "txn", "keepalive", "revoke" or "get"
	answers map[string]error
	// calls of these names are not done when they fail
	away bool
	// how much time each call to revoke was given
	given []time.Duration
	// receives the name of each call that is done
	done chan string
	// how often each call was made
	calls map[string]int
}

type stored struct {
	value string
	lease clientv3.LeaseID
}

func newMemory() *memory {
	return &memory{
		keys:    map[string]stored{},
		leases:  map[clientv3.LeaseID]chan *clientv3.LeaseKeepAliveResponse{},
		answers: map[string]error{},
		done:    make(chan string, 100),
		calls:   map[string]int{},
	}
}

// call does what a call does, unless etcd is away, and gives its answer.
func (m *memory) call(name string, do func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.answers[name]
	if err == nil || !m.away {
		do()
	}
	m.done <- name
	m.calls[name]++
	return err
}

func (m *memory) count(name string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[name]
}

// fail makes these calls answer with an error: without having been done if etcd is away.
func (m *memory) fail(away bool, err error, names ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
	clear(m.answers)
	for _, name := range names {
		m.answers[name] = err
	}
}

// expire is what etcd does to a lease that is not renewed.
func (m *memory) expire(id clientv3.LeaseID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remove(id)
}

// silence ends a lease for its holder only: etcd renewed it, but the answer never came.
func (m *memory) silence(id clientv3.LeaseID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.leases[id])
	m.leases[id] = make(chan *clientv3.LeaseKeepAliveResponse, 1)
}

func (m *memory) remove(id clientv3.LeaseID) bool {
	kept, known := m.leases[id]
	if !known {
		return false
	}
	close(kept)
	delete(m.leases, id)
	for key, value := range m.keys {
		if value.lease == id {
			delete(m.keys, key)
		}
	}
	return true
}

// held is every key with its value, in order.
func (m *memory) held() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []string
	for key, value := range m.keys {
		found = append(found, key+"="+value.value)
	}
	slices.Sort(found)
	return found
}

func (m *memory) lessors() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

func (m *memory) Get(
	_ context.Context, prefix string, _ ...clientv3.OpOption,
) (*clientv3.GetResponse, error) {
	response := &clientv3.GetResponse{}
	err := m.call("get", func() {
		for key, value := range m.keys {
			if strings.HasPrefix(key, prefix) {
				pair := &mvccpb.KeyValue{Key: []byte(key), Value: []byte(value.value)}
				response.Kvs = append(response.Kvs, pair)
			}
		}
	})
	return response, err
}

func (m *memory) Txn(context.Context) clientv3.Txn { return &transaction{memory: m} }

func (m *memory) Revoke(
	ctx context.Context, id clientv3.LeaseID,
) (*clientv3.LeaseRevokeResponse, error) {
	known := true
	err := m.call("revoke", func() { known = m.remove(id) })
	m.mu.Lock()
	defer m.mu.Unlock()
	if deadline, set := ctx.Deadline(); set {
		m.given = append(m.given, time.Until(deadline))
	}
	if err == nil && !known {
		err = rpctypes.ErrLeaseNotFound
	}
	return &clientv3.LeaseRevokeResponse{}, err
}

func (m *memory) newLease() clientv3.Lease { return &lessor{memory: m} }

func (m *memory) Close() error { return nil }

// lessor is the part of a lease's interface that a sidekick uses; the rest is nil and panics.
type lessor struct {
	clientv3.Lease
	memory *memory
}

func (l *lessor) Grant(_ context.Context, ttl int64) (*clientv3.LeaseGrantResponse, error) {
	m := l.memory
	err := m.call("grant", func() {
		m.last++
		m.leases[m.last] = make(chan *clientv3.LeaseKeepAliveResponse, 1)
	})
	return &clientv3.LeaseGrantResponse{ID: m.last, TTL: ttl}, err
}

func (l *lessor) KeepAlive(
	_ context.Context, id clientv3.LeaseID,
) (<-chan *clientv3.LeaseKeepAliveResponse, error) {
	m := l.memory
	var kept chan *clientv3.LeaseKeepAliveResponse
	err := m.call("keepalive", func() {
		kept = m.leases[id]
		kept <- &clientv3.LeaseKeepAliveResponse{ID: id}
	})
	return kept, err
}

func (l *lessor) Close() error {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	l.memory.closed++
	return nil
}

type transaction struct {
	clientv3.Txn
	memory *memory
	puts   []clientv3.Op
}

func (t *transaction) Then(operations ...clientv3.Op) clientv3.Txn {
	t.puts = operations
	return t
}

func (t *transaction) Commit() (*clientv3.TxnResponse, error) {
	m := t.memory
	err := m.call("txn", func() {
		for _, put := range t.puts {
			// an operation does not tell its lease in any other way
			lease := clientv3.LeaseID(reflect.ValueOf(put).FieldByName("leaseID").Int())
			m.keys[string(put.KeyBytes())] = stored{string(put.ValueBytes()), lease}
		}
	})
	return (*clientv3.TxnResponse)(&etcdserverpb.TxnResponse{}), err
}
