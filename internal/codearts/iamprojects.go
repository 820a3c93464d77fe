package codearts

import (
	"context"
	"encoding/json"
	"net/http"
)

const apiIAMProjects = "IAMProjects"

// IAMProjects returns the IAM projects that the account may use, one or more
// per region (CodeArts Pipeline API Reference 5.3, IAM: Querying Project
// Information). They are no CodeArts projects. The answer is one page; complete
// is false if it names a next one.
func (c *Client) IAMProjects(ctx context.Context) (projects []json.RawMessage, complete bool, err error) {
	if c.base.iam == "" {
		return nil, false, c.noEndpoint(apiIAMProjects, "iam")
	}
	err = c.call(ctx, request{
		api:    apiIAMProjects,
		method: http.MethodGet, base: c.base.iam, path: "/v3/projects",
		read: func(a answer) (err error) {
			o, err := readObject(a.body, "projects", false)
			if err != nil {
				return err
			}
			var page struct {
				Links struct {
					Next lenient `json:"next"`
				} `json:"links"`
			}
			complete = json.Unmarshal(a.body, &page) == nil && page.Links.Next == ""
			projects, err = o.list("projects")
			return err
		},
	})
	return projects, complete, err
}
