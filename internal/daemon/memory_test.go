package daemon

import (
	"math"
	"testing"
	"testing/fstest"
)

func TestCgroupLimit(t *testing.T) {
	const none = math.MaxInt64
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"no control groups", nil, none},
		{"a container", map[string]string{"sys/fs/cgroup/memory.max": "536870912\n", "proc/self/cgroup": "0::/\n"}, 512 << 20},
		{"a container without a limit", map[string]string{"sys/fs/cgroup/memory.max": "max\n", "proc/self/cgroup": "0::/\n"}, none},
		{"a container of cgroups 1", map[string]string{"sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n", "proc/self/cgroup": "9:memory:/docker/a\n"}, 256 << 20},
		{"no limit in cgroups 1", map[string]string{"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 9223372036854771712},
		{"a service in a slice", map[string]string{
			"proc/self/cgroup": "1:name=systemd:/x\n0::/system.slice/artery.service\n",
			"sys/fs/cgroup/system.slice/artery.service/memory.max": "max\n",
			"sys/fs/cgroup/system.slice/memory.max":                "1073741824\n",
		}, 1 << 30},
		{"the service has less than its slice", map[string]string{
			"proc/self/cgroup": "0::/system.slice/artery.service\n",
			"sys/fs/cgroup/system.slice/artery.service/memory.max": "1048576\n",
			"sys/fs/cgroup/system.slice/memory.max":                "1073741824\n",
		}, 1 << 20},
		{"a group outside of what is mounted", map[string]string{"proc/self/cgroup": "0::/../other\n", "sys/fs/cgroup/memory.max": "7\n"}, 7},
		{"no number", map[string]string{"sys/fs/cgroup/memory.max": "x", "proc/self/cgroup": "0::/a"}, none},
	} {
		files := fstest.MapFS{}
		for name, text := range c.files {
			files[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := cgroupLimit(files); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
