package service

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"artery/internal/notify"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What a loader wrote when a stage was another one in another place of its run: it has told of the failures of runs 2
// and 3, as of two stages, and has planned to tell that the second one has recovered in run 4. Such a loader has made the ids.
const outboxByPlace = `{"since":%[1]q,"told":{"e1b5bf75f6b2f61bdf4378a7":%[2]q,"2a64933d882332f0f25a6a49":%[3]q,"4883e3e9967ee90619c8af5f":%[4]q},"waiting":[{"message":{` +
	`"id":"4883e3e9967ee90619c8af5f","text":"Alpha / p1: stage deploy is recovered on main, run 4, commit c4","transitions":[{"id":"4883e3e9967ee90619c8af5f",` +
	`"state":"recovered","at":%[4]q,"tenant":"acme","project_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","project":"Alpha","pipeline_id":"p1","pipeline":"p1","branch":"main",` +
	`"position":1,"stage":"deploy","run_id":"run-4","run_number":4,"commit":"c4","executor":""}]},"by":"1nNsUyZnRkemWSgpJA9ioS","until":%[1]q}]}`

// After an upgrade from then nothing that was told is told again, what was planned is told once and as it was, and a
// transition that was none then, the failure of run 5, is told as long as it is young.
func TestNotifyGoesOnFromAnOutboxByPlace(t *testing.T) {
	var c chat
	cfg := c.config(t, "wait: 0s, stages: ^deploy", "{name: acme}")
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(minutes time.Duration) time.Time { return now.Add(-minutes * time.Minute) }
	text := func(at time.Time) string { return at.Format(time.RFC3339) }
	nc, err := nats.Connect(cfg.NATS.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := notify.OpenKV(t.Context(), nc, 1); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), "ARTERY_NOTIFY")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.PutString(t.Context(), "outbox", fmt.Sprintf(outboxByPlace, text(ago(55)), text(ago(40)), text(ago(30)), text(ago(20)))); err != nil {
		t.Fatal(err)
	}
	l, stop := loading(t, cfg, io.Discard)
	attempt := func(name, status, start string, ended time.Time) string {
		return fmt.Sprintf(`{"name":%q,"status":%q,"start_time":%q,"end_time":%q}`, name, status, start, ended.In(time.FixedZone("", 8*3600)).Format(time.DateTime))
	}
	const first, second = "2026-01-02 03:04:05", "2026-01-02 03:05:06"
	for i, status := range []string{"COMPLETED", "FAILED", "FAILED", "COMPLETED", "FAILED"} {
		number := i + 1
		ended := ago(time.Duration(60 - 10*number))
		stages := attempt("deploy", status, first, ended)
		if number == 3 || number == 4 { // a stage stands before it
			stages = attempt("build", "COMPLETED", first, ended) + "," + attempt("deploy", status, second, ended)
		}
		ran(t, l, number, status, stages)
	}
	c.until(t, "what waits and what is new is told", func() bool { return len(c.messages) >= 2 })
	ran(t, l, 6, "COMPLETED", attempt("deploy", "COMPLETED", first, now))
	c.until(t, "the next recovery is told", func() bool { return strings.HasSuffix(c.told(), "recovered 6") })
	stop()
	if got := c.told(); got != "recovered 4, newly failing 5, recovered 6" {
		t.Errorf("told: %s", got)
	}
	if m := c.messages[0]; m.ID != "4883e3e9967ee90619c8af5f" || m.Text != "Alpha / p1: stage deploy is recovered on main, run 4, commit c4" {
		t.Errorf("what was planned is another message: %+v", m)
	}
}
