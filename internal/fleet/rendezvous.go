package fleet

import (
	"cmp"
	"hash/fnv"
)

// Owner is who of the members should have the tenant: the one with the highest hash of both names (rendezvous hashing, Thaler
// and Ravishankar 1998). A member that comes takes only what is its own now, one that goes leaves only what was its own. It
// is "" when there is no member.
func Owner[T any](members map[string]T, tenant string) string {
	best, most := "", uint64(0)
	for id := range members {
		if w := weight(id, tenant); best == "" || cmp.Or(cmp.Compare(w, most), cmp.Compare(id, best)) > 0 {
			best, most = id, w
		}
	}
	return best
}

func weight(id, tenant string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id)) // a hash takes every write
	h.Write([]byte{0})
	h.Write([]byte(tenant))
	// FNV alone leaves the high bits of like names alike; this is the finalizer of MurmurHash3.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
