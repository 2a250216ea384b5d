// Serves the check by fasthttp.
package main

import (
	"flag"
	"log"

	"github.com/valyala/fasthttp"

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
	server := &fasthttp.Server{NoDefaultServerHeader: true, NoDefaultDate: true, NoDefaultContentType: true}
	server.Handler = func(c *fasthttp.RequestCtx) {
		header := &c.Response.Header
		header.Set("Cache-Control", "no-store")
		if string(c.Path()) != "/auth/nginx" || !c.IsGet() {
			c.SetStatusCode(fasthttp.StatusNotFound)
			return
		}
		text := check.Credentials(c.Request.Header.Peek("Authorization"))
		if text == nil {
			header.Set("WWW-Authenticate", `Bearer realm="pharia-access"`)
			c.SetStatusCode(fasthttp.StatusUnauthorized)
			return
		}
		token := index.Find(text)
		if token == nil {
			header.Set("WWW-Authenticate", `Bearer realm="pharia-access", error="invalid_token"`)
			c.SetStatusCode(fasthttp.StatusUnauthorized)
			return
		}
		header.Set("X-Auth-Subject", token.Subject)
		header.Set("X-Auth-Credential", token.Credential)
		header.Set("X-Auth-Token-Id", token.ID)
		header.Set("X-Auth-Roles", token.Roles)
		header.Set("X-Auth-Expires", token.Expires)
	}
	log.Fatal(server.ListenAndServe(*listen))
}
