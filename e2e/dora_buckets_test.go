package e2e

import "time"

// doraView is what a reader of the board has chosen; nothing chosen is all.
type doraView struct {
	from, to, asOf         time.Time
	bucket                 string
	services               []string
	environments, projects []string
}

// windows are the buckets of the time range, by days, weeks or months of a zone; "before" is the 90 days before it, and it.
func (v doraView) windows(zone *time.Location) (out [][2]time.Time) {
	switch v.bucket {
	case "":
		return [][2]time.Time{{v.from, v.to}}
	case "before":
		return [][2]time.Time{{v.from.Add(-90 * day), v.from}, {v.from, v.to}}
	}
	for at := v.from; at.Before(v.to); {
		y, m, day := at.In(zone).Date()
		var next time.Time
		switch v.bucket {
		case "day":
			next = time.Date(y, m, day+1, 0, 0, 0, 0, zone)
		case "week": // it begins on Monday
			next = time.Date(y, m, day+7-(int(at.In(zone).Weekday())+6)%7, 0, 0, 0, 0, zone)
		case "month":
			next = time.Date(y, m+1, 1, 0, 0, 0, 0, zone)
		}
		out = append(out, [2]time.Time{at, minTime(next, v.to)})
		at = next
	}
	return out
}
