package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"artery/cmd/internal/service"
	"artery/internal/daemon"
	reports "artery/internal/report"
)

// mostDays is how far back a report goes: a character or a bar for each day.
const mostDays = 3660

// report prints the overview of the dashboards, and writes it as one HTML page.
func report(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("report", flag.ContinueOnError)
	config := fs.String("config", "", "configuration `file` that names ClickHouse; without it, the ClickHouse engine of the artery run on this machine")
	dir := fs.String("dir", "", "data `directory` of an artery run that is not running, instead of -config")
	span := fs.Uint("days", 30, "how many `days` back")
	tenant := fs.String("tenant", "", "only this `tenant`")
	page := fs.String("html", "", "write the report as an HTML page to this `file`, instead of printing it; - is the standard output")
	if done, err := parse(fs, args); done || err != nil {
		return err
	}
	if *span == 0 || *span > mostDays {
		fmt.Fprintf(os.Stderr, "artery report: give 1 to %d days\n", mostDays)
		return daemon.ErrUsage
	}
	s := newStack()
	defer s.close()
	if err := s.reach(ctx, *config, *dir, service.NeedClickHouse); err != nil {
		return err
	}
	conn, err := service.ReadClickHouse(ctx, s.cfg.ClickHouse)
	if err != nil {
		return err
	}
	defer conn.Close()
	var tenants []string
	if *tenant != "" {
		tenants = []string{*tenant}
	}
	now := time.Now()
	r, err := reports.Read(ctx, conn, now.AddDate(0, 0, -int(*span)), now, tenants)
	if err != nil {
		return err
	}
	switch *page {
	case "":
		return r.Text(os.Stdout)
	case "-":
		return r.Page(os.Stdout)
	}
	return writeFile(*page, r.Page)
}

// writeFile writes a file once all of it is known.
func writeFile(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	err := write(&b)
	if err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	fmt.Println(path)
	return nil
}
