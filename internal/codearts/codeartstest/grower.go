package codeartstest

import (
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// grower lets a repository grow hour by hour.
type grower struct {
	repository *repository
	number     int
	daily      float64 // MB a day
}

// jumpMB is what somebody commits to the second repository five days before Origin, and a third of it after Origin to the third.
const jumpMB = 2300

// hour adds the growth of one hour: at working hours before Origin, at any hour after it.
func (g *grower) hour(w *World, slot int, from time.Time) {
	rng := w.rng("grow", g.number, slot)
	at := from.Add(time.Duration(rng.IntN(3600)) * time.Second)
	size, _ := g.repository.sizes.at(at)
	jump := time.Duration(0)
	grown := 0.0
	switch {
	case !from.Before(w.options.Origin):
		if rng.Float64() < 0.5 {
			grown = g.daily * rng.Float64()
		}
	case rng.Float64() < busy(from.In(w.options.Zone))/24:
		grown = g.daily * 2 * rng.Float64()
	}
	switch g.number {
	case 1:
		jump = -5 * 24 * time.Hour
	case 2:
		jump = 18 * time.Minute
	}
	if when := w.options.Origin.Add(jump); jump != 0 && !when.Before(from) && when.Before(from.Add(time.Hour)) {
		at, grown = when, jumpMB
		if jump > 0 {
			grown /= 3
		}
	}
	if grown > 0.01 && !at.Before(g.repository.Created) {
		g.repository.sizes.set(at, size+grown)
	}
}

// rng is a source of random numbers for one place in the world.
func (w *World) rng(path ...any) *rand.Rand {
	sum := w.digest(path...)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])))
}

// busy is how busy the people are at a local time; its mean over a week is about 1.
func busy(local time.Time) float64 {
	hours := [24]float64{0.1, 0.05, 0.05, 0.05, 0.05, 0.1, 0.2, 0.5, 1.2, 2.2, 2.6, 2.4, 1.2, 1.6, 2.4, 2.5, 2.3, 1.9, 1.1, 0.6, 0.4, 0.3, 0.1, 0.1}
	if day := local.Weekday(); day == time.Saturday || day == time.Sunday {
		return hours[local.Hour()] * 0.3
	}
	return hours[local.Hour()] * 1.28
}
