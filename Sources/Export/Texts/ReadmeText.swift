/// `README.txt`, byte for byte. Made by `tools/embed-texts`; change that, not this.
// swift-format-ignore
package let readmeText = #"""
HOW TO VERIFY THIS BUNDLE

This folder holds pictures and clips from the cameras of a plant, what was said of them, and the
proofs. Open data/index.html to read it. Nothing here needs the program that made it.

You need one line of text from outside of this folder: the root key, for example from your contract.
A key that comes with the evidence proves nothing.


BY PROGRAM (Python 3.8 or later)

    python3 verify.py --root "$KEY"

It answers VERIFIED, or says what is wrong or missing. Without --root it can only say that the
bundle is consistent in itself. Take verify.py, and proofs.py and report.py that belong to it, from
outside as well if you can: whoever made a false bundle would have put a false program into it.


BY HAND (sha256sum and openssl 3, in a shell, in this folder)

1. No file was changed, and none is missing. Nothing is printed when all is well.

    sha256sum --check --quiet --strict tagmanifest-sha256.txt manifest-sha256.txt

   No file was added: this prints only bundle.note and tagmanifest-sha256.txt.

    find . -type f | sed 's|^\./||' | sort > /tmp/found.txt
    cut -c 67- tagmanifest-sha256.txt manifest-sha256.txt | sort | comm -13 - /tmp/found.txt

2. The log's key has signed that list. This function checks a signed note: text, an empty line,
   and signatures, each with a key's name, and in base64 four bytes of key id and the signature.

    T=$(mktemp -d)
    check() {  # NOTE KEY
        sed '/^$/,$d' "$1" > "$T/text"
        grep "^— ${2%%+*} " "$1" | head -n 1 | sed 's/.* //' |
            base64 -d | tail -c 64 > "$T/signature"
        { printf '\060\052\060\005\006\003\053\145\160\003\041\000'
          printf '%s' "$2" | cut -d + -f 3- | base64 -d | tail -c 32; } > "$T/key"
        openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$T/key" \
            -in "$T/text" -sigfile "$T/signature"
    }

   The root key signs the key set, and a key of that set the checkpoint and the list. The key set
   says from and to which size (second line of the checkpoint) each key may sign; this takes the
   newest one.

    check proof/keyset.note "$KEY"
    LOG=$(sed -n 's/^log \([^ ]*\) .*/\1/p' proof/keyset.note | tail -n 1)
    check proof/checkpoint "$LOG"
    check bundle.note "$LOG"
    list=$(sha256sum < tagmanifest-sha256.txt | cut -c -64)
    test "$(sed -n 4p bundle.note)" = "$list" || echo THE LIST IS NOT SIGNED

3. Each leaf, one fact of the log, leads to the root in the signed checkpoint.

    hash() { openssl dgst -sha256 -binary; }
    prove() {  # LEAF
        proof=${1%leaf}tlog-proof
        i=$(sed -n 's/^index //p' "$proof")
        n=$(($(sed -n 2p proof/checkpoint) - 1))
        { printf '\000'; cat "$1"; } | hash > "$T/hash"
        for side in $(sed -n '3,/^$/p' "$proof"); do
            printf '%s' "$side" | base64 -d > "$T/side"
            if [ $((i % 2)) = 1 ] || [ "$i" = "$n" ]; then
                { printf '\001'; cat "$T/side" "$T/hash"; } | hash > "$T/next"
                while [ "$i" != 0 ] && [ $((i % 2)) = 0 ]; do i=$((i / 2)); n=$((n / 2)); done
            else
                { printf '\001'; cat "$T/hash" "$T/side"; } | hash > "$T/next"
            fi
            mv "$T/next" "$T/hash"
            i=$((i / 2)); n=$((n / 2))
        done
        head=$(sed -n 3p proof/checkpoint)
        test "$(base64 < "$T/hash")" = "$head" || echo "$1 IS NOT IN THE LOG"
    }
    for leaf in proof/*/*.leaf; do prove "$leaf"; done

4. Each picture has the bytes that its leaf names ("pay"). A file that is missing was removed: then
   a leaf of kind "deleted" in proof/facts names the record.

    for leaf in proof/records/*.leaf; do
        number=$(basename "$leaf" .leaf)
        pay=$(sed 's/.*"pay":"\([0-9a-f]*\)".*/\1/' "$leaf")
        for file in data/*/"$number".*; do
            test -e "$file" || { echo "$number: no bytes here"; continue; }
            echo "$pay  $file" | sha256sum --check --quiet --strict
        done
    done

5. Time stamps, where there are any. ca.pem is a certificate of the time-stamping authority that you
   trust; those in the bundle only say by whom the stamp claims to be.

    for stamp in proof/anchors/*.tsr; do
        test -e "$stamp" || continue
        openssl ts -verify -data "${stamp%tsr}checkpoint" -in "$stamp" -CAfile "${stamp%tsr}pem"
    done

What this leaves out, and verify.py does: chains of checks (nothing left out), lawful removals, the
question that was asked, clips against the parts of their camera, older checkpoints, the page.

"""#
