// Serves the check by net/http.
package main

import (
	"flag"
	"log"
	"net/http"

	"pharia-access/bench/peers/check"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	tokens := flag.String("tokens", "", "file of tokens")
	key := flag.String("key", "", "file with the key")
	flag.Parse()
	index, err := check.Load(*tokens, *key)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /auth/nginx", func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		values := r.Header["Authorization"]
		var text []byte
		if len(values) == 1 {
			text = check.Credentials([]byte(values[0]))
		}
		if text == nil {
			header.Set("WWW-Authenticate", `Bearer realm="pharia-access"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		token := index.Find(text)
		if token == nil {
			header.Set("WWW-Authenticate", `Bearer realm="pharia-access", error="invalid_token"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		header.Set("X-Auth-Subject", token.Subject)
		header.Set("X-Auth-Credential", token.Credential)
		header.Set("X-Auth-Token-Id", token.ID)
		header.Set("X-Auth-Roles", token.Roles)
		header.Set("X-Auth-Expires", token.Expires)
		w.WriteHeader(http.StatusOK)
	})
	log.Fatal(http.ListenAndServe(*listen, nil))
}
