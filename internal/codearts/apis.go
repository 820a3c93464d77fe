package codearts

// API is an endpoint function, and what the documents say of the API that it
// calls.
type API struct {
	Name       string // as used in limits, errors and calls
	Document   string // where it is described
	Permission string // that an IAM user needs; "" where the documents name none
}

// permissions are those that the documents name.
var permissions = map[string]string{
	apiTenantGate:   "codeartscheck::getProjectConfig",
	apiProjectGate:  "codeartscheck::getProjectConfig",
	apiRepositories: "codeartsrepo:repository:getRepository",
}

func (p probe) describe() API { return API{p.api, p.document, permissions[p.api]} }

// Documented lists all APIs, in the order in which a probe tries them.
func Documented() []API {
	list := make([]API, len(probes))
	for i, p := range probes {
		list[i] = p.describe()
	}
	return list
}

// APIs returns their names.
func APIs() []string {
	names := make([]string, len(probes))
	for i, p := range probes {
		names[i] = p.api
	}
	return names
}
