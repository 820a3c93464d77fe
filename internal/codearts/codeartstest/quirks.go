package codeartstest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Quirk is one oddity of CodeArts that a tenant can be given: one that the documents print or promise, or that live clients
// of the service have met. Damage of the documents themselves, such as brackets lost at page breaks, is none.
type Quirk string

// The quirks. Table says what each is.
const (
	QuirkSpelling       Quirk = "other-spelling"
	QuirkParent         Quirk = "other-parent"
	QuirkSequence       Quirk = "same-sequence"
	QuirkNoBuildParams  Quirk = "no-build-params"
	QuirkNoLatestRun    Quirk = "no-latest-run"
	QuirkStageIDs       Quirk = "stage-ids"
	QuirkTextTimes      Quirk = "text-times"
	QuirkForeignRows    Quirk = "foreign-rows"
	QuirkMissingStatus  Quirk = "missing-statuses"
	QuirkNoFilter       Quirk = "status-filter-ignored"
	QuirkPathOnly       Quirk = "project-ids-ignored"
	QuirkAnyProject     Quirk = "all-projects-listed"
	QuirkSmallPages     Quirk = "small-pages"
	QuirkEchoedLimit    Quirk = "echoed-limit"
	QuirkShiftingRows   Quirk = "shifting-rows"
	QuirkVersionPages   Quirk = "version-pages"
	QuirkLogReversed    Quirk = "reversed-logs"
	QuirkLogMore        Quirk = "endless-logs"
	QuirkAPIG           Quirk = "apig-codes"
	QuirkGzip           Quirk = "gzip"
	QuirkLongToken      Quirk = "long-token"
	QuirkShortToken     Quirk = "short-token"
	QuirkBusy           Quirk = "busy"
	QuirkBusyNested     Quirk = "busy-nested"
	QuirkThrottle       Quirk = "throttle-seconds"
	QuirkThrottleDate   Quirk = "throttle-date"
	QuirkFrequent       Quirk = "frequent-access"
	QuirkGateway        Quirk = "gateway-error"
	QuirkTruncated      Quirk = "truncated"
	QuirkCutJSON        Quirk = "cut-json"
	QuirkDropped        Quirk = "dropped"
	QuirkSlowBody       Quirk = "slow-body"
	QuirkHungBody       Quirk = "hung-body"
	QuirkHung           Quirk = "hung"
	QuirkRevoked        Quirk = "revoked-tokens"
	QuirkRetried        Quirk = "retried-run"
	QuirkOverlapping    Quirk = "overlapping-runs"
	QuirkPaused         Quirk = "paused-run"
	QuirkShortRuns      Quirk = "short-runs"
	QuirkExpiring       Quirk = "expiring-runs"
	QuirkLostMembership Quirk = "lost-membership"
	QuirkZone           Quirk = "other-zone"
	QuirkSkew           Quirk = "clock-skew"
	QuirkMissingAPI     Quirk = "missing-api"
)

// QuirkKind says what a quirk asks of a collector.
type QuirkKind int

// The kinds. All but the last are harmless: whoever asks again ends with the right rows.
const (
	QuirkOfShape   QuirkKind = iota // the answers look different and say the same
	QuirkOfPassing                  // every seventh call of an API fails, in one of the ways that are switched on
	QuirkOfWorld                    // something unusual happens in the generated world; an empty one stays empty
	QuirkOfTenant                   // somebody has to do something, or rows are missing
)

// QuirkInfo describes a quirk.
type QuirkInfo struct {
	Name Quirk
	Kind QuirkKind
	What string
}

// Quirks is the table of all quirks.
func Quirks() []QuirkInfo {
	return []QuirkInfo{
		{QuirkSpelling, QuirkOfShape, "the last editor under the other of the two printed keys: update for updater, update_id for updater_id"},
		{QuirkParent, QuirkOfShape, "a root of the Pipeline group tree has parent_id null instead of \"\", one of the Build group tree \"\" instead of null"},
		{QuirkSequence, QuirkOfShape, "two stages of a pipeline have the same sequence"},
		{QuirkNoBuildParams, QuirkOfShape, "every second run has build_params null"},
		{QuirkNoLatestRun, QuirkOfShape, "latest_run is missing instead of null for a pipeline that never ran"},
		{QuirkStageIDs, QuirkOfShape, "4.2.4 and 4.2.7 have id in stage_status_list, as their tables say; 4.2.2 has not"},
		{QuirkTextTimes, QuirkOfShape, "start_time and end_time of run summaries are texts of digits instead of numbers"},
		{QuirkForeignRows, QuirkOfShape, "4.2.4 also lists a pipeline of another project, whatever project is asked for"},
		{QuirkMissingStatus, QuirkOfShape, "4.2.2 leaves out every third pipeline of its answer, other ones each time"},
		{QuirkNoFilter, QuirkOfShape, "4.2.4 ignores the statuses that it is asked for, and lists all"},
		{QuirkPathOnly, QuirkOfShape, "4.2.4 ignores the projects that its body names, and lists that of its path"},
		{QuirkAnyProject, QuirkOfShape, "4.2.4 ignores its path as well, and lists the pipelines of all projects; beside project-ids-ignored it does nothing"},
		{QuirkSmallPages, QuirkOfShape, "every list gives at most three rows a page"},
		{QuirkEchoedLimit, QuirkOfShape, "lists repeat the limit that was asked for, not the one that was used"},
		{QuirkShiftingRows, QuirkOfShape, "of three walks through a list, one has a row added and one a row removed at the front behind its first page"},
		{QuirkLogReversed, QuirkOfShape, "4.2.13 in descending order turns the lines around too"},
		{QuirkLogMore, QuirkOfShape, "4.2.13 always says has_more"},
		{QuirkAPIG, QuirkOfShape, "error codes of the gateway begin with APIG. instead of APIGW."},
		{QuirkGzip, QuirkOfShape, "every answer is compressed, asked for or not"},
		{QuirkLongToken, QuirkOfShape, "a token has 8,192 characters"},
		{QuirkShortToken, QuirkOfShape, "a token is refused 10 minutes after its issue, long before it says that it expires"},
		{QuirkBusy, QuirkOfPassing, "status 200 with error_code DEVPIPE.00011127"},
		{QuirkBusyNested, QuirkOfPassing, "status 200 with error.code DEVPIPE.00011127"},
		{QuirkThrottle, QuirkOfPassing, "429 with Retry-After in seconds"},
		{QuirkThrottleDate, QuirkOfPassing, "429 with Retry-After as a date"},
		{QuirkFrequent, QuirkOfPassing, "500 with COCT.0070003, which is a throttle"},
		{QuirkGateway, QuirkOfPassing, "502 with the gateway's APIGW.0602 and a request_id"},
		{QuirkTruncated, QuirkOfPassing, "the connection ends in the middle of the body"},
		{QuirkCutJSON, QuirkOfPassing, "a complete answer whose JSON ends in the middle"},
		{QuirkDropped, QuirkOfPassing, "the connection ends without an answer"},
		{QuirkSlowBody, QuirkOfPassing, "the body comes in eight pieces with pauses"},
		{QuirkHungBody, QuirkOfPassing, "half of the body, and then nothing until the caller gives up"},
		{QuirkHung, QuirkOfPassing, "nothing until the caller gives up"},
		{QuirkRevoked, QuirkOfPassing, "all tokens issued so far are revoked"},
		{QuirkRetried, QuirkOfWorld, "a failed run that is not its pipeline's latest is retried under the same id, 2 minutes after Origin"},
		{QuirkOverlapping, QuirkOfWorld, "a run goes on while three later ones begin and end"},
		{QuirkPaused, QuirkOfWorld, "a run waits for its review for four days, until 30 minutes after Origin"},
		{QuirkShortRuns, QuirkOfWorld, "five runs begin and end within half a minute, every 10 minutes of the first hour after Origin"},
		{QuirkExpiring, QuirkOfWorld, "runs of 90 days ago leave the execution records within the first half an hour after Origin"},
		{QuirkLostMembership, QuirkOfWorld, "the user is no member of the last project between 10 and 25 minutes after Origin: its list has total 0"},
		{QuirkZone, QuirkOfTenant, "the site's zone is -03:00"},
		{QuirkSkew, QuirkOfTenant, "the server's clock is 20 minutes ahead: signatures are refused"},
		{QuirkMissingAPI, QuirkOfTenant, "the region does not publish the open-source policies (4.7.3, 4.7.4, 4.8.1, 4.8.2)"},
		{QuirkVersionPages, QuirkOfShape, "4.9.23 gives a page with a total, as its table says, instead of the printed bare list"},
	}
}

// HarmlessQuirks are those of which nothing is left once a collector has asked again.
func HarmlessQuirks() []Quirk {
	var names []Quirk
	for _, q := range Quirks() {
		if q.Kind != QuirkOfTenant {
			names = append(names, q.Name)
		}
	}
	return names
}

// ParseQuirks reads names separated by commas; `harmless` stands for HarmlessQuirks and `all` for all.
func ParseQuirks(text string) ([]Quirk, error) {
	var chosen []Quirk
	for name := range strings.SplitSeq(text, ",") {
		switch name = strings.TrimSpace(name); name {
		case "":
		case "harmless":
			chosen = append(chosen, HarmlessQuirks()...)
		case "all":
			for _, q := range Quirks() {
				chosen = append(chosen, q.Name)
			}
		default:
			if !slices.ContainsFunc(Quirks(), func(q QuirkInfo) bool { return q.Name == Quirk(name) }) {
				return nil, fmt.Errorf("there is no quirk %q", name)
			}
			chosen = append(chosen, Quirk(name))
		}
	}
	return chosen, nil
}

// has tells whether a quirk is switched on.
func (o *Options) has(q Quirk) bool { return slices.Contains(o.Quirks, q) }

// The measures of quirks.
const (
	quirkPage      = 3
	quirkToken     = 8192
	quirkTokenLife = 10 * time.Minute
	quirkSkew      = 20 * time.Minute
	quirkPeriod    = 7 // calls of an API, of which the last fails
)

// applyQuirks turns quirks into the options that they are about.
func (o *Options) applyQuirks() {
	if o.has(QuirkSmallPages) {
		o.MaxPipelinePage, o.MaxRunPage, o.MaxPolicyPage = quirkPage, quirkPage, quirkPage
		o.MaxProjectPage, o.MaxRepositoryPage, o.MaxComparisonPage = quirkPage, quirkPage, quirkPage
	}
	if o.has(QuirkLongToken) {
		o.TokenLength = quirkToken
	}
	if o.has(QuirkZone) {
		o.Zone = time.FixedZone("", -3*3600)
	}
}
