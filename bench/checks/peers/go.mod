// Two servers that do the verifier's check in Go, to be measured beside it: bench/checks/check.py builds and runs them.
module pharia-access/bench/peers

go 1.26.0

require (
	github.com/valyala/fasthttp v1.78.0
	golang.org/x/crypto v0.58.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/molecule-man/go-brrr v1.3.1 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
