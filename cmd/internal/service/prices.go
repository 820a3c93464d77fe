package service

import (
	"context"
	"fmt"
	"math"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// PricesConfig says what failing and waiting cost. Without a table costs are unknown.
type PricesConfig struct {
	// Currency is shown beside each cost.
	Currency string `yaml:"currency"`
	// Table is the prices in their order: the first that holds for a pipeline counts.
	Table []schema.Price `yaml:"table"`
}

func (p *PricesConfig) validate(f *faults) {
	const where = "prices"
	switch {
	case p.Currency == "" && len(p.Table) > 0:
		f.add(where+".currency", "is missing; a cost says nothing without it")
	case p.Currency != "" && len(p.Table) == 0:
		f.add(where+".table", "is empty, so there is no cost to show in %s; give prices or remove the section", p.Currency)
	}
	for i, price := range p.Table {
		at := fmt.Sprintf("%s.table[%d]", where, i)
		f.expressions(at, price.Expressions())
		if price.MachineMinute == nil && price.WaitingMinute == nil {
			f.add(at, "has no price; give machine_minute, waiting_minute or both")
		}
		for key, minute := range map[string]*float64{"machine_minute": price.MachineMinute, "waiting_minute": price.WaitingMinute} {
			if minute != nil && (*minute < 0 || math.IsNaN(*minute) || math.IsInf(*minute, 0)) {
				f.add(at+"."+key, "%v is no price", *minute)
			}
		}
	}
}

// activatePrices puts the configured price table in force.
func activatePrices(ctx context.Context, conn driver.Conn, p PricesConfig, f Frame) error {
	changed, err := schema.ActivatePrices(ctx, conn, schema.PriceTable(p))
	if changed {
		f.Log.Info("price table put in force; all costs follow it, those of the past too", "prices", len(p.Table))
	}
	return err
}
