// Package codeartstest is a simulated CodeArts tenant: an http.Handler that answers the read APIs as they are documented,
// over a scripted world that moves with a clock, and that can tell the truth about that world at any time.
//
// The world is a pure function of Options and of the asked time. Runs are planned hour by hour, each with its whole
// timeline, past and future; an answer is the part of the timelines that is visible at the clock's time. A second
// process with the same Options therefore shows the same history, and goes on in the same way.
//
// Where the API documents are silent, the package decides: windows of execution records are on the run's start, both
// ends included; a retry keeps run id, run number and run start; a missing record is HTTP 200 with DEVCP.00012002;
// a rule set holds copies of its rules as they were at its own last edit; lists of rules and policies have the last edited first.
//
// The package imports nothing of the product, so that a mistake in the client cannot hide here.
package codeartstest
