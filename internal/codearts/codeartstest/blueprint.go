package codeartstest

// pipelineKind decides the stages, triggers and outcomes of a generated pipeline.
type pipelineKind int

const (
	kindService  pipelineKind = iota // build, test, deploy to staging and production
	kindReviewed                     // the same with a manual review before production
	kindMerge                        // checks of merge requests
	kindNightly                      // once a night, by the scheduler
	kindLibrary                      // build, test, publish
	kindRelease                      // by tags, with an approval
	kindChange                       // a change pipeline with duplicated stage sequences and no build_params
	kindIdle                         // never ran
	kindLate                         // a service that is created after Origin
)

// blueprint is a pipeline of the generated world. Its weight is its share of the runs.
type blueprint struct {
	project    int
	name       string
	repository string
	kind       pipelineKind
	weight     float64
}

// blueprints are the generated pipelines, in order: the first few already show every kind.
var blueprints = []blueprint{
	{0, "payment-gateway", "payment-gateway", kindReviewed, 3},
	{1, "cart", "cart", kindService, 3},
	{0, "payment-gateway merge check", "payment-gateway", kindMerge, 4},
	{1, "storefront nightly", "storefront-web", kindNightly, 0},
	{0, "Ledger change", "ledger", kindChange, 1},
	{1, "Storefront release – 发布", "storefront-web", kindRelease, 0.5},
	{0, "money-lib", "money-lib", kindLibrary, 1},
	{1, "New Pipeline - 20260101", "cart", kindIdle, 0},
	{2, "identity", "identity", kindReviewed, 3},
	{0, "ledger", "ledger", kindService, 3},
	{1, "catalog", "catalog", kindService, 4},
	{2, "config-service", "config-service", kindService, 2},
	{0, "fraud-score", "fraud-score", kindService, 2},
	{1, "checkout", "checkout", kindReviewed, 3},
	{2, "image-builder", "image-builder", kindService, 1},
	{0, "invoice", "invoice", kindService, 2},
	{1, "search", "search", kindService, 3},
	{2, "metrics-relay", "metrics-relay", kindService, 2},
	{0, "payout", "payout", kindReviewed, 2},
	{1, "recommendations", "recommendations", kindService, 2},
	{2, "feature-flags", "feature-flags", kindService, 2},
	{0, "refunds", "refunds", kindService, 1},
	{1, "storefront-web", "storefront-web", kindReviewed, 4},
	{1, "notification", "notification", kindService, 2},
	{0, "ledger merge check", "ledger", kindMerge, 3},
	{1, "cart merge check", "cart", kindMerge, 3},
	{1, "checkout merge check", "checkout", kindMerge, 3},
	{2, "identity merge check", "identity", kindMerge, 3},
	{1, "storefront-web merge check", "storefront-web", kindMerge, 3},
	{0, "settlement nightly", "ledger", kindNightly, 0},
	{0, "fraud model training – nuit", "fraud-score", kindNightly, 0},
	{2, "base images nightly", "image-builder", kindNightly, 0},
	{2, "security scan nightly", "identity", kindNightly, 0},
	{1, "ui-kit", "ui-kit", kindLibrary, 2},
	{1, "tracking-sdk", "tracking-sdk", kindLibrary, 1},
	{2, "go-kit", "go-kit", kindLibrary, 2},
	{2, "proto", "proto", kindLibrary, 1},
	{0, "Payments release – 发布", "payment-gateway", kindRelease, 0.4},
	{2, "Platform release", "identity", kindRelease, 0.4},
	{2, "quota-service", "quota-service", kindLate, 2},
}

// projectNames are the generated projects; more of them get a number.
var projectNames = []string{"Payments", "Storefront", "Platform"}

// userNames are the people of the tenant.
var userNames = []string{"li_wei", "anna.novak", "m.okafor", "张敏", "jonas.berg", "priya.s", "t_yamada", "release-bot"}

// stagesOf are the stages of a kind.
func stagesOf(kind pipelineKind) []StageSpec {
	build := stage("Build", 0,
		job("Compile", step("maven_build", "Build", 5, "build_cmd", "mvn -B package"), step("upload_artifact", "Build", 1, "package", "target/app.tar.gz")),
		job("Code check", step("codecheck", "Gate", 1, "mode", "full")))
	test := stage("Unit Test", 1, job("Unit tests", step("run_tests", "Test", 4, "suite", "unit"), step("publish_report", "Test", 1)))
	staging := stage("Deploy staging", 2, job("Roll out to staging", step("deploy", "Deploy", 3, "environment", "staging"), step("smoke_test", "Test", 1)))
	production := func(sequence int) StageSpec {
		return stage("Deploy production", sequence, job("Roll out to production", step("deploy", "Deploy", 3, "environment", "production"), step("smoke_test", "Test", 1)))
	}
	switch kind {
	case kindReviewed:
		review := stage("Manual review", 3, job("Approve the release", step("manual_review", "Normal", 1, "approvers", "release managers")))
		return []StageSpec{build, test, staging, review, production(4)}
	case kindMerge:
		return []StageSpec{build, test}
	case kindNightly:
		return []StageSpec{
			stage("Nightly build", 0, job("Clean build", step("maven_build", "Build", 3))),
			stage("Integration tests", 1, job("Against the database", step("run_tests", "Test", 3)), job("Against the queue", step("run_tests", "Test", 2))),
			stage("Security scan", 2, job("Dependencies", step("scan", "Gate", 1))),
		}
	case kindLibrary:
		return []StageSpec{build, test, stage("Publish", 2, job("Publish the package", step("publish", "Normal", 1)))}
	case kindRelease:
		return []StageSpec{
			stage("构建 Build", 0, job("Release build", step("maven_build", "Build", 4), step("sign", "Normal", 1))),
			stage("审批 ✋", 1, job("Approve", step("manual_review", "Normal", 1))),
			stage("Publish 发布", 2, job("Upload", step("publish", "Deploy", 1))),
		}
	case kindChange:
		return []StageSpec{
			stage("Merge Integration Branch", 0, job("Merge", step("merge", "Normal", 1))),
			stage("Phase_1", 1, job("Creating a Task")), // a job without steps, as in the printed example
			stage("Combining Trunks", 1, job("Merge into trunk", step("merge", "Normal", 1))),
		}
	}
	return []StageSpec{build, test, staging, production(3)}
}

func stage(name string, sequence int, jobs ...JobSpec) StageSpec {
	return StageSpec{Name: name, Sequence: sequence, Jobs: jobs}
}

func job(name string, steps ...StepSpec) JobSpec { return JobSpec{Name: name, Steps: steps} }

// step is a step whose inputs are given as keys and values in turn.
func step(task, business string, weight int, inputs ...string) StepSpec {
	s := StepSpec{Name: task, Task: "official_devcloud_" + task, BusinessType: business, Weight: weight}
	for i := 0; i+1 < len(inputs); i += 2 {
		s.Inputs = append(s.Inputs, [2]string{inputs[i], inputs[i+1]})
	}
	return s
}
