// Prints the kinds that Envoy Gateway reads: its own, and Gateway API's experimental channel.
package main

import (
	"os"

	envoygateway "github.com/envoyproxy/gateway"
)

func main() {
	if _, err := os.Stdout.Write(envoygateway.GatewayCRDs); err != nil {
		os.Exit(1)
	}
}
