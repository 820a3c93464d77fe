package report

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Read asks every block's query over the range of from to to, for the named
// tenants or for all. Charts are by day, so the range begins with a whole day
// of the zone of the deployment rules. A tenant that was never polled is an error: its report would say that
// nothing is broken.
func Read(ctx context.Context, conn driver.Conn, from, to time.Time, tenants []string) (Report, error) {
	return read(ctx, conn, from, to, tenants, chapters())
}

// ReadBrief asks for less: what a terminal shows when everything has been stored.
func ReadBrief(ctx context.Context, conn driver.Conn, from, to time.Time) (Report, error) {
	return read(ctx, conn, from, to, nil, brief())
}

func read(ctx context.Context, conn driver.Conn, from, to time.Time, tenants []string, chapters []Chapter) (Report, error) {
	polled, err := known(ctx, conn, tenants)
	if err != nil {
		return Report{}, err
	}
	zone, err := schema.Zone(ctx, conn)
	if err != nil {
		return Report{}, err
	}
	r := Report{From: schema.StartOfDay(from, zone), To: to.In(zone), Tenants: tenants, Chapters: chapters}
	v := schema.View{From: r.From, To: r.To, Interval: 24 * time.Hour, Variables: map[string][]string{
		"tenant": tenants, "project": nil, "service": nil, "environment": nil, "as_of": {schema.NotSet}, "codearts": {schema.NotSet},
		"baseline": {"tenant"}, "bucket": {"day"}, "edition": {schema.Edition},
	}}
	for _, c := range r.Chapters {
		for i := range c.Parts {
			if err := c.Parts[i].read(ctx, conn, v); err != nil {
				return Report{}, err
			}
			if polled > 1 && len(tenants) != 1 {
				c.Parts[i].ofTenants()
			}
		}
	}
	return r, nil
}

// known is how many tenants were polled; the named ones must be among them.
func known(ctx context.Context, conn driver.Conn, tenants []string) (int, error) {
	sql, _, err := schema.Statement("dash_var_tenant")
	if err != nil {
		return 0, err
	}
	a, err := schema.Ask(ctx, conn, sql)
	if err != nil {
		return 0, fmt.Errorf("reading the tenants: %w", err)
	}
	var polled []string
	for _, row := range a.Rows {
		polled = append(polled, fmt.Sprint(row[0]))
	}
	for _, t := range tenants {
		if !slices.Contains(polled, t) {
			return 0, fmt.Errorf("no tenant %q was ever polled; there are %d: %s", t, len(polled), strings.Join(polled, ", "))
		}
	}
	return len(polled), nil
}

func (p *Part) read(ctx context.Context, conn driver.Conn, v schema.View) error {
	sql, comment, err := schema.Statement(p.query)
	if err != nil {
		return err
	}
	if sql, err = v.Expand(sql); err != nil {
		return fmt.Errorf("query %s: %w", p.query, err)
	}
	p.Formula = comment
	if p.answer, err = ask(ctx, conn, sql); err != nil {
		return fmt.Errorf("query %s: %w", p.query, err)
	}
	for _, want := range p.wanted() {
		if !slices.Contains(p.answer.names, want) {
			return fmt.Errorf("query %s: the block %q shows the column %s, which it does not give", p.query, p.Title, want)
		}
	}
	return nil
}

// wanted are the columns that the block needs.
func (b block) wanted() (names []string) {
	for _, c := range b.columns {
		names = append(names, c.name)
		for _, n := range c.notes {
			names = append(names, n.name)
		}
	}
	if b.label != "" {
		names = append(names, b.label)
	}
	if b.form == lines || b.form == bars {
		names = append(names, "time")
	}
	return names
}

// ask runs a query; all its numbers are float64.
func ask(ctx context.Context, conn driver.Conn, sql string) (answer, error) {
	a, err := schema.Ask(ctx, conn, sql)
	for _, row := range a.Rows {
		for i, v := range row {
			row[i] = number(v)
		}
	}
	return answer{a.Names, a.Rows}, err
}

// number makes a float64 of a number, and leaves what is none.
func number(x any) any {
	switch v := reflect.ValueOf(x); {
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	case v.CanFloat():
		return v.Float()
	}
	return x
}

// at returns the value of a row in a named column.
func (a answer) at(row []any, name string) any { return row[slices.Index(a.names, name)] }
