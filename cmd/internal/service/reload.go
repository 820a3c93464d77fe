package service

import (
	"context"

	"artery/internal/loader"
)

// Reload makes the rows of events anew from what the stream holds, and returns how many there are. progress is told the
// last sequence stored and the rows so far.
func Reload(ctx context.Context, c Config, f Frame, progress func(seq uint64, rows int)) (int, error) {
	conn, err := OpenClickHouse(ctx, c.ClickHouse, f)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	nc, log, err := openLog(ctx, c.NATS, "artery-rebuild", f)
	if err != nil {
		return 0, err
	}
	defer nc.Close()
	first, last, _, err := log.Info(ctx)
	if err != nil {
		return 0, err
	}
	return loader.Reload(ctx, log, loader.ClickHouse{Conn: conn}, first, last, f.Version, progress)
}
