package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"time"
)

// doraReport is an incident as somebody reported it.
type doraReport struct {
	id, service, environment, run string
	start, end                    time.Time // end is zero while it is open
}

// incidents are reported: after every fifth deployment one within the windows, after every seventh one that names the run long
// afterwards and goes on, after every eleventh one out of the windows, after every thirteenth one that names the run alone; of the
// last deployment of each service one that goes on, of the first one that names its run and began days ago, and of the third one that
// was over before it ended; one elsewhere, one of a service that there is not, and one of a run that there is not.
func (d *doraTruth) incidents() (reports []doraReport) {
	add := func(s doraService, run string, start, end time.Time) {
		if end.After(d.asOf) {
			end = time.Time{} // it goes on
		}
		if start.Before(d.asOf) {
			reports = append(reports, doraReport{fmt.Sprintf("OPS-%s-%d", d.rules.Zone, len(reports)), s.name, s.environment, run, start, end})
		}
	}
	for _, s := range d.services {
		for i, x := range s.done {
			switch n := i + 1; {
			case n == len(s.done):
				add(*s, "", x.end.Add(10*time.Minute), time.Time{})
			case n == 1:
				add(*s, x.run, d.asOf.Add(-3*day), d.asOf.Add(-2*day))
			case n == 3:
				add(*s, x.run, x.end.Add(-5*time.Minute), x.end.Add(-2*time.Minute))
			case n%5 == 0:
				add(*s, "", x.end.Add(20*time.Minute), x.end.Add(time.Duration(1+n%40)*time.Hour))
			case n%7 == 0:
				add(*s, x.run, x.end.Add(30*time.Hour), time.Time{})
			case n%11 == 0:
				add(*s, "", x.end.Add(25*time.Hour), x.end.Add(26*time.Hour))
			case n%13 == 0:
				add(doraService{}, x.run, x.end.Add(2*time.Hour), x.end.Add(5*time.Hour))
			}
		}
	}
	add(doraService{name: "nobody", environment: "production"}, "", d.asOf.Add(-time.Hour), d.asOf)
	add(doraService{name: "ferry", environment: "moon"}, "", d.asOf.Add(-2*time.Hour), d.asOf)
	add(doraService{name: "ferry", environment: "production"}, "nowhere", d.asOf.Add(-3*time.Hour), d.asOf)
	return reports
}

func (a doraReport) compare(b doraReport) int {
	return cmp.Or(a.start.Compare(b.start), cmp.Compare(a.id, b.id))
}

// unmatched counts the incidents, and those that speak against nothing.
func (d *doraTruth) unmatched(v doraView) map[string]any {
	matched := map[string]bool{}
	for _, s := range d.services {
		for i := range s.done {
			linked, followed := d.blamed(s, i)
			for _, r := range append(linked, followed...) {
				matched[r.id] = true
			}
		}
	}
	n := doraNumbers{}
	for _, r := range d.reports {
		if v.in(r.start) && !r.start.After(d.asOf) && among(v.services, r.service) && among(v.environments, r.environment) {
			if n["incidents"]++; !matched[r.id] {
				n["unmatched"]++
			}
		}
	}
	return n.columns("incidents", "unmatched")
}

// reported are the incidents, a line for each deployment that one speaks against.
func (d *doraTruth) reported(v doraView) (rows []map[string]any) {
	against := map[string][]map[string]any{}
	for _, s := range d.services {
		for i, x := range s.done {
			linked, followed := d.blamed(s, i)
			for match, reports := range map[string][]doraReport{"linked": linked, "after it": followed} {
				for _, r := range reports {
					against[r.id] = append(against[r.id], map[string]any{"match": match, "run_id": x.run, "deployed_at": x.end, "reason": "", "url": s.deployed(x)["url"]})
				}
			}
		}
	}
	for _, r := range d.reports {
		if !v.in(r.start) || r.start.After(d.asOf) || !among(v.services, r.service) || !among(v.environments, r.environment) {
			continue
		}
		if len(against[r.id]) == 0 {
			against[r.id] = []map[string]any{{"match": "no deployment", "run_id": "", "deployed_at": math.NaN(), "reason": r.lost(), "url": ""}}
		}
		for _, row := range against[r.id] {
			maps.Copy(row, map[string]any{
				"started_at": r.start, "resolved_at": math.NaN(), "tenant": tenantName, "incident_id": r.id, "title": "down", "source": "plain", "severity": "",
				"service": r.service, "environment": r.environment,
			})
			if !r.end.IsZero() && !r.end.After(d.asOf) {
				row["resolved_at"] = r.end
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// lost is why an incident speaks against no deployment, if it speaks against none.
func (a doraReport) lost() string {
	if a.run != "" {
		return "the linked run deployed nothing of this service"
	}
	return "no deployment of the service to this environment was the last before it within the attribution window"
}
