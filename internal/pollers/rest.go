package pollers

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
)

// notInRegionRest is how long a poller rests whose API the region does not publish.
const notInRegionRest = time.Hour

// errResting says that a round asked for nothing, or for what the region does not have. It is no good round and no bad one:
// where nothing was seen nothing is written.
var errResting = errors.New("the poller rests")

// detailsOf names the details of a poller's list, which rest apart from it: another API gives them.
func detailsOf(poller string) string { return poller + " details" }

// rests says whether err is that of an API that the region does not publish (APIGW.0101). What asked for it then rests; that
// is said once.
func (p *Pass) rests(what string, err error) bool {
	var e *codearts.Error
	if !errors.As(err, &e) || e.Class != codearts.ClassNotInRegion {
		return false
	}
	level, until := slog.LevelDebug, p.Now.Add(notInRegionRest)
	if p.memo.rest(what, until) {
		level = slog.LevelWarn
	}
	p.Log.Log(context.Background(), level, "the region does not publish this api, what asks for it rests and tries again every hour", "what", what, "until", events.FormatTime(until), "err", err)
	p.home.m.resting.WithLabelValues(p.Tenant.Name, p.Project, what).Set(1)
	return true
}

// apart asks for something that rests apart from its poller, because another API gives it. What rests is not asked for, and
// is no error.
func (p *Pass) apart(what string, plan []wanted, ask func([]wanted) error) error {
	if len(plan) == 0 || p.memo.resting(what, p.Now) {
		return nil
	}
	err := ask(plan)
	switch {
	case err == nil:
		p.home.m.resting.DeleteLabelValues(p.Tenant.Name, p.Project, what)
	case p.rests(what, err):
		return nil
	}
	return err
}
