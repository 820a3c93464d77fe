package events

import "encoding/json"

// IncidentBody is the body of an Incident: what was reported, in one form for every reporter.
type IncidentBody struct {
	Service     string             `json:"service"` // "" = the reporter does not say
	Environment string             `json:"environment"`
	StartedAt   string             `json:"started_at"`  // FormatTime
	ResolvedAt  string             `json:"resolved_at"` // "" while it is open
	Title       string             `json:"title"`
	Severity    string             `json:"severity"`
	URL         string             `json:"url"`
	Source      string             `json:"source"` // the form of the report
	Deployment  IncidentDeployment `json:"deployment"`
	Withdrawn   bool               `json:"withdrawn"` // it was none
	Received    json.RawMessage    `json:"received"`  // as it was sent
}

// IncidentDeployment is the deployment that the reporter says caused the incident, if it says so.
type IncidentDeployment struct {
	RunID string `json:"run_id"`
	Stage string `json:"stage"`
}

// CommitBody is the body of a Commit: the answer to one question. That CodeArts does not know the commit is an answer too,
// and kept, so that nobody asks again and everybody can see why a time is not known.
type CommitBody struct {
	RepositoryID string          `json:"repository_id"`
	CommitID     string          `json:"commit_id"`
	Absent       string          `json:"absent"` // what CodeArts said instead of showing it
	Commit       json.RawMessage `json:"commit"` // as CodeArts gave it; null with Absent
}

// CommitRangeBody is the body of a CommitRange: the commits that To has and From has not, newest first.
type CommitRangeBody struct {
	RepositoryID string        `json:"repository_id"`
	From         string        `json:"from_commit"`
	To           string        `json:"to_commit"`
	Absent       string        `json:"absent"` // what CodeArts said instead of comparing
	Total        int           `json:"total"`  // as CodeArts counts them
	Complete     bool          `json:"complete"`
	Commits      []RangeCommit `json:"commits"`
}

// RangeCommit is what a range keeps of a commit, as CodeArts wrote it.
type RangeCommit struct {
	ID            string `json:"id"`
	CommittedDate string `json:"committed_date"`
	AuthoredDate  string `json:"authored_date"`
	Title         string `json:"title"`
	AuthorName    string `json:"author_name"`
}
