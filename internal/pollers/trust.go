package pollers

import "time"

// trustTry is how often an answer is tried that is not relied on yet. One that was found to be wrong is left alone for trustRest, and
// twice as long each time that happens again, up to trustLong: a server in trouble may be right again soon, one that knows no such
// answer never is. Who was relied on for as long begins anew.
const trustTry, trustRest, trustLong = 50 * time.Second, 2 * time.Minute, time.Hour

// trustProof is in how many projects a walk has to agree with one answer. One project alone would not show whether the others
// that it is asked for count.
const trustProof = 2

// trust is whether a call is relied on of which no document says what it answers (filter.go, wide.go).
type trust struct {
	trusted bool
	since   time.Time // it is trusted
	rest    time.Duration
	tried   time.Time // the last answer
	until   time.Time // it is left alone before
	say     func(trusted bool, reason string)
}

// tries says whether the call may be made to see whether it is right.
func (t *trust) tries(now time.Time) bool {
	return now.Sub(t.tried) >= trustTry && !now.Before(t.until)
}

// rely begins the trust.
func (t *trust) rely(now time.Time) {
	if t.trusted {
		return
	}
	t.trusted, t.since = true, now
	t.say(true, "")
}

// doubt ends the trust for a time.
func (t *trust) doubt(reason string, now time.Time) {
	if t.trusted && now.Sub(t.since) >= trustLong {
		t.rest = 0
	}
	t.rest = min(max(trustRest, 2*t.rest), trustLong)
	t.trusted, t.until = false, now.Add(t.rest)
	t.say(false, reason)
}
