// Package oracle checks the simulated CodeArts, and the signatures of the product's client, with the vendor's own SDK. It
// has tests only.
//
// It is a module of its own: the SDK is large, takes an error that comes with status 200 for an empty success, and shall
// never be a dependency of the product.
package oracle
