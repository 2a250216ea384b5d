package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rs"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

const verifier = "https://pharia-access-verifier.pharia-access-system.svc.cluster.local"

var bearer = regexp.MustCompile(`(?i)^Bearer +([^\s,]+)$`)

// check answers the status for a request, and whose token it carries.
func check(server rs.ResourceServer, request *http.Request, role string) (int, string) {
	values := request.Header.Values("Authorization")
	if len(values) != 1 {
		return http.StatusUnauthorized, ""
	}
	token := bearer.FindStringSubmatch(values[0])
	if token == nil {
		return http.StatusUnauthorized, ""
	}
	ctx, cancel := context.WithTimeout(request.Context(), 5*time.Second)
	defer cancel()
	facts, err := rs.Introspect[*oidc.IntrospectionResponse](ctx, server, token[1])
	switch {
	case err != nil:
		log.Print("introspection failed")
		return http.StatusServiceUnavailable, ""
	case !facts.Active:
		return http.StatusUnauthorized, ""
	case !slices.Contains(facts.Scope, role):
		return http.StatusForbidden, ""
	}
	return http.StatusOK, facts.Username
}

func main() {
	// Without static endpoints it asks for /.well-known/openid-configuration, which the verifier has not.
	endpoints := rs.WithStaticEndpoints(verifier+"/none", verifier+"/oauth2/introspect")
	server, err := rs.NewResourceServerClientCredentials(
		context.Background(), verifier, "finance/introspector", os.Getenv("INTROSPECTOR_TOKEN"), endpoints)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/reports", func(response http.ResponseWriter, request *http.Request) {
		status, name := check(server, request, "studio-user")
		if status == http.StatusUnauthorized {
			response.Header().Set("WWW-Authenticate", `Bearer realm="reports"`)
		}
		response.WriteHeader(status)
		response.Write([]byte(name))
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
