// Checks a log with golang.org/x/mod/sumdb, the code that Go itself trusts its modules to.
// Only CheckRecord, CheckTree and note.Open are used: the tile reader of older versions believes
// forged tiles.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var passed, failed int

func judge(name string, err error) {
	if err == nil {
		passed++
		return
	}
	failed++
	fmt.Println("FAILED", name+":", err)
}

func refused(name string, err error) {
	if err != nil {
		passed++
		return
	}
	failed++
	fmt.Println("FAILED", name+": accepted")
}

func must(err error) {
	if err != nil {
		fmt.Println("FAILED", err)
		os.Exit(1)
	}
}

func read(folder, name string) []byte {
	data, err := os.ReadFile(filepath.Join(folder, name))
	must(err)
	return data
}

func decode(text string) (hash tlog.Hash) {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	must(err)
	if len(data) != tlog.HashSize {
		must(fmt.Errorf("a hash has %d bytes", len(data)))
	}
	copy(hash[:], data)
	return hash
}

// head opens a checkpoint. tlog.ParseTree wants Go's own first line, so the three lines are read here.
func head(data []byte, verifiers note.Verifiers) (tlog.Tree, error) {
	opened, err := note.Open(data, verifiers)
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 {
		return tlog.Tree{}, fmt.Errorf("a checkpoint has %d lines", len(lines)-1)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	return tlog.Tree{N: size, Hash: decode(lines[2])}, err
}

func hashReader(stored []tlog.Hash) tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = stored[index]
		}
		return out, nil
	}
}

func main() {
	folder := os.Args[1]
	if len(os.Args) > 2 {
		checkBundle(folder, os.Args[2])
		return
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(folder, "vkey"))))
	must(err)
	verifiers := note.VerifierList(verifier)
	other := tlog.RecordHash([]byte("another leaf"))

	var leaves []tlog.Hash
	var stored []tlog.Hash
	for data := read(folder, "leaves"); len(data) > 0; {
		count := int(binary.BigEndian.Uint16(data))
		leaf := data[2 : 2+count]
		added, err := tlog.StoredHashes(int64(len(leaves)), leaf, hashReader(stored))
		must(err)
		stored = append(stored, added...)
		leaves = append(leaves, tlog.RecordHash(leaf))
		data = data[2+count:]
	}

	names, err := filepath.Glob(filepath.Join(folder, "*"))
	must(err)
	for _, path := range names {
		name := filepath.Base(path)
		switch {
		case strings.HasPrefix(name, "checkpoint-"):
			tree, err := head(read(folder, name), verifiers)
			judge(name+": signature", err)
			root, err := tlog.TreeHash(tree.N, hashReader(stored))
			must(err)
			if root != tree.Hash {
				judge(name+": root", fmt.Errorf("ours is %v", root))
			} else {
				judge(name+": root", nil)
			}
		case strings.HasSuffix(name, ".tlog-proof"):
			checkProof(name, read(folder, name), leaves, verifiers)
		case strings.HasPrefix(name, "consistency-"):
			var old, size int64
			_, err := fmt.Sscanf(name, "consistency-%d-%d", &old, &size)
			must(err)
			var proof tlog.TreeProof
			for _, line := range strings.Fields(string(read(folder, name))) {
				proof = append(proof, decode(line))
			}
			oldRoot, err := tlog.TreeHash(old, hashReader(stored))
			must(err)
			root, err := tlog.TreeHash(size, hashReader(stored))
			must(err)
			judge(name, tlog.CheckTree(proof, size, root, old, oldRoot))
			refused(name+" of another root", tlog.CheckTree(proof, size, root, old, other))
		}
	}
	report()
}

func checkProof(name string, data []byte, leaves []tlog.Hash, verifiers note.Verifiers) {
	parts := strings.SplitN(string(data), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err)
	checkLeaf(name, data, index, leaves[index], verifiers)
}

func checkLeaf(name string, data []byte, index int64, leaf tlog.Hash, verifiers note.Verifiers) {
	parts := strings.SplitN(string(data), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if lines[1] != fmt.Sprintf("index %d", index) {
		judge(name, fmt.Errorf("is the proof of %s", lines[1]))
		return
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		proof = append(proof, decode(line))
	}
	tree, err := head([]byte(parts[1]), verifiers)
	judge(name+": signature", err)
	judge(name, tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf))
	other := tlog.RecordHash([]byte("another leaf"))
	refused(name+" of another leaf", tlog.CheckRecord(proof, tree.N, tree.Hash, index, other))
}
