package daemon

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// limitShare of a container's memory is for the Go runtime; what it does not count, the program's own pages among it, has the
// rest.
const limitShare = 0.875

// LimitMemory tells the runtime how much memory this process may have: without that it lets the heap grow until the kernel
// kills a container that would have had room after a collection. An operator who sets GOMEMLIMIT decides instead.
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit := cgroupLimit(os.DirFS("/")); limit != math.MaxInt64 {
		debug.SetMemoryLimit(int64(float64(limit) * limitShare))
	}
}

// cgroupLimit is the memory that the control groups of this process leave it, the least of its own (cgroups 2) and of all
// above it, or of the container as a whole (cgroups 1). root is the file system.
func cgroupLimit(root fs.FS) int64 {
	limit := int64(math.MaxInt64)
	try := func(name string) {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 { // else it is "max"
			limit = min(limit, n)
		}
	}
	const groups = "sys/fs/cgroup"
	try(groups + "/memory.max")
	try(groups + "/memory/memory.limit_in_bytes")
	own, _ := fs.ReadFile(root, "proc/self/cgroup")
	for line := range strings.Lines(string(own)) {
		if group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::/"); ok {
			for group = path.Clean(group); group != "." && group != ".." && !strings.HasPrefix(group, "../"); group = path.Dir(group) {
				try(path.Join(groups, group, "memory.max"))
			}
		}
	}
	return limit
}
