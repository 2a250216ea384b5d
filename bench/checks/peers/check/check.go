// Package check does what the verifier does with a token: look its ID up, compare a keyed digest, judge its end.
package check

import (
	"bufio"
	"bytes"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/blake2b"
)

// Token is what is known of an issued token.
type Token struct {
	ID, Subject, Credential, Roles, Expires string
	mac                                     []byte
	end                                     int64
}

// Index knows all tokens by their ID.
type Index struct {
	tokens map[string]*Token
	pool   sync.Pool
}

// Load reads the tokens, one a line (ID, MAC in hex, end in Unix seconds, subject, credential, roles), and the key.
func Load(tokensFile, keyFile string) (*Index, error) {
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(tokensFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	index := &Index{tokens: map[string]*Token{}}
	index.pool.New = func() any {
		keyed, err := blake2b.New256(key)
		if err != nil {
			panic(err)
		}
		return keyed
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		token, err := parse(strings.Fields(lines.Text()))
		if err != nil {
			return nil, err
		}
		index.tokens[token.ID] = token
	}
	return index, lines.Err()
}

func parse(fields []string) (*Token, error) {
	if len(fields) != 6 {
		return nil, fmt.Errorf("a line has %d fields, not 6", len(fields))
	}
	mac, err := hex.DecodeString(fields[1])
	if err != nil {
		return nil, err
	}
	end, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return nil, err
	}
	expires := time.Unix(end, 0).UTC().Format(time.RFC3339)
	return &Token{ID: fields[0], Subject: fields[3], Credential: fields[4], Roles: fields[5], Expires: expires, mac: mac, end: end}, nil
}

var bearer = []byte("bearer ")

// Credentials takes the token out of an Authorization header; nil if there is none.
func Credentials(header []byte) []byte {
	if len(header) <= len(bearer) || !bytes.EqualFold(header[:len(bearer)], bearer) {
		return nil
	}
	return header[len(bearer):]
}

// Find answers the token if the text is its own and it has not ended; nil if not.
func (index *Index) Find(text []byte) *Token {
	if len(text) > 256 || bytes.IndexByte(text, ',') >= 0 {
		return nil
	}
	_, rest, found := bytes.Cut(text, []byte{'_'})
	if !found {
		return nil
	}
	id, _, found := bytes.Cut(rest, []byte{'_'})
	if !found {
		return nil
	}
	token := index.tokens[string(id)]
	if token == nil {
		return nil
	}
	keyed := index.pool.Get().(hash.Hash)
	keyed.Reset()
	keyed.Write(text)
	var sum [blake2b.Size256]byte
	keyed.Sum(sum[:0])
	index.pool.Put(keyed)
	if subtle.ConstantTimeCompare(sum[:], token.mac) != 1 || time.Now().Unix() >= token.end {
		return nil
	}
	return token
}
