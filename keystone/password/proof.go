package password

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// remembered bounds what is remembered, in passwords.
const remembered = 1024

// proofs are the passwords that were right of late. Each is kept as a MAC of the password and of the hash that it matched, by
// a key that this process made and never tells: another password is another proof, and so is the same password once its hash
// was replaced, so that nothing has to be told when a password changes.
type proofs struct {
	once  sync.Once
	key   []byte
	mu    sync.Mutex
	until map[proof]time.Time
}

type proof [sha256.Size]byte

func (p *proofs) proof(password []byte, hash string) (made proof) {
	p.once.Do(func() {
		p.key = make([]byte, sha256.Size)
		_, _ = rand.Read(p.key) // never fails, says its documentation
	})
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(hash)) // first: a hash has no NUL, a password may
	mac.Write([]byte{0})
	mac.Write(password)
	mac.Sum(made[:0])
	return made
}

func (p *proofs) holds(one proof, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	until, ok := p.until[one]
	return ok && now.Before(until)
}

// keep remembers a proof; when there are too many, any others go.
func (p *proofs) keep(one proof, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = map[proof]time.Time{}
	}
	for other := range p.until {
		if len(p.until) < remembered {
			break
		}
		delete(p.until, other)
	}
	p.until[one] = until
}
