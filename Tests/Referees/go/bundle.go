// Checks the leaves, notes and consistency proofs of an unpacked bundle.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkBundle trusts the root key alone: it signs the key set, which names the log's key.
func checkBundle(folder, root string) {
	verifier, err := note.NewVerifier(root)
	must(err)
	keySet, err := note.Open(read(folder, "proof/keyset.note"), note.VerifierList(verifier))
	must(err)
	var keys []note.Verifier
	for _, line := range strings.Split(keySet.Text, "\n") {
		if words := strings.Fields(line); len(words) > 3 && words[0] == "log" {
			key, err := note.NewVerifier(words[1])
			must(err)
			keys = append(keys, key)
		}
	}
	verifiers := note.VerifierList(keys...)
	_, err = note.Open(read(folder, "bundle.note"), verifiers)
	judge("bundle.note", err)
	tree, err := head(read(folder, "proof/checkpoint"), verifiers)
	must(err)

	names, err := filepath.Glob(filepath.Join(folder, "proof/*/*.leaf"))
	must(err)
	for _, path := range names {
		leaf := tlog.RecordHash(read("", path))
		name := strings.TrimSuffix(path, ".leaf")
		index, err := strconv.ParseInt(filepath.Base(name), 10, 64)
		must(err)
		checkLeaf(filepath.Base(path), read("", name+".tlog-proof"), index, leaf, verifiers)
	}
	names, err = filepath.Glob(filepath.Join(folder, "proof/consistency/*.consistency"))
	must(err)
	for _, path := range names {
		name := strings.TrimSuffix(path, ".consistency")
		old, err := head(read("", name+".checkpoint"), verifiers)
		must(err)
		var proof tlog.TreeProof
		for _, line := range strings.Split(string(read("", path)), "\n")[3:] {
			if line != "" {
				proof = append(proof, decode(line))
			}
		}
		judge(filepath.Base(path), tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	}
	report()
}

func report() {
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}
